//! The campaigns' screen: one row a campaign with its plan, its status and its counters. Fed by every event of `campaign` and
//! `target`; table `campaign_board`, for operators of PostgreSQL the view `auto_call_campaigns`.
//! What an event changes about a counter travels in the event, so that no row of a contact is looked at.

mod counters;
mod queries;

use chrono::{DateTime, Utc};
use domain::campaign::{self, Kind as Purpose, Phase, Plan, Settings, Why};
use domain::fact::{Event, Fact, Position};
use domain::policy::pacing::Spent;
use uuid::Uuid;

use crate::projection::{Index, Projection, Touch, Unfoldable};
use crate::row::{Cell, Field, Kind, row};

pub use queries::{Filter, count, find, list, running};

row! {
    /// A campaign as it is shown.
    #[derive(Debug)]
    pub struct CampaignRow {
        pub stream: String,
        pub id: Uuid,
        pub organization: String,
        pub name: String,
        pub description: Option<String>,
        pub purpose: Purpose,
        /// JSON.
        pub settings: String,
        pub status: Status,
        /// Why it stands still, or failed.
        pub why: Option<String>,
        pub total: i64,
        /// Whose calls are over.
        pub called: i64,
        pub successful: i64,
        pub failed: i64,
        pub callbacks: i64,
        /// Who may not be called, and waiting does not help.
        pub skipped: i64,
        pub calling: i64,
        pub attempts: i64,
        pub conversations: i64,
        pub promises: i64,
        pub talk_secs: i64,
        /// 1 where it was removed.
        pub removed: i64,
        pub started_at: Option<DateTime<Utc>>,
        pub completed_at: Option<DateTime<Utc>>,
        pub created_at: DateTime<Utc>,
        pub updated_at: DateTime<Utc>,
        /// Of the newest event that is counted in.
        pub heard: Position,
        /// Of its first event.
        pub position: Position,
    }
}

/// A campaign's status as clients know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Pending,
    Running,
    Paused,
    Completed,
    Failed,
}

impl Status {
    pub const ALL: [Self; 5] = [Self::Pending, Self::Running, Self::Paused, Self::Completed, Self::Failed];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Running => "RUNNING",
            Self::Paused => "PAUSED",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// None where there is no such campaign, or not any more.
    pub fn of(phase: Phase) -> Option<Self> {
        match phase {
            Phase::New | Phase::Removed => None,
            Phase::Pending => Some(Self::Pending),
            Phase::Running => Some(Self::Running),
            Phase::Paused => Some(Self::Paused),
            Phase::Completed => Some(Self::Completed),
            Phase::Failed => Some(Self::Failed),
        }
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

impl Field for Purpose {
    const KIND: Kind = Kind::Text;

    fn cell(&self) -> Cell<'_> {
        Cell::Text(Some(self.as_str().into()))
    }

    fn read(cell: Cell<'_>) -> Option<Self> {
        Self::parse(&String::read(cell)?)
    }
}

impl CampaignRow {
    fn created(fact: &Fact, id: Uuid, plan: &Plan, at: DateTime<Utc>) -> Self {
        let mut row = Self {
            stream: fact.stream.as_str().to_owned(),
            id,
            organization: fact.stream.organization().to_owned(),
            name: String::new(),
            description: None,
            purpose: plan.kind,
            settings: String::new(),
            status: Status::Pending,
            why: None,
            total: 0,
            called: 0,
            successful: 0,
            failed: 0,
            callbacks: 0,
            skipped: 0,
            calling: 0,
            attempts: 0,
            conversations: 0,
            promises: 0,
            talk_secs: 0,
            removed: 0,
            started_at: None,
            completed_at: None,
            created_at: at,
            updated_at: at,
            heard: fact.position,
            position: fact.position,
        };
        row.plan(plan);
        row
    }

    fn plan(&mut self, plan: &Plan) {
        self.name.clone_from(&plan.name);
        self.description.clone_from(&plan.description);
        self.purpose = plan.kind;
        self.settings = serde_json::to_string(&plan.settings).unwrap_or_default();
    }

    /// As they were planned.
    pub fn plans(&self) -> Settings {
        serde_json::from_str(&self.settings).unwrap_or_default()
    }

    /// What it has used up.
    pub fn spent(&self) -> Spent {
        let calls = u32::try_from(self.attempts).unwrap_or(0);
        Spent { calls, talk_secs: u64::try_from(self.talk_secs).unwrap_or(0) }
    }

    /// Also where contacts are read one after another, as when somebody looks back.
    fn hear(&mut self, fact: &Fact) -> &mut Self {
        if fact.position > self.heard {
            (self.updated_at, self.heard) = (fact.recorded_at, fact.position);
        }
        self
    }

    fn follow(&mut self, event: &campaign::Event) {
        match event {
            campaign::Event::Created { .. } | campaign::Event::Enlisted { .. } => {}
            campaign::Event::Changed { plan, .. } => self.plan(plan),
            campaign::Event::Started { at } => {
                (self.status, self.why, self.completed_at) = (Status::Running, None, None);
                self.started_at.get_or_insert(*at);
            }
            campaign::Event::Paused { why, .. } => {
                (self.status, self.why) = (Status::Paused, told(why));
            }
            campaign::Event::Completed { at } => {
                (self.status, self.why, self.completed_at) = (Status::Completed, None, Some(*at));
            }
            campaign::Event::Failed { reason, at } => {
                (self.status, self.why, self.completed_at) =
                    (Status::Failed, Some(reason.clone()), Some(*at));
            }
            campaign::Event::Removed { .. } => self.removed = 1,
        }
    }
}

/// None where somebody asked for it.
fn told(why: &Why) -> Option<String> {
    match why {
        Why::Asked => None,
        Why::Breaker(_) | Why::Budget { .. } | Why::Restored { .. } => serde_json::to_string(why).ok(),
    }
}

#[derive(Debug, Clone, Copy)]
pub struct CampaignBoard;

impl Projection for CampaignBoard {
    const NAME: &'static str = "campaign_board";
    const VERSION: i64 = 3;
    const PERSONAL: bool = false;
    const KINDS: &'static [&'static str] = &["campaign", "target"];
    const KEY: &'static str = "stream";
    const INDEXES: &'static [Index] = &[
        Index { name: "latest", columns: "organization, removed, position" },
        Index { name: "of_status", columns: "status, removed, position" },
    ];
    const VIEW: &'static str = "auto_call_campaigns";
    const FORMER_VIEWS: &'static [&'static str] = &["auto_campaigns"];
    const CACHED: usize = 1_024;
    const MILESTONES: bool = true;

    /// The campaign's stream.
    type Key = String;
    type Row = CampaignRow;

    fn key(row: &CampaignRow) -> String {
        row.stream.clone()
    }

    fn touches(fact: &Fact) -> Option<Touch<String>> {
        match &fact.event {
            Event::Campaign(campaign::Event::Created { .. }) => {
                Some(Touch::New(fact.stream.as_str().to_owned()))
            }
            Event::Campaign(
                campaign::Event::Changed { .. }
                | campaign::Event::Enlisted { .. }
                | campaign::Event::Started { .. }
                | campaign::Event::Paused { .. }
                | campaign::Event::Completed { .. }
                | campaign::Event::Failed { .. }
                | campaign::Event::Removed { .. },
            ) => Some(Touch::Existing(fact.stream.as_str().to_owned())),
            Event::Target(_) => Some(Touch::Existing(fact.stream.of_session().to_owned())),
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
            | Event::Person(_) => None,
        }
    }

    fn fold(row: &mut Option<CampaignRow>, fact: &Fact) -> Result<(), Unfoldable> {
        let known = row.as_mut().ok_or(Unfoldable("the campaign has no row"));
        match &fact.event {
            Event::Campaign(campaign::Event::Created { id, plan, at }) => {
                if known.is_ok() {
                    return Err(Unfoldable("the campaign was created before"));
                }
                *row = Some(CampaignRow::created(fact, *id, plan, *at));
            }
            Event::Campaign(event) => {
                known?.hear(fact).follow(event);
            }
            Event::Target(event) => {
                known?.hear(fact).count(event);
            }
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
            | Event::Person(_) => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
