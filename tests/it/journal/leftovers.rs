//! What uploads leave behind that broke off: it goes, with its keys, and nothing else does.

use chrono::{DateTime, TimeDelta, Utc};
use cqrs_es::Aggregate as _;
use domain::fact::Recorded as _;
use domain::ids::{Organization, StreamId};
use domain::import::{self, Import, Terms};
use domain::number_list::{Counts, Event, NumberList, Origin};
use karnay::journal::lists::{Chunks, ListDigest, ListName, StoredChunk, Swept};
use karnay::journal::{Append, Journal, Unit};
use karnay::ports::{Clock, Ids as _};
use uuid::Uuid;

use super::bed::{Bed, Chance, circumstances, entry};

super::on_both_stores!(
    what_nobody_accepted_goes_with_its_keys,
    what_may_still_be_under_way_stays,
    what_is_told_of_an_import_stays,
    much_is_removed_bit_by_bit,
);

fn name(list: u128) -> ListName {
    ListName { organization: Organization::parse("1").unwrap(), list: Uuid::from_u128(list) }
}

/// Chunks `numbers` of a list, stored some hours ago.
async fn store(bed: &Bed, journal: &Journal, list: u128, numbers: std::ops::Range<u32>, hours: i64) {
    let name = name(list);
    let key = journal.list_key(&name).unwrap();
    let chunk = |number| {
        let sealed = journal.keyring().seal_bytes(&key, b"+998901234567").unwrap();
        StoredChunk { number, fingerprints: vec![7; 16], sealed }
    };
    let (chunks, stored_at) = (numbers.map(chunk).collect(), bed.clock.now() - TimeDelta::hours(hours));
    journal.put_chunks(Chunks { name, chunks, key: key.to_store(), stored_at }).await.unwrap();
    key.stored();
}

async fn accept(journal: &Journal, list: u128) {
    let mut digest = ListDigest::default();
    journal.chunks(&name(list), 0, 10_000).await.unwrap().iter().for_each(|chunk| digest.add(chunk));
    let ListName { organization, list } = name(list);
    let counts = Counts { numbers: 1, chunks: 1, ..Counts::default() };
    let at = DateTime::from_timestamp(1_780_000_000, 0).unwrap();
    let event = Event::Accepted { id: list, origin: Origin::Text, counts, digest: digest.finish(), at };
    let payload = serde_json::to_string(&event).unwrap();
    let append = Append {
        kind: NumberList::TYPE,
        stream: StreamId::number_list(&organization, list),
        expected: 0,
        events: vec![entry("accepted", payload, NumberList::fact(event), at)],
    };
    let circumstances = circumstances(&Chance.uuid().to_string());
    journal.append(Unit { command: None, circumstances, appends: vec![append], keys: vec![] }).await.unwrap();
}

async fn begin(journal: &Journal, import: u128) {
    let ListName { organization, list: id } = name(import);
    let at = DateTime::from_timestamp(1_780_000_000, 0).unwrap();
    let (origin, terms) = (import::Origin::Text, Terms::default());
    let event = import::Event::Begun { id, origin, terms, at };
    let payload = serde_json::to_string(&event).unwrap();
    let append = Append {
        kind: Import::TYPE,
        stream: StreamId::import(&organization, id),
        expected: 0,
        events: vec![entry("begun", payload, Import::fact(event), at)],
    };
    let circumstances = circumstances(&Chance.uuid().to_string());
    journal.append(Unit { command: None, circumstances, appends: vec![append], keys: vec![] }).await.unwrap();
}

fn a_day_ago(bed: &Bed) -> DateTime<Utc> {
    bed.clock.now() - TimeDelta::days(1)
}

/// How many chunks are there, and whether the first opens.
async fn left(journal: &Journal, list: u128) -> (usize, bool) {
    let chunks = journal.chunks(&name(list), 0, 10_000).await.unwrap();
    let opened = match chunks.first() {
        Some(chunk) => journal.open_chunk(&chunk.sealed).await.unwrap().is_some(),
        None => false,
    };
    (chunks.len(), opened)
}

async fn what_nobody_accepted_goes_with_its_keys(bed: Bed) {
    let journal = bed.open().await;
    store(&bed, &journal, 1, 0..3, 30).await;
    store(&bed, &journal, 2, 0..2, 30).await;
    accept(&journal, 2).await;
    store(&bed, &journal, 3, 0..1, 25).await;
    let orphan = journal.chunks(&name(1), 0, 1).await.unwrap().remove(0);

    let swept = journal.sweep_lists(a_day_ago(&bed)).await.unwrap();
    assert_eq!(swept, Swept { lists: 2, chunks: 4, more: false });
    assert_eq!((left(&journal, 1).await, left(&journal, 3).await), ((0, false), (0, false)));
    assert_eq!(left(&journal, 2).await, (2, true), "what was accepted is whole");
    assert_eq!(journal.open_chunk(&orphan.sealed).await.unwrap(), None, "its key is gone");
    assert_eq!(journal.sweep_lists(a_day_ago(&bed)).await.unwrap(), Swept::default());
    journal.close().await;
    bed.verify().await.unwrap();
}

/// Another node's upload is seen by what it stored last.
async fn what_may_still_be_under_way_stays(bed: Bed) {
    let journal = bed.open().await;
    store(&bed, &journal, 1, 0..2, 30).await;
    store(&bed, &journal, 1, 2..3, 1).await;
    store(&bed, &journal, 2, 0..1, 23).await;
    assert_eq!(journal.sweep_lists(a_day_ago(&bed)).await.unwrap(), Swept::default());
    assert_eq!((left(&journal, 1).await, left(&journal, 2).await), ((3, true), (1, true)));
}

/// Also of one that broke off: its contacts are there.
async fn what_is_told_of_an_import_stays(bed: Bed) {
    let journal = bed.open().await;
    begin(&journal, 1).await;
    store(&bed, &journal, 1, 0..2, 30).await;
    store(&bed, &journal, 2, 0..1, 30).await;
    let swept = journal.sweep_lists(a_day_ago(&bed)).await.unwrap();
    assert_eq!(swept, Swept { lists: 1, chunks: 1, more: false });
    assert_eq!(left(&journal, 1).await, (2, true));
}

async fn much_is_removed_bit_by_bit(bed: Bed) {
    let journal = bed.open().await;
    for list in 1..=3 {
        store(&bed, &journal, list, 0..700, 30).await;
    }
    let first = journal.sweep_lists(a_day_ago(&bed)).await.unwrap();
    assert_eq!(first, Swept { lists: 2, chunks: 1_400, more: true });
    let second = journal.sweep_lists(a_day_ago(&bed)).await.unwrap();
    assert_eq!(second, Swept { lists: 1, chunks: 700, more: false });
}
