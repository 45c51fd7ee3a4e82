//! Reading the streams beneath another one: nobody else's, in the order of the index, and from any place on.

use std::sync::Arc;

use domain::call;
use domain::fact::{Event, Fact};
use domain::ids::StreamId;
use karnay::journal::beneath::Place;
use karnay::journal::feed::Reading;
use karnay::journal::{Append, Journal, Stored, Unit};

use super::bed::{Bed, circumstances, entry, unit};

super::on_both_stores!(
    what_is_beneath_a_stream_is_nobody_elses,
    a_reading_goes_on_where_it_stood,
    a_stretch_of_the_journal_holds_a_stream_and_what_is_beneath_it,
    the_personal_part_of_somebody_forgotten_is_empty,
);

/// Streams of calls in the order of the index, which is not the order in which they were written.
const OURS: [&str; 4] = ["1/s-1/0000001", "1/s-1/0000002", "1/s-1/0000010", "1/s-1/~ab"];
/// Neighbours on both sides, and what a pattern or a prefix would take for ours.
const THEIRS: [&str; 10] = [
    "1/s-10/0000001",
    "1/s-1-/0000001",
    "1/s-1./0000001",
    "1/s-1:/0000001",
    "1/s-1_/0000001",
    "1/s-/0000001",
    "1/s-2/0000001",
    "1/sX1/0000001",
    "11/s-1/0000001",
    "2/s-1/0000001",
];

fn stream(name: &str) -> StreamId {
    StreamId::stored(name.to_owned())
}

async fn written(journal: &Journal) {
    for name in OURS.iter().rev().chain(&THEIRS) {
        journal.append(unit(journal, &[(&stream(name), 0, 2)])).await.unwrap();
    }
    let at = chrono::DateTime::UNIX_EPOCH;
    let look = Event::Session(domain::session::Event::Launched { at });
    let events = vec![entry("launched", "{}".into(), look, at)];
    let append = Append { kind: "session", stream: stream("1/s-1/0000003"), expected: 0, events };
    let unit = Unit { command: None, circumstances: circumstances("c"), appends: vec![append], keys: vec![] };
    journal.append(unit).await.unwrap();
}

/// The names and sequences of what is read in pages of `limit`.
async fn read(journal: &Journal, parent: &str, limit: usize) -> Vec<(String, u64)> {
    let (parent, mut after, mut all) = (stream(parent), None, vec![]);
    loop {
        let (page, next) = journal.beneath("call", &parent, after.as_ref(), limit).await.unwrap();
        assert!(page.len() <= limit);
        all.extend(page.iter().map(|event| (event.stream.clone(), event.sequence)));
        let last = page.last().and_then(|last| Place::of(last, &parent));
        assert!(next.is_none() || next == last, "it goes on after the last");
        let Some(next) = next else { return all };
        after = Some(next);
    }
}

async fn what_is_beneath_a_stream_is_nobody_elses(bed: Bed) {
    let journal = bed.open().await;
    written(&journal).await;
    let ours: Vec<_> = OURS.iter().flat_map(|name| [1, 2].map(|nth| ((*name).to_owned(), nth))).collect();
    assert_eq!(read(&journal, "1/s-1", 100).await, ours);
    for name in THEIRS {
        let parent = name.rsplit_once('/').unwrap().0;
        assert_eq!(read(&journal, parent, 100).await, [1, 2].map(|nth| (name.to_owned(), nth)));
    }
    assert!(read(&journal, "1/s-3", 100).await.is_empty());
    assert!(read(&journal, "1", 100).await.len() > 1, "an organization's sessions are beneath it");
    assert!(read(&journal, "1/s%", 100).await.is_empty());
}

async fn a_reading_goes_on_where_it_stood(bed: Bed) {
    let journal = bed.open().await;
    written(&journal).await;
    let whole = read(&journal, "1/s-1", 100).await;
    for limit in [1, 2, 3, 7, 8] {
        assert_eq!(read(&journal, "1/s-1", limit).await, whole, "in pages of {limit}");
    }
    let parent = stream("1/s-1");
    let beyond = Place { name: "~zz".into(), sequence: 1 };
    assert!(journal.beneath("call", &parent, Some(&beyond), 100).await.unwrap().0.is_empty());
    let middle = Place { name: "0000003".into(), sequence: 9 };
    let (rest, _) = journal.beneath("call", &parent, Some(&middle), 100).await.unwrap();
    assert_eq!(rest.first().map(|event| &*event.stream), Some(OURS[2]));
    let elsewhere = rest.first().and_then(|event| Place::of(event, &stream("1/s-")));
    assert_eq!(elsewhere, None);
}

async fn a_stretch_of_the_journal_holds_a_stream_and_what_is_beneath_it(bed: Bed) {
    let journal = bed.open().await;
    written(&journal).await;
    let own = ("session", stream("1/s-1/0000003"));
    let all = journal.stored(0, 100).await.unwrap();
    let head = all.last().unwrap().position;
    for (own, kind) in
        [(own, "call"), (("session", stream("1/s-1")), "call"), (("call", stream("1/s-1")), "none")]
    {
        for (after, until) in [(0, head), (0, 0), (3, 7), (head - 2, head), (5, 5), (0, head + 9)] {
            let beneath = format!("{}/", own.1);
            let ours = |event: &&Stored| {
                event.position > after
                    && event.position <= until
                    && ((event.kind == own.0 && event.stream == own.1.as_str())
                        || (event.kind == kind && event.stream.starts_with(&beneath)))
            };
            let wanted: Vec<_> = all.iter().filter(ours).cloned().collect();
            assert_eq!(journal.family((&own, kind), (after, until), 100).await.unwrap(), wanted);
            let first = journal.family((&own, kind), (after, until), 2).await.unwrap();
            assert_eq!(first, wanted[..wanted.len().min(2)]);
        }
    }
}

async fn the_personal_part_of_somebody_forgotten_is_empty(bed: Bed) {
    let journal = bed.open().await;
    written(&journal).await;
    assert_eq!(personal(&journal).await, ["Personal(***)"; 8]);
    journal.close().await;
    drop(journal);
    assert!(bed.meddle("DELETE FROM person_keys").await);
    assert_eq!(personal(&bed.open().await).await, ["Personal(forgotten)"; 8]);
}

async fn personal(journal: &Journal) -> Vec<String> {
    let (stored, _) = journal.beneath("call", &stream("1/s-1"), None, 100).await.unwrap();
    let page = journal.decode(0, stored, Reading::Clear).await.unwrap();
    assert!(page.unreadable.is_empty());
    let shown = |fact: &Arc<Fact>| {
        let Event::Call(call::Event::Reported(told)) = &fact.event else { panic!("{fact:?}") };
        format!("{:?}", told.personal)
    };
    page.facts.iter().map(shown).collect()
}
