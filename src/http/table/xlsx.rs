//! A file that is a workbook. It is written row by row into a file that has no name and is gone with its last reader,
//! by a thread of its own, since a workbook cannot be sent before its end is known.
//! Cells of text are never formulas; those that look like one are marked as text, so that they stay so when somebody edits them.

use std::borrow::Cow;
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::marker::PhantomData;

use actix_web::web::{Bytes, BytesMut};
use domain::language::Language;
use futures_util::stream::{self, Stream};
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use tokio::io::AsyncReadExt as _;
use tokio::sync::mpsc;

use super::{Cell, Table};
use crate::http::formula;

/// Pages that may wait for the thread.
const AHEAD: usize = 2;
/// Rows of a sheet below its header; what is more goes to another sheet.
const ROWS_MAX: u32 = 1_048_575;
const CHUNK: usize = 64 * 1024;
/// UTF-16 units of a cell's text.
const CELL_MAX: usize = 32_767;
/// At the end of a text that is longer, in ASCII.
const CUT: &str = " ... [cut: a workbook's cell holds 32,767 characters; the CSV has all of it]";
const WIDTH: f64 = 22.0;

#[derive(Debug, thiserror::Error)]
pub(in crate::http) enum Error {
    #[error("too many workbooks are being made")]
    Busy,
    #[error(transparent)]
    Screens(#[from] projections::Error),
    #[error("the workbook cannot be written: {0}")]
    Workbook(#[from] XlsxError),
    #[error("the workbook's file: {0}")]
    File(#[from] std::io::Error),
    /// Whoever brought the rows has gone, or the thread has.
    #[error("the workbook was given up")]
    Abandoned,
}

/// Rows, or that there are no more.
enum Page<R> {
    Rows(Vec<R>),
    End,
}

/// How long the file is, and the file in pieces.
pub(super) async fn file<T: Table>(
    mut table: T,
) -> Result<(u64, impl Stream<Item = Result<Bytes, std::io::Error>>), Error> {
    let (engine, language) = (table.engine().clone(), table.language());
    let _place = engine.workbooks.try_acquire().map_err(|_| Error::Busy)?;
    let (rows, coming) = mpsc::channel(AHEAD);
    let written = tokio::task::spawn_blocking(move || write::<T>(coming, language));
    while let Some(page) = table.next().await? {
        if rows.send(Page::Rows(page)).await.is_err() {
            // The thread says why.
            break;
        }
    }
    // As here.
    let _ = rows.send(Page::End).await;
    let file = written.await.map_err(|_| Error::Abandoned)??;
    let length = file.metadata()?.len();
    Ok((length, pieces(tokio::fs::File::from_std(file))))
}

fn pieces(file: tokio::fs::File) -> impl Stream<Item = Result<Bytes, std::io::Error>> {
    stream::try_unfold(file, async |mut file| {
        let mut piece = BytesMut::with_capacity(CHUNK);
        let read = file.read_buf(&mut piece).await?;
        Ok((read > 0).then(|| (piece.freeze(), file)))
    })
}

fn write<T: Table>(mut coming: mpsc::Receiver<Page<T::Row>>, language: Language) -> Result<File, Error> {
    let mut book = Book::<T>::try_new(language)?;
    loop {
        match coming.blocking_recv() {
            Some(Page::Rows(rows)) => rows.iter().try_for_each(|row| book.add(row))?,
            Some(Page::End) => return book.finish(),
            None => return Err(Error::Abandoned),
        }
    }
}

struct Book<T> {
    _of: PhantomData<T>,
    workbook: Workbook,
    language: Language,
    sheet: usize,
    /// The last row that was written to the sheet. Its header is row 0.
    row: u32,
    /// Of texts that look like formulas.
    marked: Format,
}

impl<T: Table> Book<T> {
    fn try_new(language: Language) -> Result<Self, Error> {
        let marked = Format::new().set_quote_prefix();
        let mut book =
            Self { _of: PhantomData, workbook: Workbook::new(), language, sheet: 0, row: 0, marked };
        begin::<T>(book.workbook.add_worksheet_with_constant_memory()?)?;
        Ok(book)
    }

    fn add(&mut self, row: &T::Row) -> Result<(), Error> {
        if self.row == ROWS_MAX {
            begin::<T>(self.workbook.add_worksheet_with_constant_memory()?)?;
            (self.sheet, self.row) = (self.sheet + 1, 0);
        }
        self.row += 1;
        let sheet = self.workbook.worksheet_from_index(self.sheet)?;
        for (column, cell) in (0..).zip(T::cells(row, self.language)) {
            match cell {
                Cell::Text(text) if formula::like(&text) => {
                    sheet.write_string_with_format(self.row, column, fitting(text), &self.marked)?
                }
                Cell::Text(text) => sheet.write_string(self.row, column, fitting(text))?,
                Cell::Number(number) => sheet.write_number(self.row, column, number)?,
                Cell::Empty => sheet,
            };
        }
        Ok(())
    }

    fn finish(mut self) -> Result<File, Error> {
        let mut file = tempfile::tempfile()?;
        self.workbook.save_to_writer(file.try_clone()?)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(file)
    }
}

/// As much of a text as a cell holds, in the units that a spreadsheet program counts. What was cut off says so: a file that was not
/// made at all would help nobody.
fn fitting(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.len() <= CELL_MAX || text.encode_utf16().count() <= CELL_MAX {
        return text;
    }
    let mut room = CELL_MAX - CUT.len();
    let kept = text.chars().take_while(|c| match room.checked_sub(c.len_utf16()) {
        Some(left) => {
            room = left;
            true
        }
        None => false,
    });
    Cow::Owned(kept.chain(CUT.chars()).collect())
}

/// The header, which stays in sight.
fn begin<T: Table>(sheet: &mut Worksheet) -> Result<(), Error> {
    sheet.set_freeze_panes(1, 0)?;
    let bold = Format::new().set_bold();
    for (column, name) in (0..).zip(T::COLUMNS.iter().copied()) {
        sheet.set_column_width(column, WIDTH)?;
        sheet.write_string_with_format(0, column, name, &bold)?;
    }
    Ok(())
}
