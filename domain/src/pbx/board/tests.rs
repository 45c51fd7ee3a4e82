//! What is told of a call goes forward, once, whatever the lists leave out.

use super::*;
use crate::pbx_call::Direction;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + second, 0).unwrap()
}

fn live(call: &str, state: State, secs: u32, talk_secs: u32) -> Live {
    Live {
        call: PbxCallId::parse(call).unwrap(),
        parties: Parties { from: "998000000001".to_owned(), to: "158".to_owned() },
        course: Course { direction: Direction::Incoming, internal: false },
        extension: Some("158".to_owned()),
        state,
        secs,
        talk_secs,
        known: true,
    }
}

fn ringing(secs: u32) -> Live {
    live("1.1", State::Ringing, secs, 0)
}

fn talking(secs: u32, talk_secs: u32) -> Live {
    live("1.1", State::Talking, secs, talk_secs)
}

/// A board and its clock, two seconds a look.
#[derive(Default)]
struct Watched {
    board: Board,
    looks: i64,
}

impl Watched {
    fn look(&mut self, calls: &[Live]) -> Vec<Command> {
        self.look_at(calls, true)
    }

    fn look_at(&mut self, calls: &[Live], complete: bool) -> Vec<Command> {
        let look =
            Look { calls: calls.to_vec(), complete, at: at(2 * self.looks), offset: TimeDelta::seconds(90) };
        self.looks += 1;
        self.board.look(&look, &mut Uuid::nil).into_iter().flat_map(|news| news.commands).collect()
    }
}

fn names(commands: &[Command]) -> Vec<String> {
    let name =
        |command: &Command| format!("{command:?}").chars().take_while(|c| c.is_alphanumeric()).collect();
    commands.iter().map(name).collect()
}

#[test]
fn a_call_rings_is_answered_and_is_over_when_it_is_gone_twice() {
    let mut watched = Watched::default();
    assert_eq!(names(&watched.look(&[ringing(1)])), ["See"]);
    assert_eq!(names(&watched.look(&[ringing(3)])), Vec::<String>::new());
    let answered = Command::Answer { extension: Some("158".to_owned()), answered_at: at(3), at: at(4) };
    assert_eq!(watched.look(&[talking(5, 1)]), [answered]);
    assert_eq!(watched.look(&[]), []);
    assert_eq!(watched.look(&[]), [Command::End { ended_at: at(6), at: at(8) }]);
    assert_eq!(watched.look(&[]), []);
}

#[test]
fn a_call_that_nobody_answered_was_missed() {
    let mut watched = Watched::default();
    watched.look(&[ringing(1)]);
    watched.look(&[]);
    let missed = Command::Miss { how: Missing::Unanswered, ended_at: at(2), at: at(4) };
    assert_eq!(watched.look(&[]), [missed]);
}

#[test]
fn a_list_that_was_cut_short_and_one_that_did_not_come_end_nothing() {
    let mut watched = Watched::default();
    watched.look(&[talking(5, 1)]);
    for _ in 0..9 {
        assert_eq!(watched.look_at(&[], false), []);
    }
    assert_eq!(watched.look(&[]), []);
    assert_eq!(watched.look(&[talking(25, 21)]), [], "it was there after all");
    assert_eq!(watched.look(&[]), []);
    assert_eq!(names(&watched.look(&[])), ["End"]);
}

#[test]
fn an_end_that_the_exchange_tells_is_one_at_once() {
    let ends = |state, talk_secs| {
        let mut watched = Watched::default();
        watched.look(&[ringing(1)]);
        let told = watched.look(&[live("1.1", state, 3, talk_secs)]);
        assert_eq!(watched.look(&[live("1.1", state, 5, talk_secs)]), [], "and it is told once");
        told
    };
    let miss = |how| vec![Command::Miss { how, ended_at: at(2), at: at(2) }];
    assert_eq!(ends(State::Ended, 0), miss(Missing::Unanswered));
    for how in [Missing::Busy, Missing::Forbidden, Missing::Voicemail, Missing::Unanswered] {
        assert_eq!(ends(State::Missed(how), 0), miss(how));
    }
    assert_eq!(names(&ends(State::Ended, 1)), ["Answer", "End"], "nobody saw them talk");
}

#[test]
fn whoever_was_talked_to_was_not_missed() {
    let mut watched = Watched::default();
    watched.look(&[talking(5, 1)]);
    let told = watched.look(&[live("1.1", State::Missed(Missing::Busy), 7, 3)]);
    assert_eq!(names(&told), ["End"]);
}

#[test]
fn a_call_never_goes_back() {
    let mut watched = Watched::default();
    watched.look(&[talking(5, 1)]);
    assert_eq!(watched.look(&[ringing(7)]), []);
    watched.look(&[live("1.1", State::Ended, 9, 5)]);
    assert_eq!(watched.look(&[ringing(11)]), []);
    assert_eq!(watched.board.open(), 0);
}

#[test]
fn a_call_that_talks_at_first_sight_began_when_it_began() {
    let mut watched = Watched { looks: 50, ..Watched::default() };
    let told = watched.look(&[talking(30, 20)]);
    let [Command::See(sight)] = told.as_slice() else { panic!("{told:?}") };
    assert!(sight.talking);
    assert_eq!((sight.started_at, sight.at), (at(70), at(100)));
}

#[test]
fn a_call_that_is_over_at_first_sight_is_left_to_the_log() {
    let mut watched = Watched::default();
    assert_eq!(watched.look(&[live("1.1", State::Ended, 1, 0)]), []);
    assert_eq!(watched.look(&[live("1.1", State::Missed(Missing::Busy), 3, 0)]), []);
    assert!(watched.board.is_empty());
}

#[test]
fn a_queue_that_somebody_answers_remembers_both() {
    let mut watched = Watched::default();
    let queue = Parties { from: "998000000001".to_owned(), to: "700".to_owned() };
    watched.look(&[Live { parties: queue, extension: Some("700".to_owned()), ..ringing(1) }]);
    let told = watched.look(&[talking(3, 1)]);
    let [Command::Answer { extension, .. }] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(extension.as_deref(), Some("158"));
    let (_, candidates) = watched.board.candidates();
    assert_eq!(candidates[0].to, ["700", "158", "158"].map(Number::new));
}

#[test]
fn a_restart_goes_on_with_what_was_stored() {
    let mut before = Watched::default();
    before.look(&[talking(5, 1)]);
    let stored: Vec<_> = before.board.0.clone().into_iter().collect();
    let mut watched = Watched { board: Board::load(stored), looks: 10 };
    assert_eq!(watched.look(&[talking(25, 21)]), [], "it is not seen for the first time");
    watched.look(&[]);
    assert_eq!(names(&watched.look(&[])), ["End"]);
}

#[test]
fn a_call_is_remembered_until_the_log_has_told_of_it_or_will_not() {
    let mut watched = Watched::default();
    watched.look(&[talking(5, 1)]);
    assert_eq!(watched.board.awaited_since(at(0)), None, "it goes on");
    watched.look(&[]);
    watched.look(&[]);
    // By the exchange's clock, which is a minute and a half ahead.
    assert_eq!(watched.board.awaited_since(at(0)), Some(at(85)));
    let (calls, candidates) = watched.board.candidates();
    assert_eq!(
        (candidates[0].started_at, candidates[0].least_secs, candidates[0].most_secs),
        (at(85), 5, Some(7))
    );
    // However often the log is read: a box may be late.
    let later = |hours: i64| DateTime::from_timestamp(at(7).timestamp() + 3_600 * hours, 0).unwrap();
    assert_eq!(watched.board.awaited_since(later(1)), Some(at(85)));
    assert_eq!(watched.board.awaited_since(later(3)), None, "from its start on no longer");
    let mut given_up = watched.board.clone();
    for (hours, len) in [(47, 1), (49, 0)] {
        let look = Look { calls: vec![], complete: false, at: later(hours), offset: TimeDelta::zero() };
        given_up.look(&look, &mut || unreachable!());
        assert_eq!(given_up.len(), len, "after {hours} hours");
    }
    watched.board.confirm(&calls[0]);
    watched.look(&[]);
    assert!(watched.board.is_empty());
}

#[test]
fn a_call_that_the_log_told_of_is_no_candidate_and_never_ends_again() {
    let mut watched = Watched::default();
    watched.look(&[talking(5, 1)]);
    watched.board.confirm(&PbxCallId::parse("1.1").unwrap());
    assert_eq!(watched.board.candidates().0, []);
    assert_eq!(watched.look(&[talking(7, 3)]), []);
    assert_eq!(watched.look(&[]), []);
    assert!(watched.board.is_empty());
}
