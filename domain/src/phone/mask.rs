//! Finds what looks like a telephone number in a text and hides most of it: in what goes to the log, and in what a remote host printed.
//! Ids, times and positions look similar and must stay readable: digits that are part of a longer name stay,
//! and so does a number that no telephone can have.

use std::borrow::Cow;

use super::{Home, Phone};

/// E.164 allows fifteen; below nine it may be anything.
const DIGITS_MIN: usize = 9;
const DIGITS_MAX: usize = 15;
/// A number with its country code is whole at this length: a blank behind it ends it.
const WHOLE: usize = 11;

/// Words that say that the number behind them counts the journal.
const COUNTED: [&str; 7] = ["position", "positions", "event", "events", "sequence", "head", "checkpoint"];
/// Words that say that the number before them is an amount.
const UNITS: [&str; 6] = ["bytes", "events", "rows", "ms", "us", "ns"];

/// The text with its telephone numbers masked: `+998901****67`.
pub fn masked(text: &str, home: Home) -> Cow<'_, str> {
    replaced(text, home, |_| None)
}

/// The same for what a program printed. What was JSON stays JSON: where digits stand for themselves there, as a number does,
/// they become a text.
pub fn masked_output(text: &str, home: Home) -> Cow<'_, str> {
    let mut quotes = Quotes::default();
    replaced(text, home, |found| found.bare(text).filter(|start| !quotes.are_open(text, *start)))
}

/// `bare` says where a number begins that has to be put in quotes.
fn replaced(text: &str, home: Home, mut bare: impl FnMut(&Candidate) -> Option<usize>) -> Cow<'_, str> {
    let (mut clean, mut copied, mut from) = (String::new(), 0, 0);
    while let Some(found) = Candidate::next(text, from) {
        from = found.end;
        if found.is_number(text, home) {
            let bare = bare(&found);
            let quote = if bare.is_some() { "\"" } else { "" };
            clean.push_str(text.get(copied..bare.unwrap_or(found.start)).unwrap_or(""));
            clean.extend([quote, &hidden(&found.digits), quote]);
            copied = found.end;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    clean.push_str(text.get(copied..).unwrap_or(""));
    Cow::Owned(clean)
}

/// As much as `Phone::masked` shows.
fn hidden(digits: &str) -> String {
    let len = digits.len();
    let (head, tail) = (6.min(len / 2), 2.min(len / 4));
    let front = digits.get(..head).unwrap_or("");
    let back = digits.get(len - tail..).unwrap_or("");
    format!("{front}{}{back}", "*".repeat(len - head - tail))
}

/// A run of digits, or what a plus sign leads.
struct Candidate {
    /// Bytes of the text, without the plus sign.
    start: usize,
    end: usize,
    digits: String,
    plus: bool,
}

impl Candidate {
    fn next(text: &str, from: usize) -> Option<Self> {
        let rest = text.get(from..)?;
        let start = from + rest.find(|c: char| c.is_ascii_digit())?;
        let before = text.get(..start)?;
        let plus = before.ends_with('+') || before.ends_with("%2B") || before.ends_with("%2b");
        let mut found = Self { start, end: start, digits: String::new(), plus };
        for (at, c) in text.get(start..)?.char_indices() {
            if c.is_ascii_digit() {
                found.digits.push(c);
                found.end = start + at + 1;
            } else if !found.goes_on(c, start + at) {
                break;
            }
        }
        Some(found)
    }

    /// Whether a number written in groups may go on behind this sign.
    fn goes_on(&self, sign: char, at: usize) -> bool {
        let near = at.saturating_sub(self.end) < 2;
        self.plus && near && self.digits.len() < WHOLE && " -().\u{a0}".contains(sign)
    }

    fn is_number(&self, text: &str, home: Home) -> bool {
        if !(DIGITS_MIN..=DIGITS_MAX).contains(&self.digits.len()) {
            return false;
        }
        if self.plus {
            return true;
        }
        let (before, behind) = (text.get(..self.start).unwrap_or(""), text.get(self.end..).unwrap_or(""));
        !is_glued(before.chars().rev())
            && !is_glued(behind.chars())
            && !self.is_amount(before, behind)
            && self.exists(home)
    }

    /// Where it begins as a value of JSON, with the minus that a number may have there. None where it stands among other words.
    fn bare(&self, text: &str) -> Option<usize> {
        let space = [' ', '\t', '\r', '\n'];
        let (before, behind) = (text.get(..self.start)?, text.get(self.end..)?);
        let before = before.strip_suffix('-').unwrap_or(before);
        let opened = before.trim_end_matches(space);
        let closed = behind.trim_start_matches(space);
        let alone = (opened.is_empty() || opened.ends_with([':', '[', ',']))
            && (closed.is_empty() || closed.starts_with([',', ']', '}']));
        alone.then_some(before.len())
    }

    /// Long ones are no position that anyone will live to see.
    fn is_amount(&self, before: &str, behind: &str) -> bool {
        let not_letter = |c: char| !c.is_ascii_alphabetic();
        let label = before.trim_end_matches([' ', '=', ':', '"']).rsplit(not_letter).next().unwrap_or("");
        let unit = behind.trim_start().split(not_letter).next().unwrap_or("");
        self.digits.len() < WHOLE && (COUNTED.contains(&label) || UNITS.contains(&unit))
    }

    fn exists(&self, home: Home) -> bool {
        Phone::dialable(&self.digits, home).is_some()
            || Phone::dialable(&format!("+{}", self.digits), home).is_some()
    }
}

/// Follows the quotation marks of a text from its beginning on, as JSON counts them.
#[derive(Debug, Default)]
struct Quotes {
    seen: usize,
    open: bool,
    escaped: bool,
}

impl Quotes {
    /// Whether a text is open at this place, which lies behind the last that was asked for.
    fn are_open(&mut self, text: &str, at: usize) -> bool {
        for byte in text.get(self.seen..at).unwrap_or_default().bytes() {
            let escaped = std::mem::take(&mut self.escaped);
            match byte {
                b'\\' if self.open && !escaped => self.escaped = true,
                b'"' if !escaped => self.open = !self.open,
                _ => {}
            }
        }
        self.seen = self.seen.max(at);
        self.open
    }
}

/// Whether the next character outwards makes the digits part of a longer name: a letter, or a hyphen or point
/// with a name behind it.
fn is_glued(mut outwards: impl Iterator<Item = char>) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    match outwards.next() {
        Some(c) if is_name(c) => true,
        Some('-' | '.') => outwards.next().is_some_and(is_name),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        masked(text, Home::parse("UZ").unwrap()).into_owned()
    }

    #[test]
    fn numbers_are_hidden() {
        for (text, clean) in [
            ("+998901234567", "+998901****67"),
            ("998901234567", "998901****67"),
            ("rang 901234567.", "rang 9012***67."),
            ("phone=\"998901234567\" x", "phone=\"998901****67\" x"),
            ("phone:998901234567, +442071838750", "phone:998901****67, +442071****50"),
            ("GET /calls?phone=%2B998901234567", "GET /calls?phone=%2B998901****67"),
            ("tel +998 (90) 123-45-67 rang", "tel +998901****67 rang"),
            ("+998 90 123 45 67 1738862891234", "+998901****67 1738862891234"),
            ("'+7 495 123-45-67'", "'+74951****67'"),
            ("[\"998901234567\",\"998911234567\"]", "[\"998901****67\",\"998911****67\"]"),
        ] {
            assert_eq!(shown(text), clean, "{text}");
        }
    }

    #[test]
    fn what_was_json_stays_json() {
        for (text, clean) in [
            ("998901234567", "\"998901****67\""),
            (" 998901234567\n", " \"998901****67\"\n"),
            ("{\"first\":998901234567}", "{\"first\":\"998901****67\"}"),
            (
                "{\"all\" : [ 998901234567 , -998901234568,\n901234569 ], \"at\": 1738862891234 }",
                "{\"all\" : [ \"998901****67\" , \"998901****68\",\n\"9012***69\" ], \"at\": 1738862891234 }",
            ),
            ("[\"998901234567\"]", "[\"998901****67\"]"),
            ("[\"list: [998901234567]\", 998901234568]", "[\"list: [998901****67]\", \"998901****68\"]"),
            ("[\"a \\\"\", 998901234568]", "[\"a \\\"\", \"998901****68\"]"),
            ("[\"a \\\", 998901234568\"]", "[\"a \\\", 998901****68\"]"),
            (
                "{\"sessionId\":\"session-1738862891234-abc123\",\"n\":1}",
                "{\"sessionId\":\"session-1738862891234-abc123\",\"n\":1}",
            ),
            (
                "{\"a\":1738862891234,\"ip\":\"192.168.100.200\"}",
                "{\"a\":1738862891234,\"ip\":\"192.168.100.200\"}",
            ),
        ] {
            let shown = masked_output(text, Home::parse("UZ").unwrap());
            assert_eq!(shown, clean, "{text}");
            assert!(serde_json::from_str::<serde_json::Value>(&shown).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_stays() {
        for text in [
            "session-1738862891234-abc123",
            "1/session-1738862891234-000000/0000012",
            "session-1738862891234-901234567",
            "0198f2c4-7a3b-7000-8000-998901234567",
            "99890123-4567-7000-8000-0198f2c47a3b",
            "0198f2c47a3b70008000998901234567",
            "recorded_at=1738862891234567",
            "at 1738862891234 ms, 1738862891 s, 1738862891234567890 ns",
            "position 901234567",
            "event 901234567 cannot be read",
            "head=901234567",
            "Appended { position: 901234567 }",
            "901234567 bytes",
            "took 0.901234567 s",
            "2026-11-20T10:40:07.901234567Z",
            "2025-10-06T18:30:00+05:00",
            "20251006183000",
            "sha 3f9012345678aa",
            "key_901234567",
            "+99890*****67",
            "Qo'ng'iroq – ёlka 12",
            "",
        ] {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn what_is_masked_stays_masked() {
        let once = shown("+998901234567 and 998901234567");
        assert_eq!(shown(&once), once);
        let home = Home::parse("UZ").unwrap();
        let once = masked_output("[998901234567]", home);
        assert_eq!(masked_output(&once, home), once);
    }
}
