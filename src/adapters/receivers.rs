//! Receivers reached over HTTP as Standard Webhooks has it: one POST a letter, signed with every live secret, never led elsewhere.
//! Only public addresses are called, and of the others those that the operator has named; what a name stands for is looked up here and
//! nowhere else, so that what was looked at is what is called.

use std::error::Error as _;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};

use super::public::is_public;
use crate::ports::receivers::{Letter, Receipt, Receivers};

const ID: &str = "webhook-id";
const TIMESTAMP: &str = "webhook-timestamp";
const SIGNATURE: &str = "webhook-signature";
const AGENT: &str = concat!("karnay/", env!("CARGO_PKG_VERSION"));

const CONNECT_WAIT: Duration = Duration::from_secs(10);
/// From the name's look-up to the end of what is read of the answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
/// A connection that nothing is sent over for so long is closed.
const IDLE_MAX: Duration = Duration::from_secs(20);
/// So much is read of an answer.
const ANSWER_LEN_MAX: usize = 1 << 10;
pub const URL_LEN_MAX: usize = 2_000;

/// How a secret signs a letter: by its id, its time in seconds and its body. None where the secret is none.
pub type Sign = Arc<dyn Fn(&str, (&str, &str), &[u8]) -> Option<String> + Send + Sync>;
/// Whether the operator has named an address.
pub type Named = Arc<dyn Fn(IpAddr) -> bool + Send + Sync>;

#[derive(Clone)]
pub struct Options {
    /// Names of hosts that may be called whatever they stand for.
    pub hosts: Vec<String>,
    pub named: Named,
    pub sign: Sign,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub struct Web {
    options: Options,
    /// None on a machine without certificates to check others by.
    client: Option<Client>,
}

/// Why a host is not called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Refusal {
    #[error("has to be an address of the web such as https://example.com/hook")]
    NoAddress,
    #[error("may have at most {URL_LEN_MAX} characters")]
    Long,
    #[error(
        "holds a name or a password, which would be shown with it; the signature is what proves the sender"
    )]
    Password,
    #[error("has to begin with https, unless WEBHOOK_PRIVATE_HOSTS names the host")]
    Clear,
    #[error("leads to an address that is not public, and WEBHOOK_PRIVATE_HOSTS does not name it")]
    Private,
    #[error("has a host without an address")]
    Nowhere,
}

impl Options {
    fn is_named(&self, host: &str) -> bool {
        let host = host.trim_matches(['[', ']']).trim_end_matches('.');
        self.hosts.iter().any(|name| name.eq_ignore_ascii_case(host))
    }

    fn may_call(&self, host: &str, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address) || (self.named)(address) || self.is_named(host)
    }

    async fn look_up(self, host: String) -> Result<Vec<SocketAddr>, Refusal> {
        let found = tokio::net::lookup_host((host.as_str(), 0)).await;
        let found: Vec<SocketAddr> = found.map_err(|_| Refusal::Nowhere)?.collect();
        if found.is_empty() {
            return Err(Refusal::Nowhere);
        }
        let all_may = found.iter().all(|found| self.may_call(&host, found.ip()));
        if all_may { Ok(found) } else { Err(Refusal::Private) }
    }

    /// What the address itself says. The parser has made four numbers of every other way to write them.
    fn judge(&self, text: &str) -> Result<Url, Refusal> {
        if text.chars().count() > URL_LEN_MAX {
            return Err(Refusal::Long);
        }
        let url = Url::parse(text).map_err(|_| Refusal::NoAddress)?;
        let Some(host) = url.host_str().filter(|_| matches!(url.scheme(), "http" | "https")) else {
            return Err(Refusal::NoAddress);
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Password);
        }
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
        if address.is_some_and(|address| !self.may_call(host, address)) {
            return Err(Refusal::Private);
        }
        let is_ours =
            self.is_named(host) || address.is_some_and(|address| (self.named)(address.to_canonical()));
        if url.scheme() == "http" && !is_ours {
            return Err(Refusal::Clear);
        }
        Ok(url)
    }
}

/// Gives only addresses that may be called: one that may not be is reason enough to call none of them.
#[derive(Debug)]
struct Lookup(Options);

impl Resolve for Lookup {
    fn resolve(&self, name: Name) -> Resolving {
        let looking = self.0.clone().look_up(name.as_str().to_owned());
        Box::pin(async move {
            let found = looking.await?;
            Ok::<Addrs, _>(Box::new(found.into_iter()))
        })
    }
}

impl Web {
    pub fn new(options: Options) -> Self {
        let client = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .referer(false)
            .user_agent(AGENT)
            .dns_resolver(Arc::new(Lookup(options.clone())))
            .connect_timeout(CONNECT_WAIT)
            .timeout(ANSWER_WITHIN)
            .pool_idle_timeout(IDLE_MAX)
            .build();
        if let Err(why) = &client {
            tracing::warn!(cause = ?why, "no event can be sent to receivers outside: {why}");
        }
        Self { options, client: client.ok() }
    }

    /// The answer's status and beginning, or why there was none.
    async fn post(&self, url: &str, letter: Letter) -> Result<(u16, String), String> {
        let url = self.options.judge(url).map_err(|why| format!("the address {why}"))?;
        let client = self.client.as_ref().ok_or("this machine has no certificates to check hosts by")?;
        let timestamp = letter.at.timestamp().to_string();
        let sign = |secret: &String| (self.options.sign)(secret, (&letter.id, &timestamp), &letter.body);
        let signatures: Option<Vec<String>> = letter.secrets.iter().map(sign).collect();
        let signatures = signatures.filter(|all| !all.is_empty()).ok_or("the secret cannot sign")?;
        let request = client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header(ID, &letter.id)
            .header(TIMESTAMP, &timestamp)
            .header(SIGNATURE, signatures.join(" "));
        let answer = request.body(letter.body.clone()).send().await.map_err(told)?;
        Ok((answer.status().as_u16(), beginning(answer).await))
    }
}

impl Receivers for Web {
    fn accept(&self, url: &str) -> Result<(), String> {
        self.options.judge(url).map(drop).map_err(|why| why.to_string())
    }

    fn hand_over<'a>(&'a self, url: &'a str, letter: Letter) -> BoxFuture<'a, Receipt> {
        async move {
            let began = Instant::now();
            let answered = self.post(url, letter).await;
            let took = began.elapsed();
            match answered {
                Ok((status, answer)) => Receipt { status: Some(status), answer, took },
                Err(why) => Receipt { status: None, answer: why, took },
            }
        }
        .boxed()
    }
}

/// What breaks off in it is left out: the status was said before.
async fn beginning(mut answer: Response) -> String {
    let mut bytes = vec![];
    while let Ok(Some(piece)) = answer.chunk().await {
        bytes.extend_from_slice(&piece);
        if bytes.len() >= ANSWER_LEN_MAX {
            break;
        }
    }
    bytes.truncate(ANSWER_LEN_MAX);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Without the address, which may hold what only the receiver is to know.
fn told(why: reqwest::Error) -> String {
    let why = why.without_url();
    let causes = || std::iter::successors(why.source(), |cause| (*cause).source());
    if let Some(refusal) = causes().find_map(|cause| cause.downcast_ref::<Refusal>()) {
        return format!("the address {refusal}");
    }
    if why.is_timeout() {
        return "no answer in time".to_owned();
    }
    let cause = causes().last().map(ToString::to_string);
    let what = if why.is_connect() { "cannot be reached" } else { "broke off" };
    cause.map_or_else(|| what.to_owned(), |cause| format!("{what}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(hosts: &[&str], network: &'static str) -> Options {
        Options {
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            named: Arc::new(move |address| address.to_string().starts_with(network)),
            sign: Arc::new(|_, _, _| Some("v1,signed".to_owned())),
        }
    }

    fn nobody() -> Options {
        options(&[], "nowhere")
    }

    /// Every way to write an address of this machine or of the network around it.
    #[test]
    fn only_public_addresses_are_called() {
        for private in [
            "https://127.0.0.1/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0177.0.0.1/",
            "https://0/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:7f00:1]/",
            "https://10.1.2.3:8443/",
            "https://172.16.0.1/",
            "https://192.168.1.1/",
            "https://169.254.169.254/latest/meta-data/",
            "https://100.64.0.1/",
            "https://[fd00:ec2::254]/",
            "https://[fe80::1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://[2002:7f00:1::]/",
            "https://①②⑦.0.0.1/",
        ] {
            assert_eq!(nobody().judge(private), Err(Refusal::Private), "{private}");
        }
        for public in ["https://8.8.8.8/", "https://[2606:4700:4700::1111]/", "https://example.com/hook?x=1"]
        {
            assert!(nobody().judge(public).is_ok(), "{public}");
        }
    }

    #[test]
    fn an_address_is_one_of_the_web_and_holds_no_password() {
        for (wrong, why) in [
            ("", Refusal::NoAddress),
            ("example.com", Refusal::NoAddress),
            ("ftp://example.com/", Refusal::NoAddress),
            ("file:///etc/passwd", Refusal::NoAddress),
            ("https://a:b@example.com/", Refusal::Password),
            ("http://example.com/", Refusal::Clear),
            ("http://8.8.8.8/", Refusal::Clear),
            (&format!("https://example.com/{}", "x".repeat(URL_LEN_MAX)), Refusal::Long),
        ] {
            assert_eq!(nobody().judge(wrong), Err(why), "{wrong}");
        }
    }

    #[test]
    fn what_the_operator_names_may_be_called_unencrypted() {
        let named = options(&["hooks.internal"], "10.");
        for ours in [
            "http://hooks.internal:8080/",
            "http://HOOKS.internal./",
            "http://10.0.0.7/",
            "https://10.0.0.7/",
        ] {
            assert!(named.judge(ours).is_ok(), "{ours}");
        }
        assert_eq!(named.judge("http://127.0.0.1/"), Err(Refusal::Private));
        assert!(named.may_call("hooks.internal", "192.168.1.1".parse().unwrap()));
        assert!(!named.may_call("other.internal", "192.168.1.1".parse().unwrap()));
    }

    fn letter() -> Letter {
        Letter {
            id: "msg_1".to_owned(),
            at: chrono::DateTime::UNIX_EPOCH,
            body: "{}".into(),
            secrets: vec!["whsec_".to_owned()],
        }
    }

    /// A name that resolves to this machine, which no text tells.
    #[tokio::test]
    async fn a_name_that_leads_here_is_not_called() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
        let web = Web::new(nobody());
        assert!(web.accept(&url).is_ok(), "its text does not tell");
        let receipt = web.hand_over(&url, letter()).await;
        assert!(receipt.status.is_none() && receipt.answer.contains("not public"), "{receipt:?}");
        let knocked = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
        assert!(knocked.is_err(), "nobody may have knocked");
    }
}
