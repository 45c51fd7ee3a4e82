//! The sentences a running campaign lives by.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::conversation::status::Status;
use crate::conversation::{Path, Reach, Upshot};
use crate::ids::Fingerprint;
use crate::personal::Personal;
use crate::policy::eligible::{Figures, Rule};
use crate::target::{Command, Ending, Target, Words};
use cqrs_es::Aggregate;

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_759_775_400 + 60 * minute, 0).unwrap()
}

fn outcome(reach: Reach) -> Outcome {
    Outcome { reach, path: Path::Answer, talk_secs: Some(30), cause: None }
}

fn ended(reach: Reach, next: Next) -> Event {
    let personal = Personal::Clear(Words::default());
    Event::Ended { call: Uuid::nil(), outcome: outcome(reach), next, at: at(3), personal }
}

fn dialled() -> Event {
    Event::Dialled { call: Uuid::nil(), attempt: 1, number: None, was_skipped: false, at: at(1) }
}

fn after(events: &[Event], settings: &Settings) -> Tally {
    let mut tally = Tally::default();
    for event in events {
        tally.hear(event, settings, at(5));
    }
    tally
}

fn settings(text: &str) -> Settings {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_campaign_is_over_when_nobody_is_open() {
    let plain = Settings::default();
    let enlisted = || Event::Enlisted { at: at(0) };
    assert_eq!(after(&[], &plain).standing(&plain), Standing::Completes);
    assert_eq!(after(&[enlisted(), enlisted()], &plain).standing(&plain), Standing::Goes { calls: 2 });
    let calling = [enlisted(), dialled()];
    assert_eq!(after(&calling, &plain).standing(&plain), Standing::Goes { calls: 0 });
    let again = [&calling[..], &[ended(Reach::Busy, Next::Again { at: at(9) })]].concat();
    assert_eq!(after(&again, &plain).standing(&plain), Standing::Goes { calls: 1 });
    let over = [&calling[..], &[ended(Reach::Reached(Upshot::Success), Next::Final)]].concat();
    assert_eq!(after(&over, &plain).standing(&plain), Standing::Completes);
}

#[test]
fn what_may_be_used_up_is_not_overdrawn() {
    let two = settings(r#"{"budget": {"calls": 2}}"#);
    let enlisted = vec![Event::Enlisted { at: at(0) }; 5];
    let one = [&enlisted[..], &[dialled()]].concat();
    assert_eq!(after(&one, &two).standing(&two), Standing::Goes { calls: 1 });
    let both = [&one[..], &[dialled()]].concat();
    assert_eq!(after(&both, &two).standing(&two), Standing::Waits, "calls under way finish");
    let ends = vec![ended(Reach::Busy, Next::Again { at: at(9) }); 2];
    let used_up = after(&[&both[..], &ends].concat(), &two).standing(&two);
    assert_eq!(used_up, Standing::Pauses(Why::Budget { figures: "2 of 2 calls".to_owned() }));
    let back = [&both[..], &[Event::Withdrawn { call: Uuid::nil(), status: Status::Pending, at: at(2) }]];
    assert_eq!(after(&back.concat(), &two).standing(&two), Standing::Goes { calls: 1 });
}

#[test]
fn an_agent_that_fails_pauses_it_until_somebody_starts_it() {
    let three = settings(r#"{"breaker": {"inARow": 3, "percent": 100, "ofLast": 100}}"#);
    let mut events = vec![Event::Enlisted { at: at(0) }; 5];
    for _ in 0..3 {
        events.extend([dialled(), ended(Reach::NetworkError, Next::Again { at: at(9) })]);
    }
    let mut tally = after(&events, &three);
    assert!(matches!(tally.standing(&three), Standing::Pauses(Why::Breaker(_))));
    tally.begin();
    assert_eq!(tally.standing(&three), Standing::Goes { calls: 5 });
}

proptest! {
    /// Whatever contacts go through, what is counted is what a recount finds.
    #[test]
    fn a_tally_equals_a_recount(steps in prop::collection::vec((0_usize..4, 0_u8..8), 0..120)) {
        let (mut targets, mut tally, plain) = (vec![Target::default(); 4], Tally::default(), Settings::default());
        let call = Uuid::from_u128(7);
        let end = |reach: Reach, next| Command::End {
            call,
            ending: Box::new(Ending { outcome: outcome(reach), words: Words::default(), next }),
            at: at(3),
        };
        let decision = |until| Decision { until, rule: Rule::Window, figures: Figures::Nothing };
        for (which, what) in steps {
            let command = match what {
                0 => Command::Enlist { at: at(0) },
                1 => Command::Dial { call, number: Fingerprint([7; 16]), at: at(1) },
                2 => end(Reach::Busy, Next::Again { at: at(9) }),
                3 => end(Reach::Unconfirmed, Next::Final),
                4 => Command::Withdraw { call, at: at(2) },
                5 => Command::Defer { decision: decision(None), at: at(2) },
                6 => Command::Defer { decision: decision(Some(at(9))), at: at(2) },
                _ => Command::Drop { at: at(2) },
            };
            for event in targets[which].decide(command).unwrap_or_default() {
                tally.hear(&event, &plain, at(5));
                targets[which].apply(event);
            }
        }
        let live = targets.iter().filter(|one| matches!(one.phase(), crate::target::Phase::Calling(_))).count();
        let open = targets.iter().filter(|one| one.is_open()).count();
        prop_assert_eq!((tally.live, tally.open), (u32::try_from(live).unwrap(), u32::try_from(open).unwrap()));
    }
}
