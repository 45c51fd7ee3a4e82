//! Events on their way, stream by stream: of one stream a later event waits for an earlier one.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::dispatch::webhooks::{Delivery, Message, State, Tried};

/// What waits, stream by stream, each in the journal's order.
pub(super) fn lanes(waiting: &[Delivery]) -> BTreeMap<i64, Vec<&Delivery>> {
    let mut lanes = BTreeMap::<i64, Vec<&Delivery>>::new();
    for delivery in waiting {
        lanes.entry(delivery.lane).or_default().push(delivery);
    }
    lanes
}

/// Whoever is first says it for the others.
pub(super) fn is_due(lane: &[&Delivery], now: DateTime<Utc>) -> bool {
    lane.first().is_some_and(|head| head.due_at <= now)
}

/// An event that was not tried yet.
pub(super) fn begun(message: &Message, now: DateTime<Utc>) -> Delivery {
    Delivery {
        position: message.position,
        message: message.id.clone(),
        event_type: message.event_type.clone(),
        lane: message.lane,
        state: State::Waiting,
        tries: 0,
        first_at: now,
        due_at: now,
        tried: None,
    }
}

/// The journal was taken back to an older state.
pub(super) fn lost(delivery: &mut Delivery, now: DateTime<Utc>) {
    delivery.state = State::Dead;
    let answer = "the journal has no such event any more".to_owned();
    delivery.tried = Some(Tried { at: now, status: None, took_ms: 0, answer });
}
