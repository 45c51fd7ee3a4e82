//! Appending and reading: versions, units, command ids, positions, the tail, and what cannot be changed.

use std::sync::Arc;

use domain::fact::{Circumstances, Fact};
use futures_util::future::{join_all, maybe_done};
use karnay::journal::feed::{self, Reading};
use karnay::journal::upcast::{self, Shape, Step};
use karnay::journal::verify::Fault;
use karnay::journal::{Append, EVENT_LEN_MAX, Entry, Journal, Refused, Unit};
use serde_json::json;
use uuid::Uuid;

use super::bed::{Bed, call, circumstances, command, reported, unit};

super::on_both_stores!(
    appended_events_are_read_back_as_they_were_sent,
    positions_follow_one_another_and_the_head_moves_before_the_answer,
    a_refused_unit_leaves_no_trace_while_its_neighbours_commit,
    a_unit_over_two_streams_is_stored_whole_or_not_at_all,
    two_streams_are_told_apart_in_one_look,
    a_repeated_command_is_answered_with_its_first_outcome,
    a_stream_named_twice_in_a_unit_is_a_conflict_and_costs_nobody_else_anything,
    a_command_without_events_is_remembered,
    units_of_one_stream_that_wait_together_are_stored_in_turn,
    keys_are_stored_with_the_unit_that_brought_them,
    an_event_that_is_too_large_is_refused,
    the_tail_answers_what_the_store_answers,
    an_unreadable_event_is_named_and_the_others_are_read,
    an_old_shape_is_read_as_what_it_is_today,
    what_was_recorded_cannot_be_changed_or_removed,
    verify_names_the_place_of_a_change,
    recorded_at_never_decreases_when_the_clock_does,
    closing_answers_everything_that_was_queued,
);

/// Whatever JSON allows and a parser would not give back.
const ODD: &str =
    "{ \"b\":1.50,\"a\" : \"\\u00e7\\/\", \"a\":1e3,\t\"n\":[ 1 ,2 ] ,\"x\":12345678901234567890123}";

async fn append(journal: &Journal, unit: Unit) -> karnay::journal::Appended {
    journal.append(unit).await.unwrap()
}

fn as_sent(journal: &Journal, stream: &str, expected: u64, payload: &str) -> Unit {
    let (entry, _) = reported(journal, "+905551112233");
    let entry = Entry { payload: payload.into(), ..entry };
    let append = Append { kind: "call", stream: call(stream), expected, events: vec![entry] };
    Unit { command: None, circumstances: circumstances("c-1"), appends: vec![append], keys: vec![] }
}

async fn appended_events_are_read_back_as_they_were_sent(bed: Bed) {
    let journal = bed.open().await;
    let appended = append(&journal, as_sent(&journal, "a", 0, ODD)).await;
    append(&journal, unit(&journal, &[(&call("a"), 1, 2)])).await;
    let stored = journal.stored(0, 10).await.unwrap();
    assert_eq!(stored.iter().map(|event| event.position).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(stored[0].payload, ODD, "byte for byte");
    assert_eq!(stored[0].metadata, serde_json::to_string(&*circumstances("c-1")).unwrap());
    assert_eq!((stored[0].sequence, stored[2].sequence), (1, 3));
    assert_eq!(stored[0].recorded_at, appended.recorded_at.timestamp_micros());
    assert!(stored.iter().all(|event| event.rehash() == event.hash));
    let stream = journal.stream("call", &call("a")).await.unwrap();
    let same =
        |event: &karnay::journal::Stored| (event.position, event.sequence, event.hash, event.recorded_at);
    assert_eq!(stream.iter().map(same).collect::<Vec<_>>(), stored.iter().map(same).collect::<Vec<_>>());
    assert_eq!(stream[2].event_type, "reported");
    assert!(journal.stream("call", &call("none")).await.unwrap().is_empty());
    assert!(journal.stream("session", &call("a")).await.unwrap().is_empty());
    assert_eq!(journal.stored(1, 1).await.unwrap()[0].position, 2);
    assert_eq!(bed.verify().await.unwrap().events, 3);
}

async fn positions_follow_one_another_and_the_head_moves_before_the_answer(bed: Bed) {
    let journal = bed.open().await;
    let streams: Vec<_> = (0..200).map(call).collect();
    let told = join_all(streams.iter().map(|stream| {
        let (journal, unit) = (&journal, unit(&journal, &[(stream, 0, 2)]));
        async move { (append(journal, unit).await, journal.position()) }
    }));
    let told = told.await;
    assert!(
        told.iter().all(|(appended, head)| appended.last <= *head && appended.last == appended.first + 1)
    );
    let mut firsts: Vec<_> = told.iter().map(|(appended, _)| appended.first).collect();
    firsts.sort_unstable();
    assert_eq!(firsts, (0..200).map(|nth| nth * 2 + 1).collect::<Vec<_>>());
    assert_eq!(bed.verify().await.unwrap().events, 400);
    journal.close().await;
    assert_eq!(bed.open().await.position(), 400, "the head is found again");
}

async fn a_refused_unit_leaves_no_trace_while_its_neighbours_commit(bed: Bed) {
    let journal = bed.open().await;
    append(&journal, unit(&journal, &[(&call("a"), 0, 1)])).await;
    let (a, b, c) = (call("a"), call("b"), call("c"));
    let behind = command(Uuid::from_u128(1), "x", unit(&journal, &[(&a, 0, 1)]));
    let ahead = unit(&journal, &[(&b, 5, 1)]);
    let results =
        join_all([behind, unit(&journal, &[(&c, 0, 1)]), ahead].map(|unit| journal.append(unit))).await;
    assert_eq!(results[0], Err(Refused::Conflict));
    assert_eq!(results[1].as_ref().unwrap().first, 2);
    assert_eq!(results[2], Err(Refused::Conflict));
    assert_eq!(journal.position(), 2);
    // The refused command is not remembered either.
    let retried = append(&journal, command(Uuid::from_u128(1), "x", unit(&journal, &[(&a, 1, 1)]))).await;
    assert_eq!((retried.first, retried.repeated), (3, false));
    assert_eq!(bed.verify().await.unwrap().events, 3);
}

async fn a_unit_over_two_streams_is_stored_whole_or_not_at_all(bed: Bed) {
    let journal = bed.open().await;
    let (a, b) = (call("a"), call("b"));
    let both = append(&journal, unit(&journal, &[(&a, 0, 2), (&b, 0, 1)])).await;
    assert_eq!((both.first, both.last), (1, 3));
    let half = journal.append(unit(&journal, &[(&a, 2, 1), (&b, 0, 1)])).await;
    assert_eq!(half, Err(Refused::Conflict));
    assert_eq!(journal.stream("call", &a).await.unwrap().len(), 2);
    let mixed = join_all([
        journal.append(unit(&journal, &[(&a, 2, 1), (&b, 1, 1)])),
        journal.append(unit(&journal, &[(&b, 2, 1), (&call("c"), 0, 1)])),
    ]);
    assert!(mixed.await.iter().all(Result::is_ok), "the second waits for the first");
    assert_eq!(bed.verify().await.unwrap().events, 7);
}

async fn two_streams_are_told_apart_in_one_look(bed: Bed) {
    use domain::{call::Call, session::Session};
    let journal = bed.open().await;
    let (a, b) = (call("a"), call("b"));
    append(&journal, unit(&journal, &[(&a, 0, 2), (&b, 0, 1), (&call("c"), 0, 4)])).await;
    let read = |(of_one, of_other): (feed::Known<Call>, feed::Known<Call>)| {
        ((of_one.0.len(), of_one.1), (of_other.0.len(), of_other.1))
    };
    assert_eq!(read(journal.load_both::<Call, Call>(&b, &a).await.unwrap()), ((1, 1), (2, 2)));
    assert_eq!(read(journal.load_both::<Call, Call>(&a, &call("none")).await.unwrap()), ((2, 2), (0, 0)));
    let (calls, sessions) = journal.load_both::<Call, Session>(&a, &a).await.unwrap();
    assert_eq!((calls.0, calls.1), (journal.load::<Call>(&a).await.unwrap().0, 2));
    assert_eq!(sessions, (vec![], 0), "one of the same name and another kind");
}

async fn a_repeated_command_is_answered_with_its_first_outcome(bed: Bed) {
    let journal = bed.open().await;
    let (a, id) = (call("a"), Uuid::from_u128(7));
    let twice =
        join_all(["x", "x"].map(|body| journal.append(command(id, body, unit(&journal, &[(&a, 0, 2)])))));
    let twice: Vec<_> = twice.await.into_iter().map(Result::unwrap).collect();
    assert_eq!((twice[0].first, twice[0].last, twice[0].repeated), (1, 2, false));
    assert_eq!(
        (twice[1].first, twice[1].last, twice[1].repeated),
        (1, 2, true),
        "although it was in the same batch"
    );
    assert_eq!(twice[0].recorded_at, twice[1].recorded_at);
    let elsewhere = command(id, "x", unit(&journal, &[(&call("b"), 0, 1)]));
    assert!(append(&journal, elsewhere).await.repeated, "the id decides, not the stream");
    let other = journal.append(command(id, "y", unit(&journal, &[(&a, 2, 1)]))).await;
    assert_eq!(other, Err(Refused::CommandReused));
    let mut foreign = command(id, "y", unit(&journal, &[(&call("c"), 0, 1)]));
    foreign.circumstances = Arc::new(Circumstances { organization: "2".into(), ..Circumstances::default() });
    assert!(!append(&journal, foreign).await.repeated, "ids belong to their organization");
    assert_eq!(bed.verify().await.unwrap().events, 3);
}

async fn a_stream_named_twice_in_a_unit_is_a_conflict_and_costs_nobody_else_anything(bed: Bed) {
    let journal = bed.open().await;
    let (a, b) = (call("a"), call("b"));
    for again_at in [0, 1] {
        let twice = journal.append(unit(&journal, &[(&a, 0, 1), (&b, 0, 1), (&a, again_at, 1)]));
        let (twice, neighbour) =
            tokio::join!(twice, journal.append(unit(&journal, &[(&call(format!("n{again_at}")), 0, 1)])));
        assert_eq!(twice, Err(Refused::Conflict));
        neighbour.unwrap();
    }
}

async fn a_command_without_events_is_remembered(bed: Bed) {
    let journal = bed.open().await;
    append(&journal, unit(&journal, &[(&call("a"), 0, 1)])).await;
    let id = Uuid::from_u128(8);
    let idle = || command(id, "x", unit(&journal, &[]));
    assert!(!append(&journal, idle()).await.repeated);
    let again = append(&journal, idle()).await;
    assert!(again.repeated && again.last <= journal.position(), "no position to wait for in vain");
    assert_eq!(journal.position(), 1);
    assert_eq!(bed.verify().await.unwrap().batches, 1, "nothing was chained");
}

async fn units_of_one_stream_that_wait_together_are_stored_in_turn(bed: Bed) {
    let journal = bed.open().await;
    let (a, b) = (call("a"), call("b"));
    let turns = (0..40).map(|version| journal.append(unit(&journal, &[(&a, version, 1)])));
    assert!(join_all(turns).await.iter().all(Result::is_ok));
    let rivals = join_all((0..5).map(|_| journal.append(unit(&journal, &[(&b, 0, 1)])))).await;
    assert_eq!(rivals.iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!(rivals.iter().filter(|result| **result == Err(Refused::Conflict)).count(), 4);
    assert_eq!(journal.stream("call", &a).await.unwrap().len(), 40);
    assert_eq!(journal.depth(), 0);
    assert_eq!(bed.verify().await.unwrap().events, 41);
}

async fn keys_are_stored_with_the_unit_that_brought_them(bed: Bed) {
    let journal = bed.open().await;
    let (a, b) = (call("a"), call("b"));
    let refused = unit(&journal, &[(&a, 3, 1)]);
    assert_eq!(refused.keys.len(), 1);
    assert_eq!(journal.append(refused).await, Err(Refused::Conflict));
    // Two units that both bring the key, in one batch.
    let both = join_all([&a, &b].map(|stream| journal.append(unit(&journal, &[(stream, 0, 1)])))).await;
    assert!(both.iter().all(Result::is_ok));
    journal.close().await;
    let again = bed.open().await;
    let page = again.facts(0, 10, Reading::Clear).await.unwrap();
    assert!(page.unreadable.is_empty());
    assert!(page.facts.iter().all(|fact| phone(fact).as_deref() == Some("+905550000000")));
    assert!(bed.meddle("DELETE FROM person_keys").await, "a person can be forgotten");
    let forgotten = bed_reopened(&bed, again).await.facts(0, 10, Reading::Clear).await.unwrap();
    assert!(forgotten.facts.iter().all(|fact| phone(fact).is_none()));
    assert_eq!(bed.verify().await.unwrap().events, 2, "and the chain still holds");
}

async fn bed_reopened(bed: &Bed, journal: Journal) -> Journal {
    journal.close().await;
    drop(journal);
    bed.open().await
}

fn phone(fact: &Fact) -> Option<String> {
    let domain::fact::Event::Call(domain::call::Event::Reported(told)) = &fact.event else { return None };
    told.personal.clear().map(|details| details.phone.clone())
}

async fn an_event_that_is_too_large_is_refused(bed: Bed) {
    let journal = bed.open().await;
    let fits = format!("\"{}\"", "x".repeat(EVENT_LEN_MAX - 2));
    let too_large = format!("\"{}\"", "x".repeat(EVENT_LEN_MAX - 1));
    let refused = journal.append(as_sent(&journal, "a", 0, &too_large)).await;
    assert_eq!(refused, Err(Refused::TooLarge { size: EVENT_LEN_MAX + 1 }));
    append(&journal, as_sent(&journal, "a", 0, &fits)).await;
    assert_eq!(journal.stored(0, 1).await.unwrap()[0].payload, fits);
}

async fn the_tail_answers_what_the_store_answers(bed: Bed) {
    let journal = bed.open().await;
    for turn in 0..5 {
        let streams: Vec<_> = (0..20).map(|nth| call(format!("{turn}-{nth}"))).collect();
        join_all(streams.iter().map(|stream| journal.append(unit(&journal, &[(stream, 0, 2)])))).await;
    }
    let tail = journal.facts(0, 1_000, Reading::Clear).await.unwrap();
    let stored = journal.stored(0, 1_000).await.unwrap();
    let decoded = journal.decode(0, stored, Reading::Clear).await.unwrap();
    assert_eq!(tail.facts.len(), 200);
    assert_eq!((tail.last, &tail.facts), (decoded.last, &decoded.facts));
    let again = bed_reopened(&bed, journal).await.facts(150, 1_000, Reading::Clear).await.unwrap();
    assert_eq!(again.facts[..], tail.facts[150..]);
}

async fn an_unreadable_event_is_named_and_the_others_are_read(bed: Bed) {
    let journal = bed.open().await;
    append(&journal, unit(&journal, &[(&call("a"), 0, 1)])).await;
    append(&journal, as_sent(&journal, "a", 1, ODD)).await;
    // Valid for the store, and more than a parser takes.
    append(&journal, as_sent(&journal, "b", 0, r#"{"x":"\ud800"}"#)).await;
    append(&journal, unit(&journal, &[(&call("a"), 2, 1)])).await;
    let again = bed_reopened(&bed, journal).await;
    let page = again.facts(0, 10, Reading::Clear).await.unwrap();
    assert_eq!(page.facts.iter().map(|fact| fact.position).collect::<Vec<_>>(), [1, 4]);
    assert_eq!(page.unreadable.iter().map(|bad| bad.position).collect::<Vec<_>>(), [2, 3]);
    assert_eq!((page.last, page.unreadable[0].stream.as_str()), (4, "1/session-1/a"));
    let load = |stream: &'static str| {
        let again = &again;
        async move { again.load::<domain::call::Call>(&call(stream)).await.unwrap_err().to_string() }
    };
    assert!(load("a").await.starts_with("event 2 cannot be read"));
    assert!(load("b").await.starts_with("event 3 cannot be read"));
}

async fn an_old_shape_is_read_as_what_it_is_today(bed: Bed) {
    const STEPS: &[Step] = &[Step {
        kind: "call",
        event_type: "reported",
        event_version: "1",
        cast: |old| {
            let halves = ["rang", "talked"];
            halves
                .map(|name| Shape { event_type: name.into(), event_version: "1".into(), ..old.clone() })
                .into()
        },
    }];
    let journal = bed.open().await;
    append(&journal, as_sent(&journal, "a", 0, r#"{"old":true}"#)).await;
    let stored = journal.stream("call", &call("a")).await.unwrap().remove(0);
    let payload = serde_json::from_str(&stored.payload).unwrap();
    let shape = Shape {
        kind: stored.kind,
        event_type: stored.event_type,
        event_version: stored.event_version,
        payload,
    };
    let today = upcast::upcast(STEPS, shape);
    assert_eq!(today.iter().map(|shape| shape.event_type.as_str()).collect::<Vec<_>>(), ["rang", "talked"]);
    assert!(today.iter().all(|shape| shape.payload == json!({"old": true})));
}

async fn what_was_recorded_cannot_be_changed_or_removed(bed: Bed) {
    let journal = bed.open().await;
    append(&journal, unit(&journal, &[(&call("a"), 0, 2)])).await;
    for table in ["events", "batches"] {
        assert!(!bed.meddle(&format!("UPDATE {table} SET recorded_at = 0")).await);
        assert!(!bed.meddle(&format!("DELETE FROM {table}")).await);
        assert!(!bed.meddle(&format!("TRUNCATE {table}")).await);
    }
    assert_eq!(bed.verify().await.unwrap().events, 2);
}

async fn verify_names_the_place_of_a_change(bed: Bed) {
    let journal = bed.open().await;
    for nth in 0..4 {
        append(&journal, unit(&journal, &[(&call(nth), 0, 2)])).await;
    }
    journal.close().await;
    let texts = ["aggregate_type", "aggregate_id", "event_type", "event_version"];
    let texts =
        texts.map(|column| (column, "'x'", format!("(SELECT {column} FROM kept WHERE position = 3)")));
    let json = ["payload", "metadata"]
        .map(|column| (column, r#"'{"x": 1}'"#, format!("(SELECT {column} FROM kept WHERE position = 3)")));
    let numbers = ["sequence", "occurred_at", "recorded_at"]
        .map(|column| (column, "7", format!("(SELECT {column} FROM kept WHERE position = 3)")));
    bed.force("CREATE TABLE kept AS SELECT * FROM events").await;
    for (column, value, before) in texts.into_iter().chain(json).chain(numbers) {
        bed.force(&format!("UPDATE events SET {column} = {value} WHERE position = 3")).await;
        let fault = bed.verify().await.unwrap_err();
        assert!(matches!(fault, Fault::At { position: 3, .. }), "{column}: {fault}");
        bed.force(&format!("UPDATE events SET {column} = {before} WHERE position = 3")).await;
        assert!(bed.verify().await.is_ok(), "{column} is as it was");
    }
    bed.force("DELETE FROM events WHERE position = 5").await;
    assert!(matches!(bed.verify().await.unwrap_err(), Fault::At { position: 5, .. }));
}

async fn recorded_at_never_decreases_when_the_clock_does(bed: Bed) {
    let journal = bed.open().await;
    let first = append(&journal, unit(&journal, &[(&call("a"), 0, 1)])).await;
    bed.clock.0.store(-3_600_000, std::sync::atomic::Ordering::Relaxed);
    let second = append(&journal, unit(&journal, &[(&call("a"), 1, 1)])).await;
    assert_eq!(second.recorded_at, first.recorded_at);
    let again = bed_reopened(&bed, journal).await;
    let third = append(&again, unit(&again, &[(&call("a"), 2, 1)])).await;
    assert_eq!(third.recorded_at, first.recorded_at);
    assert_eq!(bed.verify().await.unwrap().events, 3);
}

async fn closing_answers_everything_that_was_queued(bed: Bed) {
    let journal = bed.open().await;
    let mut answers = vec![];
    for nth in 0..300 {
        let (journal, unit) = (journal.clone(), unit(&journal, &[(&call(nth), 0, 1)]));
        let mut answer = Box::pin(maybe_done(async move { journal.append(unit).await }));
        // It is queued by now, and perhaps answered.
        let _ = futures_util::poll!(&mut answer);
        answers.push(answer);
    }
    journal.close().await;
    let late = journal.append(unit(&journal, &[(&call("late"), 0, 1)])).await;
    assert!(matches!(late, Err(Refused::Unavailable(_))));
    for mut answer in answers {
        (&mut answer).await;
        assert!(answer.as_mut().take_output().unwrap().is_ok());
    }
    assert_eq!(bed.verify().await.unwrap().events, 300);
}
