//! How an exchange's calls are asked for: one, those that go on, those that the log has not told of, and the history, the newest first.
//! A page is found by one index alone, whatever the filter: it is a merge of stretches of it, each in the order that is wanted.

use chrono::{DateTime, Utc};
use domain::ids::{Organization, PbxCallId, StreamId};
use domain::pbx_call::{Direction, Status};
use domain::phone::spelling;
use uuid::Uuid;

use super::words::{self, DIRECTIONS};
use super::{PbxCallRow, PbxCalls, State};
use crate::call_history::Number;
use crate::error::Error;
use crate::projection::Projection;
use crate::row::{Cell, stored};
use crate::screens::Screens;
use crate::text::Text;

pub use crate::call_history::Place;

/// Streams that are asked for together.
const TOGETHER: usize = 500;

/// Which calls of an organization's exchange.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub direction: Option<Direction>,
    /// Of either end.
    pub number: Option<Number>,
    pub extension: Option<String>,
    /// None of them means any, also none yet.
    pub statuses: Vec<Status>,
    pub internal: Option<bool>,
    /// Only calls that began then or later.
    pub from: Option<DateTime<Utc>>,
    /// Calls that began at this instant are not among them.
    pub to: Option<DateTime<Utc>>,
    /// Only calls that are over.
    pub over: bool,
}

impl PbxCallRow {
    pub fn place(&self) -> Place {
        Place { at: self.started_at, position: self.position }
    }
}

/// One call by the exchange's name for it.
pub async fn find(
    screens: &Screens,
    organization: &Organization,
    call: &PbxCallId,
) -> Result<Option<PbxCallRow>, Error> {
    let stream = Cell::text(StreamId::pbx_call(organization, call).as_str());
    let found = screens.query(PbxCalls::NAME, "where stream = $1", vec![stream], true).await?;
    Ok(found.into_iter().next())
}

/// One call by our own.
pub async fn find_by_id(
    screens: &Screens,
    organization: &Organization,
    id: Uuid,
) -> Result<Option<PbxCallRow>, Error> {
    let args = vec![Cell::text(id.to_string()), Cell::text(organization.as_str())];
    let found = screens.query(PbxCalls::NAME, "where id = $1 and organization = $2", args, true).await?;
    Ok(found.into_iter().next())
}

/// Of these streams, those that are calls, of whichever organizations.
pub async fn several(screens: &Screens, streams: &[String]) -> Result<Vec<PbxCallRow>, Error> {
    let mut found = Vec::with_capacity(streams.len());
    for together in streams.chunks(TOGETHER) {
        let mut text = Text::new("where stream in ");
        text.list(together.iter().map(|stream| Cell::text(stream.as_str())));
        let (rest, args) = text.into_parts();
        found.extend(screens.query(PbxCalls::NAME, &rest, args, true).await?);
    }
    Ok(found)
}

/// Of these calls, those whose people were all forgotten.
pub async fn forgotten(screens: &Screens, calls: &[Uuid]) -> Result<Vec<Uuid>, Error> {
    let mut found = vec![];
    for together in calls.chunks(TOGETHER) {
        let mut text = Text::new("where from_number = '' and to_number = '' and id in ");
        text.list(together.iter().map(|call| Cell::text(call.to_string())));
        let (rest, args) = text.into_parts();
        let rows: Vec<PbxCallRow> = screens.query(PbxCalls::NAME, &rest, args, true).await?;
        found.extend(rows.into_iter().map(|row| row.id));
    }
    Ok(found)
}

/// The calls that go on, the newest first, at most so many.
pub async fn live(
    screens: &Screens,
    organization: &Organization,
    limit: u32,
) -> Result<Vec<PbxCallRow>, Error> {
    let mut text = Text::new("where organization = ");
    text.arg(Cell::text(organization.as_str())).push(" and state in ");
    text.list([State::Ringing, State::Talking].map(|state| Cell::text(state.as_str())));
    text.push(" order by started_at desc, position desc limit ").arg(Cell::int(i64::from(limit)));
    let (rest, args) = text.into_parts();
    screens.query(PbxCalls::NAME, &rest, args, true).await
}

/// The calls that are over, began then or later, and that the exchange's log has not told of, the oldest first, at most so many.
pub async fn unconfirmed(
    screens: &Screens,
    organization: &Organization,
    since: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<PbxCallRow>, Error> {
    let mut text = Text::new("where organization = ");
    text.arg(Cell::text(organization.as_str())).push(" and confirmed = 0 and started_at >= ");
    text.arg(Cell::int(since.timestamp_micros())).push(" and status is not null");
    text.push(" order by started_at, position limit ").arg(Cell::int(i64::from(limit)));
    let (rest, args) = text.into_parts();
    screens.query(PbxCalls::NAME, &rest, args, true).await
}

/// An organization's calls, those that began last first, from below a place on.
pub async fn history(
    screens: &Screens,
    organization: &Organization,
    filter: &Filter,
    (below, limit): (Option<Place>, u32),
) -> Result<Vec<PbxCallRow>, Error> {
    let view = format!("{}{}", screens.backend().dialect().prefix(), PbxCalls::NAME);
    let end = format!("order by started_at desc, position desc limit {limit}");
    let mut text = Text::new("where stream in (select stream from (");
    for (number, branch) in branches(filter).into_iter().enumerate() {
        // A call from a number to itself stands in two of them.
        text.push(if number == 0 { "select * from (" } else { " union select * from (" });
        text.push(&format!("select stream, started_at, position from {view} where organization = "));
        text.arg(Cell::text(organization.as_str()));
        branch.narrow(&mut text);
        besides(&mut text, &branch, filter);
        within(&mut text, filter, below);
        text.push(&format!(" {end}) as branch_{number}"));
    }
    text.push(&format!(") as found {end}) order by started_at desc, position desc"));
    let (rest, args) = text.into_parts();
    screens.query(PbxCalls::NAME, &rest, args, false).await
}

/// A stretch of an index.
enum Branch {
    Spelled(&'static str, String),
    Ending(&'static str, String),
    Extension(String),
    Status(Status, Direction),
    Direction(Direction),
    All,
}

/// The part of a filter that fewest calls have leads.
fn branches(filter: &Filter) -> Vec<Branch> {
    let ends = ["from_backwards", "to_backwards"];
    let directions = || DIRECTIONS.into_iter().filter(|one| filter.direction.is_none_or(|only| only == *one));
    match (&filter.number, &filter.extension) {
        (Some(Number::Spelled(all)), _) => ends
            .into_iter()
            .flat_map(|end| all.iter().map(move |text| Branch::Spelled(end, spelling::backwards(text))))
            .collect(),
        (Some(Number::Ending(digits)), _) => {
            ends.map(|end| Branch::Ending(end, spelling::backwards(digits))).into()
        }
        (None, Some(extension)) => vec![Branch::Extension(extension.clone())],
        (None, None) => {
            let statuses = chosen(filter);
            let both = |status: &Status| {
                let status = *status;
                directions().map(move |direction| Branch::Status(status, direction)).collect::<Vec<_>>()
            };
            match (statuses.is_empty(), filter.direction) {
                (false, _) => statuses.iter().flat_map(both).collect(),
                (true, Some(direction)) => vec![Branch::Direction(direction)],
                (true, None) => vec![Branch::All],
            }
        }
    }
}

/// The statuses that are asked for. All of them are those of calls that are over.
fn chosen(filter: &Filter) -> Vec<Status> {
    if filter.over && filter.statuses.is_empty() { words::STATUSES.to_vec() } else { filter.statuses.clone() }
}

impl Branch {
    fn narrow(&self, text: &mut Text) {
        match self {
            Self::Spelled(column, digits) => {
                text.push(&format!(" and {column} = ")).arg(Cell::text(digits.clone()));
            }
            Self::Ending(column, digits) => {
                text.beginning(column, digits.clone());
            }
            Self::Extension(extension) => {
                text.push(" and extension = ").arg(Cell::text(extension.clone()));
            }
            Self::Status(status, direction) => {
                text.push(" and status = ").arg(Cell::text(words::status(*status)));
                text.push(" and direction = ").arg(Cell::text(words::direction(*direction)));
            }
            Self::Direction(direction) => {
                text.push(" and direction = ").arg(Cell::text(words::direction(*direction)));
            }
            Self::All => {}
        }
    }

    /// Whether the calls of a stretch are few, so that the rest of the filter may look at each of them.
    fn leads(&self) -> bool {
        match self {
            Self::Spelled(..) | Self::Ending(..) | Self::Extension(_) => true,
            Self::Status(..) | Self::Direction(_) | Self::All => false,
        }
    }
}

/// What is left of the filter. Written so that it is not taken for a reason to use another index.
fn besides(text: &mut Text, branch: &Branch, filter: &Filter) {
    if let Some(internal) = filter.internal {
        text.push(" and internal = ").arg(Cell::int(i64::from(internal)));
    }
    if !branch.leads() {
        return;
    }
    if let (Some(extension), Some(_)) = (&filter.extension, &filter.number) {
        text.push(" and extension || '' = ").arg(Cell::text(extension.clone()));
    }
    if let Some(direction) = filter.direction {
        text.push(" and direction || '' = ").arg(Cell::text(words::direction(direction)));
    }
    let statuses = chosen(filter);
    if !statuses.is_empty() {
        text.push(" and status || '' in ");
        text.list(statuses.iter().map(|status| Cell::text(words::status(*status))));
    }
}

/// One bound a side: with two a store might seek by the weaker one.
fn within(text: &mut Text, filter: &Filter, below: Option<Place>) {
    let from = filter.from.map_or(i64::MIN, |from| from.timestamp_micros());
    let to = filter.to.map_or(i64::MAX, |to| to.timestamp_micros());
    let below = below.map_or((i64::MAX, 0), |place| (place.at.timestamp_micros(), stored(place.position)));
    let (at, position): (i64, i64) = below.min((to, 0));
    text.push(" and started_at >= ").arg(Cell::int(from));
    text.push(" and (started_at, position) < (")
        .arg(Cell::int(at))
        .push(", ")
        .arg(Cell::int(position))
        .push(")");
}
