//! .ods, read from its content as it streams. Not through calamine, which unfolds repeated rows and columns of every sheet into memory:
//! a file of two kilobytes can ask for five gigabytes there.

use std::io::{BufRead, BufReader, Read, Seek};
use std::ops::ControlFlow;

use domain::number_list::{Cell, Holds};
use zip::ZipArchive;

use super::cell::number_text;
use super::xml::{Piece, Tag, Xml, unescape};
use super::{Error, Rows};

const CONTENT: Error = Error::Broken("the workbook's content");
/// A style that hides a table has a short name, and a workbook has few of them.
const STYLES_MAX: usize = 1000;
const NAME_MAX: usize = 200;

pub(super) fn read<R: Read + Seek>(archive: &mut ZipArchive<R>, rows: &mut Rows<'_>) -> Result<(), Error> {
    if is_encrypted(archive)? {
        return Err(Error::Encrypted);
    }
    let content = archive.by_name("content.xml").map_err(|_| CONTENT)?;
    Table::new(rows.cell_max()).read(&mut Xml::new(BufReader::new(content)), rows)
}

fn is_encrypted<R: Read + Seek>(archive: &mut ZipArchive<R>) -> Result<bool, Error> {
    let Ok(manifest) = archive.by_name("META-INF/manifest.xml") else { return Ok(false) };
    let mut xml = Xml::new(BufReader::new(manifest));
    while let Some(piece) = xml.next()? {
        if matches!(piece, Piece::Tag(tag) if tag.local() == b"encryption-data") {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Where in the first visible table the reader is.
#[derive(Debug, Default)]
struct Table {
    /// Styles that hide a table, and the one being read.
    hiding: Vec<String>,
    style: String,
    inside: bool,
    line: u32,
    repeated: u32,
    /// Columns of this row that were begun, and how many of them the last cell stands for.
    cells: u32,
    across: u32,
    cell_max: usize,
    in_cell: bool,
    /// Notes, drawings and subtables inside a cell are no part of its value.
    aside: u32,
    value: Option<String>,
    text: String,
    /// A formula of the first cell that was never calculated.
    formula: Option<String>,
}

impl Table {
    fn new(cell_max: usize) -> Self {
        Self { cell_max, ..Self::default() }
    }

    fn read<R: BufRead>(mut self, xml: &mut Xml<R>, rows: &mut Rows<'_>) -> Result<(), Error> {
        let mut whole = false;
        while let Some(piece) = xml.next()? {
            match piece {
                Piece::Text(text) => self.text(text),
                Piece::Tag(tag) if tag.is_aside() => {}
                Piece::Tag(tag) => {
                    whole = tag.closes() && tag.local() == b"document-content";
                    if self.tag(tag, rows)? == ControlFlow::Break(()) {
                        return Ok(());
                    }
                }
            }
        }
        if whole { Ok(()) } else { Err(CONTENT) }
    }

    fn tag(&mut self, tag: Tag<'_>, rows: &mut Rows<'_>) -> Result<ControlFlow<()>, Error> {
        if !tag.closes() {
            self.opened(tag, rows);
        }
        if tag.closes() || tag.is_empty() {
            return self.closed(tag.name(), rows);
        }
        Ok(ControlFlow::Continue(()))
    }

    fn opened(&mut self, tag: Tag<'_>, rows: &Rows<'_>) {
        match tag.name() {
            b"style:style" => tag.attribute("style:name").unwrap_or_default().clone_into(&mut self.style),
            b"style:table-properties" if tag.attribute("table:display") == Some("false") => self.hide(),
            b"table:table" if !self.inside => {
                let style = tag.attribute("table:style-name").unwrap_or_default();
                self.inside = !self.hiding.iter().any(|hiding| hiding == style);
            }
            b"office:annotation" | b"draw:frame" | b"table:table" if self.in_cell => self.aside += 1,
            b"table:table-row" if self.inside && !self.in_cell => {
                self.repeated = repeated(tag, "table:number-rows-repeated");
                self.cells = 0;
            }
            b"table:table-cell" | b"table:covered-table-cell" if self.inside && self.aside == 0 => {
                self.cell(tag, rows);
            }
            b"text:s" if self.in_cell && self.aside == 0 => self.text.push(' '),
            b"text:p" if self.in_cell && self.aside == 0 && !self.text.is_empty() => self.text.push('\n'),
            _ => {}
        }
    }

    fn hide(&mut self) {
        if self.hiding.len() < STYLES_MAX && self.style.len() < NAME_MAX {
            self.hiding.push(self.style.clone());
        }
    }

    fn cell(&mut self, tag: Tag<'_>, rows: &Rows<'_>) {
        self.in_cell = rows.columns.hold(self.cells) && tag.name() == b"table:table-cell";
        self.across = repeated(tag, "table:number-columns-repeated");
        self.cells = self.cells.saturating_add(self.across);
        if self.in_cell {
            self.text.clear();
            self.value = value(tag);
            self.formula = formula(tag);
        }
    }

    fn closed(&mut self, name: &[u8], rows: &mut Rows<'_>) -> Result<ControlFlow<()>, Error> {
        match name {
            b"office:annotation" | b"draw:frame" | b"table:table" if self.in_cell && self.aside > 0 => {
                self.aside -= 1;
            }
            b"table:table" if self.inside => return Ok(ControlFlow::Break(())),
            b"table:table-cell" if self.in_cell && self.aside == 0 => {
                self.in_cell = false;
                self.gather(rows)?;
            }
            b"table:table-row" if self.inside && !self.in_cell => return self.row(rows),
            _ => {}
        }
        Ok(ControlFlow::Continue(()))
    }

    /// A row that stands for many is given as many times.
    fn row(&mut self, rows: &mut Rows<'_>) -> Result<ControlFlow<()>, Error> {
        let first = self.line.saturating_add(1);
        self.line = self.line.saturating_add(self.repeated);
        rows.end_many(first, self.line)
    }

    /// A cell that stands for several columns is as many.
    fn gather(&mut self, rows: &mut Rows<'_>) -> Result<(), Error> {
        let value = self.value.take().unwrap_or_else(|| std::mem::take(&mut self.text));
        let formula = self.formula.take();
        let cell = match &formula {
            Some(text) if value.trim().is_empty() => Cell { holds: Holds::Formula, text },
            _ => Cell::value(&value),
        };
        if cell.text.trim().is_empty() {
            return Ok(());
        }
        let first = self.cells.saturating_sub(self.across);
        let wanted = rows.columns;
        for column in (first..self.cells).take_while(|column| wanted.hold(*column)) {
            rows.gathered.add(column, cell)?;
        }
        Ok(())
    }

    fn text(&mut self, raw: &[u8]) {
        if self.in_cell && self.aside == 0 && self.text.len() < self.cell_max {
            unescape(raw, &mut self.text);
        }
    }
}

fn repeated(tag: Tag<'_>, what: &str) -> u32 {
    let Some(times) = tag.attribute(what) else { return 1 };
    times.parse().unwrap_or(u32::MAX)
}

/// With its value a cell tells of what kind that is.
fn formula(tag: Tag<'_>) -> Option<String> {
    let written = tag.attribute("table:formula").filter(|_| tag.attribute("office:value-type").is_none())?;
    let mut text = String::new();
    unescape(written.as_bytes(), &mut text);
    Some(text)
}

/// None for text, which stands inside the cell.
fn value(tag: Tag<'_>) -> Option<String> {
    match tag.attribute("office:value-type")? {
        "float" | "currency" | "percentage" => {
            let value = tag.attribute("office:value")?;
            Some(value.parse().map_or_else(|_| value.to_owned(), number_text))
        }
        "date" => tag.attribute("office:date-value").map(str::to_owned),
        "time" => tag.attribute("office:time-value").map(str::to_owned),
        "boolean" => tag.attribute("office:boolean-value").map(str::to_uppercase),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
