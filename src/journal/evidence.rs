//! What happened to one thing, for those who have no journal: its events as they are stored, and the path from each of them to a
//! checkpoint that was signed. `docs/evidence.md` describes the file; making one is here, judging one is `evidence/check.rs`.

pub mod check;

use std::collections::{BTreeMap, BTreeSet};

use domain::fact::Position;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::chain::GENESIS;
use super::keys::Keyring;
use super::signer::{Signer, Unsigned};
use super::signing::{Checkpoint, Hex, KeyRecord, Statement};
use super::{Batch, Error, Journal, Stored};

pub const FORMAT: &str = "karnay-evidence/1";

/// An evidence leads to no more checkpoints: what happened over months has its events further apart than that.
pub const PATHS_MAX: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Evidence {
    pub format: String,
    pub statement: Statement,
    /// In the order of the journal.
    pub events: Vec<Event>,
    /// From each of them to a checkpoint, in the order of the journal.
    pub paths: Vec<Path>,
    /// All keys that ever signed here, in their order.
    pub keys: Vec<KeyRecord>,
    /// What opens the parts of these events that belong to persons; empty where they stay closed.
    pub personal_keys: Vec<PersonalKey>,
}

/// An event as it is stored, every part that its hash covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Event {
    pub position: Position,
    pub kind: String,
    pub stream: String,
    pub sequence: u64,
    pub event_type: String,
    pub event_version: String,
    /// JSON as a text, for it is the bytes that are hashed.
    pub payload: String,
    pub metadata: String,
    /// Microseconds since 1970.
    pub occurred_at: i64,
    pub recorded_at: i64,
}

/// Batches without a gap, up to the one that a checkpoint was signed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Path {
    /// Where the batch before the first one ends, and its digest.
    pub after: Position,
    pub digest: Hex<32>,
    pub batches: Vec<Step>,
    pub checkpoint: Checkpoint,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    pub recorded_at: i64,
    /// Of each of its events, in order.
    pub hashes: Vec<Hex<32>>,
}

/// The key that some person's data was sealed with, unwrapped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonalKey {
    pub id: Uuid,
    pub secret: Hex<32>,
}

/// What an evidence is to be about.
#[derive(Debug, Clone)]
pub struct About {
    pub organization: String,
    pub kind: String,
    pub id: String,
    pub own: BTreeSet<Position>,
    pub causes: BTreeSet<Position>,
    /// Whether the keys to what belongs to persons go with it.
    pub open: bool,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum Unproven {
    #[error(transparent)]
    Unsigned(#[from] Unsigned),
    #[error(transparent)]
    Journal(#[from] Error),
    #[error("it leads to more than {PATHS_MAX} checkpoints")]
    TooLong,
    /// It would prove nothing.
    #[error("the journal is not what was written: {0}")]
    Damaged(#[from] check::Wrong),
}

impl From<Stored> for Event {
    fn from(stored: Stored) -> Self {
        let Stored { position, kind, stream, sequence, event_type, event_version, payload, .. } = stored;
        let Stored { metadata, occurred_at, recorded_at, .. } = stored;
        Self {
            position,
            kind,
            stream,
            sequence,
            event_type,
            event_version,
            payload,
            metadata,
            occurred_at,
            recorded_at,
        }
    }
}

/// The evidence about something, judged as others will judge it. Where its newest event is not signed yet, it is now.
pub async fn of(signer: &Signer, about: About) -> Result<Evidence, Unproven> {
    let journal = signer.journal();
    let wanted: BTreeSet<Position> = about.own.union(&about.causes).copied().collect();
    let newest = wanted.last().copied().unwrap_or(0);
    if journal.checkpoint_over(newest).await?.is_none() {
        signer.sign().await?;
    }
    let mut events = vec![];
    for position in &wanted {
        events.extend(journal.stored_at(*position).await?);
    }
    let paths = paths(journal, &wanted).await?;
    let personal_keys = if about.open { personal_keys(journal, &events).await? } else { vec![] };
    let statement = signer.state(statement(about, &paths)).await?;
    let keys = journal.signing_keys().await?;
    let events = events.into_iter().map(Event::from).collect();
    let evidence = Evidence { format: FORMAT.to_owned(), statement, events, paths, keys, personal_keys };
    check::judge(&evidence)?;
    Ok(evidence)
}

fn statement(about: About, paths: &[Path]) -> Statement {
    let About { organization, kind, id, own, causes, .. } = about;
    Statement {
        organization,
        kind,
        id,
        made_at: 0,
        causes: causes.difference(&own).copied().collect(),
        own: own.into_iter().collect(),
        digests: paths.iter().map(|path| path.checkpoint.digest).collect(),
        key: Hex(GENESIS),
        signature: Hex([0; 64]),
    }
}

/// One path for all events that the same checkpoint is the first over.
async fn paths(journal: &Journal, wanted: &BTreeSet<Position>) -> Result<Vec<Path>, Unproven> {
    let mut first_under: BTreeMap<Position, (Position, Checkpoint)> = BTreeMap::new();
    for position in wanted {
        if first_under.last_key_value().is_some_and(|(last, _)| last >= position) {
            continue;
        }
        let over = journal.checkpoint_over(*position).await?;
        let over = over.ok_or_else(|| Error::Unavailable("nothing is signed yet".into()))?;
        first_under.insert(over.position, (*position, over));
        if first_under.len() > PATHS_MAX {
            return Err(Unproven::TooLong);
        }
    }
    let mut paths = vec![];
    for (first, checkpoint) in first_under.into_values() {
        paths.push(path(journal, first, checkpoint).await?);
    }
    Ok(paths)
}

/// Batches and events read at a time.
const READ_MAX: usize = 1_024;

async fn path(journal: &Journal, first: Position, checkpoint: Checkpoint) -> Result<Path, Error> {
    let batches = batches(journal, first, checkpoint.position).await?;
    let after = batches.first().map(|batch| batch.first - 1).ok_or_else(damaged)?;
    let digest = match after {
        0 => GENESIS,
        _ => journal.batch_ending(after).await?.ok_or_else(damaged)?.digest,
    };
    let mut steps = Vec::with_capacity(batches.len());
    let mut hashes = hashes(journal, after, checkpoint.position).await?.into_iter();
    for Batch { first, last, recorded_at, .. } in batches {
        let count = usize::try_from(last + 1 - first).unwrap_or(usize::MAX);
        steps.push(Step { recorded_at, hashes: hashes.by_ref().take(count).collect() });
    }
    Ok(Path { after, digest: Hex(digest), batches: steps, checkpoint })
}

fn damaged() -> Error {
    Error::Unavailable("the journal is not what was written; karnay verify tells where".into())
}

/// From the one that holds `first` to the one that ends at `last`.
async fn batches(journal: &Journal, first: Position, last: Position) -> Result<Vec<Batch>, Error> {
    let (mut found, mut after): (Vec<Batch>, Position) = (vec![], first - 1);
    while after < last {
        let page = journal.batches(after, READ_MAX).await?;
        after = page.last().ok_or_else(damaged)?.last;
        found.extend(page.into_iter().filter(|batch| batch.last <= last && batch.first <= batch.last));
    }
    Ok(found)
}

async fn hashes(journal: &Journal, mut after: Position, last: Position) -> Result<Vec<Hex<32>>, Error> {
    let mut hashes = vec![];
    while after < last {
        let page = journal.stored(after, READ_MAX).await?;
        after = page.last().ok_or_else(damaged)?.position;
        hashes.extend(page.iter().filter(|event| event.position <= last).map(|event| Hex(event.hash)));
    }
    Ok(hashes)
}

/// The keys that exist still; what belongs to persons who were forgotten stays closed for ever.
async fn personal_keys(journal: &Journal, events: &[Stored]) -> Result<Vec<PersonalKey>, Error> {
    let ids: BTreeSet<Uuid> = events.iter().filter_map(|event| key_of(&event.payload)).collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let rows = journal.key_rows(&ids).await?;
    let secret = |row: &super::keys::KeyRow| {
        let secret = journal.keyring().unwrap(row).ok()?;
        Some(PersonalKey { id: row.id, secret: Hex(secret) })
    };
    let mut keys: Vec<PersonalKey> = rows.iter().filter_map(secret).collect();
    keys.sort_unstable_by_key(|key| key.id);
    Ok(keys)
}

/// The part of a payload that belongs to a person, where it is sealed.
fn sealed(payload: &str) -> Option<String> {
    let payload: serde_json::Value = serde_json::from_str(payload).ok()?;
    let inner = payload.as_object()?.values().next()?;
    inner.get("personal")?.as_str().map(ToOwned::to_owned)
}

fn key_of(payload: &str) -> Option<Uuid> {
    Keyring::key_id(&sealed(payload)?)
}
