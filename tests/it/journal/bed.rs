//! A journal to test on, and units to append to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

use chrono::{DateTime, TimeDelta, Utc};
use domain::call::{Call, Details, Event, Listing, Told};
use domain::fact::{Circumstances, Recorded};
use domain::ids::{Fingerprint, StreamId};
use domain::outcome::CallStatus;
use domain::personal::Personal;
use karnay::journal::keys::DataKey;
use karnay::journal::verify::{self, Place, Reader, Report, Wanted};
use karnay::journal::{Append, CommandId, Entry, Journal, Options, Unit, chain, sqlite};
use karnay::ports::{Clock, Ids};
use sqlx::Executor;
use tempfile::TempDir;
use uuid::{NoContext, Timestamp, Uuid};

use crate::postgres::{Server, connect};

pub(crate) struct Bed {
    pub(crate) place: Place,
    pub(crate) clock: Arc<Skewed>,
    _keep: Keep,
}

enum Keep {
    Folder(#[expect(dead_code, reason = "removed when the test is over")] TempDir),
    Server(#[expect(dead_code, reason = "stopped when the last test is over")] Arc<Server>),
}

impl Bed {
    pub(crate) fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let place = Place::Folder(folder.path().to_owned());
        Self { place, clock: Arc::default(), _keep: Keep::Folder(folder) }
    }

    pub(crate) async fn postgres() -> Self {
        let server = Server::shared();
        let place = Place::Url(server.database().await);
        Self { place, clock: Arc::default(), _keep: Keep::Server(server) }
    }

    pub(crate) async fn open(&self) -> Journal {
        open(self.place.clone(), self.clock.clone()).await.unwrap()
    }

    pub(crate) async fn verify(&self) -> Result<Report, verify::Fault> {
        self.verify_only(&Wanted::default()).await
    }

    pub(crate) async fn verify_only(&self, wanted: &Wanted) -> Result<Report, verify::Fault> {
        verify::run(&Reader::open(&self.place).await?, wanted, &mut |_| ()).await
    }

    /// Changes the store behind the journal's back; false where the store would not have it.
    pub(crate) async fn meddle(&self, sql: &str) -> bool {
        match &self.place {
            Place::Folder(folder) => {
                let file = rusqlite::Connection::open(folder.join(sqlite::FILE)).unwrap();
                file.execute_batch(sql).is_ok()
            }
            Place::Url(url) => connect(url).await.execute(sqlx::raw_sql(sql)).await.is_ok(),
        }
    }

    /// The same with the guards off for the moment.
    pub(crate) async fn force(&self, sql: &str) {
        let script = match &self.place {
            Place::Folder(_) => format!(
                "DROP TRIGGER events_are_not_changed; DROP TRIGGER events_are_not_removed; {sql};
                 CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events BEGIN SELECT 1; END;
                 CREATE TRIGGER events_are_not_removed BEFORE DELETE ON events BEGIN SELECT 1; END;"
            ),
            Place::Url(_) => format!(
                "ALTER TABLE events DISABLE TRIGGER USER; {sql}; ALTER TABLE events ENABLE TRIGGER USER;"
            ),
        };
        assert!(self.meddle(&script).await, "{sql}");
    }
}

pub(crate) async fn open(place: Place, clock: Arc<Skewed>) -> Result<Journal, karnay::journal::Error> {
    Journal::open(Options { place, clock, ids: Arc::new(Chance) }, |_| Ok(DataKey([7; 32]))).await
}

/// The machine's time and a difference that a test may change.
#[derive(Debug, Default)]
pub(crate) struct Skewed(pub(crate) AtomicI64);

impl Clock for Skewed {
    fn now(&self) -> DateTime<Utc> {
        DateTime::<Utc>::from(SystemTime::now()) + TimeDelta::milliseconds(self.0.load(Ordering::Relaxed))
    }
}

#[derive(Debug)]
pub(crate) struct Chance;

impl Ids for Chance {
    fn uuid(&self) -> Uuid {
        Uuid::new_v7(Timestamp::now(NoContext))
    }

    fn fill(&self, bytes: &mut [u8]) {
        aws_lc_rs::rand::fill(bytes).unwrap();
    }
}

pub(crate) fn call(name: impl std::fmt::Display) -> StreamId {
    StreamId::stored(format!("1/session-1/{name}"))
}

pub(crate) fn circumstances(correlation: &str) -> Arc<Circumstances> {
    Arc::new(Circumstances {
        organization: "1".into(),
        actor: "webhook".into(),
        correlation: correlation.into(),
        causation: String::new(),
    })
}

/// One call's event as dispatch would send it: sealed for the store, clear for the tail.
pub(crate) fn reported(
    journal: &Journal,
    phone: &str,
) -> (Entry, Option<Arc<karnay::journal::keys::KeyRow>>) {
    let at = DateTime::from_timestamp(1_780_000_000, 123_456_000).unwrap();
    let details =
        Details { phone: phone.into(), notes: Some("şırıl \"şırıl\"".into()), ..Details::default() };
    let mut event = Event::Reported(Told {
        id: Chance.uuid(),
        event_id: Some("e-1".into()),
        listing: Listing::Listed,
        status: CallStatus::Answered,
        before: None,
        after: CallStatus::Answered,
        talk_secs: Some(61),
        started_at: Some(at),
        ended_at: None,
        at,
        personal: Personal::Clear(details),
    });
    let fact = Call::fact(event.clone());
    let mut person = [0; 16];
    person.iter_mut().zip(phone.bytes()).for_each(|(to, from)| *to = from);
    let key = journal.keyring().person("1", Fingerprint(person)).unwrap();
    let mut cipher = |clear: &[u8]| journal.keyring().seal(&key, clear).unwrap();
    Call::personal(&mut event).unwrap().seal(&mut cipher).unwrap();
    (entry("reported", serde_json::to_string(&event).unwrap(), fact, at), key.to_store())
}

pub(crate) fn entry(
    event_type: &str,
    payload: String,
    fact: domain::fact::Event,
    at: DateTime<Utc>,
) -> Entry {
    Entry { event_type: event_type.into(), event_version: "1".into(), payload, occurred_at: at, fact }
}

/// Reports for several streams: (stream, expected version, how many events).
pub(crate) fn unit(journal: &Journal, appends: &[(&StreamId, u64, usize)]) -> Unit {
    let mut keys = vec![];
    let append = |&(stream, expected, count): &(&StreamId, u64, usize)| {
        let events = (0..count).map(|nth| {
            let (entry, key) = reported(journal, &format!("+90555{nth:07}"));
            keys.extend(key);
            entry
        });
        Append { kind: "call", stream: stream.clone(), expected, events: events.collect() }
    };
    let appends = appends.iter().map(append).collect();
    Unit { command: None, circumstances: circumstances(&Chance.uuid().to_string()), appends, keys }
}

/// The same as a command with an id of its own.
pub(crate) fn command(id: Uuid, body: &str, unit: Unit) -> Unit {
    Unit { command: Some(CommandId { id, body: chain::of(body.as_bytes()) }), ..unit }
}
