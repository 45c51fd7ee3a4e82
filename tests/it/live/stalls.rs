//! What is away for a while holds up as little as it can, and whoever watches goes on by themselves when it is back.

use std::time::Duration;

use serde_json::json;

use super::{CALLS, CAMPAIGNS, Desk, Watch, socket, token};
use crate::world::{World, report};

const SESSION: &str = "session-1738862891234-abc123";

/// Keeps a screen from being read or written until it is dropped.
async fn hang(world: &World, screen: &str) -> sqlx::Transaction<'static, sqlx::Postgres> {
    let pool = sqlx::PgPool::connect(world.database_url()).await.unwrap();
    let named = "select tablename from pg_tables where schemaname = 'screens' and tablename like $1 || '_v%'";
    let table: String = sqlx::query_scalar(named).bind(screen).fetch_one(&pool).await.unwrap();
    let mut held = pool.begin().await.unwrap();
    sqlx::query(&format!("lock table screens.{table}")).execute(&mut *held).await.unwrap();
    held
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_that_hangs_silences_only_what_it_shows() {
    let mut world = World::postgres().await;
    world.set("REMOTE_HOST", "simulated");
    world.start().await;
    let (desk, token) = (Desk::of(&world, "1", "manager"), token(&world, "1", "manager", &[]));
    world.report(&report(SESSION, 0)).await.unwrap();
    let mut watch = Watch::entered(&world, &json!([socket(CALLS, &token), socket(CAMPAIGNS, &token)])).await;

    let held = hang(&world, "number_lists").await;
    let form = "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"n.txt\"\r\n\r\n+998901234567\r\n--edge--\r\n";
    let upload = world.http.post(world.url("/calls/upload")).bearer_auth(&token).body(form);
    let upload = upload.header("content-type", "multipart/form-data; boundary=edge");
    let uploading = tokio::spawn(async move { upload.send().await.unwrap().status() });
    // Until the list is recorded and its screen is wanted.
    tokio::time::sleep(Duration::from_millis(500)).await;
    for number in 1..4 {
        world.report(&report(SESSION, number)).await.unwrap();
        watch.until(0, "call-result").await;
    }
    watch.until_such(0, "session-update", |data| data["processedNumbers"] == 4).await;
    held.rollback().await.unwrap();
    watch.until_such(0, "upload-progress", |data| data["status"] == "stored").await;
    assert_eq!(uploading.await.unwrap(), 200);

    // What happened to contacts comes before what happened later; how things stand does not wait.
    let held = hang(&world, "contact_book").await;
    let contact = tokio::spawn({
        let ask = world.http.post(world.url("/auto-calling/contacts")).bearer_auth(&desk.token);
        let ask = ask.json(&json!({ "firstName": "Ali", "lastName": "Valiyev", "phone": "+998901234567" }));
        async move { ask.send().await.unwrap().status() }
    });
    tokio::time::sleep(Duration::from_millis(500)).await;
    world.report(&report(SESSION, 5)).await.unwrap();
    watch.until_such(0, "session-update", |data| data["processedNumbers"] == 5).await;
    assert_eq!(watch.of(1, "contact-update").len(), 0);
    held.rollback().await.unwrap();
    watch.until(1, "contact-update").await;
    // Its answer may have given up on the screen.
    contact.await.unwrap();
}

/// A sign-in is asked of the store, and nobody can tell while that is away.
#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_while_the_store_is_away_is_let_in_later_by_itself() {
    let mut world = World::postgres().await;
    world.start().await;
    let admin = Desk::of(&world, "1", "admin");
    admin.post("/users", &json!({ "name": "aziz", "role": "operator", "password": "correct horse" })).await;
    let body = json!({ "username": "aziz", "password": "correct horse" });
    let aziz = admin.post("/auth/login", &body).await["token"].as_str().unwrap().to_owned();
    let mut watch = Watch::entered(&world, &json!([socket(CALLS, &aziz)])).await;
    world.postgres.as_ref().unwrap().stop_immediate();
    // It goes, and asks again and again; before, it was told so and stayed away for good.
    watch.disconnect(0);
    watch.until(0, "disconnect").await;
    watch.connect(0, &json!({ "token": aziz }));
    tokio::time::sleep(Duration::from_secs(15)).await;
    world.postgres.as_ref().unwrap().start();
    watch.until(0, "position").await;
    assert!(
        watch.of(0, "connect_error").iter().all(|told| told.data["active"] == true),
        "{:#?}",
        watch.last()
    );
    world.report(&report(SESSION, 1)).await.unwrap();
    watch.until(0, "call-result").await;
}
