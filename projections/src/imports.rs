//! The imports' screen: one row a workbook of contacts, with what became of its rows. Fed by every event of `import`; table
//! `imports`, for operators of PostgreSQL the view `auto_imports`. What is told of each row is in the journal's keeping.

use chrono::{DateTime, Utc};
use domain::fact::{Event, Fact, Position};
use domain::ids::Organization;
use domain::import::{self, Counts, Kept, Origin, Terms};
use uuid::Uuid;

use crate::error::Error;
use crate::projection::{Index, Projection, Touch, Unfoldable};
use crate::row::{Cell, row};
use crate::screens::Screens;
use crate::text::{Page, Text};

row! {
    /// An import as it is shown.
    #[derive(Debug)]
    pub struct ImportRow {
        pub stream: String,
        pub organization: String,
        pub id: Uuid,
        /// Who sent the file.
        pub actor: String,
        /// `workbook` or `text`.
        pub origin: String,
        /// `skip`, `update` or `fail`.
        pub on_duplicate: String,
        /// 1 where a row with anything doubtful was left out.
        pub strict: i64,
        /// Null until it is known what became of all rows, like what follows.
        pub rows_read: Option<i64>,
        pub created: Option<i64>,
        pub updated: Option<i64>,
        pub skipped: Option<i64>,
        pub rejected: Option<i64>,
        pub repaired: Option<i64>,
        pub warnings: Option<i64>,
        pub begun_at: DateTime<Utc>,
        pub finished_at: Option<DateTime<Utc>>,
        /// When it was found to have broken off, and why.
        pub failed_at: Option<DateTime<Utc>>,
        pub failure: Option<String>,
        /// Contacts that were removed with it, however often it was undone.
        pub removed: i64,
        pub kept_changed: i64,
        pub kept_in_campaign: i64,
        pub kept_called: i64,
        pub undone_at: Option<DateTime<Utc>>,
        pub position: Position,
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Imports;

impl Projection for Imports {
    const NAME: &'static str = "imports";
    const VERSION: i64 = 2;
    const PERSONAL: bool = false;
    const KINDS: &'static [&'static str] = &["import"];
    const KEY: &'static str = "stream";
    const INDEXES: &'static [Index] = &[Index { name: "latest", columns: "organization, position" }];
    const VIEW: &'static str = "auto_imports";
    const CACHED: usize = 16;

    type Key = String;
    type Row = ImportRow;

    fn key(row: &ImportRow) -> String {
        row.stream.clone()
    }

    fn touches(fact: &Fact) -> Option<Touch<String>> {
        let stream = fact.stream.as_str().to_owned();
        match &fact.event {
            Event::Import(import::Event::Begun { .. }) => Some(Touch::New(stream)),
            Event::Import(
                import::Event::Finished { .. } | import::Event::Failed { .. } | import::Event::Undone { .. },
            ) => Some(Touch::Existing(stream)),
            // Its counts stay, and nothing of its rows is shown.
            Event::Import(import::Event::Redacted { .. }) => None,
            Event::Session(_)
            | Event::Call(_)
            | Event::Quarantine(_)
            | Event::NumberList(_)
            | Event::Remote(_)
            | Event::Contact(_)
            | Event::Person(_)
            | Event::Campaign(_)
            | Event::Target(_)
            | Event::Promise(_)
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

    fn fold(row: &mut Option<ImportRow>, fact: &Fact) -> Result<(), Unfoldable> {
        let Event::Import(event) = &fact.event else { return Ok(()) };
        match (event, row.as_mut()) {
            (import::Event::Begun { .. }, Some(_)) => return Err(Unfoldable("the import was begun before")),
            (import::Event::Begun { id, origin, terms, at }, None) => {
                *row = Some(ImportRow::begun(fact, *id, (*origin, *terms), *at));
            }
            (_, None) => return Err(Unfoldable("the import has no row")),
            (import::Event::Finished { counts, at, .. }, Some(row)) => row.finish(counts, *at),
            (import::Event::Failed { reason, at }, Some(row)) => {
                (row.failed_at, row.failure) = (Some(*at), Some(reason.clone()));
            }
            (import::Event::Undone { removed, kept, at }, Some(row)) => row.undo(*removed, *kept, *at),
            (import::Event::Redacted { .. }, Some(_)) => {}
        }
        Ok(())
    }
}

impl ImportRow {
    fn begun(fact: &Fact, id: Uuid, (origin, terms): (Origin, Terms), at: DateTime<Utc>) -> Self {
        let origin = match origin {
            Origin::Workbook => "workbook",
            Origin::Text => "text",
        };
        Self {
            stream: fact.stream.as_str().to_owned(),
            organization: fact.stream.organization().to_owned(),
            id,
            actor: fact.circumstances.actor.clone(),
            origin: origin.to_owned(),
            on_duplicate: terms.on_duplicate.as_str().to_owned(),
            strict: i64::from(terms.strict),
            rows_read: None,
            created: None,
            updated: None,
            skipped: None,
            rejected: None,
            repaired: None,
            warnings: None,
            begun_at: at,
            finished_at: None,
            failed_at: None,
            failure: None,
            removed: 0,
            kept_changed: 0,
            kept_in_campaign: 0,
            kept_called: 0,
            undone_at: None,
            position: fact.position,
        }
    }

    fn finish(&mut self, counts: &Counts, at: DateTime<Utc>) {
        let Counts { rows, created, updated, skipped, rejected, repaired, warnings, chunks: _ } = *counts;
        self.rows_read = Some(rows.into());
        (self.created, self.updated) = (Some(created.into()), Some(updated.into()));
        (self.skipped, self.rejected) = (Some(skipped.into()), Some(rejected.into()));
        (self.repaired, self.warnings) = (Some(repaired.into()), Some(warnings.into()));
        self.finished_at = Some(at);
        (self.failed_at, self.failure) = (None, None);
    }

    fn undo(&mut self, removed: u32, kept: Kept, at: DateTime<Utc>) {
        self.removed += i64::from(removed);
        self.kept_changed = kept.changed.into();
        (self.kept_in_campaign, self.kept_called) = (kept.in_campaign.into(), kept.called.into());
        self.undone_at = Some(at);
    }
}

/// One import of an organization.
pub async fn find(
    screens: &Screens,
    organization: &Organization,
    id: Uuid,
) -> Result<Option<ImportRow>, Error> {
    let stream = Cell::text(format!("{organization}/{id}"));
    let found = screens.query(Imports::NAME, "where stream = $1", vec![stream], true).await?;
    Ok(found.into_iter().next())
}

/// An organization's imports, the newest first.
pub async fn list(
    screens: &Screens,
    organization: &Organization,
    (page, limit): (Page, u32),
) -> Result<Vec<ImportRow>, Error> {
    let mut text = ours(organization);
    text.newest((page, limit));
    let (rest, args) = text.into_parts();
    screens.query(Imports::NAME, &rest, args, false).await
}

/// Whosever they are: those that began before then and came to no end.
pub async fn unfinished(
    screens: &Screens,
    before: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<ImportRow>, Error> {
    let args = vec![Cell::int(before.timestamp_micros()), Cell::int(i64::from(limit))];
    let rest = "where finished_at is null and failed_at is null and undone_at is null and begun_at < $1 \
                order by begun_at limit $2";
    screens.query(Imports::NAME, rest, args, false).await
}

/// How many there are.
pub async fn count(screens: &Screens, organization: &Organization) -> Result<u64, Error> {
    let (rest, args) = ours(organization).into_parts();
    screens.count(Imports::NAME, &rest, args).await
}

fn ours(organization: &Organization) -> Text {
    let mut text = Text::new("where organization = ");
    text.arg(Cell::text(organization.as_str()));
    text
}

#[cfg(test)]
mod tests;
