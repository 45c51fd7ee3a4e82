//! How sessions are asked for: one by its name or id, every organization's of one name, and an organization's list page by page.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::fact::Position;
use uuid::Uuid;

use super::{SessionRow, SessionStats, Status};
use crate::error::Error;
use crate::projection::Projection;
use crate::row::Cell;
use crate::screens::Screens;
use crate::text::{Text, pattern};

/// Streams that are asked for together.
const TOGETHER: usize = 500;

/// A session by its text id, else by its UUID, as it was at `at_least` or later (or as it is now, if the screen is behind:
/// `Screens::wait` first, and ask for the position that it answers).
pub async fn find(
    screens: &Screens,
    organization: &str,
    session: &str,
    at_least: Position,
) -> Result<Option<Arc<SessionRow>>, Error> {
    let key = format!("{organization}/{session}");
    let read = async || {
        let as_of = screens.position(SessionStats::NAME);
        Ok((look_up(screens, organization, session).await?, as_of))
    };
    screens.sessions().get(key, at_least, read).await
}

async fn look_up(screens: &Screens, organization: &str, session: &str) -> Result<Option<SessionRow>, Error> {
    let stream = Cell::text(format!("{organization}/{session}"));
    let named = screens.query(SessionStats::NAME, "where stream = $1", vec![stream], true).await?;
    match (named.into_iter().next(), Uuid::parse_str(session)) {
        (None, Ok(id)) => {
            let args = vec![Cell::text(id.to_string()), Cell::text(organization)];
            let found =
                screens.query(SessionStats::NAME, "where id = $1 and organization = $2", args, true).await?;
            Ok(found.into_iter().next())
        }
        (named, _) => Ok(named),
    }
}

/// Sessions by their streams, of any organizations, as they are now: one question for many, past the cache.
pub async fn several(screens: &Screens, streams: &[String]) -> Result<Vec<SessionRow>, Error> {
    let mut found = Vec::with_capacity(streams.len());
    for together in streams.chunks(TOGETHER) {
        let mut text = Text::new("where stream in ");
        text.list(together.iter().map(Cell::text));
        let (rest, args) = text.into_parts();
        found.extend(screens.query(SessionStats::NAME, &rest, args, true).await?);
    }
    Ok(found)
}

/// Every organization's session of a name, usually one, the oldest first: a report names a session and nothing else.
pub async fn named(screens: &Screens, session: &str) -> Result<Vec<SessionRow>, Error> {
    let rest = "where session = $1 order by position limit 8";
    screens.query(SessionStats::NAME, rest, vec![Cell::text(session)], true).await
}

/// Which sessions of an organization; all of them by default.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// None of them means any.
    pub statuses: Vec<Status>,
    /// A part of the name, in capital letters or small ones.
    pub name: Option<String>,
    /// Only those that began before this one; none means from the newest on.
    pub before: Option<Position>,
}

/// An organization's sessions, the newest first.
pub async fn latest(
    screens: &Screens,
    organization: &str,
    wanted: &Wanted,
    limit: u32,
) -> Result<Vec<SessionRow>, Error> {
    let mut text = Text::new("where organization = ");
    text.arg(Cell::text(organization));
    text.push(" and position < ").arg(Cell::position(wanted.before.unwrap_or(Position::MAX)));
    if !wanted.statuses.is_empty() {
        text.push(" and status in ").list(wanted.statuses.iter().map(|status| Cell::text(status.as_str())));
    }
    if let Some(name) = &wanted.name {
        // Names are ASCII, which both stores know how to make small.
        text.push(" and lower(session) like ").arg(Cell::text(pattern(&name.to_lowercase())));
        text.push(" escape '\\'");
    }
    text.push(" order by position desc limit ").arg(Cell::int(i64::from(limit)));
    let (rest, args) = text.into_parts();
    screens.query(SessionStats::NAME, &rest, args, false).await
}

/// Running sessions of which nothing was recorded since, the oldest first.
pub async fn silent(screens: &Screens, since: DateTime<Utc>, limit: u32) -> Result<Vec<SessionRow>, Error> {
    let args = vec![Cell::int(since.timestamp_micros()), Cell::int(i64::from(limit))];
    let rest = "where status = 'RUNNING' and updated_at <= $1 order by position limit $2";
    screens.query(SessionStats::NAME, rest, args, false).await
}
