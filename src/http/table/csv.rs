//! A file of CSV: UTF-8 with a mark at its beginning, which Excel asks for, lines that end as RFC 4180 has it, a header row.
//! A text that a spreadsheet program may take for a formula gets an apostrophe in front; a telephone number stays as it is.

use std::borrow::Cow;

use actix_web::web::Bytes;
use csv::{Terminator, Writer, WriterBuilder};
use domain::language::Language;
use futures_util::stream::{self, Stream};
use projections::Error;

use super::{Cell, Table};
use crate::http::formula;

const MARK: &[u8] = b"\xef\xbb\xbf";
/// What a row comes to, more or less.
const ROW_LEN: usize = 384;

/// The file in pieces, a page each.
pub(super) fn stream<T: Table>(table: T) -> impl Stream<Item = Result<Bytes, Error>> {
    stream::try_unfold((table, true), async |(mut table, first)| {
        let rows = table
            .next()
            .await
            .inspect_err(|why| tracing::error!(cause = %why, "an export broke off: {why}"))?;
        Ok(rows.map(|rows| (piece::<T>(&rows, table.language(), first), (table, false))))
    })
}

fn piece<T: Table>(rows: &[T::Row], language: Language, first: bool) -> Bytes {
    let mut bytes = Vec::with_capacity((rows.len() + 1) * ROW_LEN);
    if first {
        bytes.extend_from_slice(MARK);
    }
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(bytes);
    // Writing to memory cannot fail, and all rows have as many fields.
    if first {
        let _ = writer.write_record(T::COLUMNS);
    }
    for row in rows {
        let _ = write::<T>(&mut writer, row, language);
    }
    writer.into_inner().unwrap_or_default().into()
}

fn write<T: Table>(writer: &mut Writer<Vec<u8>>, row: &T::Row, language: Language) -> csv::Result<()> {
    let fields: Vec<Cow<'_, str>> = T::cells(row, language)
        .map(|cell| match cell {
            Cell::Text(text) => formula::harmless(text),
            Cell::Number(number) => Cow::Owned(number.to_string()),
            Cell::Empty => Cow::Borrowed(""),
        })
        .collect();
    writer.write_record(fields.iter().map(|field| field.as_bytes()))
}
