//! The sentences a number lives by.

use cqrs_es::test::TestFramework;
use proptest::prelude::*;

use super::*;

type Numbers = TestFramework<Person>;

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_759_775_400 + 60 * minute, 0).unwrap()
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn rung(call: u128, minute: i64) -> Event {
    Event::Rung { call: id(call), campaign: id(9), at: at(minute) }
}

fn ring(call: u128) -> Command {
    Command::Ring { call: id(call), campaign: id(9), at: at(5) }
}

fn let_go(call: u128, counts: Counts, minute: i64) -> Event {
    Event::LetGo { call: id(call), counts, at: at(minute) }
}

fn after(events: Vec<Event>) -> Person {
    let mut person = Person::default();
    for event in events {
        person.apply(event);
    }
    person
}

fn number() -> Number {
    Number { phone: "+998901234567".to_owned(), note: None }
}

#[test]
fn a_number_is_one_contacts() {
    let claim = |contact| Command::Claim { contact: id(contact), at: at(0) };
    let claimed = || Event::Claimed { contact: id(1), at: at(0) };
    Numbers::with(()).given_no_previous_events().when(claim(1)).then_expect_events(vec![claimed()]);
    Numbers::with(()).given(vec![claimed()]).when(claim(1)).then_expect_events(vec![]);
    Numbers::with(())
        .given(vec![claimed()])
        .when(claim(2))
        .then_expect_error(Error::Taken { contact: id(1) });
    let released = Event::Released { at: at(1) };
    Numbers::with(())
        .given(vec![claimed(), released])
        .when(claim(2))
        .then_expect_events(vec![Event::Claimed { contact: id(2), at: at(0) }]);
}

#[test]
fn only_its_contact_gives_a_number_back() {
    let release = |contact| Command::Release { contact: id(contact), at: at(1) };
    let claimed = || vec![Event::Claimed { contact: id(1), at: at(0) }];
    Numbers::with(()).given(claimed()).when(release(2)).then_expect_events(vec![]);
    Numbers::with(())
        .given(claimed())
        .when(release(1))
        .then_expect_events(vec![Event::Released { at: at(1) }]);
}

#[test]
fn a_number_is_rung_by_one_call_at_a_time() {
    Numbers::with(()).given_no_previous_events().when(ring(1)).then_expect_events(vec![rung(1, 5)]);
    Numbers::with(()).given(vec![rung(1, 5)]).when(ring(1)).then_expect_events(vec![]);
    Numbers::with(()).given(vec![rung(1, 5)]).when(ring(2)).then_expect_error(Error::Ringing { call: id(1) });
    let over = vec![rung(1, 0), let_go(1, Counts::Attempt, 1)];
    Numbers::with(()).given(over).when(ring(2)).then_expect_events(vec![rung(2, 5)]);
}

#[test]
fn who_opted_out_is_not_rung() {
    let out = || Event::OptedOut { by: Wish::Conversation, at: at(0), personal: None };
    Numbers::with(()).given(vec![out()]).when(ring(1)).then_expect_error(Error::OptedOut);
    let back = vec![out(), Event::OptedIn { at: at(1) }];
    Numbers::with(()).given(back).when(ring(1)).then_expect_events(vec![rung(1, 5)]);
    // What belongs to the number stays, whosever it is.
    let moved = vec![out(), Event::Released { at: at(1) }, Event::Claimed { contact: id(2), at: at(2) }];
    Numbers::with(()).given(moved).when(ring(1)).then_expect_error(Error::OptedOut);
}

/// It holds from the next ring on, and what is under way ends as if nothing had been said.
#[test]
fn somebody_who_is_being_called_may_opt_out() {
    let wish = Command::OptOut { by: Wish::Hand, number: number(), at: at(6) };
    let out = || Event::OptedOut { by: Wish::Hand, at: at(6), personal: Some(Personal::Clear(number())) };
    Numbers::with(()).given(vec![rung(1, 5)]).when(wish.clone()).then_expect_events(vec![out()]);
    Numbers::with(()).given(vec![rung(1, 5), out()]).when(wish).then_expect_events(vec![]);
    let over = after(vec![rung(1, 5), out(), let_go(1, Counts::Conversation, 7)]);
    assert_eq!((over.live(), over.opted_out_by()), (None, Some(Wish::Hand)));
    assert_eq!(over.decide(ring(2)), Err(Error::OptedOut));
}

#[test]
fn a_number_is_sealed_and_never_printed() {
    let wish = Command::OptOut { by: Wish::Hand, number: number(), at: at(6) };
    let mut events = Person::default().decide(wish.clone()).unwrap();
    assert!(!format!("{wish:?} {events:?}").contains("90123"));
    assert!(serde_json::to_string(&events[0]).is_err(), "it is stored sealed only");
    Person::personal(&mut events[0]).unwrap().seal(&mut |_| "key.text".to_owned()).unwrap();
    assert!(serde_json::to_string(&events[0]).unwrap().contains("key.text"));
}

#[test]
fn who_does_not_exist_is_not_rung() {
    Numbers::with(())
        .given(vec![Event::Retired { at: at(0) }])
        .when(ring(1))
        .then_expect_error(Error::Retired);
}

#[test]
fn a_call_is_let_go_once_and_by_itself() {
    let go = |call| Command::LetGo { call: id(call), counts: Counts::Attempt, at: at(6) };
    let over = || vec![rung(1, 0), let_go(1, Counts::Attempt, 1)];
    Numbers::with(()).given(over()).when(go(1)).then_expect_events(vec![]);
    Numbers::with(()).given(vec![rung(1, 0)]).when(go(2)).then_expect_events(vec![]);
    Numbers::with(()).given(vec![rung(1, 0)]).when(go(1)).then_expect_events(vec![let_go(
        1,
        Counts::Attempt,
        6,
    )]);
}

#[test]
fn a_call_counts_from_when_it_began() {
    let person = after(vec![
        rung(1, 0),
        let_go(1, Counts::Attempt, 10),
        rung(2, 20),
        let_go(2, Counts::Nothing, 21),
        rung(3, 30),
        let_go(3, Counts::Conversation, 31),
    ]);
    assert_eq!(person.tried(), [Tried { at: at(0), spoke: false }, Tried { at: at(30), spoke: true }]);
}

#[test]
fn what_a_call_counts_as_may_be_known_late() {
    let person = after(vec![rung(1, 0), let_go(1, Counts::Attempt, 10)]);
    let recount = |counts| Command::Recount { call: id(1), since: at(0), counts, at: at(20) };
    let spoke = person.decide(recount(Counts::Conversation)).unwrap();
    let told = after([vec![rung(1, 0), let_go(1, Counts::Attempt, 10)], spoke].concat());
    assert_eq!(told.tried(), [Tried { at: at(0), spoke: true }]);
    assert_eq!(told.decide(recount(Counts::Conversation)), Ok(vec![]));
    assert_eq!(person.decide(recount(Counts::Attempt)), Ok(vec![]));
    let nothing = person.decide(recount(Counts::Nothing)).unwrap();
    let none = after([vec![rung(1, 0), let_go(1, Counts::Attempt, 10)], nothing].concat());
    assert_eq!(none.tried(), []);
}

#[test]
fn what_no_cap_looks_at_is_forgotten() {
    let long = REMEMBERED.num_minutes() + 1;
    let person = after(vec![
        rung(1, 0),
        let_go(1, Counts::Attempt, 1),
        rung(2, long),
        let_go(2, Counts::Attempt, long),
    ]);
    assert_eq!(person.tried(), [Tried { at: at(long), spoke: false }]);
}

proptest! {
    /// Whatever is asked in whatever order, between two rings there is a letting go.
    #[test]
    fn nobody_is_rung_twice_at_once(asked in prop::collection::vec((0_u8..6, 1_u128..4), 0..60)) {
        let (mut person, mut live) = (Person::default(), None);
        for (minute, (what, call)) in (0..).zip(asked) {
            let at = at(minute);
            let command = match what {
                0 | 1 => Command::Ring { call: id(call), campaign: id(9), at },
                2 => Command::LetGo { call: id(call), counts: Counts::Attempt, at },
                3 => Command::OptOut { by: Wish::Hand, number: number(), at },
                4 => Command::OptIn { at },
                _ => Command::Claim { contact: id(call), at },
            };
            let out = person.opted_out();
            for event in person.decide(command).unwrap_or_default() {
                if let Event::Rung { call, .. } = &event {
                    prop_assert!(live.is_none() && !out, "{call} rang while {live:?}, opted out: {out}");
                    live = Some(*call);
                }
                if let Event::LetGo { call, .. } = &event {
                    prop_assert_eq!(live.take(), Some(*call));
                }
                person.apply(event);
            }
            prop_assert_eq!(person.live().map(|live| live.call), live);
        }
    }
}
