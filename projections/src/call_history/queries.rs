//! How results are asked for: a session's in the order in which they came, and the history of an organization, the newest first.
//! Each page is found by indexes alone, whatever the filter and however deep: nothing is counted, skipped or sorted but the page itself.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use domain::fact::Position;
use domain::outcome::CallStatus;
use domain::phone::spelling;
use uuid::Uuid;

use super::{CallHistory, ResultRow};
use crate::error::Error;
use crate::projection::Projection;
use crate::row::{Begun, Cell, row, stored};
use crate::screens::Screens;
use crate::store::Dialect;
use crate::text::{Text, pattern};

/// Ids that are asked for together.
const TOGETHER: usize = 500;

/// Which results of a session.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// None of them means any.
    pub statuses: Vec<CallStatus>,
    /// A part of the phone's digits or of the operator's name.
    pub text: Option<String>,
}

/// A session's results in the order in which they first came, from after a cursor (0: from the beginning).
pub async fn of_session(
    screens: &Screens,
    (organization, session): (&str, &str),
    part: &Part,
    (after, limit): (Position, u32),
) -> Result<Vec<ResultRow>, Error> {
    let mut text = Text::new("where organization = ");
    text.arg(Cell::text(organization)).push(" and session = ").arg(Cell::text(session));
    text.push(" and position > ").arg(Cell::position(after));
    among(&mut text, &part.statuses);
    if let Some(part) = &part.text {
        containing(&mut text, part, screens.backend().dialect());
    }
    text.push(" order by position limit ").arg(Cell::int(i64::from(limit)));
    let (rest, args) = text.into_parts();
    screens.query(CallHistory::NAME, &rest, args, false).await
}

/// Where the calls of a session stand that began after a position and by another, in the order in which they came.
pub async fn begun(
    screens: &Screens,
    (organization, session): (&str, &str),
    (after, until): (Position, Position),
    limit: u32,
) -> Result<Vec<Begun>, Error> {
    let mut text = Text::new("where organization = ");
    text.arg(Cell::text(organization)).push(" and session = ").arg(Cell::text(session));
    text.begun((after, until), limit);
    let (rest, args) = text.into_parts();
    screens.query(CallHistory::NAME, &rest, args, false).await
}

/// Tells the rows apart that an index has found. Written so that it is not taken for a reason to use another one.
fn among(text: &mut Text, statuses: &[CallStatus]) {
    if !statuses.is_empty() {
        text.push(" and status || '' in ").list(statuses.iter().map(|status| Cell::text(status.as_str())));
    }
}

/// A name is tried in the spellings that its letters have: only ASCII is known in both sizes to every store.
fn containing(text: &mut Text, part: &str, dialect: Dialect) {
    let like = match dialect {
        Dialect::Sqlite => "like",
        Dialect::Postgres => "ilike",
    };
    text.push(" and (");
    let digits = spelling::backwards(part);
    let digits = digits.trim_end_matches('+');
    if !digits.is_empty() && !part.chars().any(char::is_alphabetic) {
        text.push("phone_backwards like ").arg(Cell::text(pattern(digits))).push(" or ");
    }
    let spelled = [part.to_owned(), part.to_lowercase(), capitalised(part)];
    for (number, name) in spelled.iter().enumerate() {
        text.push(if number == 0 { "" } else { " or " });
        text.push(&format!("operator_name {like} ")).arg(Cell::text(pattern(name))).push(" escape '\\'");
    }
    text.push(")");
}

fn capitalised(name: &str) -> String {
    let mut begins = true;
    let mut next = |c: char| {
        let capital = std::mem::replace(&mut begins, c.is_whitespace());
        if capital { c.to_uppercase().collect::<String>() } else { c.to_lowercase().collect() }
    };
    name.chars().map(&mut next).collect()
}

/// Which calls of an organization.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub number: Option<Number>,
    /// None of them means any.
    pub statuses: Vec<CallStatus>,
    pub session: Option<String>,
    pub from: Option<DateTime<Utc>>,
    /// Calls of this instant are not among them.
    pub to: Option<DateTime<Utc>>,
}

/// Which numbers.
#[derive(Clone)]
pub enum Number {
    /// One number, in any of these spellings.
    Spelled(Vec<String>),
    /// Those whose last digits these are.
    Ending(String),
}

impl std::fmt::Debug for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Spelled(_) => "Spelled(***)",
            Self::Ending(_) => "Ending(***)",
        })
    }
}

/// A place in the history: that of one call. Two calls of one instant have different positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub at: DateTime<Utc>,
    pub position: Position,
}

impl ResultRow {
    pub fn place(&self) -> Place {
        Place { at: self.created_at, position: self.position }
    }
}

/// An organization's calls, the newest first, from below a place on.
pub async fn history(
    screens: &Screens,
    organization: &str,
    filter: &Filter,
    (below, limit): (Option<Place>, u32),
) -> Result<Vec<ResultRow>, Error> {
    let seek = Seek {
        organization,
        filter,
        view: format!("{}{}", screens.backend().dialect().prefix(), CallHistory::NAME),
        range: range(filter, below),
        end: format!("order by created_at desc, position desc limit {limit}"),
    };
    let mut text = Text::new("where id in (select id from (");
    seek.branches(&mut text);
    text.push(&format!(") as found {}) order by created_at desc, position desc", seek.end));
    let (rest, args) = text.into_parts();
    screens.query(CallHistory::NAME, &rest, args, false).await
}

/// From when, and below which time and position. One bound a side: with two a store might seek by the weaker one.
fn range(filter: &Filter, below: Option<Place>) -> (i64, (i64, i64)) {
    let from = filter.from.map_or(i64::MIN, |from| from.timestamp_micros());
    let to = filter.to.map_or(i64::MAX, |to| to.timestamp_micros());
    let below = below.map_or((i64::MAX, 0), |place| (place.at.timestamp_micros(), stored(place.position)));
    (from, below.min((to, 0)))
}

/// A search as a merge of branches, each of which is one stretch of one index in the order that is wanted.
struct Seek<'a> {
    organization: &'a str,
    filter: &'a Filter,
    view: String,
    range: (i64, (i64, i64)),
    /// The limit stands in the text: a store that does not see how small it is may choose to read everything.
    end: String,
}

impl Seek<'_> {
    fn branches(&self, text: &mut Text) {
        match &self.filter.number {
            Some(Number::Spelled(all)) => self.each(text, all, |text, spelled| {
                text.push(" and phone_backwards = ").arg(Cell::text(spelling::backwards(spelled)));
                self.besides(text);
            }),
            Some(Number::Ending(digits)) => self.each(text, &[digits], |text, digits| {
                text.beginning("phone_backwards", spelling::backwards(digits));
                self.besides(text);
            }),
            None => {
                let chosen = &self.filter.statuses;
                let statuses = if chosen.is_empty() { &CallStatus::ALL[..] } else { chosen };
                self.each(text, statuses, |text, status| {
                    if let Some(session) = &self.filter.session {
                        text.push(" and session = ").arg(Cell::text(session));
                    }
                    text.push(" and status = ").arg(Cell::text(status.as_str()));
                });
            }
        }
    }

    fn each<T>(&self, text: &mut Text, all: &[T], condition: impl Fn(&mut Text, &T)) {
        let (from, (at, position)) = self.range;
        for (number, one) in all.iter().enumerate() {
            text.push(if number == 0 { "select * from (" } else { " union all select * from (" });
            text.push(&format!("select id, created_at, position from {} where organization = ", self.view));
            text.arg(Cell::text(self.organization));
            condition(text, one);
            text.push(" and created_at >= ").arg(Cell::int(from));
            text.push(" and (created_at, position) < (")
                .arg(Cell::int(at))
                .push(", ")
                .arg(Cell::int(position));
            text.push(&format!(") {}) as branch_{number}", self.end));
        }
    }

    /// What is left of the filter where a number leads: its calls are few.
    fn besides(&self, text: &mut Text) {
        among(text, &self.filter.statuses);
        if let Some(session) = &self.filter.session {
            text.push(" and session || '' = ").arg(Cell::text(session));
        }
    }
}

/// One result by its id.
pub async fn find(screens: &Screens, organization: &str, id: Uuid) -> Result<Option<ResultRow>, Error> {
    let args = vec![Cell::text(id.to_string()), Cell::text(organization)];
    let found = screens.query(CallHistory::NAME, "where id = $1 and organization = $2", args, true).await?;
    Ok(found.into_iter().next())
}

/// Of these results, those that there are, of whichever organizations.
pub async fn several(screens: &Screens, ids: &[Uuid]) -> Result<Vec<ResultRow>, Error> {
    let mut found = Vec::with_capacity(ids.len());
    for together in ids.chunks(TOGETHER) {
        let mut text = Text::new("where id in ");
        text.list(together.iter().map(|id| Cell::text(id.to_string())));
        let (rest, args) = text.into_parts();
        found.extend(screens.query(CallHistory::NAME, &rest, args, true).await?);
    }
    Ok(found)
}

row! {
    struct Recorded {
        pub recording_url: Option<String>,
    }
}

/// Of these names of recordings, those that any result bears. No index knows them: it is asked when somebody is forgotten.
pub async fn recordings_named(screens: &Screens, urls: &BTreeSet<String>) -> Result<BTreeSet<String>, Error> {
    let mut found = BTreeSet::new();
    for together in urls.iter().collect::<Vec<_>>().chunks(TOGETHER) {
        let mut text = Text::new("where recording_url in ");
        text.list(together.iter().map(|url| Cell::text(url.as_str())));
        let (rest, args) = text.into_parts();
        let rows: Vec<Recorded> = screens.query(CallHistory::NAME, &rest, args, false).await?;
        found.extend(rows.into_iter().filter_map(|row| row.recording_url));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_its_capitals() {
        assert_eq!(capitalised("алишер vALIJONOV"), "Алишер Valijonov");
    }
}
