//! A workbook that is a zip archive: what its entries declare is looked at before any is read, then what kind it is.

use std::io::{BufReader, Read, Seek, SeekFrom};

use zip::ZipArchive;
use zip::read::ZipFile;

use super::compound::{u16_at, u32_at};
use super::progress::Metered;
use super::scan::{self, HARMLESS};
use super::{Error, Kind, Limits, Rows, book, ods};

/// A part above this size that was packed this much tighter is no list. A million rows of eight columns by `rust_xlsxwriter` are at a tenth of it.
const RATIO_FROM: u64 = 32 << 20;
const RATIO_MAX: u64 = 150;
/// What the file's type is looked for in.
const MIMETYPE_MAX: u64 = 100;
/// A comment of any length, and the records before it.
const TAIL: u64 = (64 << 10) + 200;
const BUFFER: usize = 64 << 10;

const ARCHIVE: Error = Error::Broken("its archive");

/// The parts of a workbook that a reader treats unlike others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Sheet,
    Strings,
    Other,
}

pub(super) fn read<R: Read + Seek>(
    mut file: Metered<R>,
    limits: Limits,
    rows: &mut Rows<'_>,
) -> Result<Kind, Error> {
    count(&mut file, limits)?;
    let progress = file.progress.clone();
    let mut archive = ZipArchive::new(BufReader::new(&mut file)).map_err(|_| ARCHIVE)?;
    let kind = kind(&mut archive, limits)?;
    let scanned = check(&mut archive, kind, limits)?;
    progress.expect(scanned.iter().map(|(_, _, packed)| packed).sum());
    for (index, part, _) in scanned {
        let entry = BufReader::with_capacity(BUFFER, archive.by_index(index).map_err(|_| ARCHIVE)?);
        match part {
            Part::Strings if kind == Kind::Xlsb => scan::strings_bin(entry, limits)?,
            Part::Strings => scan::strings(entry, limits)?,
            Part::Sheet => scan::sheet(entry)?,
            Part::Other => scan::other(entry)?,
        }
    }
    match kind {
        Kind::Ods => ods::read(&mut archive, rows)?,
        Kind::Xlsb => book::xlsb(archive.into_inner(), limits, rows)?,
        Kind::Xlsx | Kind::Xls | Kind::Text => book::xlsx(archive.into_inner(), limits, rows)?,
    }
    Ok(kind)
}

/// How many entries the archive says it has, before the list of them is read into memory. It stands at the file's end.
fn count<R: Read + Seek>(file: &mut R, limits: Limits) -> Result<(), Error> {
    let size = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(size.saturating_sub(TAIL)))?;
    let mut tail = vec![];
    file.take(TAIL).read_to_end(&mut tail)?;
    file.rewind()?;
    let max = u64::try_from(limits.parts).unwrap_or(u64::MAX);
    let starts = |magic: [u8; 4]| {
        let found = tail.windows(4).enumerate().filter(move |(_, four)| *four == magic);
        found.filter_map(|(at, _)| tail.get(at..))
    };
    let large = || starts(*b"PK\x06\x06").filter_map(|record| u32_at(record, 32).zip(u32_at(record, 36)));
    if large().any(|(count, more)| more > 0 || u64::from(count) > max) {
        return Err(Error::Bomb);
    }
    // The longer record may lie elsewhere than where writers put it.
    let hidden = starts(*b"PK\x06\x07").next().is_some() && large().next().is_none();
    let counts = starts(*b"PK\x05\x06").filter_map(|record| u16_at(record, 10));
    let many = counts.map(u64::from).any(|count| count > max && (count < 0xFFFF || large().next().is_none()));
    if hidden || many { Err(Error::Bomb) } else { Ok(()) }
}

fn kind<R: Read + Seek>(archive: &mut ZipArchive<R>, limits: Limits) -> Result<Kind, Error> {
    if archive.len() > limits.parts {
        return Err(Error::Bomb);
    }
    if let Ok(entry) = archive.by_name("mimetype") {
        let mut mimetype = String::new();
        let read = entry.take(MIMETYPE_MAX).read_to_string(&mut mimetype);
        let sheet = mimetype.trim().starts_with("application/vnd.oasis.opendocument.spreadsheet");
        return if read.is_ok() && sheet { Ok(Kind::Ods) } else { Err(Error::NotATable) };
    }
    let names: Vec<String> = archive.file_names().flatten().map(|name| name.to_ascii_lowercase()).collect();
    let has = |end: &str| names.iter().any(|name| name.replace('\\', "/").rsplit('/').next() == Some(end));
    if !has("[content_types].xml") {
        return Err(Error::NotATable);
    }
    Ok(if has("workbook.bin") { Kind::Xlsb } else { Kind::Xlsx })
}

/// Refuses by what the entries declare, which unpacking holds them to. Answers which are to be looked through, with their packed size.
fn check<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    kind: Kind,
    limits: Limits,
) -> Result<Vec<(usize, Part, u64)>, Error> {
    let mut scanned = vec![];
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(|_| ARCHIVE)?;
        if entry.encrypted() {
            return Err(Error::Encrypted);
        }
        let name = entry.name().map_err(|_| ARCHIVE)?.replace('\\', "/").to_ascii_lowercase();
        let part = part(&name, kind);
        weigh(&entry, part, limits)?;
        let large = kind == Kind::Xlsx && entry.size() > HARMLESS;
        let is_xml = name.rsplit('.').next().is_some_and(|ending| ending == "xml" || ending == "rels");
        let look = match part {
            Part::Strings => true,
            Part::Sheet => large,
            Part::Other => large && is_xml,
        };
        if look {
            scanned.push((index, part, entry.compressed_size()));
        }
    }
    Ok(scanned)
}

/// By the names that readers look for, in any folder, since a workbook may say that it lives elsewhere.
fn part(name: &str, kind: Kind) -> Part {
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
    let sheet = match kind {
        Kind::Ods => file == "content.xml",
        Kind::Xlsx | Kind::Xlsb | Kind::Xls | Kind::Text => {
            folder.ends_with("worksheets") && file.starts_with("sheet")
        }
    };
    if file.starts_with("sharedstrings.") {
        return Part::Strings;
    }
    if sheet { Part::Sheet } else { Part::Other }
}

fn weigh<R: Read>(entry: &ZipFile<'_, R>, part: Part, limits: Limits) -> Result<(), Error> {
    let (what, max) = match part {
        Part::Sheet => ("a worksheet", limits.sheet),
        Part::Strings => ("its table of strings", limits.strings),
        Part::Other => ("a part of it", limits.part),
    };
    let packed = entry.compressed_size().max(1);
    if entry.size() > RATIO_FROM && entry.size() / packed > RATIO_MAX {
        return Err(Error::Bomb);
    }
    if entry.size() > max {
        return Err(Error::TooLarge { what, max, unit: "bytes" });
    }
    Ok(())
}
