//! How what happens to a contact in a campaign is recorded: what of it is personal, when it happened.

use chrono::{DateTime, Utc};

use super::{Event, Target};
use crate::fact::{self, Recorded};
use crate::personal::Seal;

impl Recorded for Target {
    fn fact(event: Event) -> fact::Event {
        fact::Event::Target(event)
    }

    fn from_fact(event: fact::Event) -> Option<Event> {
        if let fact::Event::Target(event) = event { Some(event) } else { None }
    }

    fn personal(event: &mut Event) -> Option<&mut dyn Seal> {
        match event {
            Event::Ended { personal, .. } | Event::Corrected { personal, .. } => Some(personal),
            Event::Enlisted { .. }
            | Event::Dialled { .. }
            | Event::Accepted { .. }
            | Event::Withdrawn { .. }
            | Event::Deferred { .. }
            | Event::Dropped { .. } => None,
        }
    }

    fn occurred_at(event: &Event) -> DateTime<Utc> {
        match event {
            Event::Enlisted { at }
            | Event::Dialled { at, .. }
            | Event::Accepted { at, .. }
            | Event::Ended { at, .. }
            | Event::Corrected { at, .. }
            | Event::Withdrawn { at, .. }
            | Event::Deferred { at, .. }
            | Event::Dropped { at, .. } => *at,
        }
    }
}
