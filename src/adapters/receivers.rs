//! Receivers reached over HTTP as Standard Webhooks has it: one POST a letter, signed with every live secret, never led elsewhere.
//! Whom they may be is said in `outside.rs`.

use std::error::Error as _;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};

use super::outside::{Outside, Refusal, marked};
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

/// How a secret signs a letter: by its id, its time in seconds and its body. None where the secret is none.
pub type Sign = Arc<dyn Fn(&str, (&str, &str), &[u8]) -> Option<String> + Send + Sync>;

#[derive(Clone)]
pub struct Options {
    pub outside: Outside,
    pub sign: Sign,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("outside", &self.outside).finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub struct Web {
    options: Options,
    /// None on a machine without certificates to check others by.
    client: Option<Client>,
}

/// What is read of an answer.
struct Answer {
    status: u16,
    retry_after: Option<Duration>,
    beginning: String,
}

impl Web {
    pub fn new(options: Options) -> Self {
        let client = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .referer(false)
            .user_agent(AGENT)
            .default_headers(marked())
            .dns_resolver(Arc::new(options.outside.clone()))
            .connect_timeout(CONNECT_WAIT)
            .timeout(ANSWER_WITHIN)
            .pool_idle_timeout(IDLE_MAX)
            .build();
        if let Err(why) = &client {
            tracing::warn!(cause = ?why, "no event can be sent to receivers outside: {why}");
        }
        Self { options, client: client.ok() }
    }

    /// The answer, or why there was none.
    async fn post(&self, url: &str, letter: Letter) -> Result<Answer, String> {
        let url = self.options.outside.judge(url).map_err(|why| format!("the address {why}"))?;
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
        let (status, retry_after) = (answer.status().as_u16(), retry_after(answer.headers(), letter.at));
        Ok(Answer { status, retry_after, beginning: beginning(answer).await })
    }
}

impl Receivers for Web {
    fn accept(&self, url: &str) -> Result<(), String> {
        self.options.outside.judge(url).map(drop).map_err(|why| why.to_string())
    }

    fn hand_over<'a>(&'a self, url: &'a str, letter: Letter) -> BoxFuture<'a, Receipt> {
        async move {
            let began = Instant::now();
            let answered = self.post(url, letter).await;
            let took = began.elapsed();
            match answered {
                Ok(Answer { status, retry_after, beginning }) => {
                    Receipt { status: Some(status), answer: beginning, retry_after, took }
                }
                Err(why) => Receipt { status: None, answer: why, retry_after: None, took },
            }
        }
        .boxed()
    }
}

/// In seconds or as a date, as HTTP has it.
fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(secs) = text.parse() {
        return Some(Duration::from_secs(secs));
    }
    let at = DateTime::parse_from_rfc2822(text).ok()?;
    (at.to_utc() - now).to_std().ok()
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
    use chrono::DateTime;

    use super::*;

    fn nobody() -> Options {
        let (named, setting) = (Arc::new(|_| false), "WEBHOOK_PRIVATE_HOSTS");
        let outside = Outside { hosts: vec![], named, setting };
        Options { outside, sign: Arc::new(|_, _, _| Some("v1,signed".to_owned())) }
    }

    fn letter() -> Letter {
        Letter {
            id: "msg_1".to_owned(),
            at: DateTime::UNIX_EPOCH,
            body: "{}".into(),
            secrets: vec!["whsec_".to_owned()],
        }
    }

    #[test]
    fn how_long_to_wait_is_said_in_seconds_or_as_a_date() {
        let wait = |text: &str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
            retry_after(&headers, DateTime::from_timestamp(1_445_412_420, 0).unwrap())
        };
        assert_eq!(wait("120"), Some(Duration::from_mins(2)));
        assert_eq!(wait("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::from_mins(1)));
        for nothing in ["", "soon", "-1", "Wed, 21 Oct 2015 07:26:00 GMT"] {
            assert_eq!(wait(nothing), None, "{nothing}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), DateTime::UNIX_EPOCH), None);
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
