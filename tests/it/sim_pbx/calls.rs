//! The call machine, what of it comes into the log, and how loosely that may be said.

use karnay::adapters::simulated_pbx::{Delays, QUEUE};

use super::*;

const CALLER: &str = "998900000001";

fn seen(calls: &[Value]) -> Vec<(&str, u64, u64, u64)> {
    let one = |call: &'_ Value| {
        let number = |name: &str| call[name].as_u64().unwrap();
        (number("STATUS"), number("CALL_DURATION"), number("ANSWERED_DURATION"))
    };
    calls
        .iter()
        .map(|call| (call["TO"]["NUMBER"].as_str().unwrap(), one(call).0, one(call).1, one(call).2))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_set_up_rings_talks_ends_and_is_gone() {
    let (pbx, hand) = healthy();
    let visitor = Visitor::logged_in(&pbx).await;
    assert!(visitor.calls().await.is_empty());
    let id = pbx.connect(CALLER, "158");
    let began = NOON;
    let calls = visitor.calls().await;
    let expected = json!({ "id": id, "FROM": { "NUMBER": CALLER }, "TO": { "NUMBER": "158" }, "STATUS": 1,
        "CALL_DURATION": 0, "ANSWERED_DURATION": 0 });
    assert_eq!(calls, [expected]);
    assert!(id.starts_with("1700049600."), "{id}");
    hand.on(1_500);
    assert!(pbx.proceed(&id, 2, None));
    hand.on(5_500);
    assert_eq!(seen(&visitor.calls().await), [("158", 2, 7, 0)]);
    assert!(pbx.answer(&id));
    hand.on(35_900);
    assert_eq!(seen(&visitor.calls().await), [("158", 3, 42, 35)], "both grow with the clock");
    assert!(visitor.log().await.is_empty(), "nothing is logged before the end");
    assert!(pbx.hang_up(&id));
    assert_eq!(seen(&visitor.calls().await), [("158", 4, 42, 35)]);
    hand.on(300);
    assert!(visitor.calls().await.is_empty());
    assert!(!pbx.answer(&id), "what is gone is gone");
    let stamps: Vec<(i64, Option<u16>)> =
        pbx.steps(&id).iter().map(|step| (step.at - began, step.status)).collect();
    assert_eq!(stamps, [(0, Some(1)), (1_500, Some(2)), (7_000, Some(3)), (42_900, Some(4)), (43_200, None)]);
    let row = json!({ "TIMESTAMP": began / 1_000, "FROM_NUM": CALLER, "TO_NUM": "158", "FROM_TYPE": 12, "STATUS": 4,
        "CALL_DURATION": 42, "ANSWERED_DURATION": 35 });
    assert_eq!(visitor.log().await, [row], "with its start, the log's own status, and no id");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_hands_its_call_to_an_agent() {
    let (pbx, hand) = healthy();
    let visitor = Visitor::logged_in(&pbx).await;
    let id = pbx.queue(CALLER);
    hand.on(10_000);
    assert_eq!(seen(&visitor.calls().await), [(QUEUE, 8, 10, 0)]);
    pbx.transfer(&id, "1001");
    hand.on(4_000);
    let calls = visitor.calls().await;
    assert_eq!(seen(&calls), [("1001", 9, 14, 4)]);
    assert_eq!(calls[0]["id"], id.as_str());
    pbx.hang_up(&id);
    hand.on(5_000);
    let row = &visitor.log().await[0];
    assert_eq!(
        (&row["TO_NUM"], &row["STATUS"], &row["ANSWERED_DURATION"]),
        (&json!(QUEUE), &json!(4), &json!(4))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_end_has_its_own_number_in_the_log() {
    let (pbx, hand) = healthy();
    let visitor = Visitor::logged_in(&pbx).await;
    let busy = pbx.ring("101", "998900000010");
    pbx.busy(&busy);
    let forbidden = pbx.ring("102", "998900000011");
    pbx.forbidden(&forbidden);
    let voicemail = pbx.ring("998900000012", "103");
    let missed = pbx.ring("998900000013", "104");
    let failed = pbx.connect("158", "998900000014");
    pbx.proceed(&failed, 5, None);
    pbx.vanish(&failed);
    hand.on(3_000);
    pbx.voicemail(&voicemail);
    let states: Vec<u64> = seen(&visitor.calls().await).iter().map(|call| call.1).collect();
    assert_eq!(states, [10, 11, 6, 2]);
    hand.on(4_000);
    for id in [&voicemail, &missed] {
        pbx.hang_up(id);
    }
    hand.on(1_000);
    assert!(visitor.calls().await.is_empty());
    let log = visitor.log().await;
    let mut ends: Vec<(&str, u64, u64)> = log
        .iter()
        .map(|row| {
            (
                row["TO_NUM"].as_str().unwrap(),
                row["STATUS"].as_u64().unwrap(),
                row["ANSWERED_DURATION"].as_u64().unwrap(),
            )
        })
        .collect();
    ends.sort_unstable();
    let expected = [
        ("103", 6, 4),
        ("104", 3, 0),
        ("998900000010", 2, 0),
        ("998900000011", 5, 0),
        ("998900000014", 1, 0),
    ];
    assert_eq!(ends, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_pair_twice_within_a_second_is_two_calls() {
    let (pbx, hand) = healthy();
    let visitor = Visitor::logged_in(&pbx).await;
    let one = pbx.ring(CALLER, "101");
    hand.on(300);
    pbx.vanish(&one);
    let other = pbx.ring(CALLER, "101");
    assert_ne!(one, other);
    hand.on(300);
    pbx.vanish(&other);
    let log = visitor.log().await;
    assert_eq!(log.len(), 2);
    assert_eq!(log[0], log[1], "the log cannot tell them apart");
    let ids: Vec<String> = pbx.log().into_iter().map(|row| row.id).collect();
    assert_eq!(ids, [one, other]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_may_be_late_and_grows_while_it_is_paged() {
    let (mut options, hand) = options();
    options.delays = Delays { log: Duration::from_secs(30), ..Delays::default() };
    let pbx = simulated_pbx::start(options).unwrap();
    let visitor = Visitor::logged_in(&pbx).await;
    let long = pbx.ring(CALLER, "101");
    hand.on(60_000);
    let short = pbx.ring(CALLER, "102");
    hand.on(1_000);
    pbx.vanish(&short);
    hand.on(29_999);
    assert!(visitor.log().await.is_empty());
    assert_eq!(pbx.log().len(), 1, "the truth is known before");
    hand.on(1);
    assert_eq!(visitor.log().await.len(), 1);
    pbx.vanish(&long);
    hand.on(30_000);
    let order: Vec<Value> = visitor.log().await.iter().map(|row| row["TO_NUM"].clone()).collect();
    assert_eq!(order, ["101", "102"], "what ended last stands where it began");

    change(&pbx, "shift:3");
    for expected in [2, 5, 8] {
        let said = visitor.result("CallHistory.get", newest(0, 1)).await;
        assert_eq!(said["totalItems"], expected);
        hand.on(30_000);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_ahead_shows_in_everything_that_the_box_says() {
    let (pbx, hand) = with("skew:90");
    let visitor = Visitor::logged_in(&pbx).await;
    let id = pbx.ring(CALLER, "101");
    assert!(id.starts_with("1700049690."), "{id}");
    pbx.answer(&id);
    hand.on(10_000);
    pbx.hang_up(&id);
    hand.on(5_000);
    let row = &visitor.log().await[0];
    assert_eq!((&row["TIMESTAMP"], &row["CALL_DURATION"]), (&json!(1_700_049_690), &json!(10)));
    let tapes = visitor.result("Recordings.get", all()).await;
    assert_eq!(tapes["recordingList"][0]["STARTED"], 1_700_049_690);
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "Session.whoAmI", "params": {} }).to_string();
    let date = visitor.sent(body).await.unwrap().headers()["date"].clone();
    assert_eq!(date, "Wed, 15 Nov 2023 12:01:45 GMT");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loose_box_says_the_same_in_other_types() {
    let (pbx, hand) = healthy();
    for _ in 0..60 {
        let id = pbx.ring(CALLER, "101");
        hand.on(1_000);
        pbx.vanish(&id);
    }
    let visitor = Visitor::logged_in(&pbx).await;
    let plain = visitor.log().await;
    change(&pbx, "loose");
    let loose = visitor.log().await;
    assert_eq!(loose, visitor.log().await, "a row is said alike each time");
    let some = |holds: &dyn Fn(&Value) -> bool| loose.iter().any(holds);
    assert!(some(&|row| row["TIMESTAMP"].is_string()), "numbers as texts");
    assert!(some(&|row| row["TIMESTAMP"].is_f64()), "with a point");
    assert!(some(&|row| row["FROM_NUM"].is_u64()), "numbers of telephones as numbers");
    assert!(some(&|row| row.get("CHANNELS").is_some()), "keys more");
    assert!(some(&|row| row.get("FROM_TYPE").is_none()), "keys fewer");
    assert!(some(&|row| row.get("FROM_NAME").is_some_and(Value::is_null)), "names that are null");
    for (plain, loose) in plain.iter().zip(&loose) {
        let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.parse().ok());
        assert_eq!(number(&plain["TIMESTAMP"]), number(&loose["TIMESTAMP"]));
    }
    change(&pbx, "unknown:30");
    let log = visitor.log().await;
    let unknown = log.iter().filter(|row| row["STATUS"] == 99).count();
    assert!((5..40).contains(&unknown), "{unknown} of 60");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_come_by_themselves_and_the_same_seed_gives_the_same() {
    let hour = async |seed: u64| {
        let (mut options, hand) = options();
        (options.seed, options.calls_per_minute) = (seed, 30);
        let pbx = simulated_pbx::start(options).unwrap();
        let visitor = Visitor::logged_in(&pbx).await;
        let mut states = std::collections::BTreeSet::new();
        for _ in 0..300 {
            hand.on(2_000);
            states.extend(visitor.calls().await.iter().map(|call| call["STATUS"].as_u64().unwrap()));
        }
        assert!(states.is_superset(&[2, 3, 6, 8, 9, 10].into()), "{states:?}");
        let log = visitor.log().await;
        let ends: std::collections::BTreeSet<u64> =
            log.iter().map(|row| row["STATUS"].as_u64().unwrap()).collect();
        assert!(ends.is_superset(&[1, 2, 3, 4, 6].into()), "{ends:?}");
        assert!((150..450).contains(&log.len()), "ten minutes at thirty a minute: {}", log.len());
        log
    };
    let (one, again, other) = tokio::join!(hour(7), hour(7), hour(8));
    assert_eq!(one, again);
    assert_ne!(one, other);
}
