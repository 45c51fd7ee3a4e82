//! The call as cqrs-es and the journal meet it.

use chrono::{DateTime, Utc};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};

use super::{Command, Error, Event, PbxCall};
use crate::fact::{self, Recorded};
use crate::personal::Seal;

impl DomainEvent for Event {
    fn event_type(&self) -> String {
        match self {
            Self::Seen { .. } => "seen",
            Self::Answered { .. } => "answered",
            Self::Ended { .. } => "ended",
            Self::Missed { .. } => "missed",
            Self::Logged { .. } => "logged",
            Self::Matched { .. } => "matched",
            Self::Confirmed { .. } => "confirmed",
            Self::Corrected { .. } => "corrected",
            Self::RecordingFound { .. } => "recording_found",
            Self::Listened { .. } => "listened",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for PbxCall {
    const TYPE: &'static str = "pbx_call";
    type Command = Command;
    type Event = Event;
    type Error = Error;
    type Services = ();

    async fn handle(&mut self, command: Command, (): &(), sink: &EventSink<Self>) -> Result<(), Error> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: Event) {
        self.take(event);
    }
}

impl Recorded for PbxCall {
    fn fact(event: Event) -> fact::Event {
        fact::Event::PbxCall(event)
    }

    fn from_fact(event: fact::Event) -> Option<Event> {
        if let fact::Event::PbxCall(event) = event { Some(event) } else { None }
    }

    fn personal(event: &mut Event) -> Option<&mut dyn Seal> {
        match event {
            Event::Seen { personal, .. } | Event::Logged { personal, .. } => Some(personal),
            Event::Answered { .. }
            | Event::Ended { .. }
            | Event::Missed { .. }
            | Event::Matched { .. }
            | Event::Confirmed { .. }
            | Event::Corrected { .. }
            | Event::RecordingFound { .. }
            | Event::Listened { .. } => None,
        }
    }

    fn occurred_at(event: &Event) -> DateTime<Utc> {
        match event {
            Event::Seen { started_at, .. } => *started_at,
            Event::Answered { answered_at, .. } => *answered_at,
            Event::Ended { ended_at, .. } | Event::Missed { ended_at, .. } => *ended_at,
            Event::Logged { row, .. } => row.started_at,
            Event::Matched { at, .. }
            | Event::Confirmed { at, .. }
            | Event::Corrected { at, .. }
            | Event::RecordingFound { at, .. }
            | Event::Listened { at, .. } => *at,
        }
    }
}
