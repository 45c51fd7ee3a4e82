//! Following the journal by position: facts decoded from what is stored, or taken from the tail that is still in memory.
//! The tail is a cache by position and nothing more: what it answers is what the store would answer.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::aead::LessSafeKey;
use domain::api_key::ApiKey;
use domain::call::Call;
use domain::campaign::Campaign;
use domain::contact::Contact;
use domain::denial::Denials;
use domain::disclosure::Disclosure;
use domain::fact::{Circumstances, Event, Fact, Position, Recorded};
use domain::ids::StreamId;
use domain::import::Import;
use domain::number_list::NumberList;
use domain::pbx::Pbx;
use domain::pbx_call::PbxCall;
use domain::person::Person;
use domain::promise::Promises;
use domain::quarantine::Quarantine;
use domain::remote::RemoteHost;
use domain::session::Session;
use domain::settings::Settings;
use domain::target::Target;
use domain::user::User;
use domain::webhook_endpoint::WebhookEndpoint;
use uuid::Uuid;

use super::keys::{self, KeyRow, Keyring};
use super::trail::Trail;
use super::upcast::{self, Shape};
use super::{Error, Journal, Store, Stored, from_micros};

/// Whether personal data is wanted. Opening it costs more than all the rest of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    Clear,
    /// Personal parts stay sealed where they come from the store.
    Sealed,
}

/// A stretch of the journal: everything after the position asked for, up to and with `last`.
#[derive(Debug, Clone, Default)]
pub struct Page {
    pub facts: Vec<Arc<Fact>>,
    pub unreadable: Vec<Unreadable>,
    pub last: Position,
}

/// An event that stands in the journal and makes no sense to this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    pub position: Position,
    pub kind: String,
    pub stream: String,
    pub why: String,
}

/// Facts kept in memory behind the head.
const TAIL_LEN_MAX: usize = 32_768;

/// The newest facts, without holes, and which of them are traced.
#[derive(Debug, Default)]
pub struct Tail {
    newest: Mutex<Newest>,
    pub(super) trail: Trail,
}

#[derive(Debug, Default)]
struct Newest {
    facts: VecDeque<Arc<Fact>>,
    /// So many of the last ones tell of nothing but that somebody looked at something, or was refused it.
    looks: u64,
}

impl Tail {
    /// Takes in a batch that was just committed. A hole (another node wrote in between) drops what came before it.
    pub(super) fn extend(&self, facts: impl IntoIterator<Item = Fact>) {
        let mut tail = self.lock();
        let Newest { facts: kept, looks } = &mut *tail;
        for fact in facts {
            let expected = kept.back().map(|last| last.position + 1);
            if expected.is_some_and(|expected| expected != fact.position) {
                kept.clear();
                *looks = 0;
            }
            let is_look = matches!(fact.event, Event::Disclosure(_) | Event::Denial(_));
            *looks = if is_look { *looks + 1 } else { 0 };
            kept.push_back(Arc::new(fact));
        }
        let excess = kept.len().saturating_sub(TAIL_LEN_MAX);
        kept.drain(..excess);
    }

    /// The last position up to `head` that is no look. What another node wrote is not known here, and taken for news.
    pub(super) fn news(&self, head: Position) -> Position {
        let tail = self.lock();
        let Some(last) = tail.facts.back().map(|last| last.position) else { return head };
        match last.checked_sub(head) {
            Some(unsynced) => head - tail.looks.saturating_sub(unsynced).min(head),
            None => head,
        }
    }

    /// What is told from now on comes from the store.
    pub(super) fn clear(&self) {
        *self.lock() = Newest::default();
    }

    fn after(&self, after: Position, limit: usize) -> Option<Page> {
        let tail = self.lock();
        let first = tail.facts.front()?.position;
        let skip = usize::try_from(after.checked_sub(first - 1)?).ok()?;
        let facts: Vec<_> = tail.facts.iter().skip(skip).take(limit).cloned().collect();
        let last = facts.last()?.position;
        Some(Page { facts, unreadable: vec![], last })
    }

    fn lock(&self) -> MutexGuard<'_, Newest> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journal {
    /// The facts after a position, at most about `limit` events of them.
    pub async fn facts(&self, after: Position, limit: usize, reading: Reading) -> Result<Page, Error> {
        if after >= self.position() {
            return Ok(Page { last: after, ..Page::default() });
        }
        if let Some(page) = self.tail.after(after, limit) {
            return Ok(page);
        }
        let stored = self.stored(after, limit).await?;
        self.decode(after, stored, reading).await
    }

    /// Facts from stored events, in their order.
    pub async fn decode(
        &self,
        after: Position,
        stored: Vec<Stored>,
        reading: Reading,
    ) -> Result<Page, Error> {
        let mut decoding = Decoding::begin(after, &stored);
        // Another node may have said so: whoever reads it obeys.
        for fact in &decoding.facts {
            self.obey(fact);
        }
        if reading == Reading::Clear {
            let (mut keys, missing) = decoding.keys(&self.keyring);
            if !missing.is_empty() {
                keys.admit(&self.keyring, self.key_rows(&missing).await?);
            }
            decoding.clear(&keys);
        }
        Ok(decoding.page())
    }

    /// Those of these keys that are not destroyed.
    pub(super) async fn key_rows(&self, ids: &[Uuid]) -> Result<Vec<KeyRow>, Error> {
        match &self.store {
            Store::Sqlite(store) => store.keys(ids).await,
            Store::Postgres(store) => store.keys(ids).await,
        }
    }

    /// One stream's events as an aggregate's own, in order, with the version the stream stands at.
    pub async fn load<A: Recorded>(
        &self,
        stream: &StreamId,
    ) -> Result<(Vec<A::Event>, u64, Position), Error> {
        let stored = self.stream(A::TYPE, stream).await?;
        let version = stored.last().map_or(0, |event| event.sequence);
        let position = stored.last().map_or(0, |event| event.position);
        let facts = self.all_clear(stored).await?;
        Ok((facts.filter_map(|fact| A::from_fact(fact.event)).collect(), version, position))
    }

    /// The same of two streams in one look.
    pub async fn load_both<A: Recorded, B: Recorded>(
        &self,
        one: &StreamId,
        other: &StreamId,
    ) -> Result<(Known<A>, Known<B>), Error> {
        let stored = self.streams(&[(A::TYPE, one.clone()), (B::TYPE, other.clone())]).await?;
        let is_first = |kind: &str, stream: &str| kind == A::TYPE && stream == one.as_str();
        let (of_one, of_other): (Vec<_>, Vec<_>) =
            stored.iter().partition(|event| is_first(&event.kind, &event.stream));
        let newest = |of: Vec<&Stored>| of.last().map_or(0, |event| event.sequence);
        let versions = (newest(of_one), newest(of_other));
        let facts = self.all_clear(stored).await?;
        let (of_one, of_other): (Vec<_>, Vec<_>) =
            facts.partition(|fact| is_first(fact.event.kind(), fact.stream.as_str()));
        let of_one = of_one.into_iter().filter_map(|fact| A::from_fact(fact.event)).collect();
        let of_other = of_other.into_iter().filter_map(|fact| B::from_fact(fact.event)).collect();
        Ok(((of_one, versions.0), (of_other, versions.1)))
    }

    /// The same of several streams of one kind. One of which nothing was said is not among them.
    pub async fn load_all<A: Recorded>(&self, streams: &[StreamId]) -> Result<Loaded<A>, Error> {
        let streams: Vec<_> = streams.iter().map(|stream| (A::TYPE, stream.clone())).collect();
        let stored = self.streams(&streams).await?;
        let mut loaded: Loaded<A> = HashMap::with_capacity(streams.len());
        for event in &stored {
            loaded.entry(StreamId::stored(event.stream.clone())).or_default().1 = event.sequence;
        }
        for fact in self.all_clear(stored).await? {
            let known = loaded.entry(fact.stream).or_default();
            known.0.extend(A::from_fact(fact.event));
        }
        Ok(loaded)
    }

    /// What an aggregate is made of is understood as a whole, or not at all.
    async fn all_clear(&self, stored: Vec<Stored>) -> Result<impl Iterator<Item = Fact>, Error> {
        let page = self.decode(0, stored, Reading::Clear).await?;
        match page.unreadable.into_iter().next() {
            Some(bad) => Err(Error::Unreadable { position: bad.position, why: bad.why }),
            None => Ok(page.facts.into_iter().map(Arc::unwrap_or_clone)),
        }
    }
}

/// A stream's events and the version that it stands at.
pub type Known<A> = (Vec<<A as cqrs_es::Aggregate>::Event>, u64);
/// Of each stream.
pub type Loaded<A> = HashMap<StreamId, Known<A>>;

/// The keys that sealed facts need. Those that are not among them are destroyed, those that are none do not open.
#[derive(Debug, Default)]
pub(super) struct Keys(HashMap<Uuid, Option<Arc<LessSafeKey>>>);

impl Keys {
    pub(super) fn admit(&mut self, keyring: &Keyring, rows: Vec<KeyRow>) {
        let open = rows.into_iter().filter(|row| !keyring.is_closed(row.id));
        self.0.extend(open.map(|row| (row.id, keyring.admit(&row).ok())));
    }

    /// Also those that are closed: for whoever is about to destroy them.
    pub(super) fn of(keyring: &Keyring, rows: Vec<KeyRow>) -> Self {
        Self(rows.into_iter().map(|row| (row.id, keyring.admit(&row).ok())).collect())
    }
}

/// Stored events on their way to facts.
pub(super) struct Decoding {
    decoder: Decoder,
    facts: Vec<Fact>,
}

impl Decoding {
    pub(super) fn begin(after: Position, stored: &[Stored]) -> Self {
        let mut decoder = Decoder { page: Page { last: after, ..Page::default() }, last_meta: None };
        let mut facts: Vec<Fact> = Vec::with_capacity(stored.len());
        for event in stored {
            decoder.page.last = event.position;
            decoder.take(event, &mut facts);
        }
        Self { decoder, facts }
    }

    /// The keys that are at hand, and which ones have to be looked up.
    pub(super) fn keys(&mut self, keyring: &Keyring) -> (Keys, Vec<Uuid>) {
        let (mut found, mut missing) = (Keys::default(), vec![]);
        for fact in &mut self.facts {
            let Some(id) = fact.event.personal().and_then(|p| p.sealed().and_then(Keyring::key_id)) else {
                continue;
            };
            match keyring.at_hand(id) {
                Some(key) => drop(found.0.insert(id, Some(key))),
                None => missing.push(id),
            }
        }
        missing.sort_unstable();
        missing.dedup();
        (found, missing)
    }

    pub(super) fn clear(&mut self, keys: &Keys) {
        self.facts.retain_mut(|fact| self.decoder.clear(fact, keys));
    }

    pub(super) fn page(self) -> Page {
        let facts = self.facts.into_iter().map(Arc::new).collect();
        Page { facts, ..self.decoder.page }
    }
}

struct Decoder {
    page: Page,
    /// Neighbours often share their circumstances, so the last parsed ones are kept.
    last_meta: Option<(String, Arc<Circumstances>)>,
}

impl Decoder {
    fn take(&mut self, stored: &Stored, facts: &mut Vec<Fact>) {
        match self.read(stored) {
            Ok(read) => facts.extend(read),
            Err(why) => self.park(stored.position, &stored.kind, &stored.stream, why.to_string()),
        }
    }

    fn read(&mut self, stored: &Stored) -> Result<Vec<Fact>, serde_json::Error> {
        let circumstances = self.circumstances(&stored.metadata)?;
        let events = events_of(stored)?;
        let fact = |event| Fact {
            position: stored.position,
            stream: StreamId::stored(stored.stream.clone()),
            sequence: stored.sequence,
            recorded_at: from_micros(stored.recorded_at),
            occurred_at: from_micros(stored.occurred_at),
            circumstances: Arc::clone(&circumstances),
            event,
        };
        Ok(events.into_iter().map(fact).collect())
    }

    fn circumstances(&mut self, metadata: &str) -> Result<Arc<Circumstances>, serde_json::Error> {
        if let Some((text, known)) = &self.last_meta
            && text == metadata
        {
            return Ok(Arc::clone(known));
        }
        let parsed = Arc::new(serde_json::from_str(metadata)?);
        self.last_meta = Some((metadata.to_owned(), Arc::clone(&parsed)));
        Ok(parsed)
    }

    fn clear(&mut self, fact: &mut Fact, keys: &Keys) -> bool {
        let Some(personal) = fact.event.personal() else { return true };
        let mut damaged = false;
        let mut decipher = |sealed: &str| {
            let key = keys.0.get(&Keyring::key_id(sealed)?)?;
            let clear = key.as_ref().and_then(|key| keys::open(key, sealed));
            damaged |= clear.is_none();
            clear
        };
        let opened = personal.open(&mut decipher);
        let why = match opened {
            Ok(()) if !damaged => return true,
            Ok(()) => "its personal data does not open with its key".to_owned(),
            Err(why) => why.to_string(),
        };
        let (kind, stream) = (fact.event.kind(), fact.stream.to_string());
        self.park(fact.position, kind, &stream, why);
        false
    }

    fn park(&mut self, position: Position, kind: &str, stream: &str, why: String) {
        let (kind, stream) = (kind.to_owned(), stream.to_owned());
        self.page.unreadable.push(Unreadable { position, kind, stream, why });
    }
}

/// The events that one stored event stands for today.
fn events_of(stored: &Stored) -> Result<Vec<Event>, serde_json::Error> {
    let steps = upcast::STEPS;
    if !upcast::known(steps, &stored.kind, &stored.event_type, &stored.event_version) {
        return Ok(vec![parse(&stored.kind, &stored.payload)?]);
    }
    let shape = Shape {
        kind: stored.kind.clone(),
        event_type: stored.event_type.clone(),
        event_version: stored.event_version.clone(),
        payload: serde_json::from_str(&stored.payload)?,
    };
    let shapes = upcast::upcast(steps, shape);
    shapes.into_iter().map(|shape| parse(&shape.kind, &shape.payload.to_string())).collect()
}

fn parse(kind: &str, payload: &str) -> Result<Event, serde_json::Error> {
    fn of<A: Recorded>(payload: &str) -> Result<Event, serde_json::Error> {
        serde_json::from_str(payload).map(A::fact)
    }
    match kind {
        "session" => of::<Session>(payload),
        "call" => of::<Call>(payload),
        "quarantine" => of::<Quarantine>(payload),
        "number_list" => of::<NumberList>(payload),
        "remote" => of::<RemoteHost>(payload),
        "contact" => of::<Contact>(payload),
        "import" => of::<Import>(payload),
        "person" => of::<Person>(payload),
        "campaign" => of::<Campaign>(payload),
        "target" => of::<Target>(payload),
        "promise" => of::<Promises>(payload),
        "user" => of::<User>(payload),
        "api_key" => of::<ApiKey>(payload),
        "webhook_endpoint" => of::<WebhookEndpoint>(payload),
        "settings" => of::<Settings>(payload),
        "pbx" => of::<Pbx>(payload),
        "pbx_call" => of::<PbxCall>(payload),
        "disclosure" => of::<Disclosure>(payload),
        "denial" => of::<Denials>(payload),
        _ => Err(serde::de::Error::custom(format!("unknown kind of stream: {kind}"))),
    }
}
