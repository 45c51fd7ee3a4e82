//! A list lies beside the events, and so does what is told of an import; the event that ends it has the digest over all of it.

use cqrs_es::Aggregate as _;
use domain::ids::Organization;
use domain::import::{self, Import};
use domain::number_list::{self, NumberList};
use uuid::Uuid;

use super::{Fault, Reader, at};
use crate::journal::Stored;
use crate::journal::lists::{ListDigest, ListName};

const CHUNKS_A_READ: u32 = 64;

/// Whether an event has a digest over what lies beside the events.
pub(super) fn is_listed(event: &Stored) -> bool {
    matches!(
        (event.kind.as_str(), event.event_type.as_str()),
        (NumberList::TYPE, "accepted") | (Import::TYPE, "finished")
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
        number_list::Event::Accepted { digest, .. } => digest,
        number_list::Event::Placed { .. }
        | number_list::Event::PlaceFailed { .. }
        | number_list::Event::PutOff { .. } => String::new(),
    }
}

fn digest_of_import(event: import::Event) -> String {
    match event {
        import::Event::Finished { digest, .. } => digest,
        import::Event::Begun { .. } | import::Event::Failed { .. } | import::Event::Undone { .. } => {
            String::new()
        }
    }
}

pub(super) async fn check(reader: &Reader, event: &Stored) -> Result<(), Fault> {
    let wrong = || at(event.position, "the list that was accepted here is not the one that is stored");
    let digest = digest_in(event).ok_or_else(wrong)?;
    let named = event.stream.split_once('/').and_then(|(organization, list)| {
        let organization = Organization::parse(organization).ok()?;
        Some(ListName { organization, list: Uuid::parse_str(list).ok()? })
    });
    let (name, mut found, mut from) = (named.ok_or_else(wrong)?, ListDigest::default(), 0);
    loop {
        let chunks = reader.chunks(name.clone(), from, CHUNKS_A_READ).await?;
        let Some(last) = chunks.last() else { break };
        from = last.number + 1;
        for chunk in &chunks {
            found.add(chunk);
        }
    }
    if found.finish() == digest { Ok(()) } else { Err(wrong()) }
}
