//! Workbooks put together by hand: what no program would write, and the one kind that none at hand writes.

use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

pub(super) const TYPES: &str =
    "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>";
const RELATIONS: &str = "<Relationships><Relationship Id='rId1' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument' Target='xl/workbook.xml'/></Relationships>";
const BOOK: &str =
    "<workbook xmlns:r='r'><sheets><sheet name='1' sheetId='1' r:id='rId1'/></sheets></workbook>";
const BOOK_RELATIONS: &str = "<Relationships><Relationship Id='rId1' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet' Target='worksheets/sheet1.xml'/></Relationships>";

/// An archive that is packed as it is written, entry by entry.
pub(super) struct Archive(ZipWriter<Cursor<Vec<u8>>>);

impl Archive {
    pub(super) fn new() -> Self {
        Self(ZipWriter::new(Cursor::new(vec![])))
    }

    pub(super) fn with(mut self, name: &str, bytes: &[u8]) -> Self {
        self.begin(name);
        self.0.write_all(bytes).unwrap();
        self
    }

    /// The pattern so often, without holding it.
    pub(super) fn with_many(mut self, name: &str, head: &str, pattern: &[u8], times: usize) -> Self {
        self.begin(name);
        self.0.write_all(head.as_bytes()).unwrap();
        let block = pattern.repeat((1 << 20) / pattern.len() + 1);
        for _ in 0..times * pattern.len() / block.len() {
            self.0.write_all(&block).unwrap();
        }
        self
    }

    fn begin(&mut self, name: &str) {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        self.0.start_file(name, options).unwrap();
    }

    pub(super) fn bytes(self) -> Vec<u8> {
        self.0.finish().unwrap().into_inner()
    }
}

/// A workbook without strings and sheet, for a test to add what it is about.
pub(super) fn xlsx() -> Archive {
    Archive::new()
        .with("[Content_Types].xml", TYPES.as_bytes())
        .with("_rels/.rels", RELATIONS.as_bytes())
        .with("xl/workbook.xml", BOOK.as_bytes())
        .with("xl/_rels/workbook.xml.rels", BOOK_RELATIONS.as_bytes())
}

pub(super) fn sheet(rows: &str) -> String {
    format!("<worksheet><sheetData>{rows}</sheetData></worksheet>")
}

pub(super) fn ods(content: &str, manifest: &str) -> Archive {
    Archive::new()
        .with("mimetype", b"application/vnd.oasis.opendocument.spreadsheet")
        .with("META-INF/manifest.xml", manifest.as_bytes())
        .with("content.xml", content.as_bytes())
}

fn wide(text: &str) -> Vec<u8> {
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let len = u32::try_from(units.len() / 2).unwrap();
    [&len.to_le_bytes()[..], &units].concat()
}

/// A record of MS-XLSB: a number of up to two bytes, a length of one, and that much.
pub(super) fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let low = u8::try_from(kind & 0x7F).unwrap();
    let high = u8::try_from(kind >> 7).unwrap();
    let kind = if kind < 0x80 { vec![low] } else { vec![low | 0x80, high] };
    assert!(data.len() < 0x80);
    [&kind[..], &[u8::try_from(data.len()).unwrap()], data].concat()
}

fn cell(text: &str) -> Vec<u8> {
    let place = [0_u8; 8];
    match text.parse::<f64>() {
        Ok(number) if !text.starts_with('+') => record(0x0005, &[&place[..], &number.to_le_bytes()].concat()),
        _ if text.is_empty() => vec![],
        _ => record(0x0006, &[&place[..], &wide(text)].concat()),
    }
}

pub(super) fn xlsb(texts: &[&str]) -> Vec<u8> {
    let rows = texts.iter().zip(0_u32..).flat_map(|(text, row)| {
        [record(0x0000, &[&row.to_le_bytes()[..], &[0; 8]].concat()), cell(text)].concat()
    });
    xlsb_of(&rows.collect::<Vec<u8>>())
}

/// A workbook with one sheet of these records.
pub(super) fn xlsb_of(rows: &[u8]) -> Vec<u8> {
    let bound = [&[0; 4][..], &1_u32.to_le_bytes(), &wide("rId1"), &wide("1")].concat();
    let book = [
        record(0x0099, &[0; 8]),
        record(0x008F, &[]),
        record(0x009C, &bound),
        record(0x0090, &[]),
        record(0x0084, &[]),
    ];
    let sheet = [
        record(0x0081, &[]),
        record(0x0094, &[0; 16]),
        record(0x0091, &[]),
        rows.to_vec(),
        record(0x0092, &[]),
    ];
    let relations = BOOK_RELATIONS.replace("sheet1.xml", "sheet1.bin");
    Archive::new()
        .with("[Content_Types].xml", TYPES.as_bytes())
        .with("_rels/.rels", RELATIONS.replace(".xml'", ".bin'").as_bytes())
        .with("xl/workbook.bin", &book.concat())
        .with("xl/_rels/workbook.bin.rels", relations.as_bytes())
        .with("xl/worksheets/sheet1.bin", &sheet.concat())
        .bytes()
}
