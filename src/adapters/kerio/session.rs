//! The one session with the box: begun where there is none, shared by all who ask, begun anew once where the box has lost it.
//! A password that was refused is not tried again until somebody has looked after it, for the box may block who knocks too often.

use std::fmt;
use std::sync::Arc;
use std::sync::Mutex as Held;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{RequestBuilder, Url};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::jar::Jar;
use super::rpc::{self, Failed};
use crate::adapters::exchange::loose::Loose;
use crate::adapters::exchange::{Door, Options, Password, senseless};
use crate::ports::pbx::PbxTrouble;

const TOKEN: HeaderName = HeaderName::from_static("x-token");
/// A session that was lost before it was of any use is not followed by the next at once.
const USELESS_PAUSE: Duration = Duration::from_secs(30);
/// A box that does not answer to a farewell has to do without.
const FAREWELL_WAIT: Duration = Duration::from_secs(2);
/// Errors of the application, below which are the protocol's.
const APPLICATION: i64 = 1000;

pub(super) struct Session {
    number: u64,
    token: HeaderValue,
    jar: Held<Jar>,
    useful: AtomicBool,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({})", self.number)
    }
}

impl Session {
    pub(super) fn sign(&self, request: RequestBuilder, to: &Url) -> RequestBuilder {
        let cookies = self.jar.lock().unwrap_or_else(PoisonError::into_inner).header(to);
        let request = request.header(TOKEN, self.token.clone());
        match cookies {
            Some(cookies) => request.header(reqwest::header::COOKIE, cookies),
            None => request,
        }
    }

    pub(super) fn keep(&self, headers: &HeaderMap, from: &Url) {
        self.jar.lock().unwrap_or_else(PoisonError::into_inner).keep(headers, from);
    }

    /// The box has answered in it.
    pub(super) fn prove(&self) {
        self.useful.store(true, Ordering::Relaxed);
    }
}

#[derive(Debug)]
pub(super) struct Sessions {
    door: Door,
    user: String,
    password: Password,
    within: Duration,
    begun: AtomicU64,
    /// Held while a session begins, so that all others wait for that one.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    current: Option<Arc<Session>>,
    began_at: Option<Instant>,
    /// Why there is no use in trying again.
    refused: Option<PbxTrouble>,
}

impl Sessions {
    pub(super) fn new(door: Door, options: &Options) -> Self {
        let Options { user, password, times, .. } = options;
        Self {
            door,
            user: user.clone(),
            password: password.clone(),
            within: times.call,
            begun: AtomicU64::new(0),
            state: Mutex::default(),
        }
    }

    pub(super) fn door(&self) -> &Door {
        &self.door
    }

    /// The session that there is, or a new one.
    pub(super) async fn open(&self) -> Result<Arc<Session>, Failed> {
        let mut state = self.state.lock().await;
        match &state.current {
            Some(session) => Ok(Arc::clone(session)),
            None => self.begin(&mut state).await,
        }
    }

    /// One that follows the session that was lost: somebody else's where there is one by now.
    pub(super) async fn renew(&self, lost: &Session) -> Result<Arc<Session>, Failed> {
        let mut state = self.state.lock().await;
        if let Some(session) = state.current.as_ref().filter(|session| session.number != lost.number) {
            return Ok(Arc::clone(session));
        }
        let age = state.began_at.map_or(Duration::MAX, |began_at| began_at.elapsed());
        if !lost.useful.load(Ordering::Relaxed) && age < USELESS_PAUSE {
            let why = "the exchange forgets its sessions at once".to_owned();
            return Err(PbxTrouble::Away { why, after: Some(USELESS_PAUSE.saturating_sub(age)) }.into());
        }
        state.current = None;
        self.begin(&mut state).await
    }

    /// Somebody has looked after it, so it may be tried again.
    pub(super) async fn forgive(&self) {
        self.state.lock().await.refused = None;
    }

    pub(super) async fn close(&self) {
        let Some(session) = self.state.lock().await.current.take() else { return };
        let id = self.begun.load(Ordering::Relaxed);
        let farewell = (id, "Session.logout", &json!({}));
        if rpc::ask(&self.door, &session, farewell, FAREWELL_WAIT).await.is_err() {
            tracing::debug!("the exchange was left without a farewell; it ends the session by itself");
        }
    }

    async fn begin(&self, state: &mut State) -> Result<Arc<Session>, Failed> {
        if let Some(refused) = &state.refused {
            return Err(refused.clone().into());
        }
        let number = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
        let session = self.log_in(number).await.map_err(|failed| {
            let trouble = refusal(failed);
            if matches!(trouble, PbxTrouble::Password | PbxTrouble::Rights { .. }) {
                state.refused = Some(trouble.clone());
            }
            trouble
        })?;
        let session = Arc::new(session);
        (state.current, state.began_at) = (Some(Arc::clone(&session)), Some(Instant::now()));
        Ok(session)
    }

    async fn log_in(&self, number: u64) -> Result<Session, Failed> {
        let application =
            json!({ "name": "karnay", "vendor": "karnay", "version": env!("CARGO_PKG_VERSION") });
        let params =
            json!({ "userName": self.user, "password": self.password.expose(), "application": application });
        // Cookies come with the very answer that has the token.
        let blank = Session {
            number,
            token: HeaderValue::from_static(""),
            jar: Held::default(),
            useful: AtomicBool::new(false),
        };
        let answer = rpc::begin(&self.door, &blank, (number, "Session.login", &params), self.within).await?;
        let token = token(&answer.result).ok_or_else(|| senseless("a login without a token"))?;
        Ok(Session { token, ..blank })
    }
}

fn token(result: &Value) -> Option<HeaderValue> {
    let mut token = HeaderValue::try_from(Loose::new(result)?.text(&["token"])?).ok()?;
    token.set_sensitive(true);
    Some(token)
}

/// What a failed login means. Which error stands for a wrong password nobody has seen, so all of the application's do:
/// to stop once too often does less harm than to be locked out.
fn refusal(failed: Failed) -> PbxTrouble {
    match failed {
        Failed::Lost { forbidden: true } => PbxTrouble::Rights { what: "Session.login".to_owned() },
        Failed::Lost { forbidden: false } => PbxTrouble::Password,
        Failed::Fault { code } if code >= APPLICATION && !rpc::DENIED.contains(&code) => PbxTrouble::Password,
        failed @ (Failed::Fault { .. } | Failed::Trouble(_)) => failed.of("Session.login"),
    }
}
