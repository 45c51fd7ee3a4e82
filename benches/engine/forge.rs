//! Makes what the journal is given: reports as the webhook brings them, decided by the domain and sealed, ready to be appended.
//! Here are also the clock, the chance and the key that a journal opened by the benchmark itself needs.

use std::sync::Arc;
use std::time::SystemTime;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use cqrs_es::{Aggregate, DomainEvent};
use domain::call::{self, Call, Details, Listing};
use domain::fact::{self, Circumstances, Recorded};
use domain::ids::{Organization, SessionId, StreamId};
use domain::outcome::CallStatus;
use domain::personal::Seal as _;
use domain::phone::{Home, Phone};
use karnay::journal::keys::{DataKey, Keyring, PersonKey};
use karnay::journal::verify::Place;
use karnay::journal::{Append, Entry, Journal, Options, Unit};
use karnay::ports::{Clock, Ids};
use uuid::{NoContext, Timestamp, Uuid};

/// The key of all journals made here, as the engine reads it from `DATA_KEY`.
pub(crate) const DATA_KEY: [u8; 32] = *b"a benchmark hides nothing at all";

#[derive(Debug)]
struct World;

impl Clock for World {
    fn now(&self) -> DateTime<Utc> {
        SystemTime::now().into()
    }
}

impl Ids for World {
    fn uuid(&self) -> Uuid {
        Uuid::new_v7(Timestamp::now(NoContext))
    }

    fn fill(&self, bytes: &mut [u8]) {
        // Without chance there are only equal keys, which a benchmark survives.
        let _ = aws_lc_rs::rand::fill(bytes);
    }
}

pub(crate) async fn open(place: Place) -> Result<Journal> {
    let options = Options { place, clock: Arc::new(World), ids: Arc::new(World) };
    Ok(Journal::open(options, |_| Ok(DataKey(DATA_KEY))).await?)
}

pub(crate) fn id() -> Uuid {
    World.uuid()
}

pub(crate) fn now() -> DateTime<Utc> {
    World.now()
}

#[derive(Debug)]
pub(crate) struct Forge {
    keyring: Keyring,
    pub(crate) organization: Organization,
    home: Home,
    circumstances: Arc<Circumstances>,
}

impl Forge {
    pub(crate) fn try_new() -> Result<Self> {
        let circumstances = Circumstances {
            organization: "1".to_owned(),
            actor: "webhook".to_owned(),
            correlation: World.uuid().to_string(),
            causation: String::new(),
        };
        Ok(Self {
            keyring: Keyring::try_new(&DataKey(DATA_KEY), Arc::new(World))?,
            organization: Organization::parse("1")?,
            home: Home::parse("UZ").context("no such country")?,
            circumstances: Arc::new(circumstances),
        })
    }

    pub(crate) fn circumstances(&self) -> Arc<Circumstances> {
        Arc::clone(&self.circumstances)
    }

    pub(crate) fn phone(&self, text: &str) -> Result<Phone> {
        Phone::reported(text, self.home).context("no phone")
    }

    /// A unit with the first report of a number, as dispatch would make it.
    pub(crate) fn unit(&self, session: &SessionId, phone: &str) -> Result<Unit> {
        let number = self.phone(phone)?;
        let person = self.keyring.fingerprint(&self.organization, &number);
        let key = self.keyring.person(self.organization.as_str(), person)?;
        let events = Call::default().decide(call::Command::Report(Box::new(report(phone))))?;
        let events = events.into_iter().map(|event| self.seal(event, &key)).collect::<Result<_>>()?;
        let stream = StreamId::unlisted_call(&self.organization, session, &person);
        Ok(Unit {
            command: None,
            circumstances: self.circumstances(),
            appends: vec![Append { kind: Call::TYPE, stream, expected: 0, events }],
            keys: key.to_store().into_iter().collect(),
        })
    }

    fn seal(&self, mut event: call::Event, key: &PersonKey) -> Result<Entry> {
        let fact: fact::Event = Call::fact(event.clone());
        let occurred_at = Call::occurred_at(&event);
        if let call::Event::Reported(told) = &mut event {
            told.personal.seal(&mut |clear| self.keyring.seal(key, clear).unwrap_or_default())?;
        }
        let payload = serde_json::to_string(&event)?;
        Ok(Entry {
            event_type: event.event_type(),
            event_version: event.event_version(),
            payload,
            occurred_at,
            fact,
        })
    }
}

/// The webhook's documented example, parsed.
pub(crate) fn report(phone: &str) -> call::Report {
    let time = |text: &str| DateTime::parse_from_rfc3339(text).map(|time| time.to_utc()).ok();
    call::Report {
        id: World.uuid(),
        event_id: None,
        listing: Listing::NoList,
        status: CallStatus::Answered,
        talk_secs: Some(45),
        started_at: time("2025-10-06T18:30:00.000Z"),
        ended_at: time("2025-10-06T18:30:45.000Z"),
        details: Details {
            phone: phone.to_owned(),
            operator_name: Some("Alisher Valijonov".to_owned()),
            operator_id: Some("uuid".to_owned()),
            recording_url: Some("https://recordings.example.com/call-12345.mp3".to_owned()),
            notes: Some("Mijoz mahsulot haqida so'radi".to_owned()),
        },
        at: now(),
    }
}
