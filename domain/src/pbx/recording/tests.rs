//! A recording is a call's only where it can be no other call's.

use super::*;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + second, 0).unwrap()
}

fn recording(extension: &str, other: &str, second: i64, secs: u32) -> RecordingRow {
    let (extension, other) = (extension.to_owned(), other.to_owned());
    RecordingRow { id: "771".to_owned(), extension, other, started_at: at(second), secs }
}

fn call(from: &str, to: &[&str], second: i64, talk_secs: u32) -> Wanting {
    let to = to.iter().map(|to| Number::new(to)).collect();
    Wanting { from: Number::new(from), to, answered_at: at(second), talk_secs }
}

fn paired(recordings: &[RecordingRow], calls: &[Wanting]) -> Vec<(usize, usize)> {
    pairs(recordings, calls).into_iter().map(|pair| (pair.recording, pair.call)).collect()
}

#[test]
fn a_recording_is_of_the_call_between_the_two_whoever_called() {
    let coming = call("998000000001", &["158"], 7, 35);
    let going = call("158", &["998000000001"], 7, 35);
    let recording = [recording("158", "998000000001", 9, 34)];
    assert_eq!(paired(&recording, &[coming]), [(0, 0)]);
    assert_eq!(paired(&recording, &[going]), [(0, 0)]);
    let queue = call("998000000001", &["700", "158"], 7, 35);
    assert_eq!(paired(&recording, &[queue]), [(0, 0)]);
}

#[test]
fn a_recording_that_began_or_lasted_otherwise_is_another_calls() {
    let own = call("998000000001", &["158"], 7, 35);
    for (other, second, secs) in
        [("158", 18, 35), ("158", -4, 35), ("158", 7, 41), ("158", 7, 29), ("159", 7, 35)]
    {
        assert_eq!(paired(&[recording(other, "998000000001", second, secs)], std::slice::from_ref(&own)), []);
    }
}

#[test]
fn between_two_calls_nobody_guesses() {
    let calls = [call("1", &["158"], 0, 35), call("1", &["158"], 5, 35)];
    assert_eq!(paired(&[recording("158", "1", 2, 35)], &calls), []);
    let apart = [call("1", &["158"], 0, 35), call("1", &["158"], 60, 35)];
    let both = [recording("158", "1", 61, 35), recording("158", "1", 1, 35)];
    assert_eq!(paired(&both, &apart), [(1, 0), (0, 1)]);
}

#[test]
fn of_two_recordings_of_one_call_the_nearer_is_taken() {
    let both = [recording("158", "159", 4, 35), recording("159", "158", 1, 35)];
    assert_eq!(paired(&both, &[call("158", &["159"], 0, 35)]), [(1, 0)]);
}
