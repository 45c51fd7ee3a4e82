//! Calls as a file: the pages of the history one after another, never more than a few of them in memory.
//! What a cell holds is said here once; how it is written, in `csv.rs` and `xlsx.rs`.

mod csv;
mod xlsx;

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use domain::ids::Organization;
use domain::language::Language;
use projections::call_history::Place;
use projections::{Error, Freshness};
use serde::Deserialize;
use tokio::sync::Semaphore;
use utoipa::IntoParams;
use uuid::Uuid;

use super::asked;
use super::merged::{self, Entry, Wanted};
use crate::http::problem::Problem;
use crate::http::times::Stamp;
use crate::http::{Engine, query, sessions};

pub(in crate::http) use xlsx::Error as WorkbookError;

/// Rows that are read at a time.
const PAGE: u32 = 1_000;
/// Workbooks that are made at once: each has a thread and a file of its own.
const WORKBOOKS_MAX: usize = 4;
const FORMATS: [(&str, Format); 2] = [("csv", Format::Csv), ("xlsx", Format::Xlsx)];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum Format {
    Csv,
    Xlsx,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct Form {
    /// `csv` or `xlsx`.
    format: Option<String>,
}

impl Form {
    pub(in crate::http) fn format(&self) -> Result<Option<Format>, Problem> {
        match query::words("format", self.format.as_deref(), &FORMATS)?.as_slice() {
            [] => Ok(None),
            [format] => Ok(Some(*format)),
            _ => Err(Problem::parameter("format", "has to be one of csv and xlsx")),
        }
    }
}

pub(in crate::http) fn bound() -> Semaphore {
    Semaphore::new(WORKBOOKS_MAX)
}

/// Calls, the newest first, a page at a time.
pub(in crate::http) struct Pages {
    engine: Engine,
    organization: Organization,
    wanted: Wanted,
    language: Language,
    below: Option<Place>,
    over: bool,
}

impl Pages {
    pub(in crate::http) fn new(
        engine: Engine,
        organization: Organization,
        wanted: Wanted,
        language: Language,
    ) -> Self {
        Self { engine, organization, wanted, language, below: None, over: false }
    }

    /// None where there are no more.
    async fn next(&mut self) -> Result<Option<Vec<Entry>>, Error> {
        if self.over {
            return Ok(None);
        }
        let rows = merged::read(&self.engine, &self.organization, &self.wanted, (self.below, PAGE)).await?;
        self.below = rows.last().map(Entry::place);
        self.over = u32::try_from(rows.len()) != Ok(PAGE);
        Ok(Some(rows))
    }
}

pub(in crate::http) async fn answer(
    pages: Pages,
    format: Format,
    fresh: Freshness,
) -> Result<HttpResponse, Problem> {
    let mut answer = sessions::shown(fresh);
    let (kind, name) = match format {
        Format::Csv => ("text/csv; charset=utf-8; header=present", "calls.csv"),
        Format::Xlsx => ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "calls.xlsx"),
    };
    answer.insert_header((CONTENT_TYPE, kind));
    answer.insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")));
    match format {
        Format::Csv => Ok(answer.streaming(csv::stream(pages))),
        Format::Xlsx => {
            let (length, file) = xlsx::file(pages).await?;
            Ok(answer.no_chunking(length).streaming(file))
        }
    }
}

/// The columns, named as in the answers of the history.
const COLUMNS: [&str; 17] = [
    "id",
    "sessionId",
    "phoneNumber",
    "callStatus",
    "statusDescription",
    "callDuration",
    "operatorName",
    "operatorId",
    "callStartTime",
    "callEndTime",
    "recordingUrl",
    "notes",
    "createdAt",
    "source",
    "direction",
    "campaignId",
    "contactId",
];

/// What stands in a cell.
enum Cell<'a> {
    Text(Cow<'a, str>),
    Number(u32),
    Empty,
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<Option<&'a str>> for Cell<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Empty, Self::from)
    }
}

impl From<Option<Uuid>> for Cell<'_> {
    fn from(id: Option<Uuid>) -> Self {
        id.map_or(Self::Empty, |id| Self::Text(Cow::Owned(id.to_string())))
    }
}

impl From<Option<Stamp>> for Cell<'_> {
    fn from(time: Option<Stamp>) -> Self {
        time.map_or(Self::Empty, |time| Self::Text(Cow::Owned(time.to_string())))
    }
}

fn cells(entry: &Entry, language: Language) -> [Cell<'_>; COLUMNS.len()] {
    let row = &entry.result;
    [
        Some(row.id).into(),
        row.session.as_str().into(),
        row.phone.as_str().into(),
        row.status.as_str().into(),
        row.status.description(language).into(),
        row.talk_secs.map_or(Cell::Empty, Cell::Number),
        row.operator_name.as_deref().into(),
        row.operator_id.as_deref().into(),
        row.started_at.map(Stamp).into(),
        row.ended_at.map(Stamp).into(),
        row.recording_url.as_deref().into(),
        row.notes.as_deref().into(),
        Some(Stamp(row.created_at)).into(),
        asked::source(entry).into(),
        asked::OUTGOING.into(),
        entry.of.map(|of| of.campaign).into(),
        entry.of.map(|of| of.contact).into(),
    ]
}
