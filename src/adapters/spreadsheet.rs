//! Reading the first worksheet row by row, its first column or all of them: .xlsx, .xlsb, .xls, .ods by their content, and text.
//! What is read comes from strangers: everything is bounded before it is unpacked, and nothing is held but the row at hand
//! and a workbook's own table of strings. What a number is, and what a heading is, the domain says.
//! It reads files and waits for the disk, so it belongs on a blocking thread.

mod archive;
mod biff;
mod book;
mod cell;
mod compound;
mod encoding;
mod gather;
mod ods;
mod progress;
mod scan;
mod text;
mod xls;
mod xml;

use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::ops::ControlFlow;
use std::path::Path;

use domain::number_list::Cell;

use crate::ports::{BadSheet, Columns, SHEET_LEN_MAX, SheetKind, SheetProgress as Progress, Sheets};
use gather::Gathered;
use progress::Metered;

/// How a zip archive begins; the second is one without entries.
const ZIP: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];
/// How an OLE compound file begins: an .xls, or a workbook behind a password.
const COMPOUND: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

/// What a file may cost. Sizes are bytes, of an archive's parts the unpacked ones.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub file: u64,
    /// Rows up to the last one that is filled.
    pub rows: u32,
    /// Cells of any column.
    pub cells: u64,
    /// One worksheet.
    pub sheet: u64,
    /// The strings of a workbook, which are held while it is read: their size and their number.
    pub strings: u64,
    pub strings_count: u64,
    /// Any other part of a workbook.
    pub part: u64,
    pub parts: usize,
    /// An .xls, which is read whole, and the cells of the rectangles that its worksheets span.
    pub xls: u64,
    pub xls_cells: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file: SHEET_LEN_MAX,
            rows: 1_048_576,
            cells: 100_000_000,
            sheet: 4 << 30,
            strings: 256 << 20,
            strings_count: 5_000_000,
            part: 32 << 20,
            parts: 10_000,
            xls: 32 << 20,
            xls_cells: 4_000_000,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Xlsx,
    Xlsb,
    Xls,
    Ods,
    Text,
}

impl Kind {
    pub fn is_workbook(self) -> bool {
        match self {
            Self::Xlsx | Self::Xlsb | Self::Xls | Self::Ods => true,
            Self::Text => false,
        }
    }
}

/// A row that says something: its first column is filled, or any field where all are read or where it is a line of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row<'a> {
    /// Counted from 1, as people see it. Blank rows are counted and not given.
    pub line: u32,
    pub cell: Cell<'a>,
}

/// What was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sheet {
    pub kind: Kind,
    /// The last line that was given.
    pub rows: u32,
    /// Lines before it that are blank in the first column.
    pub blank: u32,
}

/// Why a file is not read, in a sentence for whoever chose it. It never quotes the file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the file is too large: {what} may have at most {max} {unit}")]
    TooLarge { what: &'static str, max: u64, unit: &'static str },
    #[error("the file would unpack to far more than a list can need, and is not opened")]
    Bomb,
    #[error("the workbook is protected with a password; save it without one and send it again")]
    Encrypted,
    #[error("the file is neither a workbook (.xlsx, .xlsb, .xls, .ods) nor text (.txt, .csv)")]
    NotATable,
    #[error("the first column of the first worksheet is empty")]
    Empty,
    #[error("the first worksheet is empty")]
    Bare,
    #[error("the file is damaged or incomplete: {0} cannot be read")]
    Broken(&'static str),
    #[error("line {line} has more fields than a list can have in one; give each number a line of its own")]
    LongLine { line: u32 },
    #[error("a quotation mark in line {line} is never closed")]
    OpenQuote { line: u32 },
    #[error("the file cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// Calls `row` for each filled cell of the first column, until it breaks.
pub fn read(
    file: &Path,
    limits: Limits,
    progress: &Progress,
    row: &mut dyn FnMut(Row<'_>) -> ControlFlow<()>,
) -> Result<Sheet, Error> {
    open(file, progress, Rows::new(row, limits, Columns::First))
}

/// The same for each row with anything in it, all its cells in one.
pub fn table(
    file: &Path,
    limits: Limits,
    progress: &Progress,
    row: &mut dyn FnMut(Row<'_>) -> ControlFlow<()>,
) -> Result<Sheet, Error> {
    open(file, progress, Rows::new(row, limits, Columns::All))
}

fn open(file: &Path, progress: &Progress, mut rows: Rows<'_>) -> Result<Sheet, Error> {
    let (mut file, limits) = (File::open(file)?, rows.limits);
    let size = file.metadata()?.len();
    if size > limits.file {
        return Err(Error::TooLarge { what: "it", max: limits.file, unit: "bytes" });
    }
    progress.begin(size);
    let mut head = vec![];
    file.by_ref().take(8).read_to_end(&mut head)?;
    file.rewind()?;
    let file = Metered::new(file, progress);
    let kind = if ZIP.iter().any(|magic| head.starts_with(magic)) {
        archive::read(file, limits, &mut rows)?
    } else if head == COMPOUND {
        xls::read(file, size, limits, &mut rows)?
    } else {
        text::read(file, &mut rows)?
    };
    progress.end();
    if rows.last == 0 {
        return Err(rows.empty());
    }
    Ok(Sheet { kind, rows: rows.last, blank: rows.last.saturating_sub(rows.given) })
}

/// Hands rows on, and holds them to their number.
struct Rows<'a> {
    row: &'a mut dyn FnMut(Row<'_>) -> ControlFlow<()>,
    limits: Limits,
    columns: Columns,
    gathered: Gathered,
    last: u32,
    given: u32,
}

impl<'a> Rows<'a> {
    fn new(row: &'a mut dyn FnMut(Row<'_>) -> ControlFlow<()>, limits: Limits, columns: Columns) -> Self {
        Self { row, limits, columns, gathered: Gathered::default(), last: 0, given: 0 }
    }

    fn empty(&self) -> Error {
        match self.columns {
            Columns::First => Error::Empty,
            Columns::All => Error::Bare,
        }
    }

    fn give(&mut self, line: u32, cell: Cell<'_>) -> Result<ControlFlow<()>, Error> {
        if cell.text.trim().is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        if line > self.limits.rows {
            return Err(Error::TooLarge { what: "it", max: self.limits.rows.into(), unit: "rows" });
        }
        self.last = self.last.max(line);
        self.given = self.given.saturating_add(1);
        Ok((self.row)(Row { line, cell }))
    }
}

/// The port: files as they come from people, with the usual limits.
#[derive(Debug, Clone, Copy)]
pub struct Spreadsheets;

impl Sheets for Spreadsheets {
    fn read(
        &self,
        file: &Path,
        columns: Columns,
        progress: &Progress,
        row: &mut dyn FnMut(u32, Cell<'_>) -> ControlFlow<()>,
    ) -> Result<SheetKind, BadSheet> {
        let mut given = |Row { line, cell }: Row<'_>| row(line, cell);
        let sheet = open(file, progress, Rows::new(&mut given, Limits::default(), columns))?;
        Ok(if sheet.kind.is_workbook() { SheetKind::Workbook } else { SheetKind::Text })
    }
}

impl From<Error> for BadSheet {
    fn from(why: Error) -> Self {
        let too_large = matches!(why, Error::TooLarge { .. } | Error::Bomb);
        Self { too_large, why: why.to_string() }
    }
}
