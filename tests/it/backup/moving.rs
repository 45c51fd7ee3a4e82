//! From the data folder to PostgreSQL: everything arrives as it was, and nobody goes on with the folder by accident.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{PATIENCE, said};
use crate::forgetting::forget;
use crate::forgetting::planted::Planted;
use crate::postgres::{Server, Sync};
use crate::world::{World, report};

const SESSION: &str = "session-9-abc123";

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_moves_to_postgres_with_all_it_has() {
    let mut world = World::sqlite();
    let planted = Planted::everywhere(&mut world).await;
    assert_eq!(world.report(&report(SESSION, 1)).await.unwrap().status(), 200);
    let token = world.token();
    let path = world.url("/cursors/crm");
    let moved =
        world.http.put(path).bearer_auth(&token).json(&serde_json::json!({ "position": 3 })).send().await;
    assert!(moved.unwrap().status().is_success());
    let shown = shown(&world).await;
    let server = Server::own(Sync::Off);
    let url = server.database().await;
    let (code, told) = said(&world.run(&["move", "--to", &url]));
    assert!(code == Some(2) && told.contains("in use by another karnay"), "{told}");
    assert!(world.stop().success());
    let kept = world.folder.path().join("kept.ndjson");
    fs::write(&kept, world.run(&["checkpoint"]).stdout).unwrap();
    let events = world.events();
    assert_eq!(said(&world.run(&["move"])).0, Some(2), "nowhere to go to");

    let (code, told) = said(&world.run(&["move", "--to", &url]));
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("is a backup") && told.contains("journal.db*"), "{told}");
    let names = fs::read_dir(world.data()).unwrap().map(|entry| entry.unwrap().file_name());
    let screens: Vec<_> = names.filter(|name| name.to_string_lossy().starts_with("screens")).collect();
    assert!(screens.is_empty(), "nobody is told of there any more: {screens:?}");
    let (code, told) = said(&world.run(&["serve"]));
    assert!(
        code == Some(2) && told.contains("was moved to database") && told.contains("moved.json"),
        "{told}"
    );
    assert_eq!(said(&world.run(&["move", "--to", &url])).0, Some(2), "once is enough");
    is_kept_nowhere(&world);

    world.set("DATABASE_URL", &url);
    world.postgres = Some(server);
    assert_eq!(world.events(), events);
    let (code, told) = said(&world.run(&["verify", "--checkpoint", kept.to_str().unwrap()]));
    assert!(code == Some(0) && told.contains("agrees with the checkpoint kept elsewhere"), "{told}");
    world.start().await;
    assert_eq!(world.status().await["restored"], Value::Null, "nothing was lost, so nothing is held");
    let answer = world.http.get(world.url("/cursors")).bearer_auth(&token).send().await.unwrap();
    assert!(answer.text().await.unwrap().contains("\"crm\""), "the cursor came along");
    until_shown(&world, &shown).await;
    assert_eq!(world.report(&report(SESSION, 2)).await.unwrap().status(), 200);
    let forgotten = forget(&world, &planted.contact).await;
    assert!(forgotten["left"].to_string().contains("beside moved.json"), "{forgotten}");
    assert!(world.stop().success());
    assert!(world.verify().status.success());
    goes_back(world).await;
}

/// What stands still may be looked at, by whoever is told so, and is not kept as the journal's.
fn is_kept_nowhere(world: &World) {
    let kept = world.folder.path().join("of-the-folder");
    let kept = kept.to_str().unwrap();
    let keeping = [
        &["backup", kept][..],
        &["checkpoint"],
        &["forgotten", "export"],
        &["forgotten", "export", "--to", kept],
        &["forgotten", "apply", "--nobody", "/dev/null"],
        &["signing-key", "rotate"],
    ];
    for task in keeping {
        let (code, told) = said(&world.run(task));
        assert!(code == Some(2) && told.contains("was moved to database"), "{task:?}: {told}");
        assert!(!world.folder.path().join("of-the-folder").exists(), "{task:?}");
    }
    for task in [&["verify"][..], &["events"], &["signing-key", "show"]] {
        let out = world.run(task);
        let told = String::from_utf8(out.stderr).unwrap();
        assert!(
            out.status.success() && told.contains("stands still") && told.contains("was moved to"),
            "{told}"
        );
    }
}

/// What people see of it.
async fn shown(world: &World) -> Vec<Value> {
    let token = world.token();
    let mut shown = vec![];
    for path in [
        "/calls/history",
        "/auto-calling/contacts",
        "/auto-calling/campaigns",
        "/auto-calling/do-not-call",
        "/calls/quarantine",
    ] {
        let answer = world.http.get(world.url(path)).bearer_auth(&token).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        shown.push(answer.json().await.unwrap());
    }
    shown
}

/// The screens are built anew, which takes a moment, and are what they were.
async fn until_shown(world: &World, before: &[Value]) {
    let began = Instant::now();
    while shown(world).await != before && began.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(shown(world).await, before);
}

/// The folder is as it was when it was left.
async fn goes_back(mut world: World) {
    world.unset("DATABASE_URL");
    fs::remove_file(world.data().join("moved.json")).unwrap();
    world.start().await;
    let began = Instant::now();
    let shown = async || {
        let session = world.get(&format!("/calls/session/{SESSION}")).await;
        session.json::<Value>().await.unwrap()["processedNumbers"].clone()
    };
    while shown().await != 1 && began.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(shown().await, 1, "the screens are built anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_holds_something_is_left_alone() {
    let mut world = World::postgres().await;
    world.start().await;
    assert!(world.stop().success());
    let url = world.database_url().to_owned();
    world.unset("DATABASE_URL");
    let (code, told) = said(&world.run(&["move", "--to", &url]));
    assert!(code == Some(2) && told.contains("there is no journal"), "{told}");
    world.start().await;
    assert_eq!(world.report(&report(SESSION, 1)).await.unwrap().status(), 200);
    assert!(world.stop().success());
    let (code, told) = said(&world.run(&["move", "--to", &url]));
    assert!(code == Some(2) && told.contains("an empty database is needed"), "{told}");
    assert!(!world.data().join("moved.json").exists());
    world.start().await;
}
