//! What both drivers make of the same calls, log and directory.

use std::collections::BTreeMap;

use domain::ids::PbxCallId;
use domain::pbx::reading::{Directory, Live, Logged, Pattern, Reading};
use domain::pbx::said::InsideKind;
use karnay::adapters::simulated_pbx::QUEUE;

use super::*;

/// With the directory that only one driver knows of.
async fn reading(pbx: &SimulatedPbx) -> Reading {
    let inside = kerio(pbx).directory().await.unwrap();
    let directory = Directory::new(inside, Pattern::default());
    Reading { directory, ..Reading::default() }
}

/// Everything about a row but what it is called.
fn row(logged: Logged) -> String {
    let Logged { row, parties, course, .. } = logged;
    let (from, to) = (parties.from, parties.to);
    format!("{} {from} {to} {course:?} {} {} {:?}", row.started_at, row.ring_secs, row.talk_secs, row.status)
}

async fn live(pbx: &dyn Pbx, reading: &Reading) -> BTreeMap<String, Live> {
    let live = pbx.live().await.unwrap();
    assert!(live.complete);
    let calls = live.calls.iter().filter_map(|call| reading.live(call));
    calls.map(|call| (call.call.as_str().to_owned(), call)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_drivers_say_the_same_of_the_same_calls() {
    let (pbx, hand) = start("");
    let reading = reading(&pbx).await;
    let [(_, one), (_, other)] = both(&options(&pbx));
    let ringing = pbx.ring(CALLER, "158");
    let talking = pbx.ring("101", CALLER);
    let queued = pbx.queue("998900000002");
    hand.on(3_000);
    pbx.answer(&talking);
    hand.on(4_000);
    pbx.transfer(&queued, "1001");
    let (busy, refused) = (pbx.ring(CALLER, "102"), pbx.ring(CALLER, "103"));
    let ended = pbx.ring("104", "101");
    pbx.answer(&ended);
    hand.on(1_000);
    assert!(pbx.busy(&busy) && pbx.forbidden(&refused) && pbx.hang_up(&ended));
    let seen = live(&*one, &reading).await;
    assert_eq!(seen, live(&*other, &reading).await);
    assert_eq!(seen.len(), 6);
    assert_eq!((seen[&ringing].secs, seen[&talking].talk_secs), (8, 5));
    assert_eq!(seen[&ringing].extension.as_deref(), Some("158"));
}

#[tokio::test(flavor = "multi_thread")]
async fn both_drivers_say_the_same_of_the_same_log() {
    let (pbx, hand) = start("");
    let reading = reading(&pbx).await;
    talked(&pbx, &hand, (CALLER, "158"), (7, 35));
    talked(&pbx, &hand, ("158", CALLER), (3, 9));
    talked(&pbx, &hand, ("101", "102"), (1, 60));
    for (to, busy) in [("101", true), ("102", false)] {
        let id = pbx.ring(CALLER, to);
        hand.on(2_000);
        assert!(if busy { pbx.busy(&id) } else { pbx.hang_up(&id) });
        hand.on(9_000);
    }
    let mut told = vec![];
    for (name, driver) in both(&options(&pbx)) {
        let rows = driver.log(page(0, 100)).await.unwrap().rows;
        assert_eq!(rows.len(), 5, "{name}");
        let key = || PbxCallId::parse("k").unwrap();
        told.push(rows.iter().map(|said| row(reading.log(said, key(), None))).collect::<Vec<_>>());
    }
    assert_eq!(told[0], told[1]);
    assert!(told[0][0].contains("Unanswered") && told[0][1].contains("Busy"), "the newest first: {told:?}");
    assert!(told[0][4].contains(" 7 35 Answered"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_a_part_of_the_whole() {
    let (pbx, _) = start("");
    pbx.make_log(950, Duration::from_hours(30));
    for (name, driver) in both(&options(&pbx)) {
        let whole = driver.log(page(0, 1_000)).await.unwrap();
        assert_eq!((whole.rows.len(), whole.total), (950, Some(950)), "{name}");
        let mut read = vec![];
        for start in (0..1_000).step_by(200) {
            read.extend(driver.log(page(start, 200)).await.unwrap().rows);
        }
        assert_eq!(read, whole.rows, "{name}");
        assert!(driver.log(page(950, 200)).await.unwrap().rows.is_empty(), "{name}");
    }
}

/// The gateway sends 10,000 rows at most, and the box as many as it is told to here.
#[tokio::test(flavor = "multi_thread")]
async fn rows_beyond_the_longest_answer_are_read_too() {
    let (pbx, _) = start("cap:1000");
    pbx.make_log(11_111, Duration::from_hours(3_000));
    let truth = pbx.log();
    for (name, driver) in both(&options(&pbx)) {
        for (first, rows) in [(9_900, 200), (11_000, 111), (11_111, 0)] {
            let told = driver.log(page(first, 200)).await.unwrap().rows;
            let told: Vec<i64> = told.iter().map(|row| row.started_at.timestamp()).collect();
            let first = usize::try_from(first).unwrap();
            let newest = truth.iter().rev().skip(first).take(200).map(|row| row.timestamp);
            assert_eq!((told.len(), told), (rows, newest.collect()), "{name} from {first}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn older_rows_are_left_out_where_the_box_can_tell() {
    let (pbx, _) = start("");
    pbx.make_log(1_000, Duration::from_hours(1_000));
    let bounded = LogPage { since: Some(instant(NOON - 100 * 3_600_000)), ..page(0, 500) };
    for (name, driver) in both(&options(&pbx)) {
        let rows = driver.log(bounded).await.unwrap().rows;
        assert!((80..=100).contains(&rows.len()), "{name}: {}", rows.len());
        assert!(rows.iter().all(|row| Some(row.started_at) >= bounded.since), "{name}");
    }
    for unproven in ["ignore", "refuse"] {
        change(&pbx, unproven);
        let driver = kerio(&pbx);
        assert_eq!(
            driver.log(bounded).await.unwrap().rows.len(),
            500,
            "{unproven}: it sends all, and nothing is lost"
        );
        driver.log(bounded).await.unwrap();
        let asked = pbx.counts().of("CallHistory.get");
        driver.log(bounded).await.unwrap();
        assert_eq!(pbx.counts().of("CallHistory.get"), asked + 1, "{unproven}: it was tried once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_log_proves_nothing() {
    let (pbx, hand) = start("ignore");
    let driver = kerio(&pbx);
    let bounded = LogPage { since: Some(instant(NOON + 3_600_000)), ..page(0, 10) };
    assert!(driver.log(bounded).await.unwrap().rows.is_empty());
    talked(&pbx, &hand, (CALLER, "158"), (1, 1));
    assert_eq!(
        driver.log(bounded).await.unwrap().rows.len(),
        1,
        "it is found out that the box ignores the bound"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_boxes_clock_is_told() {
    let (pbx, _) = start("skew:90");
    for (name, driver) in both(&options(&pbx)) {
        assert_eq!(driver.live().await.unwrap().told_at, Some(instant(NOON + 90_000)), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_was_cut_short_says_so() {
    let (pbx, _) = start("cap:1");
    let driver = kerio(&pbx);
    pbx.ring(CALLER, "158");
    assert!(driver.live().await.unwrap().complete);
    pbx.ring(CALLER, "101");
    let live = driver.live().await.unwrap();
    assert_eq!((live.calls.len(), live.complete), (1, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn however_loosely_it_is_said_the_same_is_understood() {
    let (pbx, hand) = start("");
    pbx.make_log(300, Duration::from_hours(9));
    talked(&pbx, &hand, (CALLER, "158"), (1, 5));
    for to in ["101", "102", "103", "104", "158", "1001", QUEUE] {
        pbx.ring(CALLER, to);
    }
    let driver = kerio(&pbx);
    let (live, log) = (driver.live().await.unwrap(), driver.log(page(0, 400)).await.unwrap());
    let tapes = driver.recordings(instant(0), 10).await.unwrap();
    assert_eq!((live.calls.len(), log.rows.len(), tapes.len()), (7, 301, 1));
    change(&pbx, "loose");
    assert_eq!(driver.live().await.unwrap(), live);
    assert_eq!(driver.log(page(0, 400)).await.unwrap(), log);
    assert_eq!(driver.recordings(instant(0), 10).await.unwrap(), tapes);
    change(&pbx, "unknown");
    assert!(driver.log(page(0, 400)).await.unwrap().rows.iter().all(|row| row.code == "99"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_directory_tells_telephones_from_queues() {
    let (pbx, _) = start("");
    let [(_, driver), (_, rest)] = both(&options(&pbx));
    let inside = driver.directory().await.unwrap();
    let kind = |number: &str| inside.iter().find(|inside| inside.number == number).map(|inside| inside.kind);
    assert_eq!((kind("158"), kind(QUEUE)), (Some(InsideKind::Extension), Some(InsideKind::Group)));
    assert_eq!((kind("**120"), kind(CALLER)), (Some(InsideKind::Service), None));
    assert!(
        matches!(rest.directory().await, Err(PbxTrouble::Unsupported { .. })),
        "nothing of it is documented"
    );
    change(&pbx, "missing:Server.getInternalDirectoryList");
    assert!(matches!(driver.directory().await, Err(PbxTrouble::Unsupported { .. })));
}
