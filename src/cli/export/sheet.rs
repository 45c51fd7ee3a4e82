//! A file of an export as it is written, an event at a time, in any of the formats.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use domain::fact::Circumstances;
use serde_json::value::RawValue;

use super::Format;
use super::columns::{COLUMNS, Cell, cells};
use super::parquet::Table;
use crate::journal::Stored;
use crate::journal::told::time;

pub(super) enum Sheet {
    Parquet(Box<Table>),
    Csv(Box<csv::Writer<File>>),
    Ndjson(BufWriter<File>),
}

impl Sheet {
    pub(super) fn begin(format: Format, file: File) -> io::Result<Self> {
        match format {
            Format::Parquet => Table::begin(file).map(Box::new).map(Self::Parquet),
            Format::Csv => {
                let mut sheet = csv::Writer::from_writer(file);
                sheet.write_record(COLUMNS.map(|column| column.name))?;
                Ok(Self::Csv(Box::new(sheet)))
            }
            Format::Ndjson => Ok(Self::Ndjson(BufWriter::new(file))),
        }
    }

    pub(super) fn add(&mut self, event: &Stored) -> io::Result<()> {
        let circumstances: Circumstances = serde_json::from_str(&event.metadata).unwrap_or_default();
        let cells = cells(event, &circumstances);
        match self {
            Self::Parquet(table) => table.add(&cells),
            Self::Csv(sheet) => {
                for cell in &cells {
                    field(sheet, cell)?;
                }
                Ok(sheet.write_record(None::<&[u8]>)?)
            }
            Self::Ndjson(out) => line(out, &cells),
        }
    }

    pub(super) fn end(self) -> io::Result<File> {
        match self {
            Self::Parquet(table) => table.end(),
            Self::Csv(sheet) => sheet.into_inner().map_err(csv::IntoInnerError::into_error),
            Self::Ndjson(out) => out.into_inner().map_err(io::IntoInnerError::into_error),
        }
    }
}

fn field(sheet: &mut csv::Writer<File>, cell: &Cell<'_>) -> io::Result<()> {
    match cell {
        Cell::Nothing => sheet.write_field("")?,
        Cell::Number(number) => sheet.write_field(number.to_string())?,
        Cell::Time(micros) => sheet.write_field(time(*micros))?,
        Cell::Text(text) | Cell::Json(text) => sheet.write_field(text.as_bytes())?,
    }
    Ok(())
}

fn line(out: &mut BufWriter<File>, cells: &[Cell<'_>; COLUMNS.len()]) -> io::Result<()> {
    for (place, (column, cell)) in COLUMNS.iter().zip(cells).enumerate() {
        write!(out, "{}\"{}\":", if place == 0 { '{' } else { ',' }, column.name)?;
        match cell {
            Cell::Nothing => out.write_all(b"null")?,
            Cell::Number(number) => write!(out, "{number}")?,
            Cell::Time(micros) => write!(out, "\"{}\"", time(*micros))?,
            Cell::Text(text) => serde_json::to_writer(&mut *out, text)?,
            // As text where it is no JSON.
            Cell::Json(text) => match serde_json::from_str::<&RawValue>(text) {
                Ok(json) => out.write_all(json.get().as_bytes())?,
                Err(_) => serde_json::to_writer(&mut *out, text)?,
            },
        }
    }
    out.write_all(b"}\n")
}
