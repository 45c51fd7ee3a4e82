//! R5: whatever order a session's reports come in, and however often each is said, its row is the same.
//! Reports go to real calls, and what those answer is folded as it is in the engine.

use std::collections::{BTreeMap, BTreeSet};

use cqrs_es::Aggregate;
use domain::call::{Call, Command, Details, Report};
use domain::ids::{Fingerprint, Organization, SessionId, StreamId};
use proptest::prelude::*;

use super::tests::{at, fact, opened_with};
use super::*;

/// Numbers on the session's list; those beyond are not on it.
const LISTED: u8 = 4;
const NUMBERS: u8 = 6;

#[derive(Debug, Clone)]
struct Said {
    number: u8,
    report: Report,
}

fn listing(number: u8) -> Listing {
    if number < LISTED { Listing::Listed } else { Listing::Unlisted }
}

fn stream(number: u8) -> StreamId {
    let (organization, session) = (Organization::parse("1").unwrap(), SessionId::parse("s-1").unwrap());
    match listing(number) {
        Listing::Listed => StreamId::listed_call(&organization, &session, u32::from(number) + 1),
        Listing::Unlisted | Listing::NoList => {
            StreamId::unlisted_call(&organization, &session, &Fingerprint([number; 16]))
        }
    }
}

prop_compose! {
    /// Few different values, so that reports meet each other often.
    fn said()(
        number in 0..NUMBERS,
        status in prop::sample::select(CallStatus::ALL.to_vec()),
        start in prop::option::of(0_i64..3),
        talk_secs in prop::option::of(0_u32..2),
        event_id in prop::option::of("[ab]"),
        id in any::<u128>(),
    ) -> Said {
        let (id, started_at, listing) = (Uuid::from_u128(id), start.map(at), listing(number));
        let (ended_at, details, at) = (None, Details::default(), at(9));
        Said { number, report: Report { id, event_id, listing, status, talk_secs, started_at, ended_at, details, at } }
    }
}

/// The same reports twice over: once as they came, once shuffled with some of them repeated.
fn retelling() -> impl Strategy<Value = (Vec<Said>, Vec<Said>)> {
    prop::collection::vec(said(), 1..40).prop_flat_map(|all| {
        let again = prop::sample::subsequence(all.clone(), 0..=all.len());
        again.prop_flat_map(move |again| {
            (Just(all.clone()), Just([all.clone(), again].concat()).prop_shuffle())
        })
    })
}

/// The row after each report.
fn told(reports: &[Said]) -> Vec<SessionRow> {
    let list = session::Pinned { id: Uuid::nil(), total: u32::from(LISTED) };
    let (mut row, mut calls, mut position) = (opened_with(Some(list)), BTreeMap::<u8, Call>::new(), 1);
    let mut rows = vec![];
    for Said { number, report } in reports {
        let call = calls.entry(*number).or_default();
        for event in call.decide(Command::Report(Box::new(report.clone()))).unwrap() {
            call.apply(event.clone());
            position += 1;
            SessionStats::fold(&mut row, &fact(position, stream(*number).as_str(), Event::Call(event)))
                .unwrap();
        }
        rows.push(row.clone().unwrap());
    }
    rows
}

/// Without the time of the last change, which says when and not what.
fn standing(rows: &[SessionRow]) -> SessionRow {
    let mut row = rows.last().unwrap().clone();
    row.updated_at = row.created_at;
    row
}

proptest! {
    #[test]
    fn order_and_repetition_change_no_session((reports, shuffled) in retelling()) {
        let (one, other) = (standing(&told(&reports)), standing(&told(&shuffled)));
        prop_assert!(one == other, "{one:?}\n{other:?}");
        let unlisted: BTreeSet<u8> =
            reports.iter().map(|said| said.number).filter(|number| *number >= LISTED).collect();
        prop_assert_eq!(one.unlisted_results, i64::try_from(unlisted.len()).unwrap());
    }

    #[test]
    fn processed_is_connected_and_failed_and_never_beyond_the_list((_, reports) in retelling()) {
        for row in told(&reports) {
            let by_status: i64 = CallStatus::ALL.into_iter().map(|status| row.counted(status)).sum();
            prop_assert_eq!((row.processed, by_status), (row.connected + row.failed, row.processed));
            prop_assert!(row.processed <= row.total.unwrap() && (0..=100).contains(&row.progress()));
        }
    }
}
