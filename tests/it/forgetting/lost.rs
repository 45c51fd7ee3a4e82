//! Keys that are gone though nobody asked for it: what they sealed is lost, and whoever verifies the journal is told of how many persons.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};

use super::forget;
use crate::contacts::Desk;
use crate::world::{World, report};

const SESSION: &str = "session-1738862891234-lost";

/// What becomes of the keys, beside the engine.
async fn destroy(world: &World, which: &str) {
    let statement = format!("DELETE FROM person_keys{which}");
    if world.postgres.is_some() {
        let pool = sqlx::PgPool::connect(world.database_url()).await.unwrap();
        sqlx::query(&statement).execute(&pool).await.unwrap();
    } else {
        let file = rusqlite::Connection::open(world.data().join("journal.db")).unwrap();
        file.execute(&statement, []).unwrap();
    }
}

fn verified(world: &World) -> (Option<i32>, String) {
    let out = world.verify();
    (out.status.code(), String::from_utf8(out.stdout).unwrap())
}

/// The key that a contact was sealed with when it was made.
fn key_of(world: &World, contact: &str) -> String {
    let made = |event: &&Value| event["kind"] == "contact" && event["stream"] == format!("1/{contact}");
    let event = world.events().iter().find(made).unwrap()["payload"]["created"].clone();
    let (key, _) = event["personal"].as_str().unwrap().split_once('.').unwrap();
    hex::encode(URL_SAFE_NO_PAD.decode(key).unwrap())
}

/// A copy has no more keys than what it is made of.
fn is_told_with_copies(world: &World) {
    let lost = "belongs to 1 person cannot be opened";
    let backup = world.folder.path().join("backup");
    let elsewhere = world.folder.path().join("elsewhere");
    let (backup, elsewhere) = (backup.to_str().unwrap(), elsewhere.to_str().unwrap());
    let restore = ["restore", backup, "--data-dir", elsewhere, "--database-url", ""];
    let tasks = [&["backup", backup][..], &["verify", "--backup", backup], &restore];
    for task in tasks {
        let (code, told) = crate::backup::said(&world.run(task));
        assert!(code == Some(1) && told.contains(lost), "{task:?}: {told}");
    }
}

async fn is_told(mut world: World) {
    world.start().await;
    let mut people = vec![];
    for (name, phone) in [("Ali", "+998901110001"), ("Vali", "+998901110002"), ("Soli", "+998901110003")] {
        let body = json!({ "firstName": name, "lastName": "Valiyev", "phone": phone });
        let made = Desk::of(&world, "1", "admin").created(&body).await;
        people.push(made["id"].as_str().unwrap().to_owned());
    }
    for number in [7, 8, 7] {
        world.report(&report(SESSION, number)).await.unwrap();
    }
    forget(&world, &people[0]).await;
    assert!(world.stop().success());
    let (code, said) = verified(&world);
    assert_eq!((code, said.contains("LOST") || said.contains("gone")), (Some(0), false), "{said}");

    let key = key_of(&world, &people[1]);
    let literal = if world.postgres.is_some() { format!("'{key}'::uuid") } else { format!("x'{key}'") };
    destroy(&world, &format!(" WHERE id = {literal}")).await;
    let (code, said) = verified(&world);
    assert_eq!((code, said.contains("belongs to 1 person cannot be opened")), (Some(1), true), "{said}");
    assert!(said.contains("the journal is what was written"), "{said}");

    is_told_with_copies(&world);

    destroy(&world, "").await;
    let (code, said) = verified(&world);
    assert_eq!((code, said.contains("belongs to 4 persons cannot be opened")), (Some(1), true), "{said}");
    let part = world.run(&["verify", "--from", "2"]);
    assert_eq!(part.status.code(), Some(0), "who was forgotten is not known there");

    world.start().await;
    let ask = async |method: Method| -> Value {
        let request = world.http.request(method, world.url("/audit/verification")).bearer_auth(world.token());
        request.send().await.unwrap().json().await.unwrap()
    };
    ask(Method::POST).await;
    let last = loop {
        let shown = ask(Method::GET).await;
        if shown["running"].is_null() {
            break shown;
        }
    };
    assert_eq!(
        (&last["last"]["outcome"], &last["last"]["personsLost"]),
        (&json!("lost"), &json!(4)),
        "{last}"
    );
    assert!(world.said().contains("WORDS ARE LOST"), "{}", world.said());
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_gone_are_told_on_sqlite() {
    is_told(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_gone_are_told_on_postgres() {
    is_told(World::postgres().await).await;
}
