//! The journal is looked at on request, and what is wrong with it is named.

use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::{Value, json};

use super::{Auditor, text};
use crate::world::{World, report};

const PATH: &str = "/audit/verification";

impl Auditor<'_> {
    async fn verify(&self) -> (u16, Value) {
        let request = self.world.http.post(self.world.url(PATH)).bearer_auth(&self.token);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// What was found, once the look is over.
    async fn found(&self) -> Value {
        let began = Instant::now();
        loop {
            let known = self.get(&format!("{PATH}?lang=en")).await;
            if known["running"].is_null() {
                return known;
            }
            assert!(began.elapsed() < Duration::from_secs(20), "{known}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn a_journal_is_verified_beside_the_work(mut world: World) {
    world.start().await;
    for number in 0..40 {
        assert_eq!(world.report(&report("s-1", number)).await.unwrap().status(), 200);
    }
    let auditor = Auditor::of(&world, "1", "auditor");
    let never = auditor.get(&format!("{PATH}?lang=en")).await;
    assert_eq!(
        (&never["running"], &never["last"], &never["keptInMemory"]),
        (&json!(null), &json!(null), &json!(true))
    );
    assert_eq!(never["words"], "The journal was not verified since this node was started");
    let (status, begun) = auditor.verify().await;
    assert_eq!(status, 202, "{begun}");
    let found = auditor.found().await;
    let (last, head) = (&found["last"], world.status().await["position"].clone());
    assert_eq!(
        (&last["outcome"], &last["position"], &last["wrongAt"]),
        (&json!("sound"), &head, &json!(null)),
        "{found}"
    );
    assert_eq!(text(&last["digest"]).len(), 64);
    assert!(last["by"].is_string(), "{found}");
    assert_eq!(found["words"], format!("The journal is what was written, up to position {head}"));
    let said = String::from_utf8(world.verify().stdout).unwrap();
    assert!(said.contains(text(&last["digest"])), "the same as the program says: {said}");

    let theirs = Auditor::of(&world, "2", "admin").found().await;
    assert_eq!((&theirs["last"]["by"], &theirs["last"]["outcome"]), (&json!(null), &json!("sound")));
    for role in ["manager", "operator"] {
        let other = Auditor::of(&world, "1", role);
        assert_eq!((other.ask(PATH).await.0.as_u16(), other.verify().await.0), (403, 403), "{role}");
    }
    assert!(world.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_is_verified_beside_the_work_on_sqlite() {
    a_journal_is_verified_beside_the_work(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_is_verified_beside_the_work_on_postgres() {
    a_journal_is_verified_beside_the_work(World::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_wrong_place_is_named() {
    let mut world = World::sqlite();
    world.start().await;
    for number in 0..40 {
        assert_eq!(world.report(&report("s-1", number)).await.unwrap().status(), 200);
    }
    assert!(world.stop().success());
    let connection = Connection::open(world.data().join("journal.db")).unwrap();
    connection.execute_batch("DROP TRIGGER events_are_not_changed").unwrap();
    let change =
        "UPDATE events SET payload = replace(payload, 'ANSWERED', 'ANSWEREE') WHERE position IN (20, 30)";
    assert_eq!(connection.execute(change, []).unwrap(), 2);
    connection.close().unwrap();
    world.start().await;
    let admin = Auditor::of(&world, "1", "admin");
    assert_eq!(admin.verify().await.0, 202);
    let found = admin.found().await;
    let last = &found["last"];
    assert_eq!(
        (&last["outcome"], &last["wrongAt"], &last["digest"]),
        (&json!("wrong"), &json!(20), &json!(null)),
        "{found}"
    );
    assert_eq!(last["position"], 20, "it was looked at");
    assert_eq!(last["wrong"], "the event is not the one that was recorded");
    assert_eq!(found["words"], "The journal is wrong at position 20");
    let metrics = world.get("/metrics").await.text().await.unwrap();
    assert!(metrics.contains("\nkarnay_journal_wrong 1\n"), "{metrics}");
    assert!(world.said().contains("THE JOURNAL IS WRONG"), "{}", world.said());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_journal_is_told_as_one() {
    let mut world = World::sqlite();
    world.start().await;
    let auditor = Auditor::of(&world, "1", "auditor");
    let (status, begun) = auditor.verify().await;
    assert!(status == 202 && !text(&begun["words"]).contains('0'), "{begun}");
    assert_eq!(auditor.found().await["words"], "There is nothing in the journal yet");
    let verified = world.verify();
    let said = (verified.status.code(), String::from_utf8(verified.stdout).unwrap());
    assert_eq!(said, (Some(0), "there is nothing in the journal yet\n".to_owned()));
}
