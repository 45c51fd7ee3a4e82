//! What was said about a session's calls, report by report, as it stands in the journal.
//! Call by call and not by position: that order is an index's, so that no session is too long for it.
//! What the reports come to together is the domain's business and stands on a screen.

use std::sync::Arc;

use cqrs_es::Aggregate as _;
use domain::call::{self, Call};
use domain::fact::{Fact, Position, Recorded as _};
use domain::ids::{Organization, SessionId, StreamId};

use super::Dispatch;
use crate::journal;
use crate::journal::feed::Reading;

pub use crate::journal::beneath::Place;

/// One report, with its personal part in clear unless its person was forgotten.
#[derive(Debug)]
pub struct Report {
    pub position: Position,
    pub event: call::Event,
}

/// Some reports, and where the next ones begin; none where there are no more.
#[derive(Debug)]
pub struct Page {
    pub reports: Vec<Report>,
    pub next: Option<Place>,
}

/// Why reports could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the journal cannot be reached: {0}")]
    Unavailable(String),
    #[error("event {position} cannot be read: {why}")]
    Unreadable { position: Position, why: String },
}

impl From<journal::Error> for Error {
    fn from(error: journal::Error) -> Self {
        match error {
            journal::Error::Unreadable { position, why } => Self::Unreadable { position, why },
            journal::Error::Open(_) | journal::Error::Unavailable(_) | journal::Error::WrongDataKey => {
                Self::Unavailable(error.to_string())
            }
        }
    }
}

impl Dispatch {
    /// Reports of a session's calls after a place, at most `limit`, call by call and each call's in their order.
    pub async fn reports(
        &self,
        organization: &Organization,
        session: &SessionId,
        after: Option<&Place>,
        limit: usize,
    ) -> Result<Page, Error> {
        let parent = StreamId::session(organization, session);
        let (stored, next) = self.journal.beneath(Call::TYPE, &parent, after, limit).await?;
        let read = self.journal.decode(0, stored, Reading::Clear).await?;
        if let Some(bad) = read.unreadable.into_iter().next() {
            return Err(Error::Unreadable { position: bad.position, why: bad.why });
        }
        Ok(Page { reports: read.facts.into_iter().filter_map(report).collect(), next })
    }
}

fn report(fact: Arc<Fact>) -> Option<Report> {
    let Fact { position, event, .. } = Arc::unwrap_or_clone(fact);
    Call::from_fact(event).map(|event| Report { position, event })
}
