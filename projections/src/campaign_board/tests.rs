//! What the screen makes of a campaign. Its counters equal what its contacts come to, whatever happens to them.

use super::*;

use std::sync::Arc;

use cqrs_es::Aggregate as _;
use domain::conversation::{Outcome, Path, Promise, Reach, Upshot};
use domain::fact::Circumstances;
use domain::ids::{Fingerprint, StreamId};
use domain::policy::eligible::{Figures, Rule};
use domain::policy::retry::Next;
use domain::target::{self, Decision, Ending, Target, Words};
use proptest::prelude::*;

fn at(secs: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_760_000_000 + secs, 0).unwrap()
}

const NUMBER: Fingerprint = Fingerprint([7; 16]);

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn fact(stream: String, event: Event) -> Fact {
    Fact {
        position: 9,
        stream: StreamId::stored(stream),
        sequence: 1,
        recorded_at: at(0),
        occurred_at: at(0),
        circumstances: Arc::new(Circumstances::default()),
        event,
    }
}

fn created() -> Option<CampaignRow> {
    let plan = Plan {
        name: "Qarzdorlar".to_owned(),
        description: None,
        kind: Purpose::DebtCollection,
        settings: Settings::default(),
    };
    let mut row = None;
    say(&mut row, campaign::Event::Created { id: id(1), plan: Box::new(plan), at: at(0) });
    row
}

fn say(row: &mut Option<CampaignRow>, event: campaign::Event) {
    CampaignBoard::fold(row, &fact(format!("1/{}", id(1)), Event::Campaign(event))).unwrap();
}

#[test]
fn a_status_follows_its_events() {
    let mut row = created();
    let mut after = |event| {
        say(&mut row, event);
        let row = row.as_ref().unwrap();
        (row.status, row.why.clone(), row.completed_at)
    };
    assert_eq!(after(campaign::Event::Started { at: at(1) }), (Status::Running, None, None));
    let budget = Why::Budget { figures: "10 of 10 calls".to_owned() };
    let told = Some(r#"{"budget":{"figures":"10 of 10 calls"}}"#.to_owned());
    assert_eq!(after(campaign::Event::Paused { why: budget, at: at(2) }), (Status::Paused, told, None));
    assert_eq!(after(campaign::Event::Started { at: at(3) }), (Status::Running, None, None));
    assert_eq!(after(campaign::Event::Completed { at: at(4) }), (Status::Completed, None, Some(at(4))));
    assert_eq!(row.unwrap().started_at, Some(at(1)));
}

fn reach(number: u8) -> Reach {
    match number % 7 {
        0 => Reach::Busy,
        1 => Reach::Reached(Upshot::Success),
        2 => Reach::Reached(Upshot::PromiseToPay(Promise::default())),
        3 => Reach::Reached(Upshot::CallbackRequested { at: None }),
        4 => Reach::Unconfirmed,
        5 => Reach::Reached(Upshot::Refused),
        _ => Reach::NoAnswer,
    }
}

fn command(what: u8, number: u8, call: u128) -> target::Command {
    let next = if number.is_multiple_of(2) { Next::Final } else { Next::Again { at: at(60) } };
    let outcome = Outcome { reach: reach(number), path: Path::Answer, talk_secs: Some(3), cause: None };
    let until = number.is_multiple_of(2).then(|| at(60));
    match what {
        0 => target::Command::Enlist { at: at(0) },
        1 | 2 => target::Command::Dial { call: id(call), number: NUMBER, at: at(1) },
        3 | 4 => {
            let ending = Box::new(Ending { outcome, words: Words::default(), next });
            target::Command::End { call: id(call), ending, at: at(2) }
        }
        5 => {
            let decision = Decision { until, rule: Rule::Window, figures: Figures::Nothing };
            target::Command::Defer { decision, at: at(3) }
        }
        _ => target::Command::Drop { at: at(4) },
    }
}

proptest! {
    #[test]
    fn counters_equal_what_contacts_come_to(said in prop::collection::vec((0..3_usize, 0..7_u8, 0..14_u8), 0..80)) {
        let (mut row, mut targets) = (created(), vec![Target::default(); 3]);
        let mut calls = [0_u128; 3];
        for (who, what, number) in said {
            // A call that ends is the one that was begun last; a new one has a new name.
            calls[who] += u128::from(matches!(what, 1 | 2) && !matches!(targets[who].phase(), target::Phase::Calling(_)));
            let name = calls[who] * 10 + u128::try_from(who).unwrap();
            for event in targets[who].decide(command(what, number, name)).unwrap_or_default() {
                let stream = format!("1/{}/{}", id(1), id(100 + u128::try_from(who).unwrap()));
                CampaignBoard::fold(&mut row, &fact(stream, Event::Target(event.clone()))).unwrap();
                targets[who].apply(event);
            }
        }
        let row = row.unwrap();
        let count = |wanted: &dyn Fn(&Target) -> bool| {
            i64::try_from(targets.iter().filter(|target| wanted(target)).count()).unwrap()
        };
        let there = |target: &Target| !matches!(target.phase(), target::Phase::New | target::Phase::Dropped);
        prop_assert_eq!(row.total, count(&there));
        prop_assert_eq!(row.called, count(&|target| target.phase() == target::Phase::Over));
        prop_assert_eq!(row.calling, count(&|target| matches!(target.phase(), target::Phase::Calling(_))));
        prop_assert_eq!(row.called, row.successful + row.failed + row.callbacks);
        let skipped = |target: &Target| target.decision().is_some_and(|decision| decision.until.is_none());
        prop_assert_eq!(row.skipped, count(&skipped));
    }
}
