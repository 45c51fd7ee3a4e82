//! A voice agent reached over HTTP, as its interface is documented: one request a call, answered at the call's end or with 202 at once.
//! It tells what certainly rang nobody from what nobody can tell, and nothing else: whether to ring again is not decided here.
//! Where a 202 is reported to is the door's business; no telephone number, name or token is written to the log. What is written there
//! names the call, and with it the campaign, by the effect's name.

mod reading;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use domain::conversation::answer::Answer;
use domain::phone::Home;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url, retry};
use serde::Serialize;
use serde_json::Value;

use super::outside::{Outside, marked};
use crate::ports::{AgentCall, AgentKind, Spoken, Trouble, Unclear, VoiceAgent};

/// By this name an agent recognises a request that it has had before.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Where to report what was only taken; agents that do not report need not know it.
const REPORT_TO: HeaderName = HeaderName::from_static("x-callback-url");
/// An agent that is there lets one in at once.
const CONNECT_WAIT: Duration = Duration::from_secs(10);
/// What is refused is refused, whether or not the reasons come.
const REASONS_WAIT: Duration = Duration::from_secs(5);
/// Asking is a look into the agent's books, no call.
const ASK_WAIT: Duration = Duration::from_secs(30);
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(30);
/// A summary of ten minutes of talk is a few pages.
const ANSWER_LEN_MAX: usize = 256 << 10;

/// How to reach it.
#[derive(Clone)]
pub struct Options {
    pub url: Url,
    pub status_url: Option<Url>,
    pub token: Option<HeaderValue>,
    /// To the end of the answer.
    pub timeout: Duration,
    /// Where it may report, where that is known.
    pub report_to: Option<Url>,
    /// Whose numbers are recognised in what the agent says about its failures.
    pub home: Home,
    /// Who may be called, where not the operator has named the agent. What the address itself says was judged before.
    pub outside: Option<Outside>,
}

/// Paths and queries may hold keys.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("at", &self.url.origin().ascii_serialization())
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone)]
pub struct Agent {
    client: Client,
    options: Options,
}

/// The documented request, field by field.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Asked<'a> {
    phone_number: &'a str,
    first_name: &'a str,
    last_name: &'a str,
    custom_data: &'a Value,
}

/// Why there is no whole answer.
enum Broken {
    Silent,
    Off,
    TooLong,
}

impl Agent {
    pub fn try_new(options: Options) -> Result<Self, reqwest::Error> {
        let client = match options.outside.clone() {
            Some(outside) => Client::builder().dns_resolver(Arc::new(outside)),
            None => Client::builder(),
        };
        let client = client
            .no_proxy()
            .redirect(Policy::none())
            .referer(false)
            .default_headers(marked())
            .retry(retry::never())
            // Over before the other, or a connection that was never made would look like silence.
            .connect_timeout(CONNECT_WAIT.min(options.timeout / 2))
            // A connection that was kept may be closed in the very moment it is used, and then nobody could tell what arrived.
            .pool_max_idle_per_host(0)
            .build()?;
        Ok(Self { client, options })
    }

    async fn request_call(&self, effect: &str, call: &AgentCall) -> Result<Spoken, Trouble> {
        let AgentCall { phone, first_name, last_name, custom_data } = call;
        let asked = Asked { phone_number: phone.as_str(), first_name, last_name, custom_data };
        let timeout = self.options.timeout;
        let request = self.client.post(self.options.url.clone()).json(&asked).timeout(timeout);
        let request = match &self.options.report_to {
            Some(url) => request.header(REPORT_TO, url.as_str()),
            None => request,
        };
        let answer = match self.signed(request, effect).send().await {
            Ok(answer) if reading::is_refusal(answer.status()) => {
                return Err(self.refused(answer, effect).await);
            }
            Ok(answer) => answer,
            Err(why) => return self.unsent(&why, effect),
        };
        let status = answer.status();
        let unclear = match whole(answer).await {
            Ok(body) => return Ok(reading::spoken(status, &body, effect)),
            Err(Broken::Silent) => Unclear::Silent { within: timeout },
            Err(Broken::Off) => Unclear::BrokenOff,
            Err(Broken::TooLong) => {
                Unclear::Senseless { cause: format!("longer than {ANSWER_LEN_MAX} bytes") }
            }
        };
        Ok(unknown(unclear, effect))
    }

    /// Without a connection nothing was sent; with one, the request may have arrived.
    fn unsent(&self, why: &reqwest::Error, effect: &str) -> Result<Spoken, Trouble> {
        if why.is_connect() || why.is_builder() {
            let why = reading::cause(why);
            tracing::warn!(call = effect, "the voice agent cannot be reached: {why}");
            return Err(Trouble::Never { why: format!("the agent cannot be reached: {why}") });
        }
        let within = self.options.timeout;
        let why = if why.is_timeout() { Unclear::Silent { within } } else { Unclear::BrokenOff };
        Ok(unknown(why, effect))
    }

    async fn refused(&self, answer: Response, effect: &str) -> Trouble {
        let status = answer.status();
        tracing::warn!(call = effect, "the voice agent refused a call: HTTP {}", status.as_u16());
        let passing = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&status);
        if let Some(after) = reading::retry_after(answer.headers()).filter(|_| passing) {
            return Trouble::Later { after };
        }
        let reasons = tokio::time::timeout(REASONS_WAIT, whole(answer)).await;
        let reasons = reasons.ok().and_then(Result::ok).unwrap_or_default();
        Trouble::Never { why: reading::refusal(status, &reasons, self.options.home) }
    }

    async fn request_answer(
        &self,
        url: &Url,
        effect: &str,
        reference: Option<&str>,
    ) -> Result<Option<Answer>, Trouble> {
        let mut url = url.clone();
        url.query_pairs_mut().append_pair("idempotencyKey", effect);
        if let Some(reference) = reference {
            url.query_pairs_mut().append_pair("callId", reference);
        }
        let later = || Trouble::Later { after: ASK_AGAIN_AFTER };
        let request = self.client.get(url).timeout(ASK_WAIT);
        let answer = self.signed(request, effect).send().await.map_err(|why| {
            tracing::warn!(call = effect, "the voice agent cannot be asked: {}", reading::cause(&why));
            later()
        })?;
        let (status, wish) = (answer.status(), reading::retry_after(answer.headers()));
        if [StatusCode::NOT_FOUND, StatusCode::GONE].contains(&status) {
            return Ok(None);
        }
        if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
            return Err(Trouble::Later { after: wish.unwrap_or(ASK_AGAIN_AFTER) });
        }
        match whole(answer).await {
            Ok(body) if !status.is_success() => {
                Err(Trouble::Never { why: reading::refusal(status, &body, self.options.home) })
            }
            Ok(body) => match reading::spoken(status, &body, effect) {
                Spoken::Answered(answer) => Ok(Some(answer)),
                Spoken::Accepted { .. } => Err(Trouble::Later { after: wish.unwrap_or(ASK_AGAIN_AFTER) }),
                Spoken::Unclear { why } => Err(Trouble::Never { why: why.to_string() }),
            },
            Err(Broken::Silent | Broken::Off) => Err(later()),
            Err(Broken::TooLong) => Err(Trouble::Never { why: "the agent's answer is too long".to_owned() }),
        }
    }

    fn signed(&self, request: RequestBuilder, effect: &str) -> RequestBuilder {
        let request = request.header(KEY, effect).header(ACCEPT_ENCODING, "identity");
        match &self.options.token {
            Some(token) => request.header(AUTHORIZATION, token.clone()),
            None => request,
        }
    }
}

fn unknown(why: Unclear, effect: &str) -> Spoken {
    tracing::warn!(call = effect, "what became of a call is not known: {why}");
    Spoken::Unclear { why }
}

/// As much of it as an answer may have.
async fn whole(mut answer: Response) -> Result<Bytes, Broken> {
    let mut body = BytesMut::new();
    loop {
        match answer.chunk().await {
            Ok(Some(piece)) if body.len() + piece.len() > ANSWER_LEN_MAX => return Err(Broken::TooLong),
            Ok(Some(piece)) => body.extend_from_slice(&piece),
            Ok(None) => return Ok(body.freeze()),
            Err(why) if why.is_timeout() => return Err(Broken::Silent),
            Err(_) => return Err(Broken::Off),
        }
    }
}

impl VoiceAgent for Agent {
    fn kind(&self) -> AgentKind {
        AgentKind::Real
    }

    fn call<'a>(&'a self, effect: &'a str, request: AgentCall) -> BoxFuture<'a, Result<Spoken, Trouble>> {
        async move { self.request_call(effect, &request).await }.boxed()
    }

    fn ask<'a>(
        &'a self,
        effect: &'a str,
        reference: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Option<Answer>, Trouble>> {
        async move {
            match &self.options.status_url {
                Some(url) => self.request_answer(url, effect, reference).await,
                None => Ok(None),
            }
        }
        .boxed()
    }
}
