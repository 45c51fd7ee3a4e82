//! How a log is read whose rows have no name and that grows above the reader. Seconds are only taken whole: of each page those that are
//! wholly inside it, and the next page begins where the page's last second begins, so that this second is read again from its start.
//! What stands above it by then was inserted meanwhile, and is the next reading's. Equal rows of a second are numbered.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::said::LogRow;

/// A page grows to so many rows at most where a second does not fit into it.
const LIMIT_MAX: u32 = 6_400;
/// No second has so many rows.
const SECOND_LEN_MAX: usize = 50_000;
/// A second that changed so often while it was read is left for the next reading.
const RESTARTS_MAX: u32 = 20;

/// Which page comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    pub start: u64,
    pub limit: u32,
}

/// A row that is certain, and which of the equal ones of its second it is, from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    pub row: LogRow,
    pub ordinal: u32,
}

/// Why the log cannot be read on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the rows are not in the order of their starts, the newest first")]
    Disorder,
    #[error("one second has more than {SECOND_LEN_MAX} rows")]
    Endless,
    #[error("one second changed again and again while it was read")]
    Unsettled,
}

/// What the bound of a reading is made of. All by the exchange's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    pub now: DateTime<Utc>,
    /// The newest row of the last reading.
    pub through: Option<DateTime<Utc>>,
    /// Rows are written when their call ends, and bear its start.
    pub overlap: TimeDelta,
    pub first: TimeDelta,
    /// The oldest start of calls that were seen, and that the log has yet to tell of.
    pub awaited_since: Option<DateTime<Utc>>,
    /// The oldest moment since the last reading when nobody was looking.
    pub missed_since: Option<DateTime<Utc>>,
}

impl Reach {
    /// Nothing that began earlier can be new. Whole seconds, as the log has them.
    pub fn bound(&self) -> DateTime<Utc> {
        let first = self.now - self.first;
        let Some(through) = self.through else { return whole(first) };
        let awaited = self.awaited_since.map(|at| at - super::matching::START_APART_MAX);
        let missed = self.missed_since.map(|at| at - self.overlap);
        let back = [Some(through.min(self.now) - self.overlap), awaited, missed];
        whole(back.into_iter().flatten().min().unwrap_or(first))
    }
}

fn whole(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp(at.timestamp(), 0).unwrap_or(at)
}

/// One reading of a log, from its newest row down to a bound.
#[derive(Debug, Clone)]
pub struct Paging {
    bound: DateTime<Utc>,
    page_len: u32,
    limit: u32,
    start: u64,
    /// The second that is read again from its start; none at the top.
    second: Option<i64>,
    pile: Option<Pile>,
    restarts: u32,
    over: bool,
    /// Nothing was left for the next reading.
    whole: bool,
}

/// A second that fits into no page: it is gathered from one page after the other.
#[derive(Debug, Clone)]
struct Pile {
    second: i64,
    total: Option<u64>,
    /// Where its first page began, and where the next one does.
    first: u64,
    next: u64,
    rows: Vec<LogRow>,
}

impl Paging {
    pub fn new(bound: DateTime<Utc>, page_len: u32) -> Self {
        let limit = page_len.clamp(2, LIMIT_MAX);
        let (second, pile) = (None, None);
        Self { bound, page_len: limit, limit, start: 0, second, pile, restarts: 0, over: false, whole: true }
    }

    /// None where everything was read. The same page may be asked for again.
    pub fn next(&self) -> Option<Ask> {
        let start = self.pile.as_ref().map_or(self.start, |pile| pile.next);
        (!self.over).then_some(Ask { start, limit: self.limit })
    }

    /// Whether all of it was read: only then the next reading may begin further up.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// Takes the page that was asked for, and gives what is certain by now. `total` is of all rows there are to read.
    pub fn take(&mut self, rows: Vec<LogRow>, total: Option<u64>) -> Result<Vec<Numbered>, Error> {
        if !rows.is_sorted_by_key(|row| std::cmp::Reverse(second(row))) {
            return Err(Error::Disorder);
        }
        match self.pile.take() {
            Some(pile) => self.heap(pile, rows, total),
            None => self.page(rows, total),
        }
    }

    fn page(&mut self, rows: Vec<LogRow>, total: Option<u64>) -> Result<Vec<Numbered>, Error> {
        let (Some(newest), Some(oldest)) = (rows.first().map(second), rows.last().map(second)) else {
            return self.missing(total);
        };
        if self.second.is_some_and(|begun| newest < begun) {
            // Rows above went: the second that should come first has moved up.
            return self.step_back().map(|()| vec![]);
        }
        let read = len(&rows);
        let ends = total.is_some_and(|total| self.start.saturating_add(read) >= total);
        // What was taken already, and what was inserted there meanwhile.
        let above = self.above(&rows);
        let mine: Vec<LogRow> = rows.into_iter().skip(index(above)).collect();
        if ends {
            self.over = true;
            return Ok(self.certain(mine));
        }
        let newer = u64::try_from(mine.partition_point(|row| second(row) > oldest)).unwrap_or(0);
        if newer == 0 {
            self.too_small(mine, (above, read), total);
            return Ok(vec![]);
        }
        (self.start, self.second) = (self.start.saturating_add(above + newer), Some(oldest));
        (self.limit, self.over) = (self.page_len, oldest < self.bound.timestamp());
        self.restarts = 0;
        Ok(self.certain(mine.into_iter().take(index(newer)).collect()))
    }

    /// How many rows are newer than the second that is to be read again.
    fn above(&self, rows: &[LogRow]) -> u64 {
        let begun = self.second.unwrap_or(i64::MAX);
        u64::try_from(rows.partition_point(|row| second(row) > begun)).unwrap_or(0)
    }

    /// There is nothing where a second was: the log became shorter, or it is empty.
    fn missing(&mut self, total: Option<u64>) -> Result<Vec<Numbered>, Error> {
        if self.second.is_none() || self.start == 0 || total == Some(0) {
            self.over = true;
            return Ok(vec![]);
        }
        self.step_back().map(|()| vec![])
    }

    fn step_back(&mut self) -> Result<(), Error> {
        self.restart()?;
        self.start = self.start.saturating_sub(u64::from(self.limit / 2).max(1));
        if self.start == 0 {
            // From the top nothing is above; what was taken already is known by its key.
            self.second = None;
        }
        Ok(())
    }

    fn restart(&mut self) -> Result<(), Error> {
        self.restarts += 1;
        if self.restarts > RESTARTS_MAX { Err(Error::Unsettled) } else { Ok(()) }
    }

    /// The page did not get beyond one second: a larger one, or, where that is as large as it gets, one page after the other.
    fn too_small(&mut self, mine: Vec<LogRow>, (above, read): (u64, u64), total: Option<u64>) {
        if read >= u64::from(self.limit) && self.limit < LIMIT_MAX {
            self.limit = self.limit.saturating_mul(2).min(LIMIT_MAX);
            return;
        }
        let first = self.start.saturating_add(above);
        match mine.first().map(second) {
            Some(second) => {
                let next = self.start.saturating_add(read);
                self.pile = Some(Pile { second, total, first, next, rows: mine });
            }
            // Nothing but what was inserted above: the second begins further down.
            None => self.start = first,
        }
    }

    fn heap(
        &mut self,
        mut pile: Pile,
        rows: Vec<LogRow>,
        total: Option<u64>,
    ) -> Result<Vec<Numbered>, Error> {
        let moved = total != pile.total || rows.first().is_some_and(|row| second(row) > pile.second);
        if moved && self.restart().is_err() {
            // It is left for the next reading, as if it were above all that is wanted.
            self.whole = false;
            (self.start, self.second, self.restarts) = (pile.first, Some(pile.second - 1), 0);
            return Ok(vec![]);
        }
        if moved {
            self.start = pile.first;
            self.second = self.second.or(Some(pile.second)).filter(|_| self.start > 0);
            return Ok(vec![]);
        }
        let (read, begun) = (len(&rows), pile.next);
        let older = rows.iter().find(|row| second(row) < pile.second).map(second);
        pile.next = begun.saturating_add(read);
        pile.rows.extend(rows.into_iter().filter(|row| second(row) == pile.second));
        if pile.rows.len() > SECOND_LEN_MAX {
            return Err(Error::Endless);
        }
        let ends = read == 0 || total.is_some_and(|total| pile.next >= total);
        if older.is_none() && !ends {
            self.pile = Some(pile);
            return Ok(vec![]);
        }
        self.start = pile.first.saturating_add(len(&pile.rows));
        (self.second, self.limit) = (older.or(self.second), self.page_len);
        self.over = older.is_none_or(|older| older < self.bound.timestamp());
        Ok(self.certain(pile.rows))
    }

    /// Whole seconds that are wanted, their equal rows numbered.
    fn certain(&self, mut rows: Vec<LogRow>) -> Vec<Numbered> {
        rows.retain(|row| second(row) >= self.bound.timestamp());
        let mut known = BTreeMap::new();
        let ordinals: Vec<u32> = rows.iter().map(|row| next(known.entry(alike(row)).or_insert(0))).collect();
        rows.into_iter().zip(ordinals).map(|(row, ordinal)| Numbered { row, ordinal }).collect()
    }
}

fn next(count: &mut u32) -> u32 {
    *count += 1;
    *count - 1
}

/// What makes two rows equal.
fn alike(row: &LogRow) -> (i64, &str, &str, u32, u32, &str) {
    (second(row), &row.from, &row.to, row.secs, row.talk_secs, &row.code)
}

fn second(row: &LogRow) -> i64 {
    row.started_at.timestamp()
}

fn len(rows: &[LogRow]) -> u64 {
    u64::try_from(rows.len()).unwrap_or(u64::MAX)
}

fn index(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
