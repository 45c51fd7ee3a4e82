//! A sheet's rows on their way to a list: a header is recognised, blanks are left out, numbers are repaired, repetitions noticed,
//! and everything is told row by row. What comes out are chunks of rows, small enough to be stored one after another.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::{Counts, NUMBERS_MAX};
use crate::phone::{Home, Listed, Phone, Unfit};

/// Rows of one chunk.
pub const CHUNK_LEN_MAX: usize = 1_000;
/// What stands between a line's fields.
const FIELD: char = '\t';
/// So much of a cell is kept in the report; no number is longer.
const SHOWN_LEN_MAX: usize = 64;

/// What a row has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell<'a> {
    pub holds: Holds,
    pub text: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// What stands in the first column.
    Value,
    /// All fields of a text's line, tabs between them and none inside.
    Fields,
    /// A formula of the first column that nobody has calculated.
    Formula,
}

impl<'a> Cell<'a> {
    pub fn value(text: &'a str) -> Self {
        Self { holds: Holds::Value, text }
    }

    /// The first column alone, where the others are known to hold something else.
    #[must_use]
    pub fn first(self) -> Self {
        match self.holds {
            Holds::Fields => Self::value(self.text.split(FIELD).next().unwrap_or_default()),
            Holds::Value | Holds::Formula => self,
        }
    }
}

/// One row with what became of it; a line of several numbers makes several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// As a person counts the sheet's rows.
    pub row: u32,
    /// What stood there, cut where it is too long for any number.
    pub value: String,
    pub verdict: Verdict,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Accepted(Phone),
    /// It was written otherwise.
    Repaired(Phone),
    /// It stands in an earlier row.
    Duplicate {
        of: u32,
    },
    Refused(Unfit),
    /// The first row is no number: it names the column.
    Header,
    /// It was a number of the list. Its person was forgotten, and its place is kept.
    Forgotten,
}

impl Verdict {
    /// The number that goes on the list.
    pub fn number(&self) -> Option<&Phone> {
        match self {
            Self::Accepted(phone) | Self::Repaired(phone) => Some(phone),
            Self::Duplicate { .. } | Self::Refused(_) | Self::Header | Self::Forgotten => None,
        }
    }

    /// Whether it has a place among the list's numbers.
    pub fn is_listed(&self) -> bool {
        matches!(self, Self::Accepted(_) | Self::Repaired(_) | Self::Forgotten)
    }
}

/// Rows that are stored together, in the order of the sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chunk {
    /// 0, 1, 2 …
    pub number: u32,
    pub lines: Vec<Line>,
}

/// More numbers than a list can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a list holds at most {NUMBERS_MAX} numbers")]
pub struct TooMany;

/// A list in the making.
#[derive(Debug)]
pub struct Intake {
    home: Home,
    met: Met,
    chunk: Chunk,
    counts: Counts,
}

impl Intake {
    pub fn new(home: Home) -> Self {
        Self { home, met: Met::default(), chunk: Chunk::default(), counts: Counts::default() }
    }

    /// Takes a row; gives back the chunks that are full.
    pub fn take(&mut self, row: u32, cell: Cell<'_>) -> Result<Vec<Chunk>, TooMany> {
        let chunk = match cell.holds {
            Holds::Value => self.take_value(row, cell.text)?,
            Holds::Fields => match self.numbers(cell.text) {
                Some(numbers) => return self.take_numbers(row, numbers),
                None => self.take_value(row, cell.first().text)?,
            },
            Holds::Formula => self.tell(row, cell.text, Verdict::Refused(Unfit::Formula))?,
        };
        Ok(chunk.into_iter().collect())
    }

    fn take_value(&mut self, row: u32, text: &str) -> Result<Option<Chunk>, TooMany> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let verdict = self.judge(row, text);
        self.tell(row, text, verdict)
    }

    fn take_numbers(&mut self, row: u32, numbers: Vec<(&str, Listed)>) -> Result<Vec<Chunk>, TooMany> {
        let mut full = vec![];
        for (text, listed) in numbers {
            let verdict = self.place(row, listed);
            full.extend(self.tell(row, text, verdict)?);
        }
        Ok(full)
    }

    /// The fields of a line that holds nothing but numbers, where it has more than one. A line that holds anything else is a table's.
    fn numbers<'a>(&self, line: &'a str) -> Option<Vec<(&'a str, Listed)>> {
        let fields = line.split(FIELD).map(str::trim).filter(|field| !field.is_empty());
        let number = |field| Some((field, Phone::listed(field, self.home).ok()?));
        if line.contains(FIELD) { fields.map(number).collect() } else { None }
    }

    fn tell(&mut self, row: u32, text: &str, verdict: Verdict) -> Result<Option<Chunk>, TooMany> {
        self.count(&verdict);
        if self.counts.numbers > NUMBERS_MAX {
            return Err(TooMany);
        }
        let value = text.chars().take(SHOWN_LEN_MAX).collect();
        self.chunk.lines.push(Line { row, value, verdict });
        Ok((self.chunk.lines.len() >= CHUNK_LEN_MAX).then(|| self.next_chunk()))
    }

    /// What is left, and what became of all rows.
    pub fn finish(mut self) -> (Option<Chunk>, Counts) {
        let last = (!self.chunk.lines.is_empty()).then(|| self.next_chunk());
        (last, self.counts)
    }

    fn judge(&mut self, row: u32, text: &str) -> Verdict {
        match Phone::listed(text, self.home) {
            Ok(listed) => self.place(row, listed),
            Err(_) if self.counts.rows == 0 && Phone::is_heading(text, self.home) => Verdict::Header,
            Err(why) => Verdict::Refused(why),
        }
    }

    fn place(&mut self, row: u32, Listed { phone, repaired }: Listed) -> Verdict {
        match (self.met.earlier(&phone, row), repaired) {
            (Some(of), _) => Verdict::Duplicate { of },
            (None, true) => Verdict::Repaired(phone),
            (None, false) => Verdict::Accepted(phone),
        }
    }

    fn count(&mut self, verdict: &Verdict) {
        let counts = &mut self.counts;
        counts.rows += 1;
        counts.numbers += u32::from(verdict.number().is_some());
        match verdict {
            Verdict::Accepted(_) | Verdict::Header | Verdict::Forgotten => {}
            Verdict::Repaired(_) => counts.repaired += 1,
            Verdict::Duplicate { .. } => counts.duplicates += 1,
            Verdict::Refused(_) => counts.invalid += 1,
        }
    }

    fn next_chunk(&mut self) -> Chunk {
        let number = self.counts.chunks;
        self.counts.chunks += 1;
        let lines = std::mem::replace(&mut self.chunk.lines, Vec::with_capacity(CHUNK_LEN_MAX));
        Chunk { number, lines }
    }
}

/// Numbers with the row where each first stood: by what they begin with, then by their last digits, which then fit into little room.
/// A million of one country take a third of what one map of whole numbers takes while it grows.
#[derive(Debug, Default)]
pub(crate) struct Met(HashMap<u64, HashMap<u32, u32>>);

impl Met {
    /// One more than the largest number of nine digits.
    const SPLIT: u64 = 1_000_000_000;

    /// The row where it stands already, which may be this one.
    pub(crate) fn earlier(&mut self, phone: &Phone, row: u32) -> Option<u32> {
        let digits = phone.as_str().bytes().filter(u8::is_ascii_digit);
        let number = digits.fold(0, |all: u64, digit| all * 10 + u64::from(digit - b'0'));
        let last = u32::try_from(number % Self::SPLIT).unwrap_or(0);
        match self.0.entry(number / Self::SPLIT).or_default().entry(last) {
            Entry::Occupied(met) => Some(*met.get()),
            Entry::Vacant(new) => {
                new.insert(row);
                None
            }
        }
    }
}
