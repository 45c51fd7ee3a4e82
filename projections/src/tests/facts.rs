//! Facts as the domain decides them: commands go to real aggregates, and what they answer is written down in order.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use cqrs_es::Aggregate;
use domain::call::{self, Call, Details, Listing, Report};
use domain::fact::{Circumstances, Event, Fact, Position};
use domain::ids::{Fingerprint, Organization, SessionId, StreamId};
use domain::outcome::CallStatus;
use domain::personal::Personal;
use domain::quarantine;
use domain::session::{self, Exit, Remote, Session};
use proptest::prelude::*;
use uuid::Uuid;

use crate::follow::Unreadable;

/// Something happens in the world.
#[derive(Debug, Clone)]
pub(super) enum Happening {
    Open {
        session: u8,
    },
    Adopt {
        session: u8,
    },
    Launch {
        session: u8,
    },
    Return {
        session: u8,
        code: i32,
    },
    Fail {
        session: u8,
    },
    Report {
        session: u8,
        number: u8,
        status: u8,
        start: Option<u8>,
        extra: u8,
    },
    Hold,
    /// The next event cannot be read.
    Spoil,
    /// The person of the next report is forgotten.
    Forget,
}

pub(super) fn happening() -> impl Strategy<Value = Happening> {
    let session = 0..4_u8;
    prop_oneof![
        2 => session.clone().prop_map(|session| Happening::Open { session }),
        1 => session.clone().prop_map(|session| Happening::Adopt { session }),
        1 => session.clone().prop_map(|session| Happening::Launch { session }),
        1 => (session.clone(), 0..2).prop_map(|(session, code)| Happening::Return { session, code }),
        1 => session.clone().prop_map(|session| Happening::Fail { session }),
        16 => (session, 0..5_u8, 0..8_u8, prop::option::of(0..3_u8), 0..4_u8).prop_map(
            |(session, number, status, start, extra)| Happening::Report { session, number, status, start, extra }
        ),
        1 => Just(Happening::Hold),
        1 => Just(Happening::Spoil),
        1 => Just(Happening::Forget),
    ]
}

#[derive(Debug, Default)]
pub(super) struct Journal {
    facts: Vec<Arc<Fact>>,
    spoilt: HashSet<Position>,
    sessions: HashMap<StreamId, Session>,
    calls: HashMap<StreamId, Call>,
    spoil_next: bool,
    forget_next: bool,
    ids: u128,
}

pub(super) fn organization() -> Organization {
    Organization::parse("1").unwrap()
}

pub(super) fn session_id(session: u8) -> SessionId {
    SessionId::parse(&format!("session-{session}")).unwrap()
}

pub(super) fn start() -> DateTime<Utc> {
    DateTime::from_timestamp_nanos(1_759_775_400_123_456_789)
}

impl Journal {
    pub(super) fn of(happenings: &[Happening]) -> Self {
        let mut journal = Self::default();
        for happening in happenings {
            journal.happen(happening);
        }
        journal
    }

    pub(super) fn head(&self) -> Position {
        u64::try_from(self.facts.len()).unwrap()
    }

    pub(super) fn all(&self) -> &[Arc<Fact>] {
        &self.facts
    }

    fn slice(&self, after: Position, last: Position) -> &[Arc<Fact>] {
        &self.facts[usize::try_from(after).unwrap()..usize::try_from(last).unwrap()]
    }

    pub(super) fn between(&self, after: Position, last: Position) -> Vec<Arc<Fact>> {
        let readable = |fact: &&Arc<Fact>| !self.spoilt.contains(&fact.position);
        self.slice(after, last).iter().filter(readable).cloned().collect()
    }

    pub(super) fn unreadable(&self, after: Position, last: Position) -> Vec<Unreadable<'_>> {
        let spoilt = self.slice(after, last).iter().filter(|fact| self.spoilt.contains(&fact.position));
        let unreadable = spoilt.map(|fact| Unreadable {
            position: fact.position,
            kind: fact.event.kind(),
            stream: fact.stream.as_str(),
            why: "of no known version",
        });
        unreadable.collect()
    }

    /// From now on every event can be read.
    pub(super) fn repair(&mut self) {
        self.spoilt.clear();
    }

    fn id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(self.ids)
    }

    fn at(&self) -> DateTime<Utc> {
        start() + Duration::milliseconds(i64::try_from(self.facts.len()).unwrap() * 250)
    }

    pub(super) fn happen(&mut self, happening: &Happening) {
        let at = self.at();
        match *happening {
            Happening::Open { session } => {
                let id = self.id();
                self.session(
                    session,
                    session::Command::Open {
                        id,
                        remote: Remote::Simulated,
                        list: None,
                        completion: session::Completion::Results,
                        at,
                    },
                );
            }
            Happening::Adopt { session } => {
                let id = self.id();
                self.session(session, session::Command::Adopt { id, at });
            }
            Happening::Launch { session } => self.session(session, session::Command::Launch { at }),
            Happening::Return { session, code } => {
                let exit = Exit { code: Some(code), stdout: "queued".to_owned(), ..Exit::default() };
                self.session(session, session::Command::Return { exit, heard: false, at });
            }
            Happening::Fail { session } => {
                self.session(session, session::Command::Fail { reason: "no\0way".to_owned(), at });
            }
            Happening::Report { session, number, status, start, extra } => {
                self.report((session, number), (status, start, extra));
            }
            Happening::Hold => self.hold(),
            Happening::Spoil => self.spoil_next = true,
            Happening::Forget => self.forget_next = true,
        }
    }

    fn session(&mut self, session: u8, command: session::Command) {
        let stream = StreamId::session(&organization(), &session_id(session));
        let known = self.sessions.entry(stream.clone()).or_default();
        let events = known.decide(command).unwrap_or_default();
        for event in events {
            self.sessions.get_mut(&stream).unwrap().apply(event.clone());
            self.write(&stream, Event::Session(event));
        }
    }

    fn report(&mut self, (session, number): (u8, u8), (status, begun, extra): (u8, Option<u8>, u8)) {
        let (listing, stream) = place(session, number);
        let begun = begun.map(|minutes| start() + Duration::minutes(i64::from(minutes)));
        let report = Report {
            id: self.id(),
            event_id: (extra == 3).then(|| "evt-1".to_owned()),
            listing,
            status: CallStatus::ALL[usize::from(status)],
            talk_secs: (extra > 0).then_some(u32::from(extra) * 15),
            started_at: begun,
            ended_at: begun.filter(|_| extra > 1).map(|begun| begun + Duration::seconds(45)),
            details: details(number, extra),
            at: self.at(),
        };
        let known = self.calls.entry(stream.clone()).or_default();
        let events = known.decide(call::Command::Report(Box::new(report))).unwrap_or_default();
        for event in events {
            self.calls.get_mut(&stream).unwrap().apply(event.clone());
            let event = if std::mem::take(&mut self.forget_next) { forgotten(event) } else { event };
            self.write(&stream, Event::Call(event));
        }
    }

    fn hold(&mut self) {
        let id = self.id();
        let held = quarantine::Event::Held {
            session: "session-9".to_owned(),
            reason: quarantine::Reason::UnknownSession,
            at: self.at(),
            personal: Personal::Forgotten,
        };
        self.write(&StreamId::quarantine(&organization(), id), Event::Quarantine(held));
    }

    pub(super) fn write(&mut self, stream: &StreamId, event: Event) {
        let position = self.head() + 1;
        if std::mem::take(&mut self.spoil_next) {
            self.spoilt.insert(position);
        }
        self.facts.push(Arc::new(Fact {
            position,
            stream: stream.clone(),
            sequence: position,
            recorded_at: self.at(),
            occurred_at: self.at(),
            circumstances: Arc::new(Circumstances::default()),
            event,
        }));
    }
}

fn place(session: u8, number: u8) -> (Listing, StreamId) {
    let (organization, session) = (organization(), session_id(session));
    let unlisted = StreamId::unlisted_call(&organization, &session, &Fingerprint([number; 16]));
    match number {
        0..=2 => (Listing::Listed, StreamId::listed_call(&organization, &session, u32::from(number) + 1)),
        3 => (Listing::Unlisted, unlisted),
        _ => (Listing::NoList, unlisted),
    }
}

fn details(number: u8, extra: u8) -> Details {
    Details {
        phone: format!("+99890123456{number}"),
        operator_name: (extra > 1).then(|| "Alisher \0 Valijonov".to_owned()),
        operator_id: None,
        recording_url: (extra > 2).then(|| format!("https://recordings.example.com/{number}.mp3")),
        notes: (extra == 1).then(|| "Mijoz mahsulot haqida so'radi".to_owned()),
    }
}

fn forgotten(event: call::Event) -> call::Event {
    let mut event = event;
    match &mut event {
        call::Event::Reported(told) | call::Event::Strengthened(told) | call::Event::Overtaken(told) => {
            told.personal = Personal::Forgotten;
        }
        call::Event::Amended(amendment) => amendment.personal = Personal::Forgotten,
    }
    event
}
