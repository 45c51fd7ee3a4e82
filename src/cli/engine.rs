//! The running engine as seen from the command line: its address, its answers, and a token for each question.
//! What the engine answers is read leniently: a field that is missing is zero, one that is new is ignored.

mod reporting;
mod restored;

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::SecondsFormat;
use domain::access::Role;
use domain::contact::REASON_LEN_MAX;
use domain::ids::{Fingerprint, Organization, UserName};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::forgotten::Line;
use super::token;
use crate::app::Errand;
use crate::config::token::Signer;
use crate::config::{Config, Secret};
use crate::journal::signing::KeyRecord;

pub(super) use reporting::Reported;

/// Why the engine was not reached or did not do it.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("no engine answers at {url}; karnay serve starts one, HOST and PORT say where it is")]
    NotRunning { url: String },
    #[error("the engine at {url} did not answer: {why}")]
    Silent { url: String, why: String },
    #[error("the engine at {url} does not accept this token; is {folder} its data folder?")]
    Stranger { url: String, folder: String },
    #[error("what answers at {url} is no karnay engine: {why}")]
    Foreign { url: String, why: String },
    #[error("the engine refused: {why}")]
    Refused { code: String, why: String },
    #[error(transparent)]
    Token(#[from] token::Error),
}

/// How the engine is.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Status {
    pub(super) ready: bool,
    /// Why it is not ready.
    pub(super) reasons: Vec<String>,
    pub(super) version: String,
    pub(super) store: String,
    pub(super) position: u64,
    pub(super) journal: Queue,
    pub(super) projections: Vec<Projection>,
    pub(super) actors: Vec<Actor>,
    pub(super) effects: Effects,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Queue {
    pub(super) queued: u64,
    pub(super) queue_max: u64,
}

/// One generation of a screen: the one in use, or one being built beside it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Projection {
    pub(super) name: String,
    pub(super) version: u64,
    pub(super) generation: u64,
    pub(super) state: String,
    pub(super) position: u64,
    pub(super) lag: u64,
    pub(super) lag_seconds: f64,
    pub(super) events_per_second: f64,
    pub(super) parked: u64,
}

impl Projection {
    pub(super) fn is_live(&self) -> bool {
        self.state == "live"
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Actor {
    pub(super) name: String,
    pub(super) state: String,
    pub(super) restarts: u64,
    pub(super) beats: u64,
    /// Time since the last beat.
    pub(super) beat_age_ms: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Effects {
    pub(super) ready: u64,
    pub(super) sent: u64,
    pub(super) done: u64,
}

/// The answer to the wish for a rebuild.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Accepted {
    /// The generation that will be in use when it is done.
    pub(super) generation: Option<u64>,
}

/// The answer to the wish that somebody be forgotten.
#[derive(Debug, Deserialize)]
struct Forgetting {
    done: bool,
    known: bool,
    others: BTreeSet<Uuid>,
}

/// What became of that wish.
#[derive(Debug)]
pub(super) enum Forgot {
    /// But for numbers that are these contacts' by now; `known` is whether there was anything of them here.
    Done { known: bool, others: BTreeSet<Uuid> },
    /// Nobody is forgotten in the middle of a call.
    Calling,
}

/// The answer to the wish for a checkpoint.
#[derive(Debug, Deserialize)]
struct Signed {
    keys: Vec<KeyRecord>,
}

/// The members of a problem that a person reads.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    code: String,
    title: String,
    detail: String,
}

/// How it is shown who asks.
#[derive(Debug)]
enum Pass {
    /// By whoever holds the secret: a token for each question.
    Signer(Signer),
    /// By a token that somebody gave.
    Given(Secret),
}

#[derive(Debug)]
pub(super) struct Engine {
    client: Client,
    pass: Pass,
    organization: String,
    folder: String,
    pub(super) url: String,
}

const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// The engine says after ten seconds how far it is.
const FORGOTTEN_WITHIN: Duration = Duration::from_secs(30);
/// They stand in the address, which may not be of any length.
const NUMBERS_A_REQUEST: usize = 50;
/// Whoever finds a token in a log cannot use it for long.
const TOKEN_TTL: Duration = Duration::from_mins(1);

impl Engine {
    /// The engine that this configuration would start, wherever it runs on this machine.
    pub(super) fn of(config: &Config) -> Result<Self, Error> {
        Self::at(&config.http.local_url(), None, None, config)
    }

    /// Another one, asked with a token of its own where there is one.
    pub(super) fn at(
        url: &str,
        token: Option<&Secret>,
        organization: Option<&Organization>,
        config: &Config,
    ) -> Result<Self, Error> {
        let url = url.to_owned();
        let pass = match token {
            Some(token) => Pass::Given(token.clone()),
            None => Pass::Signer(token::signer(config)?),
        };
        let client = Client::builder().no_proxy().timeout(ANSWER_WITHIN).build();
        let client = client.map_err(|why| Error::Silent { url: url.clone(), why: why.to_string() })?;
        Ok(Self {
            client,
            pass,
            organization: organization.unwrap_or(&config.house.organization).to_string(),
            folder: config.store.data_dir.display().to_string(),
            url,
        })
    }

    /// As it was sent, and as it is understood.
    pub(super) async fn status(&self) -> Result<(String, Status), Error> {
        let answer = self.ask(Method::GET, "/status").await?;
        // Not being ready is an answer, not a failure to give one.
        let told = answer.status().is_success() || answer.status() == StatusCode::SERVICE_UNAVAILABLE;
        if !told {
            return Err(self.refusal(answer).await);
        }
        self.understand(answer).await
    }

    pub(super) async fn rebuild(&self, name: &str) -> Result<Accepted, Error> {
        let answer = self.ask(Method::POST, &format!("/projections/{name}/rebuild")).await?;
        if !answer.status().is_success() {
            return Err(self.refusal(answer).await);
        }
        // What it is asked for is done even if it says nothing about it.
        Ok(self.understand(answer).await.map(|(_, accepted)| accepted).unwrap_or_default())
    }

    /// Has everything signed that is recorded; the keys of its journal.
    pub(super) async fn sign(&self) -> Result<Vec<KeyRecord>, Error> {
        let answer = self.ask(Method::POST, "/audit/checkpoints").await?;
        if !answer.status().is_success() {
            return Err(self.refusal(answer).await);
        }
        self.understand(answer).await.map(|(_, Signed { keys })| keys)
    }

    /// Creates a user or sets a password, in any organization: whoever holds the secret may.
    pub(super) async fn user(
        &self,
        (organization, name): (&Organization, &UserName),
        errand: &Errand,
        password: &Secret,
    ) -> Result<(), Error> {
        let password = password.expose();
        let (method, path, body) = match errand {
            Errand::Add { role } => (
                Method::POST,
                "/users".to_owned(),
                json!({ "name": name.as_str(), "role": role.as_str(), "password": password }),
            ),
            Errand::SetPassword => (Method::PATCH, format!("/users/{name}"), json!({ "password": password })),
        };
        let answer = self.send(self.request(method, &path, organization.as_str())?.json(&body)).await?;
        if answer.status().is_success() { Ok(()) } else { Err(self.refusal(answer).await) }
    }

    /// Has somebody forgotten, with the numbers that are listed, and waits until that is carried out everywhere.
    pub(super) async fn forget(&self, line: &Line) -> Result<Forgot, Error> {
        let (mut known, mut others) = (None, BTreeSet::new());
        let mut parts: Vec<&[Fingerprint]> = line.numbers.chunks(NUMBERS_A_REQUEST).collect();
        if parts.is_empty() {
            parts.push(&[]);
        }
        for part in parts {
            let numbers: Vec<String> = part.iter().map(Fingerprint::to_string).collect();
            let said = [("reason", why(line)), ("numbers", numbers.join(","))];
            let said = Url::parse_with_params(&self.url, &said);
            let said = said.map_err(|why| Error::Foreign { url: self.url.clone(), why: why.to_string() })?;
            let said = said.query().unwrap_or_default();
            let path = format!("/auto-calling/contacts/{}/personal-data?{said}", line.contact);
            loop {
                let request = self.request(Method::DELETE, &path, line.organization.as_str())?;
                let answer = self.send(request.timeout(FORGOTTEN_WITHIN)).await?;
                if !answer.status().is_success() {
                    let refusal = self.refusal(answer).await;
                    let calling = matches!(&refusal, Error::Refused { code, .. } if code == "call-under-way");
                    return if calling { Ok(Forgot::Calling) } else { Err(refusal) };
                }
                let (_, told): (_, Forgetting) = self.understand(answer).await?;
                // Asked again it is known, since it was asked before.
                known.get_or_insert(told.known);
                others.extend(told.others);
                if told.done {
                    break;
                }
            }
        }
        Ok(Forgot::Done { known: known.unwrap_or(true), others })
    }

    /// What is answered to a question with a body or without one; none where nothing is known of it.
    pub(super) async fn told(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Option<String>, Error> {
        let request = self.request(method, path, &self.organization)?;
        let answer = self.send(body.into_iter().fold(request, RequestBuilder::json)).await?;
        match answer.status() {
            StatusCode::NOT_FOUND => Ok(None),
            status if status.is_success() => {
                let text = answer.text().await;
                text.map(Some).map_err(|why| Error::Silent { url: self.url.clone(), why: root(&why) })
            }
            _ => Err(self.refusal(answer).await),
        }
    }

    async fn ask(&self, method: Method, path: &str) -> Result<Response, Error> {
        self.send(self.request(method, path, &self.organization)?).await
    }

    fn request(&self, method: Method, path: &str, organization: &str) -> Result<RequestBuilder, Error> {
        let token = match &self.pass {
            Pass::Given(token) => token.expose().to_owned(),
            Pass::Signer(signer) => {
                let token = signer.sign("karnay-cli", organization, Role::Admin.as_str(), TOKEN_TTL);
                token.map_err(token::Error::from)?
            }
        };
        Ok(self.client.request(method, format!("{}{path}", self.url)).bearer_auth(token))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Error> {
        request.send().await.map_err(|why| {
            let url = self.url.clone();
            if why.is_connect() { Error::NotRunning { url } } else { Error::Silent { url, why: root(&why) } }
        })
    }

    async fn understand<T: DeserializeOwned>(&self, answer: Response) -> Result<(String, T), Error> {
        let text = answer.text().await;
        let text = text.map_err(|why| Error::Silent { url: self.url.clone(), why: root(&why) })?;
        let read = self.read(&text)?;
        Ok((text, read))
    }

    pub(super) fn read<T: DeserializeOwned>(&self, text: &str) -> Result<T, Error> {
        let foreign = |why: serde_json::Error| Error::Foreign { url: self.url.clone(), why: why.to_string() };
        serde_json::from_str(text).map_err(foreign)
    }

    async fn refusal(&self, answer: Response) -> Error {
        let status = answer.status();
        let signed = matches!(self.pass, Pass::Signer(_));
        if signed && matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return Error::Stranger { url: self.url.clone(), folder: self.folder.clone() };
        }
        match answer.json::<Problem>().await {
            Ok(Problem { code, detail, .. }) if !detail.is_empty() => Error::Refused { code, why: detail },
            Ok(Problem { code, title, .. }) if !title.is_empty() => Error::Refused { code, why: title },
            _ => Error::Foreign { url: self.url.clone(), why: format!("it answers {status}") },
        }
    }
}

/// Why, as it is recorded: here it is said of today, and for the second time.
fn why(line: &Line) -> String {
    let first = line.at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let by = line.by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
    format!("restored from a backup; asked for first at {first}{by}").chars().take(REASON_LEN_MAX).collect()
}

/// The innermost reason is the one that says something.
fn root(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
