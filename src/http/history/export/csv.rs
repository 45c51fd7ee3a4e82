//! Calls as CSV: UTF-8 with a mark at its beginning, which Excel asks for, lines that end as RFC 4180 has it, a header row.
//! A text that a spreadsheet program may take for a formula gets an apostrophe in front; a telephone number stays as it is.

use std::borrow::Cow;

use actix_web::web::Bytes;
use csv::{Terminator, Writer, WriterBuilder};
use domain::language::Language;
use futures_util::stream::{self, Stream};
use projections::Error;

use super::{COLUMNS, Cell, Entry, Pages, cells};
use crate::http::formula;

const MARK: &[u8] = b"\xef\xbb\xbf";
/// What a row comes to, more or less.
const ROW_LEN: usize = 384;

/// The file in pieces, a page each.
pub(super) fn stream(pages: Pages) -> impl Stream<Item = Result<Bytes, Error>> {
    stream::try_unfold((pages, true), async |(mut pages, first)| {
        let rows = pages
            .next()
            .await
            .inspect_err(|why| tracing::error!(cause = %why, "an export broke off: {why}"))?;
        Ok(rows.map(|rows| (piece(&rows, pages.language, first), (pages, false))))
    })
}

fn piece(rows: &[Entry], language: Language, first: bool) -> Bytes {
    let mut bytes = Vec::with_capacity((rows.len() + 1) * ROW_LEN);
    if first {
        bytes.extend_from_slice(MARK);
    }
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(bytes);
    // Writing to memory cannot fail, and all rows have as many fields.
    if first {
        let _ = writer.write_record(COLUMNS);
    }
    for row in rows {
        let _ = write(&mut writer, row, language);
    }
    writer.into_inner().unwrap_or_default().into()
}

fn write(writer: &mut Writer<Vec<u8>>, row: &Entry, language: Language) -> csv::Result<()> {
    let fields = cells(row, language).map(|cell| match cell {
        Cell::Text(text) => formula::harmless(text),
        Cell::Number(number) => Cow::Owned(number.to_string()),
        Cell::Empty => Cow::Borrowed(""),
    });
    writer.write_record(fields.iter().map(|field| field.as_bytes()))
}
