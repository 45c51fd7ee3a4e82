//! Page by page and by long poll: every event once, in order, to whom it belongs.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Reader, SESSION, position, report_in};
use crate::world::World;

/// What the program prints of one organization.
fn recorded(world: &World, organization: &str) -> Vec<Value> {
    let whose = |event: &Value| event["stream"].as_str().unwrap().starts_with(&format!("{organization}/"));
    world.events().into_iter().filter(whose).collect()
}

async fn pages_hold_everything_once(mut world: World) {
    world.start().await;
    report_in(&world, "1", SESSION, 0..7).await;
    report_in(&world, "2", "session-theirs", 0..20).await;
    report_in(&world, "1", SESSION, 7..9).await;
    let (ours, theirs) = (Reader::of(&world, "1", "auditor"), Reader::of(&world, "2", "admin"));
    for limit in [1, 2, 1_000] {
        assert_eq!(ours.all(limit, "").await, recorded(&world, "1"), "{limit} at a time");
        assert_eq!(theirs.all(limit, "").await, recorded(&world, "2"), "{limit} at a time");
    }
    let reported = ours.all(3, "&types=call.reported").await;
    assert_eq!(reported.len(), 9);
    assert!(reported.iter().all(|event| event["type"] == "reported"), "{reported:?}");
    assert_eq!(ours.all(3, "&types=session.adopted,failed").await.len(), 1);
    let actor = reported[0]["actor"].as_str().unwrap();
    let known = recorded(&world, "1");
    let known = known.iter().filter(|event| event["actor"] == actor).count();
    let theirs_too = ours.all(2, &format!("&actor={actor}")).await;
    assert!(theirs_too.iter().all(|event| event["actor"] == actor), "{theirs_too:?}");
    assert_eq!((theirs_too.len(), known > 0), (known, true), "{actor}");
    assert_eq!(ours.all(1_000, "&actor=nobody").await.len(), 0);
    // A page without anything of one's own still gets on.
    let begins = position(&recorded(&world, "2")[0]);
    let between = ours.page(&format!("/events?from={begins}&types=session.failed")).await;
    assert_eq!((between.events.len(), between.next, between.behind), (0, between.head + 1, 0));
    assert!(world.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_every_event_once_and_only_to_whom_they_belong() {
    pages_hold_everything_once(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_every_event_once_on_postgresql() {
    pages_hold_everything_once(World::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_a_person_is_sealed_unless_it_is_asked_for_and_that_is_recorded() {
    let mut world = World::sqlite();
    world.start().await;
    report_in(&world, "1", SESSION, 0..1).await;
    let auditor = Reader::of(&world, "1", "auditor");
    let sealed = &auditor.all(10, "&types=call.reported").await[0]["payload"]["reported"]["personal"];
    assert!(sealed.as_str().is_some_and(|sealed| sealed.contains('.')), "{sealed}");
    let looks = || async { auditor.all(100, "&types=disclosure.looked").await };
    assert_eq!(looks().await.len(), 0);
    for _ in 0..2 {
        let clear = auditor.all(10, "&types=call.reported&clear=true").await;
        assert_eq!(clear[0]["payload"]["reported"]["personal"]["phone"], "+998900000000", "{clear:?}");
    }
    let looks = looks().await;
    assert_eq!(looks.len(), 2, "a page is taken away each time: {looks:?}");
    let looked = &looks[0]["payload"]["looked"];
    assert_eq!((&looked["kind"], &looked["id"]), (&"export".into(), &"events".into()));
    assert_eq!(looked["how"], "copied");
    let told = auditor.ask("/audit/export/events").await.json::<Value>().await.unwrap();
    assert_eq!(told["events"].as_array().unwrap().len(), 2, "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_waits_until_there_is_something() {
    let mut world = World::sqlite();
    world.start().await;
    report_in(&world, "1", SESSION, 0..1).await;
    let reader = Reader::of(&world, "1", "admin");
    let next = reader.page("/events").await.next;
    // Nothing comes, and the time is over.
    let began = Instant::now();
    let idle = reader.page(&format!("/events?from={next}&follow=poll&wait=1s")).await;
    assert_eq!((idle.events.len(), idle.next), (0, next));
    assert!(began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());
    // What is others' does not end it; what is ours does, long before its time.
    let path = format!("/events?from={next}&follow=poll&wait=60s");
    let (page, ()) = tokio::join!(reader.page(&path), async {
        report_in(&world, "2", "session-theirs", 0..3).await;
        report_in(&world, "1", SESSION, 1..2).await;
    });
    assert_eq!(page.events[0]["type"], "reported", "{page:?}");
    assert!(page.events.iter().all(|event| event["organization"] == "1"), "{page:?}");
    assert!(began.elapsed() < Duration::from_secs(30));
}
