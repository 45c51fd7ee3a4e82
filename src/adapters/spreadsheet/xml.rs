//! XML in pieces of bounded length, without meaning: for looking through a part before it is read, and for .ods.
//! It has no entities of its own, no namespaces and no tree, so nothing in a file can make it grow.

use std::io::{BufRead, Read as _};

use super::Error;

/// A tag or a stretch of text is at most this long; a cell has at most 32,767 characters.
const PIECE_MAX: usize = 4 << 20;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Text(&'a [u8]),
    Tag(Tag<'a>),
}

/// What stands between `<` and `>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag<'a>(&'a [u8]);

impl<'a> Tag<'a> {
    pub(super) fn closes(self) -> bool {
        self.0.starts_with(b"/")
    }

    pub(super) fn is_empty(self) -> bool {
        self.0.ends_with(b"/")
    }

    /// Comments, declarations, instructions.
    pub(super) fn is_aside(self) -> bool {
        self.0.starts_with(b"!") || self.0.starts_with(b"?")
    }

    /// With its prefix.
    pub(super) fn name(self) -> &'a [u8] {
        let bare = self.0.strip_prefix(b"/").unwrap_or(self.0);
        let end = bare.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'/');
        bare.get(..end.unwrap_or(bare.len())).unwrap_or_default()
    }

    /// Without its prefix.
    pub(super) fn local(self) -> &'a [u8] {
        self.name().rsplit(|byte| *byte == b':').next().unwrap_or_default()
    }

    /// As written, entities and all.
    pub(super) fn attribute(self, name: &str) -> Option<&'a str> {
        let mut rest = std::str::from_utf8(self.0.get(self.name().len()..)?).ok()?;
        loop {
            let (key, after) = rest.split_once('=')?;
            let after = after.trim_start();
            let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            let (value, next) = after.get(1..)?.split_once(quote)?;
            if key.trim() == name {
                return Some(value);
            }
            rest = next;
        }
    }
}

pub(super) struct Xml<R> {
    input: R,
    piece: Vec<u8>,
    in_tag: bool,
}

impl<R: BufRead> Xml<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, piece: vec![], in_tag: false }
    }

    /// Texts and tags in turn, empty texts left out. None at the end.
    pub(super) fn next(&mut self) -> Result<Option<Piece<'_>>, Error> {
        self.piece.clear();
        if !self.in_tag {
            self.in_tag = self.fill(b'<')?;
            if !self.piece.is_empty() {
                return Ok(Some(Piece::Text(&self.piece)));
            }
            if !self.in_tag {
                return Ok(None);
            }
        }
        self.in_tag = false;
        let mut open = Open::Tag;
        let mut seen = 0;
        loop {
            if !self.fill(b'>')? {
                return Err(Error::Broken("a part of the workbook"));
            }
            open = open.after(&self.piece, seen);
            if open == Open::Tag {
                return Ok(Some(Piece::Tag(Tag(&self.piece))));
            }
            self.piece.push(b'>');
            seen = self.piece.len();
        }
    }

    /// Reads up to `end` and over it; false where the input ends first.
    fn fill(&mut self, end: u8) -> Result<bool, Error> {
        let room = u64::try_from((PIECE_MAX + 1).saturating_sub(self.piece.len())).unwrap_or_default();
        let read = self.input.by_ref().take(room).read_until(end, &mut self.piece);
        let read = read.map_err(|_| Error::Broken("a part of the workbook"))?;
        if self.piece.len() > PIECE_MAX {
            return Err(Error::Bomb);
        }
        let found = read > 0 && self.piece.last() == Some(&end);
        if found {
            self.piece.pop();
        }
        Ok(found)
    }
}

/// What a `>` was found in: only in `Tag` does it end anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Tag,
    Quoted(u8),
    Comment,
    Data,
}

impl Open {
    /// Looks at what was added since `seen`, and at the end of the piece, so that a long piece costs its length once.
    fn after(self, piece: &[u8], seen: usize) -> Self {
        match self {
            Self::Comment if piece.ends_with(b"--") => Self::Tag,
            Self::Data if piece.ends_with(b"]]") => Self::Tag,
            Self::Comment | Self::Data => self,
            Self::Tag if piece.starts_with(b"!--") => {
                if piece.ends_with(b"--") && piece.len() >= 5 {
                    Self::Tag
                } else {
                    Self::Comment
                }
            }
            Self::Tag if piece.starts_with(b"![CDATA[") => {
                if piece.ends_with(b"]]") {
                    Self::Tag
                } else {
                    Self::Data
                }
            }
            Self::Tag | Self::Quoted(_) => {
                piece.get(seen..).unwrap_or_default().iter().fold(self, |open, byte| open.quote(*byte))
            }
        }
    }

    fn quote(self, byte: u8) -> Self {
        match self {
            Self::Tag if matches!(byte, b'"' | b'\'') => Self::Quoted(byte),
            Self::Quoted(quote) if quote == byte => Self::Tag,
            Self::Tag | Self::Quoted(_) | Self::Comment | Self::Data => self,
        }
    }
}

/// Text with the five named entities and the numbered ones in their meaning.
pub(super) fn unescape(raw: &[u8], text: &mut String) {
    let raw = String::from_utf8_lossy(raw);
    let mut rest: &str = &raw;
    while let Some((before, after)) = rest.split_once('&') {
        text.push_str(before);
        let (entity, next) = after.split_once(';').unwrap_or((after, ""));
        text.extend(meaning(entity));
        rest = next;
    }
    text.push_str(rest);
}

fn meaning(entity: &str) -> Option<char> {
    match entity {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = entity.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<String> {
        let mut xml = Xml::new(text.as_bytes());
        let mut pieces = vec![];
        while let Some(piece) = xml.next().unwrap() {
            pieces.push(match piece {
                Piece::Text(text) => format!("text {}", String::from_utf8_lossy(text)),
                Piece::Tag(tag) => format!("tag {}", String::from_utf8_lossy(tag.name())),
            });
        }
        pieces
    }

    #[test]
    fn a_greater_than_sign_ends_a_tag_only_outside_quotes_and_comments() {
        assert_eq!(pieces("<a b='>\"' c=\">\">x</a>"), ["tag a", "text x", "tag a"]);
        assert_eq!(pieces("<!-- > <a> --><b/>"), ["tag !--", "tag b"]);
        assert_eq!(pieces("<![CDATA[ > ]]><b/>"), ["tag ![CDATA[", "tag b"]);
    }

    #[test]
    fn a_tag_tells_its_name_and_attributes() {
        let tag = Tag(b"table:cell office:value=\"1\" x = 'a=b' /");
        assert_eq!((tag.name(), tag.local(), tag.is_empty()), (&b"table:cell"[..], &b"cell"[..], true));
        assert_eq!((tag.attribute("office:value"), tag.attribute("x")), (Some("1"), Some("a=b")));
        assert_eq!(tag.attribute("value"), None);
    }

    #[test]
    fn a_piece_without_end_is_refused_before_it_fills_the_memory() {
        for opening in ["<a>", "<a b='", "<!-- > "] {
            let text = format!("{opening}{}", "> ".repeat(PIECE_MAX));
            let mut xml = Xml::new(text.as_bytes());
            let refused = loop {
                match xml.next() {
                    Ok(Some(_)) => {}
                    Ok(None) => panic!("{opening} was read"),
                    Err(why) => break why,
                }
            };
            assert!(matches!(refused, Error::Bomb), "{opening}: {refused:?}");
        }
    }

    #[test]
    fn entities_have_their_meaning() {
        let mut text = String::new();
        unescape(b"a&amp;b&#48;&#x31;&none;&lt", &mut text);
        assert_eq!(text, "a&b01<");
    }
}
