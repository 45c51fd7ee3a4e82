//! The lists screen: one row a list of numbers that was accepted. Fed by `number_list`; table `number_lists`, for operators of
//! PostgreSQL the view `call_uploads`. The numbers themselves are in the journal's keeping.

use chrono::{DateTime, Utc};
use domain::fact::{Event, Fact, Position};
use domain::number_list::{self, Counts, Origin};
use uuid::Uuid;

use crate::error::Error;
use crate::projection::{Index, Projection, Touch, Unfoldable};
use crate::row::{Cell, row};
use crate::screens::Screens;

row! {
    /// A list as it is shown.
    #[derive(Debug)]
    pub struct ListRow {
        pub stream: String,
        pub organization: String,
        pub id: Uuid,
        /// `workbook`, `text` or `retry`.
        pub origin: String,
        /// The session whose unreached numbers these are.
        pub retry_of: Option<String>,
        pub rows_read: i64,
        pub numbers: i64,
        pub repaired: i64,
        pub duplicates: i64,
        pub invalid: i64,
        /// `placed`, `failed` or `put_off`; null until it was tried.
        pub placement: Option<String>,
        pub place_error: Option<String>,
        pub created_at: DateTime<Utc>,
        pub position: Position,
    }
}

#[derive(Debug, Clone, Copy)]
pub struct NumberLists;

impl Projection for NumberLists {
    const NAME: &'static str = "number_lists";
    const VERSION: i64 = 1;
    const PERSONAL: bool = false;
    const KINDS: &'static [&'static str] = &["number_list"];
    const KEY: &'static str = "stream";
    const INDEXES: &'static [Index] = &[Index { name: "latest", columns: "organization, position" }];
    const VIEW: &'static str = "call_uploads";
    const CACHED: usize = 16;

    type Key = String;
    type Row = ListRow;

    fn key(row: &ListRow) -> String {
        row.stream.clone()
    }

    fn touches(fact: &Fact) -> Option<Touch<String>> {
        let stream = fact.stream.as_str().to_owned();
        match &fact.event {
            Event::NumberList(number_list::Event::Accepted { .. }) => Some(Touch::New(stream)),
            Event::NumberList(
                number_list::Event::Placed { .. }
                | number_list::Event::PlaceFailed { .. }
                | number_list::Event::PutOff { .. },
            ) => Some(Touch::Existing(stream)),
            // Its counts stay, and nothing else of its rows is shown.
            Event::NumberList(number_list::Event::Redacted { .. }) => None,
            Event::Session(_)
            | Event::Call(_)
            | Event::Quarantine(_)
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

    fn fold(row: &mut Option<ListRow>, fact: &Fact) -> Result<(), Unfoldable> {
        let Event::NumberList(event) = &fact.event else { return Ok(()) };
        match (event, row.as_mut()) {
            (number_list::Event::Accepted { .. }, Some(_)) => {
                return Err(Unfoldable("the list was accepted before"));
            }
            (number_list::Event::Accepted { id, origin, counts, at, .. }, None) => {
                *row = Some(accepted(fact, *id, (origin, counts), *at));
            }
            (_, None) => return Err(Unfoldable("the list has no row")),
            (number_list::Event::Placed { .. }, Some(row)) => row.place("placed", None),
            (number_list::Event::PutOff { .. }, Some(row)) => row.place("put_off", None),
            (number_list::Event::Redacted { .. }, Some(_)) => {}
            (number_list::Event::PlaceFailed { reason, .. }, Some(row)) => row.place("failed", Some(reason)),
        }
        Ok(())
    }
}

impl ListRow {
    fn place(&mut self, placement: &str, error: Option<&String>) {
        self.placement = Some(placement.to_owned());
        self.place_error = error.cloned();
    }
}

fn accepted(fact: &Fact, id: Uuid, (origin, counts): (&Origin, &Counts), at: DateTime<Utc>) -> ListRow {
    let (origin, retry_of) = match origin {
        Origin::Workbook => ("workbook", None),
        Origin::Text => ("text", None),
        Origin::Retry { session } => ("retry", Some(session.to_string())),
    };
    ListRow {
        stream: fact.stream.as_str().to_owned(),
        organization: fact.stream.organization().to_owned(),
        id,
        origin: origin.to_owned(),
        retry_of,
        rows_read: i64::from(counts.rows),
        numbers: i64::from(counts.numbers),
        repaired: i64::from(counts.repaired),
        duplicates: i64::from(counts.duplicates),
        invalid: i64::from(counts.invalid),
        placement: None,
        place_error: None,
        created_at: at,
        position: fact.position,
    }
}

/// One list of an organization.
pub async fn find(screens: &Screens, organization: &str, id: Uuid) -> Result<Option<ListRow>, Error> {
    let stream = Cell::text(format!("{organization}/{id}"));
    let found = screens.query(NumberLists::NAME, "where stream = $1", vec![stream], true).await?;
    Ok(found.into_iter().next())
}

/// Beyond every position that a store can hold.
const BEYOND: Position = 0x7fff_ffff_ffff_ffff;

/// An organization's lists, the newest first, from before a cursor.
pub async fn latest(
    screens: &Screens,
    organization: &str,
    before: Option<Position>,
    limit: u32,
) -> Result<Vec<ListRow>, Error> {
    let before = before.unwrap_or(BEYOND);
    let args = vec![Cell::text(organization), Cell::position(before), Cell::int(i64::from(limit))];
    let rest = "where organization = $1 and position < $2 order by position desc limit $3";
    screens.query(NumberLists::NAME, rest, args, false).await
}

/// The list that a session dials where it names none: the latest that was uploaded.
pub async fn latest_upload(screens: &Screens, organization: &str) -> Result<Option<ListRow>, Error> {
    let rest = "where organization = $1 and origin <> 'retry' order by position desc limit 1";
    let found = screens.query(NumberLists::NAME, rest, vec![Cell::text(organization)], false).await?;
    Ok(found.into_iter().next())
}

#[cfg(test)]
mod tests;
