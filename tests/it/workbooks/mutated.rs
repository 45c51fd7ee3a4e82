//! Workbooks and lists that something is wrong with, by chance: nothing of it panics, takes long, or is read beyond its limits.
//! A byte changed in an archive is noticed by its sums, so that the parts are changed before they are put into one.

use std::io::{Cursor, Read as _, Write as _};

use chrono::NaiveDate;
use domain::phone::Home;
use domain::{import, number_list};
use karnay::adapters::spreadsheet::table;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::*;

/// What the reader looks at; how a workbook looks is nothing to it.
const READ: [&str; 5] = ["sheet1.xml", "sharedStrings.xml", "workbook.xml", ".rels", "content.xml"];

/// A file as the machine that made it wrote it, with the parts of an archive unpacked.
struct Made {
    whole: Vec<u8>,
    parts: Vec<(String, Vec<u8>)>,
}

impl Made {
    fn read(name: &str) -> Self {
        let whole = std::fs::read(committed(name)).unwrap();
        let mut parts = vec![];
        if let Ok(mut archive) = ZipArchive::new(Cursor::new(whole.clone())) {
            for index in 0..archive.len() {
                let mut part = archive.by_index(index).unwrap();
                let (name, mut bytes) = (part.name().unwrap().into_owned(), vec![]);
                part.read_to_end(&mut bytes).unwrap();
                parts.push((name, bytes));
            }
        }
        Self { whole, parts }
    }

    /// The same with other bytes in one place.
    fn with(&self, changed: usize, bytes: &[u8]) -> Vec<u8> {
        if changed >= self.parts.len() {
            return bytes.to_vec();
        }
        let mut archive = ZipWriter::new(Cursor::new(vec![]));
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        for (index, (name, part)) in self.parts.iter().enumerate() {
            archive.start_file(name.as_str(), stored).unwrap();
            archive.write_all(if index == changed { bytes } else { part }).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }
}

/// What became of it as a list and as contacts.
fn way(file: &Path) -> String {
    let limits = Limits { xls_cells: 400_000, ..Limits::default() };
    let (home, day) = (Home::parse("UZ").unwrap(), NaiveDate::from_ymd_opt(2025, 10, 6).unwrap());
    let mut numbers = number_list::Intake::new(home);
    let list = read(file, limits, &Progress::default(), &mut |row: Row<'_>| {
        if numbers.take(row.line, row.cell).is_ok() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    let mut people = import::Intake::new(home, false, day);
    let contacts = table(file, limits, &Progress::default(), &mut |row: Row<'_>| {
        if people.take(row.line, row.cell).is_ok() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    let told = |read: Result<Sheet, Error>| {
        read.map_or_else(|why| why.to_string(), |sheet| format!("{:?}", sheet.kind))
    };
    format!("{} {} {}", told(list), told(contacts), numbers.finish().0.is_some())
}

#[test]
fn fuzz_workbooks() {
    let made =
        ["libreoffice.xlsx", "contacts-openpyxl.xlsx", "libreoffice.ods", "libreoffice.xls", "xlwt.xls"];
    let mut made: Vec<Made> = made.iter().map(|name| Made::read(name)).collect();
    let text = "firstName;lastName;phone;notes\nAli;Valiyev;\"90 123-45-67\";\"a\nb\"\n;;998901234568;\n";
    made.push(Made { whole: text.as_bytes().to_vec(), parts: vec![] });
    // Before the bytes stands which file they belong to, and which part of it.
    let mut good = vec![];
    for (number, made) in (0_u8..).zip(&made) {
        let wholes = [&made.whole];
        let parts = made.parts.iter().map(|(name, bytes)| (name.as_str(), bytes));
        let all = (0_u8..).zip(parts.chain(wholes.map(|whole| ("content.xml", whole))));
        for (part, (_, bytes)) in all.filter(|(_, (name, _))| READ.iter().any(|read| name.ends_with(read))) {
            good.push([&[number, part][..], bytes].concat());
        }
    }
    let good: Vec<&[u8]> = good.iter().map(Vec::as_slice).collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("upload");
    fuzz::fuzz("workbooks", &good, |bytes| {
        let [number, part, bytes @ ..] = bytes else { return String::new() };
        let made = &made[usize::from(*number) % made.len()];
        std::fs::write(&file, made.with(usize::from(*part), bytes)).unwrap();
        way(&file)
    });
}
