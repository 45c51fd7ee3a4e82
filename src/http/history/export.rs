//! Calls as a file: which they are, and what stands in their cells.

use std::borrow::Cow;

use domain::ids::Organization;
use domain::language::Language;
use projections::Error;
use projections::call_history::Place;
use uuid::Uuid;

use super::asked;
use super::merged::{self, Entry, Origin, Wanted};
use crate::http::Engine;
use crate::http::table::{Cell, PAGE, Table};
use crate::http::times::Stamp;

/// Calls, the newest first.
pub(super) struct Calls {
    engine: Engine,
    organization: Organization,
    wanted: Wanted,
    language: Language,
    below: Option<Place>,
    over: bool,
}

impl Calls {
    pub(super) fn new(
        engine: Engine,
        organization: Organization,
        wanted: Wanted,
        language: Language,
    ) -> Self {
        Self { engine, organization, wanted, language, below: None, over: false }
    }
}

impl Table for Calls {
    type Row = Entry;
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
        "campaignId",
        "contactId",
        "callId",
        "extension",
    ];

    fn engine(&self) -> &Engine {
        &self.engine
    }

    fn language(&self) -> Language {
        self.language
    }

    async fn next(&mut self) -> Result<Option<Vec<Entry>>, Error> {
        if self.over {
            return Ok(None);
        }
        let rows = merged::read(&self.engine, &self.organization, &self.wanted, (self.below, PAGE)).await?;
        self.below = rows.last().map(Entry::place);
        self.over = u32::try_from(rows.len()) != Ok(PAGE);
        Ok(Some(rows))
    }

    fn cells(entry: &Entry, language: Language) -> impl Iterator<Item = Cell<'_>> {
        let row = &entry.result;
        let (campaign, contact, call, extension) = match &entry.origin {
            Origin::Remote => (None, None, None, None),
            Origin::Campaign { campaign, contact } => (Some(*campaign), Some(*contact), None, None),
            Origin::Exchange { call, extension, .. } => {
                (None, None, Some(call.as_str()), extension.as_deref())
            }
        };
        let id = |id: Uuid| Cell::Text(Cow::Owned(id.to_string()));
        [
            id(row.id),
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
            asked::direction(entry).into(),
            campaign.map_or(Cell::Empty, id),
            contact.map_or(Cell::Empty, id),
            call.into(),
            extension.into(),
        ]
        .into_iter()
    }
}
