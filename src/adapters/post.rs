//! Reports of simulated far ends on their way to the engine, over HTTP and with one connection kept open, as real ones send them.
//! What is not taken for the moment is sent again, later and later; what is given up is said loudly, and counted.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};
use tokio::time::Instant;

/// Headers that prove who reports, made anew for each try: from the session's organization, where it is known, and the body.
pub type Proof = Arc<dyn Fn(Option<&str>, &[u8]) -> HeaderMap + Send + Sync>;

/// Where reports go.
#[derive(Clone)]
pub struct Webhook {
    pub url: Url,
    /// None where the door is open.
    pub proof: Option<Proof>,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}

const ANSWER_WITHIN: Duration = Duration::from_secs(30);
const AGAIN_FIRST: Duration = Duration::from_millis(200);
const AGAIN_MAX: Duration = Duration::from_secs(10);
/// Whoever asks for a longer pause is asked again sooner.
const RETRY_AFTER_MAX: Duration = Duration::from_mins(5);
/// An engine that was away for so long has to be told by hand.
const GIVE_UP_AFTER: Duration = Duration::from_hours(6);
/// An idle connection is not held open against an engine that wants to end.
const IDLE_MAX: Duration = Duration::from_secs(3);

#[derive(Debug, Clone)]
pub(super) struct Post {
    client: Client,
    webhook: Webhook,
}

/// Why a report did not arrive and never will.
#[derive(Debug, thiserror::Error)]
pub(super) enum Undelivered {
    #[error("the engine refused it: {0}")]
    Refused(StatusCode),
    #[error("it cannot be written: {0}")]
    Unsaid(String),
    #[error("it was tried for {} minutes: {last}", GIVE_UP_AFTER.as_secs() / 60)]
    TriedLong { last: String },
}

/// Why it has to be sent again, and when the engine wants it.
struct Again {
    after: Option<Duration>,
    why: String,
}

impl Post {
    pub(super) fn to(webhook: Webhook) -> Result<Self, reqwest::Error> {
        let client = Client::builder().no_proxy().redirect(Policy::none());
        let client = client.timeout(ANSWER_WITHIN).pool_idle_timeout(IDLE_MAX).build()?;
        Ok(Self { client, webhook })
    }

    /// Until it is stored or given up.
    pub(super) async fn send(&self, organization: Option<&str>, body: Vec<u8>) -> Result<(), Undelivered> {
        let (began, mut pause) = (Instant::now(), AGAIN_FIRST);
        loop {
            let again = self.try_once(organization, body.clone()).await?;
            let Some(Again { after, why }) = again else { return Ok(()) };
            if began.elapsed() > GIVE_UP_AFTER {
                return Err(Undelivered::TriedLong { last: why });
            }
            let wait = after.unwrap_or(pause).min(RETRY_AFTER_MAX);
            if pause == AGAIN_MAX {
                tracing::warn!("simulated reports wait: {why}");
            }
            tokio::time::sleep(wait).await;
            pause = (pause * 2).min(AGAIN_MAX);
        }
    }

    async fn try_once(
        &self,
        organization: Option<&str>,
        body: Vec<u8>,
    ) -> Result<Option<Again>, Undelivered> {
        let mut request = self.client.post(self.webhook.url.clone());
        if let Some(proof) = &self.webhook.proof {
            request = request.headers(proof(organization, &body));
        }
        let answer = match request.header(CONTENT_TYPE, "application/json").body(body).send().await {
            Ok(answer) => answer,
            Err(why) => return Ok(Some(Again { after: None, why: why.to_string() })),
        };
        let status = answer.status();
        let after = retry_after(answer.headers());
        // Read to its end, so that the connection can be used again.
        let read = answer.bytes().await;
        match status {
            status if status.is_success() && read.is_ok() => Ok(None),
            status if status.is_success() || status.is_server_error() || is_passing(status) => {
                Ok(Some(Again { after, why: format!("the engine answered {status}") }))
            }
            refused => Err(Undelivered::Refused(refused)),
        }
    }
}

/// Refusals that say nothing about the report.
fn is_passing(status: StatusCode) -> bool {
    [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS].contains(&status)
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests;
