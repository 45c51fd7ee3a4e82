//! Looking through a part of a workbook before it is read: how long its pieces are, and how many there are of what is held in memory.
//! calamine believes what a part says of itself; a count of strings that is made up is reserved for before the first is read.

use std::io::BufRead;

use super::xml::{Piece, Tag, Xml};
use super::{Error, Limits};

/// Parts up to this size are too small to hurt, whatever is in them.
pub(super) const HARMLESS: u64 = 4 << 20;
/// Elements that a reader may keep: styles, names, relations, links.
const KEPT_MAX: u64 = 1_000_000;
/// The elements of rows and cells, which are read and let go.
const PASSING: [&[u8]; 6] = [b"row", b"c", b"v", b"f", b"is", b"t"];

pub(super) fn strings(part: impl BufRead, limits: Limits) -> Result<(), Error> {
    let max = limits.strings_count;
    let too_many = Error::TooLarge { what: "it may have different strings", max };
    let mut seen = 0;
    let mut xml = Xml::new(part);
    while let Some(piece) = xml.next()? {
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

pub(super) fn other(part: impl BufRead) -> Result<(), Error> {
    let mut kept = 0;
    let mut xml = Xml::new(part);
    while let Some(piece) = xml.next()? {
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

#[cfg(test)]
mod tests {
    use super::*;

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
