//! A row is given to the call that it fits best, or to none.

use proptest::prelude::*;

use super::*;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + second, 0).unwrap()
}

fn row(from: &str, to: &str, second: i64, secs: u32) -> LogRow {
    let (id, direction, recording) = (None, None, None);
    let (from, to, code) = (from.to_owned(), to.to_owned(), "4".to_owned());
    LogRow { id, started_at: at(second), from, to, code, secs, talk_secs: 0, direction, recording }
}

/// A call that was seen for so long and is over.
fn call(from: &str, to: &[&str], second: i64, secs: u32) -> Candidate {
    let to = to.iter().map(|to| Number::new(to)).collect();
    let (least_secs, most_secs) = (secs.saturating_sub(2), Some(secs));
    Candidate { from: Number::new(from), to, started_at: at(second), least_secs, most_secs }
}

fn one(row: &LogRow, call: Candidate) -> bool {
    !pairs([row], &[call]).is_empty()
}

#[test]
fn a_row_is_of_the_call_between_the_same_two_that_began_then() {
    let told = row("998000000001", "158", 0, 42);
    assert!(one(&told, call("998000000001", &["158"], 3, 42)));
    assert!(one(&told, call("+998000000001", &["158"], -5, 42)));
    assert!(one(&told, call("998000000001", &["700", "158"], 0, 42)), "a queue that somebody answered");
    assert!(!one(&told, call("998000000001", &["159"], 0, 42)));
    assert!(!one(&told, call("998000000002", &["158"], 0, 42)));
    assert!(!one(&told, call("158", &["998000000001"], 0, 42)), "the other way round is another call");
    assert!(!one(&told, call("998000000001", &["158"], 6, 42)));
}

#[test]
fn a_call_that_lasts_longer_than_its_row_is_another_one() {
    let told = row("1", "2", 0, 10);
    let going = |least_secs| Candidate { least_secs, most_secs: None, ..call("1", &["2"], 0, 0) };
    assert!(one(&told, going(13)));
    assert!(!one(&told, going(14)));
    assert!(!one(&told, call("1", &["2"], 0, 6)), "it was over by then");
}

#[test]
fn of_two_calls_the_nearer_is_taken_and_one_that_goes_on_last() {
    let told = row("1", "2", 0, 10);
    let near = |calls: &[Candidate]| pairs([&told], calls);
    let (far, nigh) = (call("1", &["2"], 4, 10), call("1", &["2"], 1, 10));
    assert_eq!(near(&[far.clone(), nigh]), [Pair { row: 0, call: 1 }]);
    let going = Candidate { most_secs: None, ..call("1", &["2"], 4, 10) };
    assert_eq!(near(&[going, far]), [Pair { row: 0, call: 1 }]);
}

#[test]
fn two_calls_of_the_same_two_within_a_second_have_a_row_each() {
    let (short, long) = (row("1", "2", 0, 10), row("1", "2", 0, 50));
    let calls = [call("1", &["2"], 0, 51), call("1", &["2"], 0, 11)];
    assert_eq!(pairs([&short, &long], &calls), [Pair { row: 0, call: 1 }, Pair { row: 1, call: 0 }]);
}

#[test]
fn nobody_reads_a_number_in_a_debug_text() {
    assert!(!format!("{:?}", call("998000000001", &["158"], 0, 4)).contains("158"));
}

proptest! {
    #[test]
    fn neither_a_row_nor_a_call_is_used_twice_and_all_that_are_fit(
        rows in prop::collection::vec((0_u8..3, 0_u8..2, 0_i64..20, 0_u32..20), 0..30),
        calls in prop::collection::vec((0_u8..3, 0_u8..2, 0_i64..20, 0_u32..20, any::<bool>()), 0..30),
    ) {
        let rows: Vec<_> = rows.iter().map(|(from, to, second, secs)| {
            row(&from.to_string(), &to.to_string(), *second, *secs)
        }).collect();
        let calls: Vec<_> = calls.iter().map(|(from, to, second, secs, over)| {
            let known = call(&from.to_string(), &[&to.to_string()], *second, *secs);
            Candidate { most_secs: known.most_secs.filter(|_| *over), ..known }
        }).collect();
        let found = pairs(&rows, &calls);
        for (place, pair) in found.iter().enumerate() {
            prop_assert!(calls[pair.call].distance(&rows[pair.row]).is_some());
            for other in &found[..place] {
                prop_assert!(other.row != pair.row && other.call != pair.call);
            }
        }
        // No pair is left that would fit.
        for (row, said) in rows.iter().enumerate().filter(|(row, _)| !found.iter().any(|pair| pair.row == *row)) {
            for (call, candidate) in calls.iter().enumerate() {
                let free = !found.iter().any(|pair| pair.call == call);
                prop_assert!(!(free && candidate.distance(said).is_some()), "row {row} fits call {call}");
            }
        }
    }
}
