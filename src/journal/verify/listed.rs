//! A list lies beside the events, and so does what is told of an import; the event that ends it has the digest over all of it.
//! Where somebody on it was forgotten since, a later event has the digest over what is left.

use std::collections::HashMap;

use cqrs_es::Aggregate as _;
use domain::fact::Position;
use domain::ids::Organization;
use domain::import::{self, Import};
use domain::number_list::{self, NumberList};
use uuid::Uuid;

use super::{Fault, Reader, at};
use crate::journal::Stored;
use crate::journal::lists::{ListDigest, ListName};

const CHUNKS_A_READ: u32 = 64;

/// That somebody was taken out.
const REDACTED: &str = "redacted";
const EVENTS_A_READ: usize = 4_096;

/// Whether an event has a digest over what lies beside the events.
pub(super) fn is_listed(event: &Stored) -> bool {
    matches!(
        (event.kind.as_str(), event.event_type.as_str()),
        (NumberList::TYPE, "accepted" | REDACTED) | (Import::TYPE, "finished" | REDACTED)
    )
}

/// That digest, where the event makes sense.
fn digest_in(event: &Stored) -> Option<String> {
    match event.kind.as_str() {
        NumberList::TYPE => serde_json::from_str(&event.payload).map(digest_of_list).ok(),
        Import::TYPE => serde_json::from_str(&event.payload).map(digest_of_import).ok(),
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

/// Lists whose rows are not the ones that were accepted, by their streams: where each was accepted, and the digest over what is stored.
#[derive(Debug, Default)]
pub(super) struct Strayed(HashMap<String, (Position, String)>);

impl Strayed {
    pub(super) async fn look(&mut self, reader: &Reader, event: &Stored) -> Result<(), Fault> {
        let digest = digest_in(event).ok_or_else(|| wrong(event.position))?;
        if event.event_type == REDACTED {
            self.redacted(event, &digest);
            return Ok(());
        }
        let found = digest_of_stored(reader, event).await?;
        if found != digest {
            self.0.insert(event.stream.clone(), (event.position, found));
        }
        Ok(())
    }

    /// Of what strayed, a later event has to say that it was meant; it may stand beyond what is looked at.
    pub(super) async fn end(mut self, reader: &Reader, mut position: Position) -> Result<(), Fault> {
        while !self.0.is_empty() {
            let events = reader.stored(position, EVENTS_A_READ).await?;
            let Some(last) = events.last() else { break };
            position = last.position;
            for event in events.iter().filter(|event| event.event_type == REDACTED) {
                self.redacted(event, &digest_in(event).unwrap_or_default());
            }
        }
        let first = self.0.into_values().map(|(position, _)| position).min();
        first.map_or(Ok(()), |position| Err(wrong(position)))
    }

    fn redacted(&mut self, event: &Stored, digest: &str) {
        if self.0.get(&event.stream).is_some_and(|(_, found)| found == digest) {
            self.0.remove(&event.stream);
        }
    }
}

fn wrong(position: Position) -> Fault {
    at(position, "the list that was accepted here is not the one that is stored")
}

async fn digest_of_stored(reader: &Reader, event: &Stored) -> Result<String, Fault> {
    let named = event.stream.split_once('/').and_then(|(organization, list)| {
        let organization = Organization::parse(organization).ok()?;
        Some(ListName { organization, list: Uuid::parse_str(list).ok()? })
    });
    let (name, mut found, mut from) = (named.ok_or_else(|| wrong(event.position))?, ListDigest::default(), 0);
    loop {
        let chunks = reader.chunks(name.clone(), from, CHUNKS_A_READ).await?;
        let Some(last) = chunks.last() else { break };
        from = last.number + 1;
        for chunk in &chunks {
            found.add(chunk);
        }
    }
    Ok(found.finish())
}
