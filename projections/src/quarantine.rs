//! The quarantine's screen: one row a report that could not be placed, and what became of it. Fed by every event of `quarantine`;
//! table `quarantine`, for operators of PostgreSQL the view `call_quarantine`.
//! It holds whole bodies as they came, so lists are read without them.

use std::fmt;

use chrono::{DateTime, Utc};
use domain::fact::{Event, Fact, Position};
use domain::ids::Organization;
use domain::personal::Personal;
use domain::quarantine::{self, Reason};
use uuid::Uuid;

use crate::error::Error;
use crate::projection::{Index, Projection, Touch, Unfoldable};
use crate::row::{Cell, Field, Kind, row};
use crate::screens::Screens;

/// What became of a held report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Held,
    Bound,
    Discarded,
}

impl State {
    pub const ALL: [Self; 3] = [Self::Held, Self::Bound, Self::Discarded];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Bound => "bound",
            Self::Discarded => "discarded",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

impl Field for State {
    const KIND: Kind = Kind::Text;

    fn cell(&self) -> Cell<'_> {
        Cell::Text(Some(self.as_str().into()))
    }

    fn read(cell: Cell<'_>) -> Option<Self> {
        Self::parse(&String::read(cell)?)
    }
}

row! {
    /// A report that could not be placed.
    pub struct HeldRow {
        pub stream: String,
        pub id: Uuid,
        pub organization: String,
        /// The session it named: any text at all.
        pub session: String,
        pub reason: String,
        pub state: State,
        /// The session it was stored in.
        pub bound_to: Option<String>,
        pub discard_reason: Option<String>,
        pub held_at: DateTime<Utc>,
        /// When it was bound or discarded.
        pub settled_at: Option<DateTime<Utc>>,
        /// Where it was held: the order of the list, and a page's cursor.
        pub position: Position,
        /// As it came; none where its person was forgotten.
        pub body: Option<String>,
    }
}

row! {
    /// The same without its body, so that a list of them stays small.
    #[derive(Debug)]
    pub struct HeldLine {
        pub id: Uuid,
        pub session: String,
        pub reason: String,
        pub state: State,
        pub bound_to: Option<String>,
        pub discard_reason: Option<String>,
        pub held_at: DateTime<Utc>,
        pub settled_at: Option<DateTime<Utc>>,
        pub position: Position,
    }
}

impl fmt::Debug for HeldRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stream, state, position, .. } = self;
        write!(f, "HeldRow({stream}, {state:?}, at {position}, personal ***)")
    }
}

impl HeldRow {
    pub fn line(&self) -> HeldLine {
        HeldLine {
            id: self.id,
            session: self.session.clone(),
            reason: self.reason.clone(),
            state: self.state,
            bound_to: self.bound_to.clone(),
            discard_reason: self.discard_reason.clone(),
            held_at: self.held_at,
            settled_at: self.settled_at,
            position: self.position,
        }
    }

    fn settle(&mut self, state: State, at: DateTime<Utc>) {
        (self.state, self.settled_at) = (state, Some(at));
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Quarantine;

impl Projection for Quarantine {
    const NAME: &'static str = "quarantine";
    const VERSION: i64 = 1;
    const PERSONAL: bool = true;
    const KINDS: &'static [&'static str] = &["quarantine"];
    const KEY: &'static str = "stream";
    const INDEXES: &'static [Index] = &[
        Index { name: "of_state", columns: "organization, state, position" },
        Index { name: "of_session", columns: "organization, state, session, position" },
    ];
    const VIEW: &'static str = "call_quarantine";
    /// Few, for each may be a quarter of a megabyte.
    const CACHED: usize = 64;

    type Key = String;
    type Row = HeldRow;

    fn key(row: &HeldRow) -> String {
        row.stream.clone()
    }

    fn touches(fact: &Fact) -> Option<Touch<String>> {
        let key = || fact.stream.as_str().to_owned();
        match &fact.event {
            Event::Quarantine(quarantine::Event::Held { .. }) => Some(Touch::New(key())),
            Event::Quarantine(quarantine::Event::Bound { .. } | quarantine::Event::Discarded { .. }) => {
                Some(Touch::Existing(key()))
            }
            Event::Session(_)
            | Event::Call(_)
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

    fn fold(row: &mut Option<HeldRow>, fact: &Fact) -> Result<(), Unfoldable> {
        let event = match &fact.event {
            Event::Quarantine(event) => event,
            Event::Session(_)
            | Event::Call(_)
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
            | Event::Denial(_) => return Ok(()),
        };
        match (event, row.as_mut()) {
            (quarantine::Event::Held { .. }, Some(_)) => {
                return Err(Unfoldable("the report was held before"));
            }
            (quarantine::Event::Held { session, reason, at, personal }, None) => {
                *row = Some(held(fact, (session, *reason), *at, personal)?);
            }
            (_, None) => return Err(Unfoldable("the held report has no row")),
            (quarantine::Event::Bound { session, at }, Some(row)) => {
                row.bound_to = Some(session.to_string());
                row.settle(State::Bound, *at);
            }
            (quarantine::Event::Discarded { reason, at }, Some(row)) => {
                row.discard_reason.clone_from(reason);
                row.settle(State::Discarded, *at);
            }
        }
        Ok(())
    }
}

fn held(
    fact: &Fact,
    (session, reason): (&str, Reason),
    at: DateTime<Utc>,
    personal: &Personal<quarantine::Body>,
) -> Result<HeldRow, Unfoldable> {
    let body = match personal {
        Personal::Clear(body) => Some(body.json.clone()),
        Personal::Forgotten => None,
        Personal::Sealed(_) => return Err(Unfoldable("its personal data is sealed")),
    };
    let id = Uuid::parse_str(fact.stream.session_name());
    Ok(HeldRow {
        stream: fact.stream.as_str().to_owned(),
        id: id.map_err(|_| Unfoldable("the stream's name holds no id"))?,
        organization: fact.stream.organization().to_owned(),
        session: session.to_owned(),
        reason: reason_text(reason).to_owned(),
        state: State::Held,
        bound_to: None,
        discard_reason: None,
        held_at: at,
        settled_at: None,
        position: fact.position,
        body,
    })
}

fn reason_text(reason: Reason) -> &'static str {
    match reason {
        Reason::UnknownSession => "unknown_session",
    }
}

/// Which part of an organization's quarantine.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    pub state: State,
    /// Only reports that named this session.
    pub session: Option<&'a str>,
    /// Only what was held later than this (0: from the beginning).
    pub after: Position,
    pub limit: u32,
}

/// Part of an organization's quarantine, the longest held first.
pub async fn list(
    screens: &Screens,
    organization: &Organization,
    part: Part<'_>,
) -> Result<Vec<HeldLine>, Error> {
    let Part { state, session, after, limit } = part;
    let mut args = vec![Cell::text(organization.as_str()), Cell::text(state.as_str())];
    let rest = match session {
        Some(session) => {
            args.push(Cell::text(session));
            "where organization = $1 and state = $2 and session = $3 and position > $4 order by position limit $5"
        }
        None => "where organization = $1 and state = $2 and position > $3 order by position limit $4",
    };
    args.extend([Cell::position(after), Cell::int(i64::from(limit))]);
    screens.query(Quarantine::NAME, rest, args, false).await
}

/// One held report with its body.
pub async fn find(
    screens: &Screens,
    organization: &Organization,
    id: Uuid,
) -> Result<Option<HeldRow>, Error> {
    let stream = Cell::text(format!("{organization}/{id}"));
    let found = screens.query(Quarantine::NAME, "where stream = $1", vec![stream], true).await?;
    Ok(found.into_iter().next())
}

#[cfg(test)]
mod tests;
