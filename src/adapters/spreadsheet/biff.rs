//! The records of an .xls, looked through before calamine reads them: it lays each worksheet out as the rectangle that its cells span,
//! and two cells in far corners span more than the machine has.

use super::compound::{u16_at, u32_at};
use super::{Error, Limits};

const BROKEN: Error = Error::Broken("the workbook");
/// Worksheets that share their records are read once for each: what is read in all, in lengths of the stream.
const PASSES_MAX: usize = 4;

const EOF: u16 = 0x000A;
const BOF: u16 = 0x0809;
const FILE_PASS: u16 = 0x002F;
const BOUND_SHEET: u16 = 0x0085;
const DIMENSIONS: u16 = 0x0200;
const MUL_RK: u16 = 0x00BD;
/// Formula, number, label, rich string, truth or error, short number, shared string.
const CELLS: [u16; 7] = [0x0006, 0x0203, 0x0204, 0x00D6, 0x0205, 0x027E, 0x00FD];

pub(super) fn check(stream: &[u8], limits: Limits) -> Result<(), Error> {
    let (mut cells, mut read) = (0_u64, 0);
    for sheet in sheets(stream)? {
        let records = stream.get(sheet..).ok_or(BROKEN)?;
        let (spanned, passed) = span(records, limits)?;
        cells = cells.saturating_add(spanned);
        read += passed;
        if cells > limits.xls_cells {
            return Err(Error::TooLarge {
                what: "the worksheets of an .xls together",
                max: limits.xls_cells,
                unit: "cells",
            });
        }
        if read > stream.len().saturating_mul(PASSES_MAX) {
            return Err(Error::Bomb);
        }
    }
    Ok(())
}

fn sheets(stream: &[u8]) -> Result<Vec<usize>, Error> {
    let mut sheets = vec![];
    for (kind, data) in Records(stream) {
        match kind {
            FILE_PASS if u16_at(data, 0) != Some(0) => return Err(Error::Encrypted),
            BOUND_SHEET => {
                let at = u32_at(data, 0).and_then(|at| usize::try_from(at).ok());
                sheets.push(at.ok_or(BROKEN)?);
            }
            EOF => break,
            _ => {}
        }
    }
    Ok(sheets)
}

/// The cells of a worksheet's rectangle, and the bytes that were looked at.
fn span(stream: &[u8], limits: Limits) -> Result<(u64, usize), Error> {
    let (mut area, mut depth, mut read) = (Area::default(), 0_u32, 0);
    for (kind, data) in Records(stream) {
        read += data.len() + 4;
        match kind {
            BOF => depth += 1,
            EOF if depth <= 1 => break,
            EOF => depth -= 1,
            // A chart inside the worksheet has records like cells.
            _ if depth > 1 => {}
            DIMENSIONS if declared(data) > limits.xls_cells => return Err(Error::Bomb),
            MUL_RK => {
                area.add(u16_at(data, 0), u16_at(data, 2));
                area.add(u16_at(data, 0), data.len().checked_sub(2).and_then(|at| u16_at(data, at)));
            }
            _ if CELLS.contains(&kind) => area.add(u16_at(data, 0), u16_at(data, 2)),
            _ => {}
        }
    }
    Ok((area.cells(), read))
}

/// What a worksheet says of its own size; calamine makes room for it.
fn declared(data: &[u8]) -> u64 {
    let (rows, columns) = if data.len() == 10 {
        (u16_at(data, 2).map(u32::from), u16_at(data, 6))
    } else {
        (u32_at(data, 4), u16_at(data, 10))
    };
    let first = if data.len() == 10 { u16_at(data, 0).map(u32::from) } else { u32_at(data, 0) };
    let (first, rows, columns) = (first.unwrap_or(0), rows.unwrap_or(0), columns.unwrap_or(0));
    // Turned around, the subtraction of the two is no number.
    if rows > 0 && columns > 0 && first >= rows { u64::MAX } else { u64::from(rows) * u64::from(columns) }
}

#[derive(Debug, Default)]
struct Area(Option<(u16, u16, u16, u16)>);

impl Area {
    fn add(&mut self, row: Option<u16>, column: Option<u16>) {
        let (Some(row), Some(column)) = (row, column) else { return };
        let (top, left, bottom, right) = self.0.unwrap_or((row, column, row, column));
        self.0 = Some((top.min(row), left.min(column), bottom.max(row), right.max(column)));
    }

    fn cells(&self) -> u64 {
        let Some((top, left, bottom, right)) = self.0 else { return 0 };
        (u64::from(bottom.saturating_sub(top)) + 1) * (u64::from(right.saturating_sub(left)) + 1)
    }
}

struct Records<'a>(&'a [u8]);

impl<'a> Iterator for Records<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let kind = u16_at(self.0, 0)?;
        let end = usize::from(u16_at(self.0, 2)?) + 4;
        let data = self.0.get(4..end)?;
        self.0 = self.0.get(end..)?;
        Some((kind, data))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, data: &[u8]) -> Vec<u8> {
        let len = u16::try_from(data.len()).unwrap();
        [&kind.to_le_bytes(), &len.to_le_bytes(), data].concat()
    }

    fn book(sheet: &[Vec<u8>]) -> Vec<u8> {
        let at = 8 + 4;
        let globals = [record(BOUND_SHEET, &u32::to_le_bytes(at)), record(EOF, &[])].concat();
        [globals, record(BOF, &[]), sheet.concat(), record(EOF, &[])].concat()
    }

    fn number(row: u16, column: u16) -> Vec<u8> {
        record(0x0203, &[&row.to_le_bytes()[..], &column.to_le_bytes(), &[0; 10]].concat())
    }

    #[test]
    fn cells_in_far_corners_are_refused() {
        assert!(check(&book(&[number(0, 0), number(9_999, 20)]), Limits::default()).is_ok());
        let refused = check(&book(&[number(0, 0), number(65_535, 255)]), Limits::default());
        assert!(matches!(refused, Err(Error::TooLarge { .. })), "{refused:?}");
        let several = record(MUL_RK, &[0, 0, 0, 0, 0, 0, 0xFF, 0xFF]);
        let refused = check(&book(&[several, number(65_535, 0)]), Limits::default());
        assert!(matches!(refused, Err(Error::TooLarge { .. })), "{refused:?}");
    }

    #[test]
    fn a_made_up_size_is_refused() {
        for (first, last) in [(0_u32, u32::MAX), (9, 3)] {
            let data = [&first.to_le_bytes()[..], &last.to_le_bytes(), &[0, 0, 255, 0, 0, 0]].concat();
            let refused = check(&book(&[record(DIMENSIONS, &data)]), Limits::default());
            assert!(matches!(refused, Err(Error::Bomb)), "{first} {last}: {refused:?}");
        }
    }

    #[test]
    fn a_password_is_noticed() {
        let refused = check(&record(FILE_PASS, &[1, 0]), Limits::default());
        assert!(matches!(refused, Err(Error::Encrypted)), "{refused:?}");
    }

    #[test]
    fn many_names_for_one_worksheet_are_refused() {
        let sheet = [record(BOF, &[]), (0..1000).flat_map(|row| number(row, 0)).collect()].concat();
        let globals: u32 = 100 * 8 + 4;
        let names = record(BOUND_SHEET, &globals.to_le_bytes()).repeat(100);
        let stream = [names, record(EOF, &[]), sheet].concat();
        assert!(matches!(check(&stream, Limits::default()), Err(Error::Bomb)));
    }
}
