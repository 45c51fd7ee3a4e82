//! The promises' screen: one row a promise to pay, as it stands. Fed by every event of `promise`; table `promises`, for operators of
//! PostgreSQL the view `auto_promises`. A promise is named by the call in which it was made.

mod queries;

use chrono::{DateTime, NaiveDate, Utc};
use domain::decimal::Amount;
use domain::fact::{Event, Fact, Position};
use domain::promise::{self, Phase};
use uuid::Uuid;

use crate::projection::{Index, Projection, Touch, Unfoldable};
use crate::row::{Cell, Field, Kind, row};

pub use queries::{Count, Filter, Order, count, find, list, of_campaign, overdue};

row! {
    /// A promise as it is shown.
    #[derive(Debug)]
    pub struct PromiseRow {
        /// The call in which it was made.
        pub id: Uuid,
        pub stream: String,
        pub organization: String,
        pub contact: Uuid,
        pub campaign: Uuid,
        pub status: Phase,
        pub amount: Option<Amount>,
        pub paid: Amount,
        /// `2025-10-10`, where the person is.
        pub due: Option<String>,
        /// Nobody rings before then because of it; not kept by then it is broken.
        pub until: DateTime<Utc>,
        /// How often another day was agreed on.
        pub rescheduled: i64,
        /// The call in which another took its place.
        pub superseded_by: Option<Uuid>,
        pub made_at: DateTime<Utc>,
        /// Since when it stands as it does, where it is not open.
        pub settled_at: Option<DateTime<Utc>>,
        pub updated_at: DateTime<Utc>,
        /// Of its first event.
        pub position: Position,
    }
}

impl Field for Phase {
    const KIND: Kind = Kind::Text;

    fn cell(&self) -> Cell<'_> {
        Cell::Text(Some(self.as_str().into()))
    }

    fn read(cell: Cell<'_>) -> Option<Self> {
        Self::parse(&String::read(cell)?)
    }
}

/// In hundredths.
impl Field for Amount {
    const KIND: Kind = Kind::Int;

    fn cell(&self) -> Cell<'_> {
        Cell::Int(Some(self.hundredths()))
    }

    fn read(cell: Cell<'_>) -> Option<Self> {
        i64::read(cell).map(Self::of_hundredths)
    }
}

impl PromiseRow {
    fn settle(&mut self, status: Phase, at: DateTime<Utc>) {
        (self.status, self.settled_at) = (status, Some(at));
    }

    fn follow(&mut self, event: &promise::Event) {
        match event {
            promise::Event::Made { .. } => {}
            promise::Event::Paid { amount, .. } => self.paid = self.paid.plus(*amount),
            promise::Event::Kept { at, .. } => self.settle(Phase::Kept, *at),
            promise::Event::Broken { at, .. } => self.settle(Phase::Broken, *at),
            promise::Event::Withdrawn { at, .. } => self.settle(Phase::Withdrawn, *at),
            promise::Event::Superseded { by, at, .. } => {
                self.settle(Phase::Superseded, *at);
                self.superseded_by = Some(*by);
            }
            promise::Event::Rescheduled { due, until, .. } => {
                (self.due, self.until) = (Some(due.to_string()), *until);
                self.rescheduled += 1;
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Promises;

impl Projection for Promises {
    const NAME: &'static str = "promises";
    const VERSION: i64 = 1;
    const PERSONAL: bool = false;
    const KINDS: &'static [&'static str] = &["promise"];
    const KEY: &'static str = "id";
    const INDEXES: &'static [Index] = &[
        Index { name: "latest", columns: "organization, position" },
        Index { name: "of_status", columns: "organization, status, position" },
        Index { name: "of_campaign", columns: "organization, campaign, position" },
        Index { name: "of_contact", columns: "organization, contact, position" },
        Index { name: "by_due", columns: "organization, due, position" },
        Index { name: "overdue", columns: "status, until" },
    ];
    const VIEW: &'static str = "auto_promises";
    const CACHED: usize = 1_024;

    type Key = Uuid;
    type Row = PromiseRow;

    fn key(row: &PromiseRow) -> Uuid {
        row.id
    }

    fn touches(fact: &Fact) -> Option<Touch<Uuid>> {
        match &fact.event {
            Event::Promise(promise::Event::Made { call, .. }) => Some(Touch::New(*call)),
            Event::Promise(event) => Some(Touch::Existing(event.call())),
            Event::Session(_)
            | Event::Call(_)
            | Event::Quarantine(_)
            | Event::NumberList(_)
            | Event::Remote(_)
            | Event::Contact(_)
            | Event::Person(_)
            | Event::Campaign(_)
            | Event::Target(_)
            | Event::Import(_)
            | Event::User(_)
            | Event::ApiKey(_)
            | Event::WebhookEndpoint(_)
            | Event::Settings(_)
            | Event::Pbx(_)
            | Event::PbxCall(_)
            | Event::Disclosure(_)
            | Event::Denial(_) => None,
        }
    }

    fn fold(row: &mut Option<PromiseRow>, fact: &Fact) -> Result<(), Unfoldable> {
        let Event::Promise(event) = &fact.event else { return Ok(()) };
        if let promise::Event::Made { call, campaign, amount, due, until, at } = event {
            if row.is_some() {
                return Err(Unfoldable("the promise was made before"));
            }
            *row = Some(PromiseRow {
                id: *call,
                stream: fact.stream.as_str().to_owned(),
                organization: fact.stream.organization().to_owned(),
                contact: contact(fact)?,
                campaign: *campaign,
                status: Phase::Open,
                amount: *amount,
                paid: Amount::default(),
                due: due.map(|due: NaiveDate| due.to_string()),
                until: *until,
                rescheduled: 0,
                superseded_by: None,
                made_at: *at,
                settled_at: None,
                updated_at: *at,
                position: fact.position,
            });
            return Ok(());
        }
        let known = row.as_mut().ok_or(Unfoldable("the promise has no row"))?;
        known.updated_at = fact.recorded_at;
        known.follow(event);
        Ok(())
    }
}

fn contact(fact: &Fact) -> Result<Uuid, Unfoldable> {
    let named = Uuid::parse_str(fact.stream.session_name());
    named.map_err(|_| Unfoldable("the stream's name holds no contact"))
}

#[cfg(test)]
mod tests;
