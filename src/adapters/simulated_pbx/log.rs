//! The log of calls that are over: rows in the order of their start, among them as many made-up old ones as are asked for.
//! Old ones are worked out when they are looked at, so that a million of them cost nothing.

use serde_json::{Value, json};

use super::super::dice::Dice;
use super::directory;
use super::query::Table;

/// Every so often an old row repeats the one before it: the same pair, called twice within a second.
const TWIN_EVERY: usize = 50;

/// A row of the log, as true as the box knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The live call's. The real log does not show it.
    pub id: String,
    /// Its start, in seconds of the box's clock.
    pub timestamp: i64,
    pub from: String,
    pub to: String,
    /// 1 failed, 2 busy, 3 no answer, 4 answered, 5 forbidden, 6 answered by voicemail.
    pub status: u16,
    pub call_secs: i64,
    pub answered_secs: i64,
    pub recorded: bool,
}

impl Row {
    /// 12 comes from outside, 1 from a line.
    fn kind_of_caller(&self) -> u8 {
        if directory::is_inside(&self.from) { 1 } else { 12 }
    }
}

/// Rows in the order of an instant, each from an instant on to be seen.
#[derive(Debug)]
pub(super) struct Shelf<T> {
    shown: Vec<(i64, T)>,
    waiting: Vec<(i64, i64, T)>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { shown: vec![], waiting: vec![] }
    }
}

impl<T> Shelf<T> {
    pub(super) fn put(&mut self, shows: i64, order: i64, row: T) {
        self.waiting.push((shows, order, row));
    }

    /// Shows what is due. Rows of the same instant stay in the order in which they came.
    pub(super) fn show(&mut self, now: i64) {
        let due = self.waiting.extract_if(.., |(shows, ..)| *shows <= now).collect::<Vec<_>>();
        for (_, order, row) in due {
            let place = self.shown.partition_point(|(known, _)| *known <= order);
            self.shown.insert(place, (order, row));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.shown.len()
    }

    pub(super) fn get(&self, row: usize) -> Option<&T> {
        self.shown.get(row).map(|(_, row)| row)
    }

    pub(super) fn shown(&self) -> impl Iterator<Item = &T> {
        self.shown.iter().map(|(_, row)| row)
    }

    pub(super) fn waiting(&self) -> impl Iterator<Item = &T> {
        self.waiting.iter().map(|(.., row)| row)
    }
}

#[derive(Debug, Clone, Copy)]
struct Old {
    rows: usize,
    /// The start of the newest, and how far back the oldest lies.
    newest: i64,
    span: i64,
    seed: u64,
}

impl Old {
    fn row(self, row: usize) -> Row {
        let name = row;
        let row = if row % TWIN_EVERY == TWIN_EVERY - 1 { row - 1 } else { row };
        let back = i128::try_from(self.rows - 1 - row.min(self.rows - 1)).unwrap_or(0);
        let back = back * i128::from(self.span) / i128::try_from(self.rows).unwrap_or(1).max(1);
        let timestamp = self.newest - i64::try_from(back).unwrap_or(self.span);
        let mut dice = Dice::new(self.seed, &format!("old/{row}"));
        let (from, to) = directory::parties(&mut dice);
        let ring = i64::from(dice.within(2..=30));
        let status = *dice.drawn(&[(60, 4), (22, 3), (10, 2), (3, 1), (1, 5), (4, 6)]).unwrap_or(&4);
        let answered_secs = if status == 4 || status == 6 { i64::from(dice.within(3..=400)) } else { 0 };
        let id = format!("{timestamp}.{name}");
        Row {
            id,
            timestamp,
            from,
            to,
            status,
            call_secs: ring + answered_secs,
            answered_secs,
            recorded: false,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Log {
    old: Option<Old>,
    pub(super) rows: Shelf<Row>,
}

impl Log {
    /// Rows from before the box was started, evenly over so many seconds. They replace those that were made up before.
    pub(super) fn make_old(&mut self, rows: usize, (newest, span): (i64, i64), seed: u64) {
        self.old = (rows > 0).then_some(Old { rows, newest, span: span.max(0), seed });
    }

    fn old_len(&self) -> usize {
        self.old.map_or(0, |old| old.rows)
    }

    pub(super) fn row(&self, row: usize) -> Option<Row> {
        match (self.old, row.checked_sub(self.old_len())) {
            (Some(old), None) => Some(old.row(row)),
            (_, Some(row)) => self.rows.get(row).cloned(),
            (None, None) => None,
        }
    }

    /// How many rows are in it or will be.
    pub(super) fn truth_len(&self) -> usize {
        self.len() + self.rows.waiting().count()
    }

    /// So many of all that is in it or will be: the oldest first, then those that wait.
    pub(super) fn truth(&self, skip: usize, limit: usize) -> Vec<Row> {
        let shown = (skip..self.len()).filter_map(|row| self.row(row));
        let waiting = self.rows.waiting().skip(skip.saturating_sub(self.len()));
        shown.chain(waiting.cloned()).take(limit).collect()
    }
}

impl Table for Log {
    fn len(&self) -> usize {
        self.old_len() + self.rows.len()
    }

    fn cell(&self, row: usize, column: &str) -> Option<Value> {
        let row = self.row(row)?;
        Some(match column.to_ascii_uppercase().as_str() {
            "TIMESTAMP" => row.timestamp.into(),
            "FROM_NUM" => row.from.into(),
            "TO_NUM" => row.to.into(),
            "FROM_TYPE" => row.kind_of_caller().into(),
            "STATUS" => row.status.into(),
            "CALL_DURATION" => row.call_secs.into(),
            "ANSWERED_DURATION" => row.answered_secs.into(),
            "SEARCH" => format!("{} {}", row.from, row.to).into(),
            _ => return None,
        })
    }

    fn json(&self, row: usize) -> Value {
        let Some(row) = self.row(row) else { return Value::Null };
        json!({
            "TIMESTAMP": row.timestamp,
            "FROM_NUM": row.from,
            "TO_NUM": row.to,
            "FROM_TYPE": row.kind_of_caller(),
            "STATUS": row.status,
            "CALL_DURATION": row.call_secs,
            "ANSWERED_DURATION": row.answered_secs,
        })
    }

    fn knows(&self, column: &str) -> bool {
        const COLUMNS: [&str; 8] = [
            "TIMESTAMP",
            "FROM_NUM",
            "TO_NUM",
            "FROM_TYPE",
            "STATUS",
            "CALL_DURATION",
            "ANSWERED_DURATION",
            "SEARCH",
        ];
        COLUMNS.iter().any(|known| known.eq_ignore_ascii_case(column))
    }

    fn ascends_by(&self) -> Option<&'static str> {
        Some("TIMESTAMP")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::super::query::Query;
    use super::*;

    fn million() -> Log {
        let mut log = Log::default();
        log.make_old(1_000_000, (1_700_000_000, 30 * 86_400), 7);
        log
    }

    #[test]
    fn a_page_in_the_middle_of_a_million_rows_costs_a_page() {
        let log = million();
        let began = Instant::now();
        for start in [0, 400_000, 999_900] {
            for direction in ["Asc", "Desc"] {
                let query = json!({ "orderBy": [{ "columnName": "TIMESTAMP", "direction": direction }],
                    "conditions": [{ "fieldName": "TIMESTAMP", "comparator": "LessEq", "value": 1_700_000_000 }],
                    "start": start, "limit": 200 });
                let page = Query::read(&query).unwrap().page(&log).unwrap();
                assert_eq!(page.total, 1_000_000);
                assert_eq!(page.rows.len(), 200.min(1_000_000 - start));
            }
        }
        assert!(began.elapsed().as_millis() < 1_000, "{:?}", began.elapsed());
    }

    #[test]
    fn old_rows_ascend_and_some_are_alike() {
        let log = million();
        let rows: Vec<Row> = (500_000..501_000).map(|row| log.row(row).unwrap()).collect();
        assert!(rows.is_sorted_by_key(|row| row.timestamp));
        let nameless = |row: &Row| Row { id: String::new(), ..row.clone() };
        let twins = rows.windows(2).filter(|pair| nameless(&pair[0]) == nameless(&pair[1])).count();
        assert!(rows.windows(2).all(|pair| pair[0].id != pair[1].id));
        assert_eq!(twins, 1_000 / TWIN_EVERY);
        assert_eq!(log.row(999_999).unwrap().timestamp, log.row(999_998).unwrap().timestamp);
        assert!(log.row(1_000_000).is_none());
        assert!(rows.iter().all(|row| (row.answered_secs > 0) == [4, 6].contains(&row.status)));
    }

    #[test]
    fn what_is_not_due_is_not_shown_and_comes_to_its_place() {
        let mut shelf = Shelf::default();
        for (shows, order, row) in [(30, 1, "a"), (10, 3, "c"), (20, 2, "b"), (10, 3, "d")] {
            shelf.put(shows, order, row);
        }
        for (now, expected) in
            [(9, vec![]), (10, vec!["c", "d"]), (20, vec!["b", "c", "d"]), (99, vec!["a", "b", "c", "d"])]
        {
            shelf.show(now);
            assert_eq!(shelf.shown().copied().collect::<Vec<_>>(), expected);
        }
    }
}
