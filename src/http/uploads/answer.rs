//! What is said of an upload.

use actix_web::HttpResponse;
use projections::number_lists::ListRow;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::intake::{Invalid, Taken};
use crate::dispatch::far_ends::Ends;
use crate::http::edge;
use crate::http::problem::{Code, Problem};
use crate::http::times::Stamp;

/// The form.
#[derive(Debug, ToSchema)]
#[schema(as = UploadForm)]
#[expect(dead_code, reason = "it only describes the form to the API's document")]
pub(super) struct Form {
    /// .xlsx, .xls, .xlsb, .ods, .txt or .csv; the numbers are the first column of the first sheet.
    /// A line of another text than a .csv that holds nothing but numbers, with commas, semicolons or tabs between them, gives each.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// The list is stored, and lies on the remote host or will at the next start.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Uploaded<'a> {
    ok: bool,
    message: &'static str,
    remote_path: &'a str,
    upload_id: Uuid,
    total_numbers: u32,
    /// Numbers that were written otherwise and could be understood in one way only.
    repaired: u32,
    duplicates: u32,
    invalid_count: u32,
    /// Rows that hold no number, the first 1,000 of them; the report tells of every row.
    invalid: Vec<InvalidRow<'a>>,
    report: String,
    placement: Placement,
    /// Present where nobody real is rung.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    simulated: bool,
}

#[derive(Debug, Serialize, ToSchema)]
struct InvalidRow<'a> {
    line: u32,
    value: &'a str,
    code: &'static str,
    reason: &'static str,
}

impl<'a> InvalidRow<'a> {
    fn of(Invalid { row, value, why }: &'a Invalid) -> Self {
        Self { line: *row, value, code: why.as_str(), reason: why.sentence() }
    }
}

/// Whether the remote host has the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Placement {
    Placed,
    /// It could not be put there; a start tries again.
    Failed,
    /// A session runs there: it is put there when one with it starts.
    NextStart,
    UnderWay,
}

impl Placement {
    fn of(row: &ListRow) -> Self {
        match row.placement.as_deref() {
            Some("placed") => Self::Placed,
            Some("failed") => Self::Failed,
            Some(_) => Self::NextStart,
            // One that was made for a session is put there at its start, and nobody waits for it before.
            None if row.origin == "retry" => Self::NextStart,
            None => Self::UnderWay,
        }
    }
}

/// The documented words.
pub(super) fn message(row: &ListRow) -> &'static str {
    if row.origin == "text" {
        "Text file uploaded successfully."
    } else {
        "Excel file processed and uploaded successfully."
    }
}

pub(super) fn uploaded(ends: &Ends, row: &ListRow, taken: &Taken) -> Result<HttpResponse, Problem> {
    let placement = Placement::of(row);
    if placement == Placement::Failed {
        let why = row.place_error.clone().unwrap_or_default();
        return Err(Problem::new(Code::RemoteUnreachable, why)
            .with("ok", false)
            .with("uploadId", row.id.to_string())
            .with("totalNumbers", taken.counts.numbers));
    }
    let uploaded = Uploaded {
        ok: true,
        message: message(row),
        remote_path: &ends.path,
        upload_id: row.id,
        total_numbers: taken.counts.numbers,
        repaired: taken.counts.repaired,
        duplicates: taken.counts.duplicates,
        invalid_count: taken.counts.invalid,
        invalid: taken.invalid.iter().map(InvalidRow::of).collect(),
        report: format!("/calls/uploads/{}/report", row.id),
        placement,
        simulated: ends.remote.kind() == domain::session::Remote::Simulated,
    };
    Ok(HttpResponse::Ok().insert_header((edge::POSITION, taken.position.to_string())).json(uploaded))
}

/// How far an upload has come, or what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Upload)]
pub(in crate::http) struct UploadView {
    pub(in crate::http) upload_id: Uuid,
    status: Stage,
    /// Rows read so far.
    rows: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<Bytes>,
    #[serde(flatten)]
    #[schema(inline)]
    stored: Option<Stored>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::http) enum Stage {
    Receiving,
    Reading,
    Placing,
    Stored,
    /// It broke off or was refused; nothing of it was stored.
    Failed,
    /// It was only to be tried, and was.
    Tried,
}

/// Of the file, while it is received or read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = UploadBytes)]
struct Bytes {
    done: u64,
    total: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Stored {
    /// `workbook`, `text`, or `retry` for a list made of an earlier session's numbers.
    origin: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_of: Option<String>,
    total_numbers: i64,
    repaired: i64,
    duplicates: i64,
    invalid_count: i64,
    placement: Placement,
    place_error: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Stamp,
}

impl UploadView {
    pub(super) fn begun(upload_id: Uuid, status: Stage, rows: u32, (done, total): (u64, u64)) -> Self {
        let bytes = Some(Bytes { done, total: (total > 0).then_some(total) });
        Self { upload_id, status, rows: rows.into(), bytes, stored: None }
    }

    pub(in crate::http) fn of(row: &ListRow) -> Self {
        let placement = Placement::of(row);
        let stored = Stored {
            origin: row.origin.clone(),
            retry_of: row.retry_of.clone(),
            total_numbers: row.numbers,
            repaired: row.repaired,
            duplicates: row.duplicates,
            invalid_count: row.invalid,
            placement,
            place_error: row.place_error.clone(),
            created_at: Stamp(row.created_at),
        };
        let status = if placement == Placement::UnderWay { Stage::Placing } else { Stage::Stored };
        Self { upload_id: row.id, status, rows: row.rows_read, bytes: None, stored: Some(stored) }
    }
}
