//! .xls: small, looked through, and only then read whole by calamine, from a file rebuilt around its one stream of records.

use std::io::{Cursor, Read};
use std::ops::ControlFlow;

use calamine::{Data, DataRef, Range, Reader, Xls, XlsError};
use domain::number_list;

use super::book::{first, guarded};
use super::compound::{Compound, alone};
use super::{Error, Kind, Limits, Rows, biff, cell};

const WORKBOOK: Error = Error::Broken("the workbook");
/// Before 97 it had the second name.
const STREAMS: [&str; 2] = ["Workbook", "Book"];
/// What a workbook of the newer kind lies in when it has a password.
const ENCRYPTED: &str = "EncryptedPackage";

pub(super) fn read(
    mut file: impl Read,
    size: u64,
    limits: Limits,
    rows: &mut Rows<'_>,
) -> Result<Kind, Error> {
    if size > limits.xls {
        return Err(Error::TooLarge { what: "an .xls", max: limits.xls, unit: "bytes" });
    }
    let mut bytes = vec![];
    file.read_to_end(&mut bytes)?;
    let compound = Compound::open(&bytes)?;
    if compound.has(ENCRYPTED) {
        return Err(Error::Encrypted);
    }
    let mut streams = STREAMS.into_iter().filter_map(|name| Some((name, compound.stream(name)?)));
    let (name, stream) = streams.next().ok_or(Error::NotATable)?;
    let stream = stream?;
    biff::check(&stream, limits)?;
    let file = alone(name, &stream)?;
    drop((bytes, stream));
    let mut book = guarded(|| Xls::new(Cursor::new(file)), xls_error, WORKBOOK)?;
    let sheet = first(book.sheets_metadata()).ok_or(Error::NotATable)?;
    let range = guarded(|| book.worksheet_range(&sheet), xls_error, WORKBOOK)?;
    give(&range, rows)?;
    Ok(Kind::Xls)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the enum is calamine's, and grows")]
fn xls_error(why: &XlsError) -> Option<Error> {
    match why {
        XlsError::Password => Some(Error::Encrypted),
        _ => None,
    }
}

/// The range begins at the first cell that is filled, which may stand in a later column.
fn give(range: &Range<Data>, rows: &mut Rows<'_>) -> Result<(), Error> {
    let Some((top, left)) = range.start() else { return Ok(()) };
    let (mut text, wanted) = (String::new(), rows.columns);
    for (line, row) in (top.saturating_add(1)..).zip(range.rows()) {
        for (column, value) in (left..).zip(row).filter(|(column, _)| wanted.hold(*column)) {
            cell::write(&borrowed(value), &mut text);
            if rows.cell(line, column, number_list::Cell::value(&text))? == ControlFlow::Break(()) {
                return Ok(());
            }
        }
    }
    rows.end().map(drop)
}

fn borrowed(value: &Data) -> DataRef<'_> {
    match value {
        Data::Int(number) => DataRef::Int(*number),
        Data::Float(number) => DataRef::Float(*number),
        Data::String(text) => DataRef::SharedString(text),
        Data::Bool(value) => DataRef::Bool(*value),
        Data::DateTime(date) => DataRef::DateTime(*date),
        Data::DateTimeIso(iso) => DataRef::DateTimeIso(iso.clone()),
        Data::DurationIso(iso) => DataRef::DurationIso(iso.clone()),
        Data::Error(error) => DataRef::Error(error.clone()),
        Data::Empty => DataRef::Empty,
    }
}
