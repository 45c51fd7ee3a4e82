//! A sheet's rows on their way to a list: a header is recognised, blanks are left out, numbers are repaired, repetitions noticed,
//! and everything is told row by row. What comes out are chunks of rows, small enough to be stored one after another.

use std::collections::HashMap;

use super::{Counts, NUMBERS_MAX};
use crate::phone::{Home, Listed, Phone, Unfit};

/// Rows of one chunk.
pub const CHUNK_LEN_MAX: usize = 1_000;
/// So much of a cell is kept in the report; no number is longer.
const SHOWN_LEN_MAX: usize = 64;

/// One row with what became of it.
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
}

impl Verdict {
    /// The number that goes on the list.
    pub fn number(&self) -> Option<&Phone> {
        match self {
            Self::Accepted(phone) | Self::Repaired(phone) => Some(phone),
            Self::Duplicate { .. } | Self::Refused(_) | Self::Header => None,
        }
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

    /// Takes a row; gives back a chunk where one is full.
    pub fn take(&mut self, row: u32, text: &str) -> Result<Option<Chunk>, TooMany> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let verdict = self.judge(row, text);
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
        let Listed { phone, repaired } = match Phone::listed(text, self.home) {
            Ok(listed) => listed,
            Err(_) if self.counts.rows == 0 && Phone::is_heading(text, self.home) => return Verdict::Header,
            Err(why) => return Verdict::Refused(why),
        };
        let first = self.met.first(&phone, row);
        match (first == row, repaired) {
            (false, _) => Verdict::Duplicate { of: first },
            (true, true) => Verdict::Repaired(phone),
            (true, false) => Verdict::Accepted(phone),
        }
    }

    fn count(&mut self, verdict: &Verdict) {
        let counts = &mut self.counts;
        counts.rows += 1;
        counts.numbers += u32::from(verdict.number().is_some());
        match verdict {
            Verdict::Accepted(_) | Verdict::Header => {}
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
struct Met(HashMap<u64, HashMap<u32, u32>>);

impl Met {
    /// One more than the largest number of nine digits.
    const SPLIT: u64 = 1_000_000_000;

    fn first(&mut self, phone: &Phone, row: u32) -> u32 {
        let digits = phone.as_str().bytes().filter(u8::is_ascii_digit);
        let number = digits.fold(0, |all: u64, digit| all * 10 + u64::from(digit - b'0'));
        let last = u32::try_from(number % Self::SPLIT).unwrap_or(0);
        *self.0.entry(number / Self::SPLIT).or_default().entry(last).or_insert(row)
    }
}
