//! Rows handed out as a file, whatever they are of: pages one after another, never more than a few of them in memory.
//! How a cell is written is said in `csv.rs` and `xlsx.rs`; what stands in it, by whoever has the rows.

mod csv;
mod xlsx;

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use domain::language::Language;
use projections::{Error, Freshness};
use serde::Deserialize;
use tokio::sync::Semaphore;
use utoipa::IntoParams;

use super::problem::Problem;
use super::times::Stamp;
use super::{Engine, query, sessions};

pub(in crate::http) use xlsx::Error as WorkbookError;

/// Rows that are read at a time.
pub(in crate::http) const PAGE: u32 = 1_000;
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
        query::one_of("format", self.format.as_deref(), &FORMATS)
    }
}

pub(in crate::http) fn bound() -> Semaphore {
    Semaphore::new(WORKBOOKS_MAX)
}

/// Rows in their order, a page at a time.
pub(in crate::http) trait Table: 'static {
    type Row: Send + 'static;
    /// What the file is called, without its ending.
    const NAME: &'static str;
    const COLUMNS: &'static [&'static str];

    fn engine(&self) -> &Engine;
    fn language(&self) -> Language;
    /// None where there are no more.
    async fn next(&mut self) -> Result<Option<Vec<Self::Row>>, Error>;
    /// One for each column.
    fn cells(row: &Self::Row, language: Language) -> impl Iterator<Item = Cell<'_>>;
}

/// What stands in a cell.
pub(in crate::http) enum Cell<'a> {
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

impl From<Option<Stamp>> for Cell<'_> {
    fn from(time: Option<Stamp>) -> Self {
        time.map_or(Self::Empty, |time| Self::Text(Cow::Owned(time.to_string())))
    }
}

pub(in crate::http) async fn answer<T: Table>(
    table: T,
    format: Format,
    fresh: Freshness,
) -> Result<HttpResponse, Problem> {
    let mut answer = sessions::shown(fresh);
    let (kind, ending) = match format {
        Format::Csv => ("text/csv; charset=utf-8; header=present", "csv"),
        Format::Xlsx => ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    };
    answer.insert_header((CONTENT_TYPE, kind));
    answer.insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{}.{ending}\"", T::NAME)));
    match format {
        Format::Csv => Ok(answer.streaming(csv::stream(table))),
        Format::Xlsx => {
            let (length, file) = xlsx::file(table).await?;
            Ok(answer.no_chunking(length).streaming(file))
        }
    }
}
