//! The events of a simulation as lines of JSON, each with its payload as the journal would have it, but for the cipher.

use std::io::{self, Write};

use chrono::{DateTime, Utc};
use cqrs_es::DomainEvent as _;
use domain::campaign::Campaign;
use domain::contact::Contact;
use domain::fact::Recorded;
use domain::ids::StreamId;
use domain::person::Person;
use domain::simulation::{Event, Told};
use domain::target::Target;
use serde::Serialize;

#[derive(Debug, Serialize)]
struct Line<E> {
    kind: &'static str,
    r#type: String,
    version: String,
    stream: StreamId,
    sequence: u64,
    at: DateTime<Utc>,
    payload: E,
}

/// Remembers what went wrong first, and writes nothing from then on.
#[derive(Debug)]
pub(super) struct Lines<W: Write> {
    out: W,
    broke: Option<io::Error>,
}

impl<W: Write> Lines<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, broke: None }
    }

    pub(super) fn write(&mut self, told: &Told<'_>) {
        if self.broke.is_none() {
            let written = match told.event {
                Event::Campaign(event) => self.line::<Campaign>(told, event),
                Event::Contact(event) => self.line::<Contact>(told, event),
                Event::Person(event) => self.line::<Person>(told, event),
                Event::Target(event) => self.line::<Target>(told, event),
            };
            self.broke = written.err();
        }
    }

    pub(super) fn is_broken(&self) -> bool {
        self.broke.is_some()
    }

    pub(super) fn end(mut self) -> io::Result<()> {
        self.broke.map_or_else(|| self.out.flush(), Err)
    }

    fn line<A: Recorded>(&mut self, told: &Told<'_>, event: &A::Event) -> io::Result<()> {
        let mut payload = event.clone();
        if let Some(personal) = A::personal(&mut payload) {
            personal.seal(&mut |bytes| String::from_utf8_lossy(bytes).into_owned())?;
        }
        let line = Line {
            kind: A::TYPE,
            r#type: event.event_type(),
            version: event.event_version(),
            stream: told.whose.stream(),
            sequence: told.sequence,
            at: told.at,
            payload,
        };
        serde_json::to_writer(&mut self.out, &line)?;
        self.out.write_all(b"\n")
    }
}
