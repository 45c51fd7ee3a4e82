//! However the log grows while it is read, whole seconds come out of it, and each row as often as the log has it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + second, 0).unwrap()
}

/// Rows of one second differ by their caller only; the same caller twice makes equal rows.
fn row(second: i64, caller: u8) -> LogRow {
    LogRow {
        id: None,
        started_at: at(second),
        from: caller.to_string(),
        to: "158".to_owned(),
        code: "4".to_owned(),
        secs: 42,
        talk_secs: 35,
        direction: None,
        recording: None,
    }
}

/// An exchange's log: asked for a page it gives the newest rows first, and no more than it likes.
struct Log {
    rows: Vec<(i64, u8)>,
    cap: usize,
    counts: bool,
}

impl Log {
    fn new(rows: impl IntoIterator<Item = (i64, u8)>, cap: usize) -> Self {
        let mut log = Self { rows: vec![], cap, counts: true };
        rows.into_iter().for_each(|(second, caller)| log.write(second, caller));
        log
    }

    fn write(&mut self, second: i64, caller: u8) {
        let place = self.rows.partition_point(|(known, _)| *known > second);
        self.rows.insert(place, (second, caller));
    }

    fn page(&self, ask: Ask) -> (Vec<LogRow>, Option<u64>) {
        let limit = usize::try_from(ask.limit).unwrap().min(self.cap);
        let rows = self.rows.iter().skip(usize::try_from(ask.start).unwrap()).take(limit);
        let total = u64::try_from(self.rows.len()).unwrap();
        (rows.map(|(second, caller)| row(*second, *caller)).collect(), self.counts.then_some(total))
    }
}

/// Reads the log, `meanwhile` happening after each page.
fn read(log: &mut Log, mut paging: Paging, meanwhile: &mut dyn FnMut(&mut Log)) -> Vec<Numbered> {
    read_on(log, &mut paging, meanwhile)
}

fn read_on(log: &mut Log, paging: &mut Paging, meanwhile: &mut dyn FnMut(&mut Log)) -> Vec<Numbered> {
    let mut all = vec![];
    for _ in 0..10_000 {
        let Some(ask) = paging.next() else { return all };
        let (rows, total) = log.page(ask);
        meanwhile(log);
        all.extend(paging.take(rows, total).unwrap());
    }
    panic!("it goes on for ever")
}

fn paging(bound: i64, page_len: u32) -> Paging {
    Paging::new(at(bound), page_len)
}

/// What the keys of the rows are made of.
fn keys(rows: &[Numbered]) -> Vec<(i64, u8, u32)> {
    rows.iter()
        .map(|one| {
            (one.row.started_at.timestamp() - 1_700_000_000, one.row.from.parse().unwrap(), one.ordinal)
        })
        .collect()
}

/// The same of what a log had.
fn numbered(rows: &[(i64, u8)]) -> BTreeSet<(i64, u8, u32)> {
    let mut known = BTreeMap::new();
    rows.iter()
        .map(|(second, caller)| (*second, *caller, next(known.entry((*second, *caller)).or_insert(0))))
        .collect()
}

#[test]
fn a_quiet_log_is_read_once_and_in_order() {
    let rows: Vec<_> = (0..1_000).map(|n| (n / 3, u8::try_from(n % 5).unwrap())).collect();
    let mut log = Log::new(rows.clone(), usize::MAX);
    let read = keys(&read(&mut log, paging(0, 50), &mut |_| {}));
    assert_eq!(read.len(), 1_000);
    assert_eq!(BTreeSet::from_iter(read.clone()), numbered(&rows));
    assert!(read.is_sorted_by_key(|(second, ..)| std::cmp::Reverse(*second)));
}

#[test]
fn an_empty_log_is_read_at_once() {
    let mut log = Log::new([], usize::MAX);
    assert_eq!(read(&mut log, paging(0, 50), &mut |_| {}), vec![]);
    log.counts = false;
    assert_eq!(read(&mut log, paging(0, 50), &mut |_| {}), vec![]);
}

#[test]
fn what_is_older_than_the_bound_is_left_and_not_asked_for() {
    let mut log = Log::new((0..1_000).map(|n| (n, 1)), usize::MAX);
    let mut pages = 0;
    let mut reading = paging(900, 50);
    let read = keys(&read_on(&mut log, &mut reading, &mut |_| pages += 1));
    assert!(reading.is_whole());
    assert_eq!(
        read.iter().map(|(second, ..)| *second).collect::<Vec<_>>(),
        (900..1_000).rev().collect::<Vec<_>>()
    );
    assert!(pages <= 3, "{pages}");
}

#[test]
fn a_second_larger_than_a_page_is_read_whole() {
    let rows: Vec<_> = (0..700).map(|n| (5, u8::try_from(n % 7).unwrap())).chain([(4, 1), (6, 1)]).collect();
    for cap in [usize::MAX, 100] {
        for counts in [true, false] {
            let mut log = Log::new(rows.clone(), cap);
            log.counts = counts;
            let read = keys(&read(&mut log, paging(0, 50), &mut |_| {}));
            assert_eq!(read.len(), rows.len(), "pages of {cap}");
            assert_eq!(BTreeSet::from_iter(read), numbered(&rows));
        }
    }
}

#[test]
fn a_large_second_that_grows_meanwhile_is_begun_again() {
    let rows: Vec<_> = (0..300).map(|n| (5, u8::try_from(n % 7).unwrap())).chain([(4, 1)]).collect();
    let (mut log, mut grows) = (Log::new(rows, 100), 3);
    let read = keys(&read(&mut log, paging(0, 50), &mut |log| {
        if grows > 0 {
            log.write(5, 1);
            grows -= 1;
        }
    }));
    assert_eq!(BTreeSet::from_iter(read.clone()), numbered(&log.rows));
    assert_eq!(read.len(), 304);
}

#[test]
fn a_large_second_that_never_rests_is_left_and_the_others_are_read() {
    let rows = (0..300).map(|_| (5, 1)).chain((0..120).map(|n| (n / 40, 2)));
    let mut log = Log::new(rows, 100);
    let mut reading = paging(0, 50);
    let read = keys(&read_on(&mut log, &mut reading, &mut |log| log.write(5, 1)));
    assert_eq!((read.len(), reading.is_whole()), (120, false));
    assert!(read.iter().all(|(second, ..)| *second < 3));
}

#[test]
fn rows_that_vanish_above_take_none_below_with_them() {
    let rows: Vec<_> = (0..400).map(|n| (n, 1)).collect();
    let (mut log, mut pages) = (Log::new(rows, usize::MAX), 0);
    let read = keys(&read(&mut log, paging(0, 50), &mut |log| {
        pages += 1;
        if pages == 2 {
            log.rows.drain(..60);
        }
    }));
    assert!((0..340).all(|second| read.contains(&(second, 1, 0))));
}

#[test]
fn an_order_that_is_none_is_not_read() {
    let rows = vec![row(1, 1), row(2, 1)];
    assert_eq!(paging(0, 50).take(rows, None), Err(Error::Disorder));
}

fn reach() -> Reach {
    Reach {
        now: at(1_000_000),
        through: Some(at(900_000)),
        overlap: TimeDelta::hours(2),
        first: TimeDelta::days(7),
        awaited_since: None,
        missed_since: None,
    }
}

#[test]
fn a_reading_goes_back_as_far_as_anything_can_be_new() {
    assert_eq!(Reach { through: None, ..reach() }.bound(), at(1_000_000 - 7 * 86_400));
    assert_eq!(reach().bound(), at(900_000 - 7_200));
    assert_eq!(Reach { awaited_since: Some(at(890_000)), ..reach() }.bound(), at(890_000 - 5));
    assert_eq!(Reach { awaited_since: Some(at(950_000)), ..reach() }.bound(), at(900_000 - 7_200));
    assert_eq!(Reach { missed_since: Some(at(880_000)), ..reach() }.bound(), at(880_000 - 7_200));
    let ahead = Reach { through: Some(at(2_000_000)), ..reach() };
    assert_eq!(ahead.bound(), at(1_000_000 - 7_200), "a clock that was set back hides nothing");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Whatever was there when the reading began comes out, each row as often as it was there; of what came meanwhile some may, and
    /// nothing comes out that never was. A second reading finds the rest, which includes what never rested, and was said to be left.
    #[test]
    fn a_log_that_grows_while_it_is_read_comes_out_exactly(
        rows in prop::collection::vec((0_i64..40, 0_u8..3), 0..250),
        grown in prop::collection::vec((0_i64..45, 0_u8..3, prop::bool::weighted(0.4)), 0..80),
        page_len in 2_u32..40,
        cap in 2_usize..60,
        bound in 0_i64..10,
    ) {
        let mut log = Log::new(rows.iter().copied(), cap);
        let mut coming = grown.into_iter();
        let mut reading = paging(bound, page_len);
        let first = keys(&read_on(&mut log, &mut reading, &mut |log| {
            for (second, caller, pause) in coming.by_ref() {
                log.write(second, caller);
                if pause {
                    break;
                }
            }
        }));
        let wanted = |rows: &[(i64, u8)]| -> BTreeSet<_> {
            numbered(rows).into_iter().filter(|(second, ..)| *second >= bound).collect()
        };
        let found: BTreeSet<_> = first.iter().copied().collect();
        prop_assert_eq!(found.len(), first.len(), "nothing comes twice");
        prop_assert!(!reading.is_whole() || found.is_superset(&wanted(&rows)), "nothing is missing");
        prop_assert!(found.is_subset(&wanted(&log.rows)), "nothing is made up");
        let second = keys(&read(&mut log, paging(bound, page_len), &mut |_| {}));
        prop_assert_eq!(BTreeSet::from_iter(second), wanted(&log.rows));
    }
}
