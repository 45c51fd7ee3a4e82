//! The calls of campaigns, beside those of call servers: one row a call, shown once it has ended. Fed by `target`'s calls; table
//! `campaign_calls`, for operators of PostgreSQL the view `auto_calls`.
//! No number stands here: a call knows its number by the keyed hash that the number's stream is named by, and what that is, the
//! contact tells, as long as it has this number. So the history of a contact that got another one is not told with the wrong one.

mod queries;

use std::fmt;

use chrono::{DateTime, Utc};
use domain::call::Listing;
use domain::conversation::Outcome;
use domain::fact::{Event, Fact, Position};
use domain::outcome::CallStatus;
use domain::personal::Personal;
use domain::phone::spelling;
use domain::target::{self, Words};
use uuid::Uuid;

use crate::call_history::ResultRow;
use crate::projection::{Index, Projection, Touch, Unfoldable};
use crate::row::row;

pub use queries::{Filter, find, history};

row! {
    /// A call of a campaign.
    pub struct CallRow {
        pub id: Uuid,
        pub organization: String,
        pub campaign: Uuid,
        pub contact: Uuid,
        /// What the stream of the number that was rung is named by; none of calls before this was told.
        pub number: Option<String>,
        /// None until it has ended.
        pub status: Option<CallStatus>,
        pub talk_secs: Option<u32>,
        pub summary: Option<String>,
        pub recording_url: Option<String>,
        pub attempt: u32,
        pub started_at: DateTime<Utc>,
        pub ended_at: Option<DateTime<Utc>>,
        /// When it first came to something.
        pub created_at: DateTime<Utc>,
        /// Of the event by which it did, and of its first one before: the order of the history among calls of one instant.
        pub position: Position,
    }
}

impl fmt::Debug for CallRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, campaign, status, position, .. } = self;
        write!(f, "CallRow({id}, {campaign}, {status:?}, at {position}, personal ***)")
    }
}

impl CallRow {
    fn dialled(fact: &Fact, (id, attempt): (Uuid, u32), at: DateTime<Utc>) -> Result<Self, Unfoldable> {
        let ids = fact.stream.of_target().ok_or(Unfoldable("the stream's name holds no ids"))?;
        Ok(Self {
            id,
            organization: fact.stream.organization().to_owned(),
            campaign: ids.0,
            contact: ids.1,
            number: None,
            status: None,
            talk_secs: None,
            summary: None,
            recording_url: None,
            attempt,
            started_at: at,
            ended_at: None,
            created_at: at,
            position: fact.position,
        })
    }

    fn come_to(&mut self, outcome: &Outcome, words: Words) {
        self.status = Some(outcome.call_status());
        self.talk_secs = outcome.talk_secs;
        (self.summary, self.recording_url) = (words.summary, words.recording_url);
    }

    /// As calls of call servers are shown. An empty phone is one that nobody knows any more.
    pub fn as_result(&self, phone: String) -> Option<ResultRow> {
        Some(ResultRow {
            id: self.id,
            organization: self.organization.clone(),
            session: String::new(),
            stream: String::new(),
            phone_backwards: spelling::backwards(&phone),
            phone,
            status: self.status?,
            talk_secs: self.talk_secs,
            operator_name: None,
            operator_id: None,
            started_at: Some(self.started_at),
            ended_at: self.ended_at,
            recording_url: self.recording_url.clone(),
            notes: self.summary.clone(),
            listing: Listing::NoList,
            created_at: self.created_at,
            position: self.position,
        })
    }
}

#[derive(Debug, Clone, Copy)]
pub struct CampaignCalls;

impl Projection for CampaignCalls {
    const NAME: &'static str = "campaign_calls";
    const VERSION: i64 = 1;
    const PERSONAL: bool = true;
    const KINDS: &'static [&'static str] = &["target"];
    const KEY: &'static str = "id";
    const INDEXES: &'static [Index] = &[
        Index { name: "of_status", columns: "organization, status, created_at, position" },
        Index {
            name: "of_campaign_and_status",
            columns: "organization, campaign, status, created_at, position",
        },
        Index { name: "of_number", columns: "organization, number, created_at, position" },
    ];
    const VIEW: &'static str = "auto_calls";
    const CACHED: usize = 4_096;

    type Key = Uuid;
    type Row = CallRow;

    fn key(row: &CallRow) -> Uuid {
        row.id
    }

    fn touches(fact: &Fact) -> Option<Touch<Uuid>> {
        match &fact.event {
            Event::Target(target::Event::Dialled { call, .. }) => Some(Touch::New(*call)),
            Event::Target(target::Event::Ended { call, .. } | target::Event::Corrected { call, .. }) => {
                Some(Touch::Existing(*call))
            }
            Event::Target(
                target::Event::Enlisted { .. }
                | target::Event::Accepted { .. }
                | target::Event::Withdrawn { .. }
                | target::Event::Deferred { .. }
                | target::Event::Dropped { .. },
            )
            | Event::Person(_)
            | Event::Session(_)
            | Event::Call(_)
            | Event::Quarantine(_)
            | Event::NumberList(_)
            | Event::Remote(_)
            | Event::Contact(_)
            | Event::Campaign(_)
            | Event::Promise(_)
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

    fn fold(row: &mut Option<CallRow>, fact: &Fact) -> Result<(), Unfoldable> {
        match &fact.event {
            Event::Target(event) => follow(row, fact, event),
            Event::Person(_)
            | Event::Session(_)
            | Event::Call(_)
            | Event::Quarantine(_)
            | Event::NumberList(_)
            | Event::Remote(_)
            | Event::Contact(_)
            | Event::Campaign(_)
            | Event::Promise(_)
            | Event::Import(_)
            | Event::User(_)
            | Event::ApiKey(_)
            | Event::WebhookEndpoint(_)
            | Event::Settings(_)
            | Event::Pbx(_)
            | Event::PbxCall(_)
            | Event::Disclosure(_)
            | Event::Denial(_) => Ok(()),
        }
    }
}

fn follow(row: &mut Option<CallRow>, fact: &Fact, event: &target::Event) -> Result<(), Unfoldable> {
    let unknown = Unfoldable("the call has no row");
    match event {
        target::Event::Dialled { call, attempt, number, at, .. } => {
            if row.is_some() {
                return Err(Unfoldable("the call was placed before"));
            }
            let placed = CallRow::dialled(fact, (*call, *attempt), *at)?;
            *row = Some(CallRow { number: number.map(|number| number.to_string()), ..placed });
        }
        target::Event::Ended { outcome, at, personal, .. } => {
            let (known, words) = (row.as_mut().ok_or(unknown)?, readable(personal)?);
            (known.ended_at, known.created_at, known.position) = (Some(*at), *at, fact.position);
            known.come_to(outcome, words);
        }
        target::Event::Corrected { outcome, personal, .. } => {
            let (known, words) = (row.as_mut().ok_or(unknown)?, readable(personal)?);
            known.come_to(outcome, words);
        }
        // What was withdrawn was no call: it never comes to anything.
        target::Event::Withdrawn { .. }
        | target::Event::Enlisted { .. }
        | target::Event::Accepted { .. }
        | target::Event::Deferred { .. }
        | target::Event::Dropped { .. } => {}
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
