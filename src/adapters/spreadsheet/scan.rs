//! Looking through a part of a workbook before it is read: how long its pieces are, and how many there are of what is held in memory.
//! calamine believes what a part says of itself; a count of strings that is made up is reserved for before the first is read.

use std::io::{BufRead, Read};

use super::compound::u32_at;
use super::xml::{Piece, Tag, Xml};
use super::{Error, Limits};

/// Parts up to this size are too small to hurt, whatever is in them.
pub(super) const HARMLESS: u64 = 4 << 20;
/// Text of one cell or string, which is put together from as many pieces as it has.
const TEXT_MAX: usize = 4 << 20;
/// Elements that a reader may keep: styles, names, relations, links.
const KEPT_MAX: u64 = 1_000_000;
/// How the strings of an .xlsb begin: the record's kind and length, then the count of cells and that of strings.
const STRINGS_BIN: &[u8] = &[0x9F, 0x01, 0x08];
/// The elements of rows and cells, which are read and let go.
const PASSING: [&[u8]; 6] = [b"row", b"c", b"v", b"f", b"is", b"t"];

pub(super) fn strings(part: impl BufRead, limits: Limits) -> Result<(), Error> {
    let max = limits.strings_count;
    let too_many = Error::TooLarge { what: "it", max, unit: "different strings" };
    let (mut seen, mut text) = (0, Text::default());
    let mut xml = Xml::new(part);
    while let Some(piece) = xml.next()? {
        text.add(&piece)?;
        let Piece::Tag(tag) = piece else { continue };
        match tag.local() {
            b"sst" if declared(tag) > max => return Err(Error::Bomb),
            b"si" if !tag.closes() => seen += 1,
            _ => {}
        }
        if seen > max {
            return Err(too_many);
        }
    }
    Ok(())
}

fn declared(tag: Tag<'_>) -> u64 {
    let count = tag.attribute("uniqueCount").map(str::trim);
    // What is no number here may be one to another reader.
    count.map_or(0, |count| count.parse().unwrap_or(u64::MAX))
}

/// The reader of an .xlsb reads as many strings as are declared, and no more.
pub(super) fn strings_bin(part: impl Read, limits: Limits) -> Result<(), Error> {
    let mut head = vec![];
    part.take(11).read_to_end(&mut head).map_err(|_| Error::Broken("its table of strings"))?;
    let count = head.strip_prefix(STRINGS_BIN).and_then(|counts| u32_at(counts, 4));
    match count {
        None => Err(Error::Broken("its table of strings")),
        Some(count) if u64::from(count) > limits.strings_count => Err(Error::Bomb),
        Some(_) => Ok(()),
    }
}

pub(super) fn sheet(part: impl BufRead) -> Result<(), Error> {
    let mut text = Text::default();
    look(part, |piece| text.add(piece))
}

pub(super) fn other(part: impl BufRead) -> Result<(), Error> {
    look(part, |_| Ok(()))
}

fn look(part: impl BufRead, mut each: impl FnMut(&Piece<'_>) -> Result<(), Error>) -> Result<(), Error> {
    let mut kept = 0;
    let mut xml = Xml::new(part);
    while let Some(piece) = xml.next()? {
        each(&piece)?;
        let Piece::Tag(tag) = piece else { continue };
        if !tag.closes() && !PASSING.contains(&tag.local()) {
            kept += 1;
        }
        if kept > KEPT_MAX {
            return Err(Error::Bomb);
        }
    }
    Ok(())
}

/// The text since a cell or string began.
#[derive(Debug, Default)]
struct Text(usize);

impl Text {
    fn add(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        match piece {
            Piece::Tag(tag) if matches!(tag.local(), b"row" | b"c" | b"si") => self.0 = 0,
            Piece::Tag(_) => {}
            Piece::Text(text) => self.0 += text.len(),
        }
        if self.0 > TEXT_MAX { Err(Error::Bomb) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_in_countless_pieces_is_refused() {
        let pieces = "<t>0123456789</t>".repeat(TEXT_MAX / 10 + 1);
        let cell = format!("<sheetData><row><c><is>{pieces}</is></c></row></sheetData>");
        assert!(matches!(sheet(cell.as_bytes()), Err(Error::Bomb)));
        let string = format!("<sst><si>{pieces}</si></sst>");
        assert!(matches!(strings(string.as_bytes(), Limits::default()), Err(Error::Bomb)));
        let cells = "<c><is><t>0123456789</t></is></c>".repeat(TEXT_MAX / 10 + 1);
        assert!(sheet(cells.as_bytes()).is_ok());
    }

    #[test]
    fn a_made_up_count_of_strings_in_an_xlsb_is_refused() {
        let head = |count: u32| [STRINGS_BIN, &[0; 4], &count.to_le_bytes()].concat();
        assert!(strings_bin(&head(3)[..], Limits::default()).is_ok());
        assert!(matches!(strings_bin(&head(u32::MAX)[..], Limits::default()), Err(Error::Bomb)));
        assert!(matches!(strings_bin(&b"\x13"[..], Limits::default()), Err(Error::Broken(_))));
    }

    #[test]
    fn a_made_up_count_of_strings_is_refused() {
        for count in ["5000001", "18446744073709551615", "99999999999999999999999", "+1"] {
            let part = format!("<sst count=\"1\" uniqueCount=\"{count}\"><si/></sst>");
            let refused = strings(part.as_bytes(), Limits::default());
            assert!(count == "+1" || matches!(refused, Err(Error::Bomb)), "{count}: {refused:?}");
        }
        assert!(strings(&b"<sst uniqueCount=\"2\"><si/><si/></sst>"[..], Limits::default()).is_ok());
    }

    #[test]
    fn too_many_strings_are_refused_whatever_the_part_says() {
        let limits = Limits { strings_count: 2, ..Limits::default() };
        let refused = strings(&b"<x:sst><x:si/><x:si/><x:si/></x:sst>"[..], limits);
        assert!(matches!(refused, Err(Error::TooLarge { .. })), "{refused:?}");
    }

    #[test]
    fn a_part_of_a_million_styles_is_refused_and_one_of_a_million_cells_is_not() {
        let many = usize::try_from(KEPT_MAX).unwrap() + 1;
        assert!(matches!(other("<xf/>".repeat(many).as_bytes()), Err(Error::Bomb)));
        assert!(other("<c/>".repeat(many).as_bytes()).is_ok());
    }
}
