//! Saying to the engine how calls went, by the door that call servers use.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use super::{Engine, Error};

/// What became of a report.
#[derive(Debug)]
pub(in crate::cli) enum Reported {
    New,
    Known,
    /// Its session is not known: it is kept aside.
    Kept,
    Refused(String),
}

/// What the engine stored.
#[derive(Debug, Deserialize)]
struct Answer {
    #[serde(default)]
    duplicate: bool,
}

/// A report is said so often to an engine that is busy, and so long apart.
const REPORTS_MAX: u32 = 60;
const REPORT_AGAIN: Duration = Duration::from_millis(500);

impl Engine {
    /// Says how a call went, as a call server does. Where too much is under way it is said again.
    pub(in crate::cli) async fn report(&self, body: &Value) -> Result<Reported, Error> {
        for _ in 0..REPORTS_MAX {
            let answer = self
                .send(self.request(Method::POST, "/calls/result", &self.organization)?.json(body))
                .await?;
            match answer.status() {
                StatusCode::OK => {
                    let (_, Answer { duplicate }) = self.understand(answer).await?;
                    return Ok(if duplicate { Reported::Known } else { Reported::New });
                }
                StatusCode::ACCEPTED => return Ok(Reported::Kept),
                StatusCode::SERVICE_UNAVAILABLE => tokio::time::sleep(REPORT_AGAIN).await,
                _ => {
                    let refusal = self.refusal(answer).await;
                    if let Error::Refused { code, why } = &refusal {
                        let kept = code == "session-unknown";
                        return Ok(if kept { Reported::Kept } else { Reported::Refused(why.clone()) });
                    }
                    return Err(refusal);
                }
            }
        }
        Err(Error::Silent { url: self.url.clone(), why: "it takes no reports".to_owned() })
    }
}
