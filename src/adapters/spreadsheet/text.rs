//! .txt and .csv as they stream: one alphabet, one separator, quotes. Of a field no more is kept than a number needs.
//! All fields of a line are given: which of them are numbers of the list, the domain says.

use std::io::Read;
use std::ops::ControlFlow;

use domain::number_list::{Cell, Holds};
use encoding_rs::Decoder;

use super::{Error, Kind, Rows, encoding};
use crate::ports::Columns;

const CHUNK: usize = 64 << 10;
/// Of one line so much is held: some hundred thousand numbers.
const LINE_MAX: usize = 4 << 20;
/// What stands between fields where they are given.
const FIELD: u8 = b'\t';
/// A quoted cell with more lines than this has lost its end; going on would swallow the list.
const QUOTED_LINES_MAX: u32 = 100;
/// What may stand between columns, the likeliest first: a comma is also in prose and in decimals.
const SEPARATORS: [u8; 3] = [b'\t', b';', b','];
/// Excel's own first line that names the separator; it is no row.
const NAMED: &str = "sep=";

pub(super) fn read(mut file: impl Read, rows: &mut Rows<'_>) -> Result<Kind, Error> {
    let mut chunk = vec![];
    fill(&mut file, &mut chunk)?;
    let mut decoder = encoding::of(&chunk)?.new_decoder();
    let mut text = String::with_capacity(CHUNK * 3);
    let mut cells: Option<Cells> = None;
    loop {
        let last = chunk.is_empty();
        decode(&mut decoder, &chunk, last, &mut text);
        let cells = cells.get_or_insert_with(|| Cells::new(separator(&text, rows.columns), rows.cell_max()));
        for byte in text.bytes() {
            if cells.byte(byte, rows)? == ControlFlow::Break(()) {
                return Ok(Kind::Text);
            }
        }
        if last {
            cells.end(rows)?;
            return Ok(Kind::Text);
        }
        fill(&mut file, &mut chunk)?;
    }
}

fn fill(file: &mut impl Read, chunk: &mut Vec<u8>) -> Result<(), Error> {
    chunk.clear();
    let room = u64::try_from(CHUNK).unwrap_or(u64::MAX);
    file.by_ref().take(room).read_to_end(chunk)?;
    Ok(())
}

/// What is no letter of the alphabet becomes a mark that no number has.
fn decode(decoder: &mut Decoder, chunk: &[u8], last: bool, text: &mut String) {
    text.clear();
    if let Some(room) = decoder.max_utf8_buffer_length(chunk.len()) {
        text.reserve(room);
    }
    let _ = decoder.decode_to_string(chunk, text, last);
}

/// Where all columns are wanted, their names tell it: what is in the cells below may be prose or JSON.
fn separator(text: &str, columns: Columns) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    if let Some(&[named]) = first.trim_start_matches('\u{feff}').strip_prefix(NAMED).map(str::as_bytes) {
        return named;
    }
    let sought = match columns {
        Columns::First => text,
        Columns::All => first,
    };
    SEPARATORS.into_iter().find(|separator| sought.as_bytes().contains(separator)).unwrap_or(b',')
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Before the first character of a cell.
    Start,
    Bare,
    Quoted,
    /// After a quotation mark inside quotes: the end, or half of a doubled one.
    Quote,
}

#[derive(Debug)]
struct Cells {
    separator: u8,
    cell_max: usize,
    at: At,
    /// The line's fields so far, and where the last of them begins.
    fields: Vec<u8>,
    begun: usize,
    line: u32,
    /// Lines that the open quotation has run over.
    quoted: u32,
    after_return: bool,
}

impl Cells {
    fn new(separator: u8, cell_max: usize) -> Self {
        let (fields, at) = (vec![], At::Start);
        Self { separator, cell_max, at, fields, begun: 0, line: 1, quoted: 0, after_return: false }
    }

    fn byte(&mut self, byte: u8, rows: &mut Rows<'_>) -> Result<ControlFlow<()>, Error> {
        let second = std::mem::replace(&mut self.after_return, byte == b'\r') && byte == b'\n';
        if self.at == At::Quoted {
            self.quoted(byte)?;
            return Ok(ControlFlow::Continue(()));
        }
        match byte {
            b'\n' if second => {}
            b'\r' | b'\n' => return self.row(rows),
            _ if byte == self.separator => self.next_field()?,
            b'"' if self.at == At::Quote => {
                self.keep(byte);
                self.at = At::Quoted;
            }
            b'"' if self.at == At::Start => (self.at, self.quoted) = (At::Quoted, 0),
            b' ' if self.at == At::Start => {}
            _ => {
                self.keep(byte);
                self.at = At::Bare;
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn quoted(&mut self, byte: u8) -> Result<(), Error> {
        match byte {
            b'"' => self.at = At::Quote,
            b'\n' => {
                self.quoted += 1;
                self.keep(byte);
            }
            _ => self.keep(byte),
        }
        if self.quoted > QUOTED_LINES_MAX {
            return Err(Error::OpenQuote { line: self.line });
        }
        Ok(())
    }

    fn keep(&mut self, byte: u8) {
        if self.fields.len() < self.begun + self.cell_max {
            self.fields.push(if byte == FIELD { b' ' } else { byte });
        }
    }

    fn next_field(&mut self) -> Result<(), Error> {
        if self.fields.len() > LINE_MAX {
            return Err(Error::LongLine { line: self.line });
        }
        self.fields.push(FIELD);
        (self.begun, self.at) = (self.fields.len(), At::Start);
        Ok(())
    }

    fn row(&mut self, rows: &mut Rows<'_>) -> Result<ControlFlow<()>, Error> {
        let text = String::from_utf8_lossy(&self.fields);
        let named = self.line == 1 && text.starts_with(NAMED);
        let holds = if self.begun > 0 { Holds::Fields } else { Holds::Value };
        let flow = if named {
            ControlFlow::Continue(())
        } else {
            rows.give(self.line, Cell { holds, text: text.trim_matches(['\u{1a}', '\u{c}']) })?
        };
        self.fields.clear();
        self.line = self.line.saturating_add(1);
        (self.begun, self.at) = (0, At::Start);
        Ok(flow)
    }

    fn end(&mut self, rows: &mut Rows<'_>) -> Result<(), Error> {
        if self.at == At::Quoted {
            return Err(Error::OpenQuote { line: self.line });
        }
        let _ = self.row(rows)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
