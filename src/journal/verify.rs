//! Whether the journal is what was written: every hash recomputed, every digest chained, every position present.
//! A change shows at the event it was made to; a loss at the very end shows only against something kept elsewhere.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Instant;

use cqrs_es::Aggregate as _;
use domain::fact::Position;
use domain::ids::Organization;
use domain::import::{self, Import};
use domain::number_list::{self, NumberList};
use uuid::Uuid;

use super::chain::{Digest, GENESIS, Hash};
use super::lists::{ListDigest, ListName, StoredChunk};
use super::{Batch, Error, Stored, postgres, sqlite};

/// Which journal to look at.
#[derive(Debug, Clone)]
pub enum Place {
    Folder(PathBuf),
    Url(String),
}

/// A journal opened for reading only, also beside a running engine.
#[derive(Debug, Clone)]
pub struct Reader(Store);

#[derive(Debug, Clone)]
enum Store {
    Sqlite(sqlite::Reader),
    Postgres(postgres::Reader),
}

impl Reader {
    pub async fn open(place: &Place) -> Result<Self, Error> {
        match place {
            Place::Folder(folder) => sqlite::Reader::open(folder).map(Store::Sqlite).map(Self),
            Place::Url(url) => postgres::Reader::open(url).await.map(Store::Postgres).map(Self),
        }
    }

    pub async fn position(&self) -> Result<Position, Error> {
        match &self.0 {
            Store::Sqlite(store) => store.position().await,
            Store::Postgres(store) => store.position().await,
        }
    }

    pub async fn stored(&self, after: Position, limit: usize) -> Result<Vec<Stored>, Error> {
        match &self.0 {
            Store::Sqlite(store) => store.stored(after, limit).await,
            Store::Postgres(store) => store.stored(after, limit).await,
        }
    }

    async fn batches(&self, after: Position, limit: usize) -> Result<Vec<Batch>, Error> {
        match &self.0 {
            Store::Sqlite(store) => store.batches(after, limit).await,
            Store::Postgres(store) => store.batches(after, limit).await,
        }
    }

    async fn chunks(&self, name: ListName, from: u32) -> Result<Vec<StoredChunk>, Error> {
        match &self.0 {
            Store::Sqlite(store) => store.chunks(name, from, CHUNKS_A_READ).await,
            Store::Postgres(store) => store.chunks(name, from, CHUNKS_A_READ).await,
        }
    }

    async fn damage(&self) -> Result<Vec<String>, Error> {
        match &self.0 {
            Store::Sqlite(store) => store.damage().await,
            Store::Postgres(store) => store.damage().await,
        }
    }
}

/// How far the check has come.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    pub position: Position,
    pub head: Position,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub events: u64,
    pub batches: u64,
    pub digest: String,
}

/// Why a journal did not pass.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("position {position}: {what}")]
    At { position: Position, what: String },
    #[error("the store itself is damaged: {0}")]
    Store(String),
    #[error(transparent)]
    Journal(#[from] Error),
}

const CHUNKS_A_READ: u32 = 64;
/// A batch may hold some thousand events.
const BATCHES_A_READ: usize = 32;

/// How much of the machine a check may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    Full,
    /// Beside an engine at work: it rests as long as it worked.
    Gentle,
}

/// Walks the whole chain; only where that finds no place is the store asked what is wrong with itself.
pub async fn run(reader: &Reader, report: &mut dyn FnMut(Progress)) -> Result<Report, Fault> {
    let walked = walk(reader, Pace::Full, report).await;
    if let Err(Fault::At { .. }) = walked {
        return walked;
    }
    match reader.damage().await?.into_iter().next() {
        Some(damage) => Err(Fault::Store(damage)),
        None => walked,
    }
}

/// The same beside an engine at work. The store is asked about itself only where it cannot be read.
pub async fn run_gently(reader: &Reader, report: &mut dyn FnMut(Progress)) -> Result<Report, Fault> {
    let walked = walk(reader, Pace::Gentle, report).await;
    if !matches!(walked, Err(Fault::Journal(_))) {
        return walked;
    }
    match reader.damage().await?.into_iter().next() {
        Some(damage) => Err(Fault::Store(damage)),
        None => walked,
    }
}

async fn walk(reader: &Reader, pace: Pace, report: &mut dyn FnMut(Progress)) -> Result<Report, Fault> {
    let head = reader.position().await?;
    let mut state = State { position: 0, recorded_at: 0, digest: GENESIS, batches: 0 };
    let mut strayed = Strayed::default();
    loop {
        let began = Instant::now();
        let batches = reader.batches(state.position, BATCHES_A_READ).await?;
        let Some(last) = batches.last() else {
            // An engine at work may have committed between the two looks: then there is a batch by now.
            let stray = reader.stored(state.position, 1).await?.into_iter().next();
            match stray {
                None => break,
                Some(stray) if reader.batches(state.position, 1).await?.is_empty() => {
                    return Err(at(stray.position, "an event that belongs to no batch"));
                }
                Some(_) => continue,
            }
        };
        let events = events_up_to(reader, state.position, last.last).await?;
        state.check(&batches, &events)?;
        for event in &events {
            strayed.look(reader, event).await?;
        }
        report(Progress { position: state.position, head: head.max(state.position) });
        if pace == Pace::Gentle {
            tokio::time::sleep(began.elapsed()).await;
        }
    }
    strayed.end()?;
    let digest = hex::encode(state.digest);
    Ok(Report { events: state.position, batches: state.batches, digest })
}

async fn events_up_to(reader: &Reader, after: Position, last: Position) -> Result<Vec<Stored>, Error> {
    let count = usize::try_from(last.saturating_sub(after)).unwrap_or(usize::MAX);
    // A hole lets later events slip in: they are of no concern here.
    let mut events = reader.stored(after, count).await?;
    events.retain(|event| event.position <= last);
    Ok(events)
}

struct State {
    position: Position,
    recorded_at: i64,
    digest: Hash,
    batches: u64,
}

impl State {
    fn check(&mut self, batches: &[Batch], events: &[Stored]) -> Result<(), Fault> {
        let mut events = events.iter();
        for batch in batches {
            if batch.first != self.position + 1 || batch.last < batch.first {
                return Err(at(self.position + 1, "the batches leave a hole or overlap here"));
            }
            if batch.recorded_at < self.recorded_at {
                return Err(at(batch.first, "the batch was recorded before the one that precedes it"));
            }
            let mut digest = Digest::after(&self.digest, batch.recorded_at);
            for position in batch.first..=batch.last {
                let event = events.next().filter(|event| event.position == position);
                let event = event.ok_or_else(|| at(position, "the event is missing"))?;
                check_event(event, batch)?;
                digest.add(position, &event.hash);
            }
            self.digest = digest.finish();
            if self.digest != batch.digest {
                let what = format!("the digest of the batch {}..{} does not fit", batch.first, batch.last);
                return Err(at(batch.first, &what));
            }
            (self.position, self.recorded_at) = (batch.last, batch.recorded_at);
            self.batches += 1;
        }
        Ok(())
    }
}

fn check_event(event: &Stored, batch: &Batch) -> Result<(), Fault> {
    if event.rehash() != event.hash {
        return Err(at(event.position, "the event is not the one that was recorded"));
    }
    if event.recorded_at != batch.recorded_at {
        return Err(at(event.position, "the event's time of recording is not its batch's"));
    }
    Ok(())
}

/// The digest in an event over what lies beside the events; none where nothing does.
fn digest_in(event: &Stored) -> Option<Result<String, serde_json::Error>> {
    match (event.kind.as_str(), event.event_type.as_str()) {
        (NumberList::TYPE, "accepted" | "redacted") => {
            Some(serde_json::from_str(&event.payload).map(digest_of_list))
        }
        (Import::TYPE, "finished" | "redacted") => {
            Some(serde_json::from_str(&event.payload).map(digest_of_import))
        }
        _ => None,
    }
}

fn digest_of_list(event: number_list::Event) -> String {
    match event {
        number_list::Event::Accepted { digest, .. } | number_list::Event::Redacted { digest, .. } => digest,
        number_list::Event::Placed { .. }
        | number_list::Event::PlaceFailed { .. }
        | number_list::Event::PutOff { .. } => String::new(),
    }
}

fn digest_of_import(event: import::Event) -> String {
    match event {
        import::Event::Finished { digest, .. } | import::Event::Redacted { digest, .. } => digest,
        import::Event::Begun { .. } | import::Event::Failed { .. } | import::Event::Undone { .. } => {
            String::new()
        }
    }
}

/// Lists whose rows are not the ones that were accepted: either somebody on them was forgotten since, which a later event says
/// with the digest over what is left, or they were changed.
#[derive(Default)]
struct Strayed(HashMap<String, (Position, String)>);

impl Strayed {
    /// A list lies beside the events, and so does what is told of an import; the event that ends it has the digest over all of it.
    async fn look(&mut self, reader: &Reader, event: &Stored) -> Result<(), Fault> {
        let Some(digest) = digest_in(event) else { return Ok(()) };
        let digest = digest.map_err(|_| not_the_list(event.position))?;
        if event.event_type == "redacted" {
            if self.0.get(&event.stream).is_some_and(|(_, found)| *found == digest) {
                self.0.remove(&event.stream);
            }
            return Ok(());
        }
        let found = digest_of_stored(reader, event).await?;
        if found != digest {
            self.0.insert(event.stream.clone(), (event.position, found));
        }
        Ok(())
    }

    fn end(self) -> Result<(), Fault> {
        let first = self.0.into_values().map(|(position, _)| position).min();
        first.map_or(Ok(()), |position| Err(not_the_list(position)))
    }
}

fn not_the_list(position: Position) -> Fault {
    at(position, "the list that was accepted here is not the one that is stored")
}

async fn digest_of_stored(reader: &Reader, event: &Stored) -> Result<String, Fault> {
    let named = event.stream.split_once('/').and_then(|(organization, list)| {
        let organization = Organization::parse(organization).ok()?;
        Some(ListName { organization, list: Uuid::parse_str(list).ok()? })
    });
    let name = named.ok_or_else(|| not_the_list(event.position))?;
    let (mut found, mut from) = (ListDigest::default(), 0);
    loop {
        let chunks = reader.chunks(name.clone(), from).await?;
        let Some(last) = chunks.last() else { break };
        from = last.number + 1;
        for chunk in &chunks {
            found.add(chunk);
        }
    }
    Ok(found.finish())
}

fn at(position: Position, what: &str) -> Fault {
    Fault::At { position, what: what.to_owned() }
}
