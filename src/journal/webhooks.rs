//! What was sent to receivers outside, beside the events: how far each endpoint has come, what waits for another try, and what became
//! of each event as long as that is kept. What is sent, when it is tried again and when it is given up is not decided here.

use chrono::{DateTime, Utc};
use domain::fact::Position;
use domain::ids::Organization;
use uuid::Uuid;

use super::{Error, Journal, Store};

/// Whose endpoint, and which.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EndpointName {
    pub organization: Organization,
    pub endpoint: Uuid,
}

/// How far an endpoint has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Where sending goes on: whatever is wanted before it was taken, given up, or waits.
    pub position: Position,
    /// Since when nothing was taken.
    pub failing_since: Option<DateTime<Utc>>,
    /// What waits for another try, in the journal's order.
    pub waiting: Vec<Delivery>,
    /// When any of it was written down last; none where it has not begun.
    pub moved_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Waiting,
    Delivered,
    /// Given up.
    Dead,
}

impl State {
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Delivered, Self::Dead];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// One event on its way to one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub position: Position,
    /// What the receiver knows it by, however often it is sent.
    pub message: String,
    pub event_type: String,
    /// The same for all events of one stream.
    pub lane: i64,
    pub state: State,
    pub tries: u32,
    /// When it was tried first, or might have been.
    pub first_at: DateTime<Utc>,
    pub due_at: DateTime<Utc>,
    pub tried: Option<Tried>,
}

/// What came of the last try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    pub at: DateTime<Utc>,
    /// None where there was no answer.
    pub status: Option<u16>,
    pub took_ms: u32,
    /// How the answer begins, or why there was none; numbers masked.
    pub answer: String,
}

/// What is to be written down of a round: only where nobody has written down another one, or moved the endpoint's place, since it was
/// seen there.
#[derive(Debug, Clone)]
pub struct Round {
    pub name: EndpointName,
    pub from: Position,
    pub seen_at: Option<DateTime<Utc>>,
    pub to: Position,
    pub failing_since: Option<DateTime<Utc>>,
    pub deliveries: Vec<Delivery>,
    pub at: DateTime<Utc>,
}

/// Which part of an endpoint's log, the newest events first.
#[derive(Debug, Clone)]
pub struct Part {
    pub name: EndpointName,
    pub state: Option<State>,
    pub before: Position,
    pub limit: u32,
}

/// Rows of the log removed in one commit.
pub(super) const REMOVED_TOGETHER: u32 = 500;

impl Journal {
    /// How far an endpoint has come; none where it has not begun.
    pub async fn webhook_standing(&self, name: &EndpointName) -> Result<Option<Standing>, Error> {
        match &self.store {
            Store::Sqlite(store) => store.webhook_standing(name.clone()).await,
            Store::Postgres(store) => store.webhook_standing(name).await,
        }
    }

    /// Gives an endpoint the place where it begins, where it has none yet.
    pub async fn webhook_begin(
        &self,
        name: &EndpointName,
        (begin, at): (Position, DateTime<Utc>),
    ) -> Result<(), Error> {
        match &self.store {
            Store::Sqlite(store) => store.webhook_begin(name.clone(), (begin, at)).await,
            Store::Postgres(store) => store.webhook_begin(name, (begin, at)).await,
        }
    }

    /// Removes an endpoint's place, and what waits there. What became of the other events is kept for its time.
    pub async fn webhook_forget(&self, name: &EndpointName) -> Result<(), Error> {
        match &self.store {
            Store::Sqlite(store) => store.webhook_forget(name.clone()).await,
            Store::Postgres(store) => store.webhook_forget(name).await,
        }
    }

    /// False where the endpoint does not stand any more where it was seen: then nothing is written.
    pub async fn webhook_settle(&self, round: Round) -> Result<bool, Error> {
        match &self.store {
            Store::Sqlite(store) => store.webhook_settle(round).await,
            Store::Postgres(store) => store.webhook_settle(&round).await,
        }
    }

    /// Sends an endpoint everything again from a place on. Nothing is known of it before it was sent something.
    pub async fn webhook_rewind(
        &self,
        name: &EndpointName,
        (to, at): (Position, DateTime<Utc>),
    ) -> Result<bool, Error> {
        match &self.store {
            Store::Sqlite(store) => store.webhook_rewind(name.clone(), (to, at)).await,
            Store::Postgres(store) => store.webhook_rewind(name, (to, at)).await,
        }
    }

    /// Has one event tried anew, whatever became of it; false where it is not in the log.
    pub async fn webhook_retry(
        &self,
        name: &EndpointName,
        (position, at): (Position, DateTime<Utc>),
    ) -> Result<bool, Error> {
        match &self.store {
            Store::Sqlite(store) => store.webhook_retry(name.clone(), (position, at)).await,
            Store::Postgres(store) => store.webhook_retry(name, (position, at)).await,
        }
    }

    pub async fn webhook_log(&self, part: Part) -> Result<Vec<Delivery>, Error> {
        match &self.store {
            Store::Sqlite(store) => store.webhook_log(part).await,
            Store::Postgres(store) => store.webhook_log(&part).await,
        }
    }

    /// Removes what was settled before a moment, some of it at a time; how many rows that were.
    pub async fn webhook_expire(&self, before: DateTime<Utc>) -> Result<u64, Error> {
        match &self.store {
            Store::Sqlite(store) => store.webhook_expire(before).await,
            Store::Postgres(store) => store.webhook_expire(before).await,
        }
    }
}
