//! The screen of an exchange's calls: one row a call, seen live or told by the exchange's log alone. Fed by the events of `pbx_call`;
//! table `pbx_calls`, for operators of PostgreSQL the view `calls`.
//! A row of the log that was found to tell of a call that was seen makes no row: its call shows what it said.

mod queries;
mod words;

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use domain::call::Listing;
use domain::fact::{Event, Fact, Position};
use domain::pbx_call::{self, Course, Direction, Missing, Parties, Row, Status};
use domain::personal::Personal;
use domain::phone::spelling;
use uuid::Uuid;

use crate::call_history::ResultRow;
use crate::projection::{Index, Projection, Touch, Unfoldable};
use crate::row::row;

pub use queries::{Filter, Place, find, find_by_id, forgotten, history, live, several, unconfirmed};
pub use words::{STATUSES, State, shown};

row! {
    /// A call at an exchange. Fields of people who were forgotten are empty.
    pub struct PbxCallRow {
        pub stream: String,
        pub id: Uuid,
        pub organization: String,
        /// The exchange's name for it, or what stands for it where the exchange has none.
        pub call: String,
        pub direction: Direction,
        /// 1 where both ends are inside.
        pub internal: i64,
        /// As the exchange wrote them.
        pub from_number: String,
        pub to_number: String,
        /// Their digits from the last to the first: what numbers are found by.
        pub from_backwards: String,
        pub to_backwards: String,
        pub extension: Option<String>,
        pub state: State,
        /// None until it is over.
        pub status: Option<Status>,
        /// 1 where it was put through to a voice box.
        pub voicemail: i64,
        /// 1 once the exchange's log has told of it.
        pub confirmed: i64,
        pub started_at: DateTime<Utc>,
        pub answered_at: Option<DateTime<Utc>>,
        pub ended_at: Option<DateTime<Utc>>,
        pub ring_secs: Option<u32>,
        pub talk_secs: Option<u32>,
        /// The exchange's name for its recording.
        pub recording: Option<String>,
        pub created_at: DateTime<Utc>,
        pub updated_at: DateTime<Utc>,
        /// Of its first event: the order among calls that began at one instant.
        pub position: Position,
    }
}

impl PbxCallRow {
    /// Everybody whom it was with was forgotten.
    pub fn is_forgotten(&self) -> bool {
        self.from_number.is_empty() && self.to_number.is_empty()
    }
}

impl fmt::Debug for PbxCallRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stream, state, status, position, .. } = self;
        write!(f, "PbxCallRow({stream}, {state:?}, {status:?}, at {position}, personal ***)")
    }
}

impl PbxCallRow {
    /// Where it rings, whatever becomes of it.
    fn begun(
        fact: &Fact,
        (id, call, course): (Uuid, &str, Course),
        (started_at, at): (DateTime<Utc>, DateTime<Utc>),
        parties: Parties,
    ) -> Self {
        Self {
            stream: fact.stream.as_str().to_owned(),
            id,
            organization: fact.stream.organization().to_owned(),
            call: call.to_owned(),
            direction: course.direction,
            internal: i64::from(course.internal),
            from_backwards: spelling::backwards(&parties.from),
            to_backwards: spelling::backwards(&parties.to),
            from_number: parties.from,
            to_number: parties.to,
            extension: None,
            state: State::Ringing,
            status: None,
            voicemail: 0,
            confirmed: 0,
            started_at,
            answered_at: None,
            ended_at: None,
            ring_secs: None,
            talk_secs: None,
            recording: None,
            created_at: at,
            updated_at: at,
            position: fact.position,
        }
    }

    fn answer(&mut self, at: DateTime<Utc>) {
        (self.state, self.answered_at) = (State::Talking, Some(at));
        self.ring_secs = Some(between(self.started_at, at));
    }

    /// How long it took is a guess until the log has told of it: a look every few seconds saw no more.
    fn end(&mut self, at: DateTime<Utc>) {
        (self.state, self.status, self.ended_at) = (State::Ended, Some(Status::Answered), Some(at));
        self.talk_secs = self.answered_at.map(|answered| between(answered, at));
    }

    fn miss(&mut self, how: Missing, at: DateTime<Utc>) {
        (self.state, self.status, self.ended_at) = (State::Missed, Some(how.into()), Some(at));
        self.voicemail = i64::from(how == Missing::Voicemail);
        self.ring_secs = Some(between(self.started_at, at));
    }

    /// The log is believed in everything.
    fn settle(&mut self, row: &Row) {
        let answered_at = row.started_at + TimeDelta::seconds(i64::from(row.ring_secs));
        self.started_at = row.started_at;
        self.answered_at = Some(answered_at).filter(|_| row.status == Status::Answered);
        self.ended_at = Some(answered_at + TimeDelta::seconds(i64::from(row.talk_secs)));
        (self.ring_secs, self.talk_secs) = (Some(row.ring_secs), Some(row.talk_secs));
        (self.status, self.state) = (Some(row.status), State::of(row.status));
        (self.voicemail, self.confirmed) = (i64::from(row.voicemail), 1);
    }

    fn reach(&mut self, extension: Option<&String>) {
        if let Some(extension) = extension {
            self.extension = Some(extension.clone());
        }
    }

    /// As calls of call servers are shown, once it is over. It came to be when it began: what the log tells late stands where it
    /// belongs.
    pub fn as_result(&self) -> Option<ResultRow> {
        let phone = match self.direction {
            Direction::Incoming => &self.from_number,
            Direction::Outgoing => &self.to_number,
        };
        Some(ResultRow {
            id: self.id,
            organization: self.organization.clone(),
            session: String::new(),
            stream: String::new(),
            phone_backwards: spelling::backwards(phone),
            phone: phone.clone(),
            status: shown(self.status?),
            talk_secs: self.talk_secs,
            operator_name: None,
            operator_id: None,
            started_at: Some(self.started_at),
            ended_at: self.ended_at,
            recording_url: self.recording.as_ref().map(|_| format!("/kerio/calls/{}/recording", self.call)),
            notes: None,
            listing: Listing::NoList,
            created_at: self.started_at,
            position: self.position,
        })
    }
}

fn between(from: DateTime<Utc>, to: DateTime<Utc>) -> u32 {
    u32::try_from((to - from).num_seconds()).unwrap_or(0)
}

#[derive(Debug, Clone, Copy)]
pub struct PbxCalls;

impl Projection for PbxCalls {
    const NAME: &'static str = "pbx_calls";
    const VERSION: i64 = 1;
    const PERSONAL: bool = true;
    const KINDS: &'static [&'static str] = &["pbx_call"];
    const KEY: &'static str = "stream";
    /// A page is a merge of stretches of one of them, so that no filter has to look at rows that it does not show.
    const INDEXES: &'static [Index] = &[
        Index { name: "by_id", columns: "id" },
        Index { name: "latest", columns: "organization, started_at, position" },
        Index { name: "of_direction", columns: "organization, direction, started_at, position" },
        Index { name: "of_status", columns: "organization, status, direction, started_at, position" },
        Index { name: "of_extension", columns: "organization, extension, started_at, position" },
        Index { name: "from_whom", columns: "organization, from_backwards, started_at, position" },
        Index { name: "to_whom", columns: "organization, to_backwards, started_at, position" },
        Index { name: "of_state", columns: "organization, state, started_at, position" },
        Index { name: "unconfirmed", columns: "organization, confirmed, started_at, position" },
    ];
    const VIEW: &'static str = "calls";
    const CACHED: usize = 4_096;

    type Key = String;
    type Row = PbxCallRow;

    fn key(row: &PbxCallRow) -> String {
        row.stream.clone()
    }

    fn touches(fact: &Fact) -> Option<Touch<String>> {
        let own = || fact.stream.as_str().to_owned();
        match &fact.event {
            Event::PbxCall(pbx_call::Event::Seen { .. } | pbx_call::Event::Logged { .. }) => {
                Some(Touch::New(own()))
            }
            Event::PbxCall(
                pbx_call::Event::Answered { .. }
                | pbx_call::Event::Ended { .. }
                | pbx_call::Event::Missed { .. }
                | pbx_call::Event::Confirmed { .. }
                | pbx_call::Event::Corrected { .. }
                | pbx_call::Event::RecordingFound { .. },
            ) => Some(Touch::Existing(own())),
            Event::PbxCall(pbx_call::Event::Matched { .. } | pbx_call::Event::Listened { .. })
            | Event::Session(_)
            | Event::Call(_)
            | Event::Quarantine(_)
            | Event::NumberList(_)
            | Event::Remote(_)
            | Event::Contact(_)
            | Event::Import(_)
            | Event::Person(_)
            | Event::Campaign(_)
            | Event::Target(_)
            | Event::Promise(_)
            | Event::User(_)
            | Event::ApiKey(_)
            | Event::WebhookEndpoint(_)
            | Event::Settings(_)
            | Event::Pbx(_)
            | Event::Disclosure(_)
            | Event::Denial(_) => None,
        }
    }

    fn fold(row: &mut Option<PbxCallRow>, fact: &Fact) -> Result<(), Unfoldable> {
        let Event::PbxCall(event) = &fact.event else { return Ok(()) };
        match begun(fact, event)? {
            Some(_) if row.is_some() => Err(Unfoldable("the call was known before")),
            Some(begun) => {
                *row = Some(begun);
                Ok(())
            }
            None => follow(row, event),
        }
    }
}

/// The row of an event that begins one.
fn begun(fact: &Fact, event: &pbx_call::Event) -> Result<Option<PbxCallRow>, Unfoldable> {
    match event {
        pbx_call::Event::Seen { id, call, course, extension, talking, started_at, at, personal } => {
            let known = (*id, call.as_str(), *course);
            let mut row = PbxCallRow::begun(fact, known, (*started_at, *at), readable(personal)?);
            row.reach(extension.as_ref());
            if *talking {
                row.state = State::Talking;
            }
            Ok(Some(row))
        }
        pbx_call::Event::Logged { id, row: told, course, extension, at, personal } => {
            let known = (*id, told.key.as_str(), *course);
            let mut row = PbxCallRow::begun(fact, known, (told.started_at, *at), readable(personal)?);
            row.reach(extension.as_ref());
            row.settle(told);
            Ok(Some(row))
        }
        pbx_call::Event::Answered { .. }
        | pbx_call::Event::Ended { .. }
        | pbx_call::Event::Missed { .. }
        | pbx_call::Event::Matched { .. }
        | pbx_call::Event::Confirmed { .. }
        | pbx_call::Event::Corrected { .. }
        | pbx_call::Event::RecordingFound { .. }
        | pbx_call::Event::Listened { .. } => Ok(None),
    }
}

fn follow(row: &mut Option<PbxCallRow>, event: &pbx_call::Event) -> Result<(), Unfoldable> {
    let known = row.as_mut().ok_or(Unfoldable("the call has no row"))?;
    match event {
        pbx_call::Event::Answered { extension, answered_at, at } => {
            known.answer(*answered_at);
            known.reach(extension.as_ref());
            known.updated_at = *at;
        }
        pbx_call::Event::Ended { ended_at, at } => {
            known.end(*ended_at);
            known.updated_at = *at;
        }
        pbx_call::Event::Missed { how, ended_at, at } => {
            known.miss(*how, *ended_at);
            known.updated_at = *at;
        }
        pbx_call::Event::Confirmed { row, at, .. } | pbx_call::Event::Corrected { row, at, .. } => {
            known.settle(row);
            known.updated_at = *at;
        }
        pbx_call::Event::RecordingFound { recording, extension, at } => {
            known.recording = Some(recording.clone());
            known.reach(extension.as_ref());
            known.updated_at = *at;
        }
        pbx_call::Event::Seen { .. }
        | pbx_call::Event::Logged { .. }
        | pbx_call::Event::Matched { .. }
        | pbx_call::Event::Listened { .. } => {}
    }
    Ok(())
}

fn readable(personal: &Personal<Parties>) -> Result<Parties, Unfoldable> {
    match personal {
        Personal::Clear(parties) => Ok(parties.clone()),
        Personal::Forgotten => Ok(Parties::default()),
        Personal::Sealed(_) => Err(Unfoldable("its personal data is sealed")),
    }
}

#[cfg(test)]
mod tests;
