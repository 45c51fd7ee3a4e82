//! What is sent to receivers outside: the events of one organization as messages, made of the journal anew each time they are sent, and
//! what became of them. A message tells what the feed tells, so that what belongs to persons stays sealed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use domain::fact::{Circumstances, Position};
use domain::phone::{Home, masked as masked_numbers};
use domain::secret::SealedSecret;
use domain::webhook_endpoint::{Standing, Types};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::Dispatch;
use super::reports::Error;
use crate::journal::bounds::Bounds;
use crate::journal::chain;
use crate::journal::masked::masked;
use crate::journal::told::{self, Told};
use crate::journal::{Stored, micros, webhooks as kept};
use crate::ports::receivers::Letter;

pub use crate::journal::webhooks::{Delivery, EndpointName, Part, State, Tried};

/// Events that are looked at for one stretch, whoever's they are.
const LOOKED_AT_MAX: usize = 8_192;
/// A stretch ends with the read that makes it this long.
const STRETCH_BYTES: usize = 256 << 10;
const A_READ: Bounds = Bounds { events: 256, bytes: STRETCH_BYTES / 4 };

/// So much of an answer is shown.
const ANSWER_CHARS: usize = 200;
/// The type of a message that tells of nothing.
const TRIAL: &str = "webhook.test";

/// Random bytes of a secret, and what Standard Webhooks writes before them.
const SECRET_LEN: usize = 32;
const SECRET_PREFIX: &str = "whsec_";

/// An event as it is sent. Debug shows nothing of what it says.
#[derive(Clone)]
pub struct Message {
    pub position: Position,
    /// The same whenever this event is sent to this endpoint, and no other's.
    pub id: String,
    pub event_type: String,
    /// The same for all events of one stream.
    pub lane: i64,
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message").field("position", &self.position).finish_non_exhaustive()
    }
}

/// A stretch of the journal as messages.
#[derive(Debug)]
pub struct Stretch {
    pub messages: Vec<Message>,
    /// Where to go on: everything before it was looked at.
    pub next: Position,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: &'a str,
    timestamp: String,
    data: Told<'a>,
}

/// A new secret, as its owner is shown it, once.
pub fn new_secret(fill: impl FnOnce(&mut [u8])) -> String {
    let mut bytes = [0; SECRET_LEN];
    fill(&mut bytes);
    format!("{SECRET_PREFIX}{}", STANDARD.encode(bytes))
}

/// What a receiver wrote, as far as it may be shown: its beginning, in one line and without telephone numbers.
pub fn shown(answer: &str, home: Home) -> String {
    let line = answer.chars().map(|c| if c.is_control() { ' ' } else { c });
    let line: String = line.take(ANSWER_CHARS * 2).collect();
    masked_numbers(&line, home).trim().chars().take(ANSWER_CHARS).collect()
}

impl Dispatch {
    /// None where the cipher refuses.
    pub fn seal_webhook_secret(&self, endpoint: Uuid, secret: &str) -> Option<SealedSecret> {
        let sealed = self.journal.keyring().seal_for(&place(endpoint), secret.as_bytes());
        sealed.ok().map(SealedSecret::new)
    }

    /// None where it was sealed for another endpoint, or with another data key.
    fn open_webhook_secret(&self, endpoint: Uuid, secret: &SealedSecret) -> Option<String> {
        let clear = self.journal.keyring().open_for(&place(endpoint), secret.expose()).ok()?;
        String::from_utf8(clear).ok()
    }

    /// What signs an endpoint's messages at a moment; none where one of its secrets does not open.
    pub fn webhook_secrets(
        &self,
        endpoint: Uuid,
        standing: &Standing,
        now: DateTime<Utc>,
    ) -> Option<Vec<String>> {
        standing.secrets(now).map(|secret| self.open_webhook_secret(endpoint, secret)).collect()
    }

    /// A message that tells of nothing and tries a receiver out; none where it cannot be signed.
    pub fn webhook_trial(
        &self,
        endpoint: Uuid,
        standing: &Standing,
        (id, at): (Uuid, DateTime<Utc>),
    ) -> Option<Letter> {
        let secrets = self.webhook_secrets(endpoint, standing, at)?;
        let timestamp = told::time(micros(at));
        let body = json!({ "type": TRIAL, "timestamp": timestamp, "data": {} }).to_string();
        Some(Letter { id: format!("msg_test_{}", id.simple()), at, body: body.into(), secrets })
    }

    /// What an endpoint wants of the journal from a position on, at most `limit` of it.
    pub async fn webhook_messages(
        &self,
        name: &EndpointName,
        types: &Types,
        (from, limit): (Position, usize),
    ) -> Result<Stretch, Error> {
        let mut stretch = Stretch { messages: vec![], next: from };
        let (mut looked_at, mut bytes) = (0, 0);
        while stretch.next <= self.head()
            && looked_at < LOOKED_AT_MAX
            && stretch.messages.len() < limit
            && bytes < STRETCH_BYTES
        {
            let stored = self.journal.stored_within(stretch.next.saturating_sub(1), A_READ).await?;
            let Some(last) = stored.last().map(|last| last.position) else { break };
            looked_at += stored.len();
            let wanted: Vec<&Stored> = stored.iter().filter(|event| is_wanted(name, types, event)).collect();
            let fit = limit - stretch.messages.len();
            // Behind the last one that fits there may be more: the next stretch begins there.
            stretch.next = wanted.get(fit).map_or(last + 1, |next| next.position);
            let fitting = wanted.into_iter().take(fit);
            stretch.messages.extend(fitting.map(|event| message(name.endpoint, event)));
            bytes = stretch.messages.iter().map(|message| message.body.len()).sum();
        }
        Ok(stretch)
    }

    /// One event again; none where the journal has no such event of the organization.
    pub async fn webhook_message(
        &self,
        name: &EndpointName,
        position: Position,
    ) -> Result<Option<Message>, Error> {
        let stored = self.journal.stored(position.saturating_sub(1), 1).await?;
        let event = stored.first().filter(|event| event.position == position && is_of(name, event));
        Ok(event.map(|event| message(name.endpoint, event)))
    }

    /// How far an endpoint has come that was registered at a position. Nothing is written.
    pub async fn webhook_standing(
        &self,
        name: &EndpointName,
        registered: Position,
    ) -> Result<kept::Standing, Error> {
        let known = self.journal.webhook_standing(name).await?;
        let position = registered + 1;
        let new = || kept::Standing { position, failing_since: None, waiting: vec![], moved_at: None };
        Ok(known.unwrap_or_else(new))
    }

    /// Gives an endpoint that was registered at a position its place, where it has none yet.
    pub async fn webhook_begin(
        &self,
        name: &EndpointName,
        (registered, at): (Position, DateTime<Utc>),
    ) -> Result<(), Error> {
        Ok(self.journal.webhook_begin(name, (registered + 1, at)).await?)
    }

    /// One that is no more has no place, and nothing waits for it.
    pub async fn webhook_forget(&self, name: &EndpointName) -> Result<(), Error> {
        Ok(self.journal.webhook_forget(name).await?)
    }

    pub async fn webhook_log(&self, part: Part) -> Result<Vec<Delivery>, Error> {
        Ok(self.journal.webhook_log(part).await?)
    }

    pub async fn webhook_rewind(
        &self,
        name: &EndpointName,
        to: (Position, DateTime<Utc>),
    ) -> Result<bool, Error> {
        Ok(self.journal.webhook_rewind(name, to).await?)
    }

    pub async fn webhook_retry(
        &self,
        name: &EndpointName,
        which: (Position, DateTime<Utc>),
    ) -> Result<bool, Error> {
        Ok(self.journal.webhook_retry(name, which).await?)
    }
}

/// A secret that was copied to another endpoint's stream does not open there.
fn place(endpoint: Uuid) -> String {
    format!("webhook endpoint {endpoint}")
}

fn is_wanted(name: &EndpointName, types: &Types, event: &Stored) -> bool {
    types.want(&event.kind, &event.event_type) && is_of(name, event)
}

fn is_of(name: &EndpointName, event: &Stored) -> bool {
    let whose = event.stream.split_once('/').map(|(organization, _)| organization);
    whose == Some(name.organization.as_str())
}

fn message(endpoint: Uuid, event: &Stored) -> Message {
    let circumstances: Circumstances = serde_json::from_str(&event.metadata).unwrap_or_default();
    let payload = masked(&event.kind, &event.payload);
    let event_type = format!("{}.{}", event.kind, event.event_type);
    let data = Told::new(event, &payload, &circumstances);
    let body = Body { r#type: &event_type, timestamp: told::time(event.occurred_at), data };
    // What cannot be written as JSON was never stored as JSON.
    let body = serde_json::to_vec(&body).unwrap_or_default();
    Message { position: event.position, id: message_id(endpoint, event), event_type, lane: lane(event), body }
}

/// Of the event's place and of its digest: a journal that was taken back to an older state goes on with other events in the same places.
fn message_id(endpoint: Uuid, event: &Stored) -> String {
    let parts = [endpoint.as_bytes().as_slice(), &event.position.to_be_bytes(), &event.hash];
    let hash = chain::of(&parts.concat());
    format!("msg_{}", hex::encode(hash.get(..16).unwrap_or_default()))
}

/// Two streams that share one by chance wait for each other, which does no harm.
fn lane(event: &Stored) -> i64 {
    let hash = chain::of(format!("{}/{}", event.kind, event.stream).as_bytes());
    let mut lane = [0; 8];
    lane.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    i64::from_be_bytes(lane)
}
