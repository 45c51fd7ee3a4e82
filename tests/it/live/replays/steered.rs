//! Pausing is exact, speed changes at once, and one may go on elsewhere.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{SESSION, seated};
use crate::live::{Desk, Watch, token};
use crate::world::{World, report};

/// Two calls an hour apart could not be waited for: so many seconds are as good.
const SILENCE: Duration = Duration::from_secs(6);

fn phones(watch: &Watch) -> Vec<Value> {
    watch.of(0, "call-result").iter().map(|told| told.data["phoneNumber"].clone()).collect()
}

async fn reported(world: &World, numbers: std::ops::Range<u32>) -> Vec<Value> {
    let mut phones = vec![];
    for number in numbers {
        let body = report(SESSION, number);
        assert_eq!(world.report(&body).await.unwrap().status(), 200);
        phones.push(body["phoneNumber"].clone());
    }
    phones
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_still_tells_nothing_and_goes_on_where_it_stood() {
    let mut world = World::sqlite();
    world.start().await;
    let (desk, token) = (Desk::of(&world, "1", "manager"), token(&world, "1", "manager", &[]));
    let phones_then = reported(&world, 0..400).await;
    let replay = desk.replay("session", SESSION, &json!({ "speed": 2 })).await;
    let mut watch = seated(&world, &token, &replay, 1).await;
    desk.steer(&replay, &json!({ "paused": false })).await;
    while phones(&watch).len() < 20 {
        watch.next().await;
    }
    let still = desk.steer(&replay, &json!({ "paused": true })).await;
    let told = watch.until_such(0, "replay-state", |data| data["state"] == "paused").await;
    let names = ["pushes", "eventsPlayed", "position", "at"];
    let of = |view: &Value| names.map(|name| view[name].clone());
    assert_eq!(of(&still), of(&told.data));
    assert_eq!(still["pushes"], watch.story(0).len(), "all of it came before the word that it stands still");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(of(&desk.shown(&replay).await), of(&still), "nothing moves");
    assert!(phones(&watch).len() < 400, "it stands in the middle");

    // Whoever comes now is told where it stands, and from there on the same as the others.
    let mut late = seated(&world, &token, &replay, 1).await;
    assert_eq!(of(&late.of(0, "replay-state")[0].data), of(&still));
    let before = watch.story(0).len();
    desk.steer(&replay, &json!({ "paused": false, "speed": 0 })).await;
    assert_eq!(
        (watch.over(0).await, late.over(0).await),
        (json!("through"), json!("through")),
        "to the end of it"
    );
    assert_eq!(phones(&watch), phones_then, "nothing is missing, doubled or out of order");
    let rest: Vec<Value> = watch.story(0)[before..].iter().map(|told| told.data.clone()).collect();
    assert_eq!(late.story(0).iter().map(|told| told.data.clone()).collect::<Vec<_>>(), rest);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_it_faster_does_not_wait_for_what_was_slow() {
    let mut world = World::sqlite();
    world.start().await;
    let (desk, token) = (Desk::of(&world, "1", "manager"), token(&world, "1", "manager", &[]));
    reported(&world, 0..1).await;
    tokio::time::sleep(SILENCE).await;
    let last = reported(&world, 1..2).await;
    let replay = desk.replay("session", SESSION, &json!({ "speed": 1, "maxPauseSeconds": 600 })).await;
    let mut watch = seated(&world, &token, &replay, 1).await;
    let began = Instant::now();
    desk.steer(&replay, &json!({ "paused": false })).await;
    watch.until(0, "call-result").await;
    assert!(began.elapsed() < SILENCE / 2, "the first comes at once: {:?}", began.elapsed());
    let faster = desk.steer(&replay, &json!({ "speed": 1000 })).await;
    // By the time of the answer it may be through.
    assert_eq!(faster["speed"], 1000);
    assert_eq!(watch.until(0, "call-result").await.data["phoneNumber"], last[0]);
    assert!(began.elapsed() < SILENCE / 2, "six seconds are six milliseconds: {:?}", began.elapsed());

    // At its own pace it takes as long as it took, unless silence is cut short.
    for (pause, least, most) in [(600, SILENCE, SILENCE * 2), (2, SILENCE / 3, SILENCE * 2 / 3)] {
        let order = json!({ "speed": 1, "maxPauseSeconds": pause });
        let replay = desk.replay("session", SESSION, &order).await;
        let mut watch = seated(&world, &token, &replay, 1).await;
        desk.steer(&replay, &json!({ "paused": false })).await;
        let times = [watch.until(0, "call-result").await.at, watch.until(0, "call-result").await.at];
        let took = times[1] - times[0];
        assert!(took + Duration::from_millis(50) > least && took < most, "{took:?} with {pause} at most");
        assert_eq!(watch.over(0).await, "through");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_goes_on_from_elsewhere_forward_and_back() {
    let mut world = World::sqlite();
    world.start().await;
    let (desk, token) = (Desk::of(&world, "1", "manager"), token(&world, "1", "manager", &[]));
    let then = reported(&world, 0..20).await;
    let positions: Vec<u64> = world
        .events()
        .iter()
        .filter(|event| event["type"] == "reported")
        .map(|event| event["position"].as_u64().unwrap())
        .collect();
    let replay = desk.replay("session", SESSION, &json!({})).await;
    let mut watch = seated(&world, &token, &replay, 1).await;
    let there = desk.steer(&replay, &json!({ "from": positions[15] })).await;
    assert_eq!(
        (&there["state"], &there["position"]),
        (&json!("paused"), &json!(positions[15] - 1)),
        "{there}"
    );
    let back = desk.steer(&replay, &json!({ "from": positions[12].to_string() })).await;
    let (events, passed) = (there["eventsPlayed"].as_u64().unwrap(), back["eventsPlayed"].as_u64().unwrap());
    assert_eq!(events - passed, 3, "{back}");
    desk.steer(&replay, &json!({ "paused": false })).await;
    assert_eq!(watch.over(0).await, "through");
    assert_eq!(phones(&watch), then[12..]);
    let updates = watch.of(0, "session-update");
    assert!(updates[0].data["processedNumbers"].as_u64() >= Some(13), "what came before is counted in");
    assert_eq!(updates[updates.len() - 1].data["processedNumbers"], 20);
    let over = desk.shown(&replay).await;
    assert_eq!(over["eventsPlayed"], over["events"], "{over}");
}
