//! A workbook that is a zip archive: what its entries declare is looked at before any is read, then what kind it is.

use std::io::{BufReader, Read, Seek};

use zip::ZipArchive;
use zip::read::ZipFile;

use super::progress::Metered;
use super::scan::{self, HARMLESS};
use super::{Error, Kind, Limits, Rows, book, ods};

/// A part above this size that was packed this much tighter is no list: real sheets reach 50.
const RATIO_FROM: u64 = 32 << 20;
const RATIO_MAX: u64 = 250;
/// What the file's type is looked for in.
const MIMETYPE_MAX: u64 = 100;
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
    let progress = file.progress.clone();
    let mut archive = ZipArchive::new(BufReader::with_capacity(BUFFER, &mut file)).map_err(|_| ARCHIVE)?;
    let kind = kind(&mut archive, limits)?;
    let scanned = check(&mut archive, kind, limits)?;
    progress.expect(scanned.iter().map(|(_, _, packed)| packed).sum());
    for (index, part, _) in scanned {
        let entry = BufReader::with_capacity(BUFFER, archive.by_index(index).map_err(|_| ARCHIVE)?);
        match part {
            Part::Strings => scan::strings(entry, limits)?,
            Part::Sheet | Part::Other => scan::other(entry)?,
        }
    }
    match kind {
        Kind::Ods => ods::read(&mut archive, rows)?,
        Kind::Xlsb => book::xlsb(archive.into_inner(), limits, rows)?,
        Kind::Xlsx | Kind::Xls | Kind::Text => book::xlsx(archive.into_inner(), limits, rows)?,
    }
    Ok(kind)
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
        let is_xml = name.rsplit('.').next().is_some_and(|ending| ending == "xml" || ending == "rels");
        if is_xml && kind == Kind::Xlsx && (part == Part::Strings || entry.size() > HARMLESS) {
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
        Part::Sheet => ("a worksheet may have bytes", limits.sheet),
        Part::Strings => ("its strings may have bytes", limits.strings),
        Part::Other => ("a part of it may have bytes", limits.part),
    };
    let packed = entry.compressed_size().max(1);
    if entry.size() > RATIO_FROM && entry.size() / packed > RATIO_MAX {
        return Err(Error::Bomb);
    }
    if entry.size() > max {
        return Err(Error::TooLarge { what, max });
    }
    Ok(())
}
