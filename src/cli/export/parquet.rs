//! A Parquet file, a column at a time. Rows are held until there are enough of them for a group, by number or by bytes, so that memory is
//! bounded and the same events always make the same bytes.

use std::fs::File;
use std::io;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnPath;

use super::columns::{COLUMNS, Cell, Column, Shape};

/// A group of rows ends with the row that makes it so long.
const GROUP_ROWS: usize = 65_536;
const GROUP_BYTES: usize = 32 << 20;
/// Not the library's: a file says who made it, and stays the same when the library is newer.
const MADE_BY: &str = "karnay";

pub(super) struct Table {
    writer: SerializedFileWriter<File>,
    columns: Vec<Held>,
    rows: usize,
    bytes: usize,
}

/// A column's values of the group that is being gathered, and which of its rows have one.
struct Held {
    values: Values,
    there: Vec<i16>,
}

enum Values {
    Numbers(Vec<i64>),
    Texts(Vec<ByteArray>),
}

impl Table {
    pub(super) fn begin(file: File) -> io::Result<Self> {
        let schema = Arc::new(parse_message_type(&schema()).map_err(wrong)?);
        let properties = COLUMNS.iter().fold(
            WriterProperties::builder()
                .set_created_by(MADE_BY.to_owned())
                .set_compression(Compression::SNAPPY)
                .set_dictionary_enabled(false)
                .set_statistics_enabled(EnabledStatistics::Chunk)
                .set_offset_index_disabled(true),
            |properties, column| {
                let path = ColumnPath::from(column.name);
                let properties = properties.set_column_dictionary_enabled(path.clone(), column.repeats);
                // Nobody looks for an event by its largest payload.
                let looked_for = column.shape != Shape::Json;
                let statistics = if looked_for { EnabledStatistics::Chunk } else { EnabledStatistics::None };
                properties.set_column_statistics_enabled(path, statistics)
            },
        );
        let writer = SerializedFileWriter::new(file, schema, Arc::new(properties.build())).map_err(wrong)?;
        Ok(Self { writer, columns: COLUMNS.iter().map(Held::of).collect(), rows: 0, bytes: 0 })
    }

    pub(super) fn add(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        for (held, cell) in self.columns.iter_mut().zip(cells) {
            self.bytes += held.take(cell);
        }
        self.rows += 1;
        if self.rows >= GROUP_ROWS || self.bytes >= GROUP_BYTES { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> io::Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let mut group = self.writer.next_row_group().map_err(wrong)?;
        for (held, column) in self.columns.iter_mut().zip(&COLUMNS) {
            let Some(mut writer) = group.next_column().map_err(wrong)? else { break };
            let there = column.optional.then_some(held.there.as_slice());
            match (writer.untyped(), &held.values) {
                (ColumnWriter::Int64ColumnWriter(writer), Values::Numbers(numbers)) => {
                    writer.write_batch(numbers, there, None).map_err(wrong)?;
                }
                (ColumnWriter::ByteArrayColumnWriter(writer), Values::Texts(texts)) => {
                    writer.write_batch(texts, there, None).map_err(wrong)?;
                }
                _ => return Err(io::Error::other("a column is not of its own type")),
            }
            writer.close().map_err(wrong)?;
            *held = Held::of(column);
        }
        group.close().map_err(wrong)?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }

    pub(super) fn end(mut self) -> io::Result<File> {
        self.write()?;
        self.writer.into_inner().map_err(wrong)
    }
}

impl Held {
    fn of(column: &Column) -> Self {
        let values = match column.shape {
            Shape::Number | Shape::Time => Values::Numbers(vec![]),
            Shape::Text | Shape::Json => Values::Texts(vec![]),
        };
        Self { values, there: vec![] }
    }

    /// About how many bytes it holds more.
    fn take(&mut self, cell: &Cell<'_>) -> usize {
        self.there.push(i16::from(*cell != Cell::Nothing));
        match (&mut self.values, cell) {
            (Values::Numbers(numbers), Cell::Number(number) | Cell::Time(number)) => {
                numbers.push(*number);
                size_of::<i64>()
            }
            (Values::Texts(texts), Cell::Text(text) | Cell::Json(text)) => {
                texts.push(ByteArray::from(text.as_bytes()));
                text.len() + size_of::<ByteArray>()
            }
            (Values::Numbers(_) | Values::Texts(_), _) => 0,
        }
    }
}

/// In Parquet's own words.
fn schema() -> String {
    let column = |column: &Column| {
        let Column { name, shape, optional, .. } = column;
        let repetition = if *optional { "OPTIONAL" } else { "REQUIRED" };
        let (physical, logical) = match shape {
            Shape::Number => ("INT64", ""),
            Shape::Time => ("INT64", " (TIMESTAMP(MICROS,true))"),
            // Not every reader takes JSON for text.
            Shape::Text | Shape::Json => ("BYTE_ARRAY", " (STRING)"),
        };
        format!("{repetition} {physical} {name}{logical};")
    };
    format!("message events {{ {} }}", COLUMNS.iter().map(column).collect::<Vec<_>>().join(" "))
}

/// A full disk is a full disk, whoever met it.
fn wrong(why: ParquetError) -> io::Error {
    let ParquetError::External(why) = why else { return io::Error::other(why) };
    why.downcast::<io::Error>().map_or_else(io::Error::other, |why| *why)
}
