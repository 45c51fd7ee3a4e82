//! The results screen: one row an attempt to reach a number, with its strongest status. Fed by every event of `call`; table
//! `call_history`, for operators of PostgreSQL the view `call_results`.
//! What a report means is `domain::call`'s business: rows are folded by its own functions. How rows are asked for is in `queries.rs`.

mod queries;

use std::fmt;

use chrono::{DateTime, Utc};
use domain::call::{self, Attempt, Details, Listing, Told};
use domain::fact::{Event, Fact, Position};
use domain::outcome::CallStatus;
use domain::personal::Personal;
use domain::phone::spelling;
use uuid::Uuid;

use crate::projection::{Index, Projection, Touch, Unfoldable};
use crate::row::row;

pub use queries::{Filter, Number, Part, Place, begun, find, history, of_session, recordings_named, several};

row! {
    /// A result as it is shown. Fields of a person who was forgotten are empty.
    pub struct ResultRow {
        pub id: Uuid,
        pub organization: String,
        pub session: String,
        pub stream: String,
        /// As the sender wrote it.
        pub phone: String,
        /// The phone's digits from the last to the first: what numbers are found by.
        pub phone_backwards: String,
        pub status: CallStatus,
        pub talk_secs: Option<u32>,
        pub operator_name: Option<String>,
        pub operator_id: Option<String>,
        pub started_at: Option<DateTime<Utc>>,
        pub ended_at: Option<DateTime<Utc>>,
        pub recording_url: Option<String>,
        pub notes: Option<String>,
        pub listing: Listing,
        pub created_at: DateTime<Utc>,
        /// Of its first event: the order of results, and a page's cursor.
        pub position: Position,
    }
}

impl fmt::Debug for ResultRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, stream, status, position, .. } = self;
        write!(f, "ResultRow({id}, {stream}, {status:?}, at {position}, personal ***)")
    }
}

impl ResultRow {
    fn reported(fact: &Fact, told: &Told) -> Self {
        let listing = told.listing;
        let mut row = Self {
            id: told.id,
            organization: fact.stream.organization().to_owned(),
            session: fact.stream.session_name().to_owned(),
            stream: fact.stream.as_str().to_owned(),
            phone: String::new(),
            phone_backwards: String::new(),
            status: told.status,
            talk_secs: None,
            operator_name: None,
            operator_id: None,
            started_at: None,
            ended_at: None,
            recording_url: None,
            notes: None,
            listing,
            created_at: told.at,
            position: fact.position,
        };
        row.show(Attempt::new(told));
        row
    }

    /// Lets the domain's own rule work on the attempt that this row shows.
    fn follow(&mut self, rule: impl FnOnce(&mut Attempt)) {
        let mut attempt = Attempt {
            id: self.id,
            status: self.status,
            talk_secs: self.talk_secs,
            started_at: self.started_at,
            ended_at: self.ended_at,
            details: Details {
                phone: std::mem::take(&mut self.phone),
                operator_name: self.operator_name.take(),
                operator_id: self.operator_id.take(),
                recording_url: self.recording_url.take(),
                notes: self.notes.take(),
            },
            created_at: self.created_at,
        };
        rule(&mut attempt);
        self.show(attempt);
    }

    fn show(&mut self, attempt: Attempt) {
        let Attempt { id, status, talk_secs, started_at, ended_at, details, created_at } = attempt;
        let Details { phone, operator_name, operator_id, recording_url, notes } = details;
        (self.id, self.status, self.talk_secs) = (id, status, talk_secs);
        (self.started_at, self.ended_at, self.created_at) = (started_at, ended_at, created_at);
        self.phone_backwards = spelling::backwards(&phone);
        (self.phone, self.operator_name, self.operator_id) = (phone, operator_name, operator_id);
        (self.recording_url, self.notes) = (recording_url, notes);
    }
}

#[derive(Debug, Clone, Copy)]
pub struct CallHistory;

impl Projection for CallHistory {
    const NAME: &'static str = "call_history";
    const VERSION: i64 = 2;
    const PERSONAL: bool = true;
    const KINDS: &'static [&'static str] = &["call"];
    const KEY: &'static str = "id";
    /// The history is read status by status and merged, so that no filter has to look at rows that it does not show.
    const INDEXES: &'static [Index] = &[
        Index { name: "of_session", columns: "organization, session, position" },
        Index { name: "of_status", columns: "organization, status, created_at, position" },
        Index {
            name: "of_session_and_status",
            columns: "organization, session, status, created_at, position",
        },
        Index { name: "of_number", columns: "organization, phone_backwards, created_at, position" },
    ];
    const VIEW: &'static str = "call_results";
    const CACHED: usize = 2_048;

    type Key = Uuid;
    type Row = ResultRow;

    fn key(row: &ResultRow) -> Uuid {
        row.id
    }

    fn touches(fact: &Fact) -> Option<Touch<Uuid>> {
        match &fact.event {
            Event::Call(call::Event::Reported(told)) => Some(Touch::New(told.id)),
            Event::Call(call::Event::Strengthened(told) | call::Event::Overtaken(told)) => {
                Some(Touch::Existing(told.id))
            }
            Event::Call(call::Event::Amended(amendment)) => Some(Touch::Existing(amendment.id)),
            Event::Session(_)
            | Event::Quarantine(_)
            | Event::NumberList(_)
            | Event::Remote(_)
            | Event::Contact(_)
            | Event::Person(_)
            | Event::Campaign(_)
            | Event::Target(_)
            | Event::User(_)
            | Event::Promise(_)
            | Event::Import(_)
            | Event::ApiKey(_)
            | Event::WebhookEndpoint(_)
            | Event::Settings(_)
            | Event::Pbx(_)
            | Event::PbxCall(_)
            | Event::Disclosure(_)
            | Event::Denial(_) => None,
        }
    }

    fn fold(row: &mut Option<ResultRow>, fact: &Fact) -> Result<(), Unfoldable> {
        let event = match &fact.event {
            Event::Call(event) => event,
            Event::Session(_)
            | Event::Quarantine(_)
            | Event::NumberList(_)
            | Event::Remote(_)
            | Event::Contact(_)
            | Event::Person(_)
            | Event::Campaign(_)
            | Event::Target(_)
            | Event::User(_)
            | Event::Promise(_)
            | Event::Import(_)
            | Event::ApiKey(_)
            | Event::WebhookEndpoint(_)
            | Event::Settings(_)
            | Event::Pbx(_)
            | Event::PbxCall(_)
            | Event::Disclosure(_)
            | Event::Denial(_) => {
                return Ok(());
            }
        };
        if sealed(event) {
            return Err(Unfoldable("its personal data is sealed"));
        }
        match (event, row.as_mut()) {
            (call::Event::Reported(told), None) => *row = Some(ResultRow::reported(fact, told)),
            (call::Event::Reported(_), Some(_)) => return Err(Unfoldable("the attempt was reported before")),
            (_, None) => return Err(Unfoldable("the attempt has no row")),
            (call::Event::Strengthened(told), Some(row)) => {
                row.follow(|known| known.strengthen(told));
            }
            (call::Event::Overtaken(told), Some(row)) => row.follow(|known| known.fill(told)),
            (call::Event::Amended(amendment), Some(row)) => {
                if let Some(details) = amendment.personal.clear() {
                    row.follow(|known| known.details.overlay(details));
                }
            }
        }
        Ok(())
    }
}

fn sealed(event: &call::Event) -> bool {
    let personal = match event {
        call::Event::Reported(told) | call::Event::Strengthened(told) | call::Event::Overtaken(told) => {
            &told.personal
        }
        call::Event::Amended(amendment) => &amendment.personal,
    };
    matches!(personal, Personal::Sealed(_))
}

#[cfg(test)]
mod tests;
