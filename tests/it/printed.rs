//! What a remote host prints, and what is stored of it: the numbers in it are nobody's to read in the journal or on a screen.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::world::World;

/// In a number's own spellings, the digits that no file may hold.
const DIGITS: [&str; 2] = ["901234567", "901234568"];

fn world(command: &str) -> World {
    let mut world = World::sqlite();
    let path = world.folder.path().join("numbers.txt");
    world.set("REMOTE_HOST", "local");
    world.set("REMOTE_PATH", path.to_str().unwrap());
    world.set("REMOTE_COMMAND", command);
    world
}

async fn post(world: &World, path: &str) -> Value {
    world.http.post(world.url(path)).json(&json!({})).send().await.unwrap().json().await.unwrap()
}

async fn until(world: &World, path: &str, done: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let shown = world.json(path).await;
        if done(&shown) {
            return shown;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{shown} {}", world.said());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Stops the engine and reads what it leaves behind.
fn nothing_in_clear(mut world: World) {
    assert!(world.stop().success());
    let events = world.events();
    assert!(events.iter().any(|event| event.to_string().contains("998901****6")), "{events:?}");
    for file in ["journal.db", "journal.db-wal", "screens.db"] {
        let bytes = std::fs::read(world.data().join(file)).unwrap_or_default();
        for text in DIGITS {
            let clear = bytes.windows(text.len()).any(|part| part == text.as_bytes());
            assert!(!clear, "{file} holds {text} in clear");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_command_prints_is_stored_with_its_numbers_masked() {
    let mut world = world(
        "echo '{\"message\":\"Call process started\",\"sessionId\":\"{sessionId}\"} +998901234567'; \
         echo 'skipped 998901234568' >&2",
    );
    world.start().await;
    let answer = post(&world, "/calls/start").await;
    let session = answer["sessionId"].as_str().unwrap();
    let said = format!("{{\"message\":\"Call process started\",\"sessionId\":\"{session}\"}} +998901****67");
    assert_eq!(answer["stdout"].as_str().unwrap().trim_end(), said, "the session's id is no number");
    assert_eq!(answer["stderr"].as_str().unwrap().trim_end(), "skipped 998901****68");
    let over =
        until(&world, &format!("/calls/session/{session}"), |shown| shown["isCompleted"] == true).await;
    assert_eq!(over["remoteResponse"].as_str().unwrap().trim_end(), said);
    nothing_in_clear(world);
}

#[tokio::test(flavor = "multi_thread")]
async fn why_a_command_failed_is_stored_with_its_numbers_masked() {
    let mut world = world("echo 'no line for +998 90 123-45-67' >&2; exit 3");
    world.start().await;
    let answer = post(&world, "/calls/start").await;
    let session = answer["sessionId"].as_str().unwrap();
    let failed = world.json(&format!("/calls/session/{session}")).await;
    assert_eq!(failed["errorMessage"], "Remote command failed: exit code 3: no line for +998901****67");
    nothing_in_clear(world);
}

/// A session that could not be stopped, and a list that could not be put in place.
#[tokio::test(flavor = "multi_thread")]
async fn why_the_remote_host_refused_is_stored_with_its_numbers_masked() {
    let mut world = world("sleep 30");
    world.set("START_WAIT_SECONDS", "1");
    world.set("REMOTE_STOP_COMMAND", "echo 'still rings 998901234567' >&2; exit 1");
    world.start().await;
    let answer = post(&world, "/calls/start").await;
    let session = answer["sessionId"].as_str().unwrap();
    post(&world, &format!("/calls/session/{session}/stop")).await;
    let began = Instant::now();
    let failed = |world: &World| world.events().iter().any(|event| event.to_string().contains("stop_failed"));
    while !failed(&world) {
        assert!(began.elapsed() < Duration::from_secs(20), "{}", world.said());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    nothing_in_clear(world);

    let mut world = self::world("true");
    let nowhere = world.folder.path().join("998901234568").join("nowhere").join("numbers.txt");
    world.set("REMOTE_PATH", nowhere.to_str().unwrap());
    std::fs::write(world.folder.path().join("998901234568"), "a file, and no folder").unwrap();
    world.start().await;
    let (_, answer) = world.upload("numbers.txt", b"+998907777777\n").await;
    assert_eq!((&answer["ok"], &answer["code"]), (&json!(false), &json!("remote-unreachable")), "{answer}");
    nothing_in_clear(world);
}
