//! Which organization a session belongs to, remembered: reports name a session and nothing else, and each is asked for thousands of times.
//! A session is never deleted, so what is known stays true. What is unknown is not remembered: it may be opened the next moment.
//! Two organizations may have a session of one name; a report without a token belongs to the older of them, whoever asked last.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use domain::ids::{Organization, SessionId};
use lru::LruCache;
use projections::projection::Projection;
use projections::session_stats::{self, SessionRow, SessionStats};
use uuid::Uuid;

use crate::http::Engine;
use crate::http::problem::Problem;

/// Sessions remembered. More may be reported to; those are looked up again.
const KNOWN_MAX: NonZeroUsize = NonZeroUsize::new(16_384).unwrap();

/// Where a session is at home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::http) struct Home {
    pub(in crate::http) organization: Organization,
    pub(in crate::http) session: SessionId,
    /// The list that it dials, fixed when it was opened.
    pub(in crate::http) list: Option<Uuid>,
}

/// What can be said about a name.
#[derive(Debug)]
pub(in crate::http) enum Standing {
    Known(Arc<Home>),
    /// Another organization's. To whoever asked there is no such session, and it may not make one of that name.
    Foreign,
    Unknown,
    /// The screen has not seen everything yet that was there when it was asked.
    Unsure,
}

#[derive(Debug)]
pub(in crate::http) struct Known(Mutex<Remembered>);

/// What was found for askers without a token must not depend on what others have asked for.
#[derive(Debug)]
struct Remembered {
    /// By name: the oldest session that has it, as a look-up without a token found it, and nothing else.
    oldest: LruCache<String, Arc<Home>>,
    /// By organization and name.
    proved: LruCache<String, Arc<Home>>,
}

impl Default for Known {
    fn default() -> Self {
        let remembered = Remembered { oldest: LruCache::new(KNOWN_MAX), proved: LruCache::new(KNOWN_MAX) };
        Self(Mutex::new(remembered))
    }
}

impl Known {
    /// Looks a session up, in one organization where the sender has proved to belong to it.
    pub(in crate::http) async fn find(
        &self,
        engine: &Engine,
        name: &str,
        organization: Option<&Organization>,
    ) -> Result<Standing, Problem> {
        if let Some(home) = self.at_hand(name, organization) {
            return Ok(Standing::Known(home));
        }
        if SessionId::parse(name).is_err() {
            return Ok(Standing::Unknown);
        }
        let target = engine.dispatch.position();
        let fresh = engine.screens.wait(SessionStats::NAME, target, engine.options.read_wait).await;
        let rows = session_stats::named(&engine.screens, name).await?;
        let ours = |row: &&SessionRow| organization.is_none_or(|ours| ours.as_str() == row.organization);
        Ok(match rows.iter().find(ours).and_then(home) {
            Some(home) => Standing::Known(self.remember(home, organization)),
            None if fresh.behind > 0 => Standing::Unsure,
            None if rows.is_empty() => Standing::Unknown,
            None => Standing::Foreign,
        })
    }

    /// Remembers a session that was just opened, for those who prove to belong to its organization.
    pub(in crate::http) fn learn(&self, home: Home) -> Arc<Home> {
        let organization = home.organization.clone();
        self.remember(home, Some(&organization))
    }

    fn remember(&self, home: Home, asker: Option<&Organization>) -> Arc<Home> {
        let home = Arc::new(home);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name = home.session.as_str();
        match asker {
            Some(organization) => known.proved.put(key(organization, name), Arc::clone(&home)),
            None => known.oldest.put(name.to_owned(), Arc::clone(&home)),
        };
        home
    }

    fn at_hand(&self, name: &str, asker: Option<&Organization>) -> Option<Arc<Home>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let home = match asker {
            Some(organization) => known.proved.get(&key(organization, name)),
            None => known.oldest.get(name),
        };
        home.cloned()
    }
}

/// As the session's stream is called.
fn key(organization: &Organization, name: &str) -> String {
    format!("{organization}/{name}")
}

fn home(row: &SessionRow) -> Option<Home> {
    let organization = Organization::parse(&row.organization).ok()?;
    Some(Home { organization, session: SessionId::parse(&row.session).ok()?, list: row.list_id })
}
