//! .xlsx, .xlsm and .xlsb through calamine's cell readers, cell by cell. Never a whole range: that is as large as the farthest cell says.

use std::io::{Read, Seek};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{
    Cell, DataRef, Reader, SheetType, SheetVisible, Xlsb, XlsbError, Xlsx, XlsxCellFormulaMetadataRecord,
    XlsxCellReader, XlsxError, XlsxFormulaMetadata,
};
use domain::number_list::{self, Holds};

use super::{Error, Limits, Rows, cell};

const WORKBOOK: Error = Error::Broken("the workbook");
const WORKSHEET: Error = Error::Broken("the first worksheet");

pub(super) fn xlsx<R: Read + Seek>(file: R, limits: Limits, rows: &mut Rows<'_>) -> Result<(), Error> {
    let mut book = guarded(|| Xlsx::new(file), xlsx_error, WORKBOOK)?;
    let name = first(book.sheets_metadata()).ok_or(Error::NotATable)?;
    let mut cells = guarded(|| book.worksheet_cells_reader(&name), xlsx_error, WORKSHEET)?;
    give(|| guarded(|| found(&mut cells), xlsx_error, WORKSHEET), limits, rows)
}

pub(super) fn xlsb<R: Read + Seek>(file: R, limits: Limits, rows: &mut Rows<'_>) -> Result<(), Error> {
    let mut book = guarded(|| Xlsb::new(file), xlsb_error, WORKBOOK)?;
    let name = first(book.sheets_metadata()).ok_or(Error::NotATable)?;
    let mut cells = guarded(|| book.worksheet_cells_reader(&name), xlsb_error, WORKSHEET)?;
    let mut next = || Ok(cells.next_cell()?.map(|cell| Found { cell, formula: None }));
    give(|| guarded(&mut next, xlsb_error, WORKSHEET), limits, rows)
}

/// A cell, and what it calculates where that is told.
struct Found<'a> {
    cell: Cell<DataRef<'a>>,
    formula: Option<XlsxFormulaMetadata>,
}

fn found<'a, R: Read + Seek>(cells: &mut XlsxCellReader<'a, R>) -> Result<Option<Found<'a>>, XlsxError> {
    let record = cells.next_cell_with_formula_metadata()?;
    Ok(record.map(|XlsxCellFormulaMetadataRecord { pos, value, formula, .. }| Found {
        cell: Cell::new(pos, value),
        formula,
    }))
}

/// The worksheet that people see first.
pub(super) fn first(sheets: &[calamine::Sheet]) -> Option<String> {
    let mut sheets = sheets.iter();
    let sheet =
        sheets.find(|sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible);
    sheet.map(|sheet| sheet.name.clone())
}

/// A damaged file makes the reader index beyond its buffers: foreign code that panics is a file that cannot be read.
pub(super) fn guarded<T, E>(
    call: impl FnOnce() -> Result<T, E>,
    meaning: fn(&E) -> Option<Error>,
    broken: Error,
) -> Result<T, Error> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(why)) => Err(meaning(&why).unwrap_or(broken)),
        Err(_) => Err(broken),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the enum is calamine's, and grows")]
fn xlsx_error(why: &XlsxError) -> Option<Error> {
    match why {
        XlsxError::Password => Some(Error::Encrypted),
        // A document of another program has neither.
        XlsxError::RelationshipNotFound | XlsxError::NotAWorksheet(_) => Some(Error::NotATable),
        _ => None,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the enum is calamine's, and grows")]
fn xlsb_error(why: &XlsbError) -> Option<Error> {
    match why {
        XlsbError::Password => Some(Error::Encrypted),
        _ => None,
    }
}

/// Of a merged area only the first cell has a value, so only that is given.
fn give<'a>(
    mut next: impl FnMut() -> Result<Option<Found<'a>>, Error>,
    limits: Limits,
    rows: &mut Rows<'_>,
) -> Result<(), Error> {
    let mut text = String::new();
    let mut seen = 0;
    while let Some(Found { cell, formula }) = next()? {
        seen += 1;
        if seen > limits.cells {
            return Err(Error::TooLarge { what: "its worksheet", max: limits.cells, unit: "cells" });
        }
        let (row, column) = cell.get_position();
        if !rows.columns.hold(column) {
            continue;
        }
        let holds = write(cell.get_value(), formula, &mut text);
        let cell = number_list::Cell { holds, text: &text };
        if rows.cell(row.saturating_add(1), column, cell)? == ControlFlow::Break(()) {
            return Ok(());
        }
    }
    rows.end().map(drop)
}

/// An empty text is a formula's value too; nothing at all is none. As people see it, a formula begins with its sign.
fn write(value: &DataRef<'_>, formula: Option<XlsxFormulaMetadata>, text: &mut String) -> Holds {
    if let (DataRef::Empty, Some(formula)) = (value, formula) {
        text.clear();
        text.push('=');
        text.push_str(written(&formula));
        return Holds::Formula;
    }
    cell::write(value, text);
    Holds::Value
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the enum is calamine's, and grows")]
fn written(formula: &XlsxFormulaMetadata) -> &str {
    match formula {
        XlsxFormulaMetadata::Normal { formula } | XlsxFormulaMetadata::Shared { formula, .. } => formula,
        // It stands in another cell.
        _ => "",
    }
}
