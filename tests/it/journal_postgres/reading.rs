//! A program that knows only postgres-es reads our streams, and the store keeps the very bytes it was sent.

use std::collections::HashMap;
use std::time::Duration;

use chrono::DateTime;
use cqrs_es::persist::{PersistedEventRepository, PersistedEventStore};
use cqrs_es::{Aggregate, AggregateContext, EventStore};
use domain::call::{Call, Event};
use domain::fact::Recorded;
use domain::session::{Phase, Remote, Session};
use domain::{call as calls, session};
use futures_util::future::join_all;
use karnay::journal::verify::{Fault, Place};
use karnay::journal::{Append, Refused, Unit};
use postgres_es::PostgresEventRepository;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use sqlx::PgPool;
use tokio::runtime::Builder;
use tokio::time::sleep;
use uuid::Uuid;

use crate::journal::bed::{Bed, call, circumstances, entry, reported, unit};

fn url(bed: &Bed) -> &str {
    let Place::Url(url) = &bed.place else { panic!("not on PostgreSQL") };
    url
}

#[tokio::test]
async fn a_plain_postgres_es_program_reads_our_streams() {
    let bed = Bed::postgres().await;
    let journal = bed.open().await;
    let (stream, at) = (call("a"), DateTime::from_timestamp(1_780_000_000, 0).unwrap());
    journal.append(unit(&journal, &[(&stream, 0, 2)])).await.unwrap();
    let id = Uuid::from_u128(9);
    let lived = [
        session::Event::Opened {
            id,
            remote: Remote::Ssh,
            list: None,
            completion: session::Completion::Results,
            at,
        },
        session::Event::Launched { at },
    ];
    let events = lived.into_iter().map(|event| {
        let payload = serde_json::to_string(&event).unwrap();
        entry(&cqrs_es::DomainEvent::event_type(&event), payload, Session::fact(event), at)
    });
    let append = Append { kind: Session::TYPE, stream: call("s"), expected: 0, events: events.collect() };
    let circumstances = circumstances("c-1");
    journal.append(Unit { command: None, circumstances, appends: vec![append], keys: vec![] }).await.unwrap();

    // From here on nothing of ours.
    let pool: PgPool = postgres_es::default_postgress_pool(url(&bed)).await;
    let repository = PostgresEventRepository::new(pool.clone());
    let raw = repository.get_events::<Call>(stream.as_str()).await.unwrap();
    assert_eq!(raw.iter().map(|event| event.sequence).collect::<Vec<_>>(), [1, 2]);
    let store = PersistedEventStore::<PostgresEventRepository, Call>::new_event_store(repository);
    let envelopes = store.load_events(stream.as_str()).await.unwrap();
    assert!(matches!(envelopes[0].payload, Event::Reported(calls::Told { talk_secs: Some(61), .. })));
    let metadata: &HashMap<String, String> = &envelopes[0].metadata;
    assert_eq!(metadata["organization"], "1");
    let repository = PostgresEventRepository::new(pool);
    let store = PersistedEventStore::<PostgresEventRepository, Session>::new_event_store(repository);
    let mut context = store.load_aggregate(call("s").as_str()).await.unwrap();
    assert_eq!((context.aggregate().id(), context.aggregate().phase()), (id, Phase::Running));
}

/// Workers and actors come and go, and others go on with the connections that they opened.
#[tokio::test]
async fn connections_outlive_whoever_opened_them() {
    let bed = Bed::postgres().await;
    let journal = bed.open().await;
    for _ in 0..20 {
        let passing = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let asking = journal.clone();
        passing.spawn(async move { join_all((0..8).map(|_| asking.stored(0, 1))).await }).await.unwrap();
        let going_on = async {
            for _ in 0..50 {
                journal.stored(0, 1).await.unwrap();
            }
        };
        tokio::join!(going_on, async {
            sleep(Duration::from_millis(5)).await;
            passing.shutdown_background();
        });
    }
}

#[tokio::test]
async fn a_stream_reads_alike_through_postgres_es_and_by_position() {
    let bed = Bed::postgres().await;
    let journal = bed.open().await;
    let stream = call("a");
    journal.append(unit(&journal, &[(&stream, 0, 5)])).await.unwrap();
    let through = journal.stream("call", &stream).await.unwrap();
    let stored = journal.stored(0, 10).await.unwrap();
    for (through, stored) in through.into_iter().zip(stored) {
        let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(parsed(&through.payload), parsed(&stored.payload));
        assert_eq!(parsed(&through.metadata), parsed(&stored.metadata));
        let (payload, metadata) = (stored.payload.clone(), stored.metadata.clone());
        assert_eq!(karnay::journal::Stored { payload, metadata, ..through }, stored);
    }
}

fn json() -> impl Strategy<Value = String> {
    let space = "[ \t\n]{0,2}";
    let leaf = prop_oneof![
        r#""([^"\\\x00-\x1f]|\\u[0-9a-f]{4}|\\[nt"\\/b])*""#.prop_map(String::from),
        r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?".prop_map(String::from),
        Just("true".to_owned()),
        Just("null".to_owned()),
    ];
    leaf.prop_recursive(3, 20, 4, move |inner| {
        let member = (space, inner.clone()).prop_map(|(space, value)| format!("\"k\"{space}:{value}"));
        let list = prop::collection::vec((inner, space).prop_map(|(value, space)| value + &space), 0..4);
        let map = prop::collection::vec(member, 0..4);
        prop_oneof![
            list.prop_map(|items| format!("[{}]", items.join(","))),
            map.prop_map(|items| format!("{{{}}}", items.join(", "))),
        ]
    })
}

/// Whatever JSON looks like: spaces, keys twice, numbers that no float holds, escapes that could be spelt otherwise.
#[tokio::test]
async fn payloads_keep_their_very_bytes() {
    let bed = Bed::postgres().await;
    let journal = bed.open().await;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let texts: Vec<String> = (0..300).map(|_| json().new_tree(&mut runner).unwrap().current()).collect();
    let (template, _) = reported(&journal, "+905551112233");
    let events =
        texts.iter().map(|text| entry("reported", text.clone(), template.fact.clone(), template.occurred_at));
    let append = Append { kind: "call", stream: call("a"), expected: 0, events: events.collect() };
    let circumstances = circumstances("ç\u{1F4DE}\\\"");
    journal.append(Unit { command: None, circumstances, appends: vec![append], keys: vec![] }).await.unwrap();
    let stored = journal.stored(0, 1_000).await.unwrap();
    assert_eq!(stored.into_iter().map(|event| event.payload).collect::<Vec<_>>(), texts);
    assert_eq!(bed.verify().await.unwrap().events, 300);
}

#[tokio::test]
async fn what_the_store_does_not_take_costs_its_neighbours_nothing() {
    let bed = Bed::postgres().await;
    let journal = bed.open().await;
    let units = (0..9).map(|nth| {
        let mut unit = unit(&journal, &[(&call(nth), 0, 1)]);
        if nth == 4 {
            unit.appends[0].events[0].payload = "{".into();
        }
        if nth == 7 {
            unit.appends[0].events[0].event_type = "nul \0".into();
        }
        journal.append(unit)
    });
    let results = join_all(units).await;
    for (nth, result) in results.iter().enumerate() {
        assert_eq!(matches!(result, Err(Refused::Unavailable(_))), nth == 4 || nth == 7, "{nth}: {result:?}");
    }
    assert_eq!(bed.verify().await.unwrap().events, 7);
}

#[tokio::test]
async fn verify_sees_a_head_that_lies_and_guards_that_are_gone() {
    let bed = Bed::postgres().await;
    let journal = bed.open().await;
    journal.append(unit(&journal, &[(&call("a"), 0, 2)])).await.unwrap();
    for (meddling, undoing) in [
        ("UPDATE journal_head SET position = 3", "UPDATE journal_head SET position = 2"),
        (
            "UPDATE journal_head SET digest = 'x'",
            "UPDATE journal_head SET digest = (SELECT digest FROM batches)",
        ),
        (
            "ALTER TABLE events DISABLE TRIGGER events_are_not_emptied",
            "ALTER TABLE events ENABLE TRIGGER events_are_not_emptied",
        ),
    ] {
        assert!(bed.meddle(meddling).await);
        assert!(matches!(bed.verify().await.unwrap_err(), Fault::Store(_)), "{meddling}");
        assert!(bed.meddle(undoing).await);
        assert_eq!(bed.verify().await.unwrap().events, 2);
    }
}
