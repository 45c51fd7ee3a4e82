//! How far an endpoint has come: written down by whoever sends, looked at without a trace, and removed with the endpoint.

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::Organization;
use karnay::journal::Journal;
use karnay::journal::webhooks::{Delivery, EndpointName, Part, Round, State};
use uuid::Uuid;

use super::bed::Bed;

super::on_both_stores!(
    nothing_is_written_by_looking,
    of_two_who_sent_the_same_one_writes_it_down,
    one_that_is_removed_leaves_nothing_that_waits,
);

fn at(secs: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000, 0).unwrap() + TimeDelta::seconds(secs)
}

fn name(endpoint: u128) -> EndpointName {
    EndpointName { organization: Organization::parse("1").unwrap(), endpoint: Uuid::from_u128(endpoint) }
}

fn delivery(position: u64, state: State) -> Delivery {
    Delivery {
        position,
        message: format!("msg_{position}"),
        event_type: "call.reported".to_owned(),
        lane: 7,
        state,
        tries: 1,
        first_at: at(0),
        due_at: at(5),
        tried: None,
    }
}

async fn settle(journal: &Journal, endpoint: u128, (from, to): (u64, u64)) -> bool {
    let deliveries = vec![delivery(from, State::Delivered), delivery(from + 1, State::Waiting)];
    let known = journal.webhook_standing(&name(endpoint)).await.unwrap();
    let seen_at = known.and_then(|known| known.moved_at);
    let name = name(endpoint);
    let round = Round { name, from, seen_at, to, failing_since: None, deliveries, at: at(1) };
    journal.webhook_settle(round).await.unwrap()
}

/// Positions in its log.
async fn log(journal: &Journal, endpoint: u128) -> Vec<u64> {
    let part = Part { name: name(endpoint), state: None, before: 1_000, limit: 10 };
    journal.webhook_log(part).await.unwrap().iter().map(|one| one.position).collect()
}

async fn nothing_is_written_by_looking(bed: Bed) {
    let journal = bed.open().await;
    assert_eq!(journal.webhook_standing(&name(1)).await.unwrap(), None);
    assert!(!settle(&journal, 1, (4, 6)).await, "it has no place to be moved");
    for begin in [4, 9] {
        journal.webhook_begin(&name(1), (begin, at(0))).await.unwrap();
        assert_eq!(journal.webhook_standing(&name(1)).await.unwrap().unwrap().position, 4);
    }
}

/// A node whose right to send has run out meanwhile finds that another one has written a round down, also where the place is the same.
async fn of_two_who_sent_the_same_one_writes_it_down(bed: Bed) {
    let journal = bed.open().await;
    journal.webhook_begin(&name(1), (4, at(0))).await.unwrap();
    let round = |state, secs| {
        let (name, deliveries) = (name(1), vec![delivery(3, state)]);
        Round { name, from: 4, seen_at: Some(at(0)), to: 4, failing_since: None, deliveries, at: at(secs) }
    };
    assert!(journal.webhook_settle(round(State::Delivered, 2)).await.unwrap());
    assert!(!journal.webhook_settle(round(State::Waiting, 3)).await.unwrap());
    assert!(journal.webhook_standing(&name(1)).await.unwrap().unwrap().waiting.is_empty());
}

async fn one_that_is_removed_leaves_nothing_that_waits(bed: Bed) {
    let journal = bed.open().await;
    for endpoint in [1, 2] {
        journal.webhook_begin(&name(endpoint), (4, at(0))).await.unwrap();
        assert!(settle(&journal, endpoint, (4, 6)).await);
    }
    journal.webhook_forget(&name(1)).await.unwrap();
    assert_eq!(journal.webhook_standing(&name(1)).await.unwrap(), None);
    assert_eq!(log(&journal, 1).await, [4], "what was taken is kept for its time");
    assert!(!settle(&journal, 1, (6, 8)).await, "a round that was under way is not written down");
    assert_eq!(journal.webhook_standing(&name(2)).await.unwrap().unwrap().waiting.len(), 1);
    assert_eq!(log(&journal, 2).await, [5, 4]);
}
