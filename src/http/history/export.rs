//! Calls as a file: which they are, and what stands in their cells.

use std::borrow::Cow;

use domain::ids::Organization;
use domain::language::Language;
use projections::Error;
use projections::call_history::{Filter, Place, ResultRow};

use super::asked;
use crate::http::Engine;
use crate::http::table::{Cell, PAGE, Table};
use crate::http::times::Stamp;

/// Calls, the newest first.
pub(super) struct Calls {
    engine: Engine,
    organization: Organization,
    filter: Option<Filter>,
    language: Language,
    below: Option<Place>,
    over: bool,
}

impl Calls {
    pub(super) fn new(
        engine: Engine,
        organization: Organization,
        filter: Option<Filter>,
        language: Language,
    ) -> Self {
        Self { engine, organization, filter, language, below: None, over: false }
    }
}

impl Table for Calls {
    type Row = ResultRow;
    const NAME: &'static str = "calls";
    /// Named as in the answers of the history.
    const COLUMNS: &'static [&'static str] = &[
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
    ];

    fn engine(&self) -> &Engine {
        &self.engine
    }

    fn language(&self) -> Language {
        self.language
    }

    async fn next(&mut self) -> Result<Option<Vec<ResultRow>>, Error> {
        if self.over {
            return Ok(None);
        }
        let rows =
            super::read(&self.engine, &self.organization, self.filter.as_ref(), (self.below, PAGE)).await?;
        self.below = rows.last().map(ResultRow::place);
        self.over = u32::try_from(rows.len()) != Ok(PAGE);
        Ok(Some(rows))
    }

    fn cells(row: &ResultRow, language: Language) -> impl Iterator<Item = Cell<'_>> {
        [
            Cell::Text(Cow::Owned(row.id.to_string())),
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
            asked::REMOTE.into(),
            asked::OUTGOING.into(),
        ]
        .into_iter()
    }
}
