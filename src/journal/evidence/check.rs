//! Judging an evidence with nothing but the file at hand: no journal, no network, no secret.
//! Every value in it is covered by a hash, a digest or a signature, so that whatever is changed is refused where it stands.

use std::collections::{BTreeMap, BTreeSet};

use domain::fact::Position;
use serde_json::Value;

use super::{Event, Evidence, FORMAT, Path, key_of, sealed};
use crate::journal::chain::{self, Covered, Digest, GENESIS};
use crate::journal::keys;
use crate::journal::signing::{Checkpoint, Hex, History, Public};

/// What is proven.
#[derive(Debug)]
pub struct Proven {
    pub evidence: Evidence,
    /// What belongs to persons in the events that a key came with, by position.
    pub personal: BTreeMap<Position, Value>,
    pub history: History,
}

/// Why an evidence proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct Wrong {
    pub place: String,
    pub what: String,
}

fn wrong(place: impl Into<String>, what: impl Into<String>) -> Wrong {
    Wrong { place: place.into(), what: what.into() }
}

/// `known` is a key that the reader has from elsewhere: without one the evidence proves only that it fits together.
pub fn check(text: &str, known: Option<&Public>) -> Result<Proven, Wrong> {
    let evidence: Evidence =
        serde_json::from_str(text).map_err(|why| wrong("the file", format!("it is no evidence: {why}")))?;
    if evidence.format != FORMAT {
        return Err(wrong("format", format!("this program knows {FORMAT}")));
    }
    let (personal, history) = judge(&evidence)?;
    if let Some(known) = known
        && !history.carries(known, &evidence.statement.key)
    {
        let key = evidence.statement.key;
        return Err(wrong("keys", format!("trust in {known} does not carry to {key}, which signed this")));
    }
    Ok(Proven { evidence, personal, history })
}

/// What belongs to persons in it, as far as keys came with it, and who signed.
pub(super) fn judge(evidence: &Evidence) -> Result<(BTreeMap<Position, Value>, History), Wrong> {
    let history = History::try_new(evidence.keys.clone()).map_err(|why| wrong("keys", why.to_string()))?;
    stated(evidence, &history)?;
    paths(evidence, &history)?;
    Ok((opened(evidence)?, history))
}

fn stated(evidence: &Evidence, history: &History) -> Result<(), Wrong> {
    let said = &evidence.statement;
    if !history.records().iter().any(|record| record.key == said.key) {
        return Err(wrong("statement.key", "it is not among the keys"));
    }
    if !said.is_signed() {
        return Err(wrong("statement", "it is not the one that was signed"));
    }
    let positions: Vec<Position> = evidence.events.iter().map(|event| event.position).collect();
    if !positions.is_sorted_by(|before, after| before < after) {
        return Err(wrong("events", "they are not in the order of the journal"));
    }
    let told: BTreeSet<Position> = said.own.iter().chain(&said.causes).copied().collect();
    let once = told.len() == said.own.len() + said.causes.len();
    if !once || !told.iter().eq(&positions) {
        return Err(wrong("events", "they are not the ones that the statement names"));
    }
    let digests = evidence.paths.iter().map(|path| path.checkpoint.digest);
    if said.digests.iter().copied().eq(digests) {
        Ok(())
    } else {
        Err(wrong("statement.digests", "they are not those of the checkpoints"))
    }
}

fn paths(evidence: &Evidence, history: &History) -> Result<(), Wrong> {
    let mut events: BTreeMap<Position, (usize, &Event)> =
        evidence.events.iter().enumerate().map(|(place, event)| (event.position, (place, event))).collect();
    let mut before: Option<&Checkpoint> = None;
    for (place, path) in evidence.paths.iter().enumerate() {
        let checkpoint = &path.checkpoint;
        let here = format!("paths[{place}]");
        history.check(checkpoint).map_err(|why| wrong(format!("{here}.checkpoint"), why.to_string()))?;
        if before.is_some_and(|before| before.position > path.after || before.number >= checkpoint.number) {
            return Err(wrong(here, "it overlaps the one before it"));
        }
        before = Some(checkpoint);
        walk(&here, path, &mut events)?;
    }
    match events.values().next() {
        None => Ok(()),
        Some((place, _)) => Err(wrong(format!("events[{place}]"), "no path leads from it to a checkpoint")),
    }
}

/// Along the batches to the checkpoint; the events that are met on the way are taken out.
fn walk(here: &str, path: &Path, events: &mut BTreeMap<Position, (usize, &Event)>) -> Result<(), Wrong> {
    let (mut position, mut digest) = (path.after, path.digest.0);
    if position == 0 && digest != GENESIS {
        return Err(wrong(format!("{here}.digest"), "the first batch chains to nothing"));
    }
    let mut recorded_at = i64::MIN;
    for (nth, step) in path.batches.iter().enumerate() {
        let step_here = format!("{here}.batches[{nth}]");
        if step.hashes.is_empty() || step.recorded_at < recorded_at {
            return Err(wrong(&*step_here, "it is empty, or older than the one before it"));
        }
        recorded_at = step.recorded_at;
        let mut next = Digest::after(&digest, recorded_at);
        for hash in &step.hashes {
            let beyond = || wrong(&*step_here, "it leads beyond every position");
            position = position.checked_add(1).ok_or_else(beyond)?;
            if let Some((place, event)) = events.remove(&position) {
                covered(place, event, hash, recorded_at)?;
            }
            next.add(position, &hash.0);
        }
        digest = next.finish();
    }
    if position != path.checkpoint.position {
        return Err(wrong(format!("{here}.batches"), "they do not end where the checkpoint was signed"));
    }
    if digest != path.checkpoint.digest.0 {
        let what = "they do not lead to the digest that was signed: one of them, or what is before them, was changed";
        return Err(wrong(format!("{here}.batches"), what));
    }
    Ok(())
}

fn covered(place: usize, event: &Event, hash: &Hex<32>, recorded_at: i64) -> Result<(), Wrong> {
    let here = format!("events[{place}], position {}", event.position);
    let found = chain::hash(&Covered {
        kind: &event.kind,
        stream: &event.stream,
        sequence: event.sequence,
        event_type: &event.event_type,
        event_version: &event.event_version,
        payload: &event.payload,
        metadata: &event.metadata,
        occurred_at: event.occurred_at,
    });
    if found != hash.0 {
        return Err(wrong(here, "it is not the event that was recorded"));
    }
    if event.recorded_at != recorded_at {
        return Err(wrong(here, "its time of recording is not its batch's"));
    }
    Ok(())
}

/// What belongs to persons, opened. A key that opens nothing was not given for these events.
fn opened(evidence: &Evidence) -> Result<BTreeMap<Position, Value>, Wrong> {
    let mut personal = BTreeMap::new();
    let mut before = None;
    for (place, key) in evidence.personal_keys.iter().enumerate() {
        let here = format!("personalKeys[{place}]");
        let own: Vec<&Event> =
            evidence.events.iter().filter(|event| key_of(&event.payload) == Some(key.id)).collect();
        if own.is_empty() || before.is_some_and(|before| before >= key.id) {
            return Err(wrong(here, "it is the key of none of these events, or not in order"));
        }
        before = Some(key.id);
        for event in own {
            let clear = sealed(&event.payload).and_then(|sealed| keys::open_with(&key.secret.0, &sealed));
            let value = clear.and_then(|clear| serde_json::from_slice(&clear).ok());
            let value =
                value.ok_or_else(|| wrong(&here, format!("it does not open event {}", event.position)))?;
            personal.insert(event.position, value);
        }
    }
    Ok(personal)
}
