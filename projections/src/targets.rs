//! The screen of contacts in campaigns: one row for each, how it stands, what was said and when it is called. Fed by every event
//! of `target`; table `targets`, for operators of PostgreSQL the view `auto_targets`. The dialler finds in it who is due.

mod breakdown;
mod queries;

use std::fmt;

use chrono::{DateTime, Utc};
use domain::conversation::Outcome;
use domain::conversation::status::{Reason, Status};
use domain::fact::{Event, Fact, Position};
use domain::personal::Personal;
use domain::policy::retry::Next;
use domain::target::{self, Decision, Words};
use serde::Serialize;
use uuid::Uuid;

use crate::projection::{Index, Projection, Touch, Unfoldable};
use crate::row::{Cell, Field, Kind, row};

pub use breakdown::{Standing, standings};
pub(crate) use queries::members;
pub use queries::{
    Filter, Referred, begun, count, due, in_campaigns, list, newest_call, next_due, of_campaign, of_contacts,
    of_reference, put_off, waiting_of,
};

row! {
    /// A contact in a campaign as it is shown.
    pub struct TargetRow {
        pub stream: String,
        pub organization: String,
        pub campaign: Uuid,
        pub contact: Uuid,
        pub state: State,
        /// The documented `callStatus`: between two calls what the last one came to.
        pub call_status: Status,
        /// What the documented statuses have no name for.
        pub reason: Option<String>,
        pub outcome: Option<String>,
        pub summary: Option<String>,
        pub recording_url: Option<String>,
        pub talk_secs: Option<i64>,
        pub attempts: i64,
        /// Who goes first of those who are due.
        pub turn: Turn,
        /// When it is looked at next; null where only a change from outside helps, and where its calls are over.
        pub due_at: Option<DateTime<Utc>>,
        /// Why it is not called now.
        pub rule: Option<String>,
        pub figures: Option<String>,
        /// The call that is under way, or was the last.
        pub call: Option<Uuid>,
        /// The agent's own name for it.
        pub reference: Option<String>,
        pub dialled_at: Option<DateTime<Utc>>,
        pub updated_at: DateTime<Utc>,
        /// Of its first event.
        pub position: Position,
    }
}

/// What a call to it would be. Whoever asked for a call goes before those who did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    Callback,
    Retry,
    First,
}

impl Turn {
    /// The order in which they go.
    pub const ALL: [Self; 3] = [Self::Callback, Self::Retry, Self::First];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Callback => "callback",
            Self::Retry => "retry",
            Self::First => "first",
        }
    }
}

impl Field for Turn {
    const KIND: Kind = Kind::Text;

    fn cell(&self) -> Cell<'_> {
        Cell::Text(Some(self.as_str().into()))
    }

    fn read(cell: Cell<'_>) -> Option<Self> {
        let text = String::read(cell)?;
        Self::ALL.into_iter().find(|turn| turn.as_str() == text)
    }
}

/// Where it stands between being enlisted and being through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Waiting,
    /// It may not be called, and waiting does not help.
    Skipped,
    Calling,
    Over,
    Dropped,
}

impl State {
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Skipped, Self::Calling, Self::Over, Self::Dropped];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Skipped => "skipped",
            Self::Calling => "calling",
            Self::Over => "over",
            Self::Dropped => "dropped",
        }
    }
}

impl Field for State {
    const KIND: Kind = Kind::Text;

    fn cell(&self) -> Cell<'_> {
        Cell::Text(Some(self.as_str().into()))
    }

    fn read(cell: Cell<'_>) -> Option<Self> {
        let text = String::read(cell)?;
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

impl Field for Status {
    const KIND: Kind = Kind::Text;

    fn cell(&self) -> Cell<'_> {
        Cell::Text(Some(self.as_str().into()))
    }

    fn read(cell: Cell<'_>) -> Option<Self> {
        Self::parse(&String::read(cell)?)
    }
}

impl fmt::Debug for TargetRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stream, state, call_status, position, .. } = self;
        write!(f, "TargetRow({stream}, {state:?}, {call_status:?}, at {position}, personal ***)")
    }
}

/// A name that serde gives, for a column of text.
fn name(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

impl TargetRow {
    fn enlisted(fact: &Fact, (campaign, contact): (Uuid, Uuid), at: DateTime<Utc>) -> Self {
        Self {
            stream: fact.stream.as_str().to_owned(),
            organization: fact.stream.organization().to_owned(),
            campaign,
            contact,
            state: State::Waiting,
            call_status: Status::Pending,
            reason: None,
            outcome: None,
            summary: None,
            recording_url: None,
            talk_secs: None,
            attempts: 0,
            turn: Turn::First,
            due_at: Some(at),
            rule: None,
            figures: None,
            call: None,
            reference: None,
            dialled_at: None,
            updated_at: at,
            position: fact.position,
        }
    }

    fn know(&mut self, outcome: &Outcome, words: &Words) {
        self.talk_secs = outcome.talk_secs.map(i64::from);
        self.outcome.clone_from(&words.outcome);
        self.summary.clone_from(&words.summary);
        self.recording_url.clone_from(&words.recording_url);
    }

    /// Whether it is this call whose words are shown.
    fn shows(&self, call: Uuid) -> bool {
        self.call == Some(call) && self.state != State::Dropped
    }

    fn come_to(&mut self, outcome: &Outcome, next: Next, words: &Words) {
        self.know(outcome, words);
        let shown = outcome.shown();
        self.call_status = shown.status;
        self.reason = shown.reason.map(|reason: Reason| name(reason));
        (self.rule, self.figures) = (None, None);
        match next {
            Next::Again { .. } => self.turn = Turn::Retry,
            Next::Callback { .. } => self.turn = Turn::Callback,
            Next::Promised { .. } | Next::Retired | Next::OptedOut | Next::Final => {}
        }
        (self.state, self.due_at) = match next {
            Next::Again { at } | Next::Callback { at } => (State::Waiting, Some(at)),
            Next::Promised { .. } | Next::Retired | Next::OptedOut | Next::Final => (State::Over, None),
        };
    }

    fn put_off(&mut self, decision: &Decision) {
        self.state = if decision.until.is_some() { State::Waiting } else { State::Skipped };
        self.due_at = decision.until;
        self.rule = Some(name(decision.rule));
        self.figures = Some(name(decision.figures));
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Targets;

impl Projection for Targets {
    const NAME: &'static str = "targets";
    const VERSION: i64 = 2;
    const PERSONAL: bool = true;
    const KINDS: &'static [&'static str] = &["target"];
    const KEY: &'static str = "stream";
    const INDEXES: &'static [Index] = &[
        Index { name: "due", columns: "campaign, state, turn, due_at, position" },
        Index { name: "of_campaign", columns: "organization, campaign, position" },
        Index { name: "of_contact", columns: "organization, contact, position" },
        Index { name: "of_reference", columns: "reference" },
    ];
    const VIEW: &'static str = "auto_targets";
    const CACHED: usize = 4_096;

    type Key = String;
    type Row = TargetRow;

    fn key(row: &TargetRow) -> String {
        row.stream.clone()
    }

    fn touches(fact: &Fact) -> Option<Touch<String>> {
        match &fact.event {
            Event::Target(_) => Some(Touch::Existing(fact.stream.as_str().to_owned())),
            Event::Session(_)
            | Event::Call(_)
            | Event::Quarantine(_)
            | Event::NumberList(_)
            | Event::Remote(_)
            | Event::User(_)
            | Event::Promise(_)
            | Event::Import(_)
            | Event::ApiKey(_)
            | Event::WebhookEndpoint(_)
            | Event::Settings(_)
            | Event::Pbx(_)
            | Event::PbxCall(_)
            | Event::Disclosure(_)
            | Event::Denial(_)
            | Event::Contact(_)
            | Event::Person(_)
            | Event::Campaign(_) => None,
        }
    }

    fn fold(row: &mut Option<TargetRow>, fact: &Fact) -> Result<(), Unfoldable> {
        match &fact.event {
            Event::Target(event) => follow(row, fact, event),
            Event::Session(_)
            | Event::Call(_)
            | Event::Quarantine(_)
            | Event::NumberList(_)
            | Event::Remote(_)
            | Event::User(_)
            | Event::Promise(_)
            | Event::Import(_)
            | Event::ApiKey(_)
            | Event::WebhookEndpoint(_)
            | Event::Settings(_)
            | Event::Pbx(_)
            | Event::PbxCall(_)
            | Event::Disclosure(_)
            | Event::Denial(_)
            | Event::Contact(_)
            | Event::Person(_)
            | Event::Campaign(_) => Ok(()),
        }
    }
}

fn follow(row: &mut Option<TargetRow>, fact: &Fact, event: &target::Event) -> Result<(), Unfoldable> {
    if let target::Event::Enlisted { at } = event {
        let ids = fact.stream.of_target().ok_or(Unfoldable("the stream's name holds no ids"))?;
        let again = row.take().map(|known| known.position);
        let enlisted = TargetRow::enlisted(fact, ids, *at);
        *row = Some(TargetRow { position: again.unwrap_or(fact.position), ..enlisted });
        return Ok(());
    }
    let known = row.as_mut().ok_or(Unfoldable("the contact of the campaign has no row"))?;
    known.updated_at = fact.recorded_at;
    match event {
        target::Event::Enlisted { .. } => {}
        target::Event::Accepted { reference, .. } => known.reference.clone_from(reference),
        target::Event::Withdrawn { status, at, .. } => {
            (known.state, known.call_status, known.due_at) = (State::Waiting, *status, Some(*at));
            known.attempts -= 1;
        }
        target::Event::Dialled { call, attempt, at, .. } => {
            (known.state, known.call_status, known.due_at) = (State::Calling, Status::Calling, None);
            (known.call, known.reference, known.dialled_at) = (Some(*call), None, Some(*at));
            (known.attempts, known.rule, known.figures) = (i64::from(*attempt), None, None);
        }
        target::Event::Ended { outcome, next, personal, .. }
        | target::Event::Corrected { outcome, next: Some(next), personal, .. } => {
            known.come_to(outcome, *next, &readable(personal)?);
        }
        target::Event::Corrected { call, outcome, next: None, personal, .. } if known.shows(*call) => {
            known.know(outcome, &readable(personal)?);
        }
        // Another call is what is shown.
        target::Event::Corrected { .. } => {}
        target::Event::Deferred { decision, .. } => known.put_off(decision),
        target::Event::Dropped { .. } => {
            (known.state, known.due_at) = (State::Dropped, None);
            (known.outcome, known.summary, known.recording_url) = (None, None, None);
        }
    }
    Ok(())
}

fn readable(personal: &Personal<Words>) -> Result<Words, Unfoldable> {
    match personal {
        Personal::Clear(words) => Ok(words.clone()),
        Personal::Forgotten => Ok(Words::default()),
        Personal::Sealed(_) => Err(Unfoldable("its personal data is sealed")),
    }
}

#[cfg(test)]
mod tests;
