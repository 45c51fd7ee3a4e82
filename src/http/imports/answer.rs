//! What is said of an import.

use actix_web::HttpResponse;
use domain::import::{Counts, Import, Line, Note};
use projections::imports::ImportRow;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::taking::Taken;
use crate::http::times::Stamp;
use crate::http::{Engine, edge, pages};

/// The form.
#[derive(Debug, ToSchema)]
#[schema(as = ContactsForm)]
#[expect(dead_code, reason = "it only describes the form to the API's document")]
pub(super) struct Form {
    /// .xlsx, .xls, .xlsb, .ods or .csv. The first row of the first sheet names the columns:
    /// firstName, lastName, phone, dateOfBirth, customData (its cells hold JSON), notes, timezone.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// What became of the file, or would.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Imported<'a> {
    /// Null where nothing was to be stored.
    import_id: Option<Uuid>,
    dry_run: bool,
    #[serde(flatten)]
    #[schema(inline)]
    counts: Outcome,
    /// Rows of which there is anything to say, the first 1,000 of them; the report tells of every row.
    rows: Vec<RowView<'a>>,
    report: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ImportOutcome)]
struct Outcome {
    /// Rows with anything in them below the first.
    total: u32,
    created: u32,
    updated: u32,
    skipped: u32,
    rejected: u32,
    /// Fields that were written otherwise and could be understood in one way only.
    repaired: u32,
    /// Things that had to be left out of rows that were taken.
    warnings: u32,
}

impl Outcome {
    fn new(counts: &Counts) -> Self {
        let Counts { rows: total, created, updated, skipped, rejected, repaired, warnings, chunks: _ } =
            *counts;
        Self { total, created, updated, skipped, rejected, repaired, warnings }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ImportedRow)]
struct RowView<'a> {
    /// As the sheet counts them.
    row: u32,
    /// `created`, `updated`, `skipped` or `rejected`.
    outcome: &'static str,
    /// The contact that it made or changed, or that has its number.
    contact_id: Option<Uuid>,
    notes: Vec<NoteView<'a>>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportedField)]
struct NoteView<'a> {
    field: &'a str,
    /// A code, such as `repaired`, `not_json` or `too_short`.
    what: &'static str,
    before: &'a str,
    after: &'a str,
    reason: &'static str,
}

impl<'a> RowView<'a> {
    fn new(Line { row, became, contact, notes }: &'a Line) -> Self {
        let notes = notes.iter().map(NoteView::new).collect();
        Self { row: *row, outcome: became.as_str(), contact_id: *contact, notes }
    }
}

impl<'a> NoteView<'a> {
    fn new(Note { field, what, before, after }: &'a Note) -> Self {
        Self { field, what: what.as_str(), before, after, reason: what.sentence() }
    }
}

pub(super) fn imported(taken: &Taken) -> HttpResponse {
    let imported = Imported {
        import_id: taken.import,
        dry_run: taken.import.is_none(),
        counts: Outcome::new(&taken.counts),
        rows: taken.told.iter().map(RowView::new).collect(),
        report: taken.import.map(report),
    };
    HttpResponse::Ok().insert_header((edge::POSITION, taken.position)).json(imported)
}

fn report(import: Uuid) -> String {
    format!("/auto-calling/imports/{import}/report")
}

/// A page of imports.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ImportPage<'a> {
    pub(super) data: Vec<ImportView<'a>>,
    pub(super) meta: pages::Meta,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Import)]
pub(in crate::http) struct ImportView<'a> {
    id: Uuid,
    status: Stage,
    /// Why it has failed.
    failure: Option<&'a str>,
    /// Who sent the file.
    actor: &'a str,
    /// `workbook` or `text`.
    origin: &'a str,
    on_duplicate: &'a str,
    strict: bool,
    /// Rows read so far, while it is under way on this node.
    rows_read: Option<u32>,
    /// Null until it is known what became of all rows, as are the others.
    total: Option<i64>,
    created: Option<i64>,
    updated: Option<i64>,
    skipped: Option<i64>,
    rejected: Option<i64>,
    repaired: Option<i64>,
    warnings: Option<i64>,
    undone: Option<UndoneView>,
    report: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Stamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<Stamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    failed_at: Option<Stamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = ImportStage)]
enum Stage {
    /// Its contacts are being stored.
    Started,
    Finished,
    /// It broke off, and what was stored by then is there: send the file again, or undo it.
    Failed,
    Undone,
}

/// What became of its contacts when it was undone.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ImportUndone)]
struct UndoneView {
    removed: i64,
    kept: KeptView,
    #[schema(value_type = String, format = DateTime)]
    at: Stamp,
}

/// Contacts that were not removed, by the reason.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ImportKept)]
struct KeptView {
    changed: i64,
    in_campaign: i64,
    called: i64,
    /// Those that were there before it and that it changed: they stay as it left them, since what they were is not kept. Null where
    /// it broke off before they were counted.
    updated: Option<i64>,
}

impl<'a> ImportView<'a> {
    pub(super) fn new(engine: &Engine, row: &'a ImportRow) -> Self {
        let organization = domain::ids::Organization::parse(&row.organization).ok();
        let rows_read =
            organization.and_then(|organization| engine.moving.imports.rows(&organization, row.id));
        Self { rows_read, ..Self::of(row) }
    }

    /// As it is recorded.
    pub(in crate::http) fn of(row: &'a ImportRow) -> Self {
        let kept = || KeptView {
            changed: row.kept_changed,
            in_campaign: row.kept_in_campaign,
            called: row.kept_called,
            updated: row.updated,
        };
        let undone = row.undone_at.map(|at| UndoneView { removed: row.removed, kept: kept(), at: Stamp(at) });
        let status = match (row.undone_at, row.finished_at, row.failed_at) {
            (Some(_), _, _) => Stage::Undone,
            (None, Some(_), _) => Stage::Finished,
            (None, None, Some(_)) => Stage::Failed,
            (None, None, None) => Stage::Started,
        };
        Self {
            id: row.id,
            status,
            failure: row.failure.as_deref(),
            actor: &row.actor,
            origin: &row.origin,
            on_duplicate: &row.on_duplicate,
            strict: row.strict != 0,
            rows_read: None,
            total: row.rows_read,
            created: row.created,
            updated: row.updated,
            skipped: row.skipped,
            rejected: row.rejected,
            repaired: row.repaired,
            warnings: row.warnings,
            undone,
            report: report(row.id),
            created_at: Stamp(row.begun_at),
            finished_at: row.finished_at.map(Stamp),
            failed_at: row.failed_at.map(Stamp),
        }
    }
}

/// What is left of an import.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportRemoved)]
pub(super) struct Unimported {
    id: Uuid,
    undone: bool,
    /// Contacts that were removed, however often it was asked for.
    removed: u32,
    kept: KeptView,
}

impl Unimported {
    pub(super) fn new(id: Uuid, import: &Import) -> Self {
        let (removed, kept) = import.undone();
        let kept = KeptView {
            changed: kept.changed.into(),
            in_campaign: kept.in_campaign.into(),
            called: kept.called.into(),
            updated: import.updated().map(i64::from),
        };
        Self { id, undone: true, removed, kept }
    }
}
