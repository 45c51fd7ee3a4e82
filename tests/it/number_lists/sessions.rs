//! A session that dials a list: it has the host to itself, counts each number once, and goes on after a kill.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{LIST, NUMBERS, counts};
use crate::world::World;

async fn a_list_is_dialled_and_its_last_result_completes(world: World) {
    let mut world = world.with_local_remote("echo started {sessionId}");
    world.start().await;
    let (status, answer) = world.upload("numbers.csv", NUMBERS.as_bytes()).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let path = world.folder.path().join("numbers.txt");
    assert_eq!(
        (&answer["ok"], &answer["message"], &answer["remotePath"], &answer["placement"]),
        (&json!(true), &json!("Text file uploaded successfully."), &json!(path), &json!("placed"))
    );
    let told = [&answer["totalNumbers"], &answer["repaired"], &answer["duplicates"], &answer["invalidCount"]];
    assert_eq!(told, [&json!(3), &json!(1), &json!(1), &json!(1)]);
    assert_eq!(
        (&answer["invalid"][0]["line"], &answer["invalid"][0]["value"]),
        (&json!(6), &json!("qwerty"))
    );
    assert_eq!(world.remote_file(), LIST);

    // Whatever lies there by now, the session's own list is dialled.
    std::fs::write(&path, "+998907777777\n").unwrap();
    let session = world.started(json!({})).await;
    assert_eq!(world.remote_file(), LIST);
    let running = world.session(&session).await;
    assert_eq!((counts(&running), &running["status"]), ([3, 0, 0, 0, 0, 0], &json!("RUNNING")));
    assert_eq!((&running["remoteResponse"], &running["progressPercentage"]), (&Value::Null, &json!(0)));

    world.reported(&session, "90 123 45 67", "BUSY").await;
    world.reported(&session, "+998901234567", "ANSWERED").await;
    world.reported(&session, "+998907777777", "ANSWERED").await;
    world.reported(&session, "+998901234568", "NO_ANSWER").await;
    let running = world.session(&session).await;
    assert_eq!((counts(&running), &running["isRunning"]), ([3, 2, 1, 1, 1, 0], &json!(true)));
    assert_eq!(running["progressPercentage"], 66);

    world.reported(&session, "+998901234569", "REJECTED").await;
    let over = world.session_when(&session, |session| session["isCompleted"] == true).await;
    assert_eq!((counts(&over), &over["status"]), ([3, 3, 1, 2, 1, 0], &json!("COMPLETED")));
    assert_eq!(
        over["remoteResponse"],
        "Call process completed successfully. Total: 3, Connected: 1, Failed: 2"
    );
    assert!(over["completedAt"].is_string() && over["progressPercentage"] == 100);

    // A better result that comes late still counts, and what is said of the session follows.
    world.reported(&session, "+998901234568", "CONNECTED_TO_OPERATOR").await;
    let late = world.session(&session).await;
    assert_eq!((counts(&late), &late["status"]), ([3, 3, 2, 1, 1, 0], &json!("COMPLETED")));
    assert_eq!(
        late["remoteResponse"],
        "Call process completed successfully. Total: 3, Connected: 2, Failed: 1"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_dialled_and_its_last_result_completes_on_sqlite() {
    a_list_is_dialled_and_its_last_result_completes(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_dialled_and_its_last_result_completes_on_postgres() {
    a_list_is_dialled_and_its_last_result_completes(World::postgres().await).await;
}

/// Decisions 4 and 6: one session at a time, an upload meanwhile waits for the next start.
async fn a_remote_host_has_one_session_at_a_time(world: World) {
    let mut world = world.with_local_remote("echo started");
    world.start().await;
    world.upload("a.txt", b"+998901234567\n").await;
    let first = world.started(json!({})).await;
    let (status, answer) = world.post("/calls/start", json!({})).await;
    assert_eq!((status, &answer["code"]), (StatusCode::CONFLICT, &json!("remote-in-use")), "{answer}");
    assert_eq!((&answer["ok"], &answer["sessionId"]), (&json!(false), &json!(first)));

    let (status, later) = world.upload("b.txt", b"+998907654321\n").await;
    assert_eq!((status, &later["placement"]), (StatusCode::OK, &json!("next-start")), "{later}");
    assert_eq!(world.remote_file(), "+998901234567\n", "the session that runs is left its list");

    let (status, closed) = world.post(&format!("/calls/session/{first}/close"), json!({})).await;
    assert_eq!((status, &closed["status"]), (StatusCode::OK, &json!("COMPLETED")), "{closed}");
    assert_eq!(counts(&closed), [1, 0, 0, 0, 0, 1]);
    assert_eq!(
        closed["remoteResponse"],
        "Call process completed successfully. Total: 1, Connected: 0, Failed: 0"
    );

    let second = world.started(json!({})).await;
    assert_eq!(world.remote_file(), "+998907654321\n");
    let later_id = later["uploadId"].as_str().unwrap();
    assert_eq!(world.json(&format!("/calls/uploads/{later_id}")).await["placement"], "placed");
    world.post(&format!("/calls/session/{second}/close"), json!({})).await;
    let third = world.started(json!({ "uploadId": later_id })).await;
    let of_later: Vec<_> =
        world.events().into_iter().filter(|event| event["stream"] == format!("1/{later_id}")).collect();
    let kinds: Vec<_> = of_later.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["accepted", "put_off", "placed"], "it is told once, however often it is put there");
    assert_eq!(world.session(&third).await["totalNumbers"], 1);
    // What was closed too early still counts, once.
    world.reported(&first, "+998901234567", "ANSWERED").await;
    world.reported(&first, "+998901234567", "ANSWERED").await;
    assert_eq!(counts(&world.session(&first).await), [1, 1, 1, 0, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remote_host_has_one_session_at_a_time_on_sqlite() {
    a_remote_host_has_one_session_at_a_time(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remote_host_has_one_session_at_a_time_on_postgres() {
    a_remote_host_has_one_session_at_a_time(World::postgres().await).await;
}

/// Of many starts at the same moment one wins.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_starts_one_wins() {
    let mut world = World::sqlite().with_local_remote("echo started");
    world.start().await;
    world.upload("a.txt", b"+998901234567\n").await;
    let start = || world.post("/calls/start", json!({}));
    let answers = futures_util::future::join_all((0..8).map(|_| start())).await;
    let won: Vec<_> = answers.iter().filter(|(status, _)| *status == StatusCode::OK).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    assert_eq!(world.json("/calls/sessions/all").await.as_array().unwrap().len(), 1);
    for (_, answer) in answers.iter().filter(|(status, _)| *status == StatusCode::CONFLICT) {
        assert_eq!(answer["sessionId"], won[0].1["sessionId"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_sessions_are_a_setting() {
    let mut world = World::sqlite().with_local_remote("echo started");
    world.set("ALLOW_PARALLEL_SESSIONS", "true");
    world.start().await;
    world.upload("a.txt", b"+998901234567\n").await;
    assert_ne!(world.started(json!({})).await, world.started(json!({})).await);
}

/// A kill in the middle of a session loses neither its list nor its place on it.
async fn a_killed_engine_goes_on_with_its_list(world: World) {
    let mut world = world.with_local_remote("echo started");
    world.start().await;
    world.upload("a.txt", b"+998901234567\n+998901234568\n").await;
    let session = world.started(json!({})).await;
    world.reported(&session, "+998901234567", "ANSWERED").await;
    world.kill();
    world.start().await;
    let (status, _) = world.post("/calls/start", json!({})).await;
    assert_eq!(status, StatusCode::CONFLICT, "the session still has the host");
    world.reported(&session, "+998901234567", "ANSWERED").await;
    world.reported(&session, "+998901234568", "ANSWERED").await;
    let over = world.session_when(&session, |session| session["isCompleted"] == true).await;
    assert_eq!(counts(&over), [2, 2, 2, 0, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_engine_goes_on_with_its_list_on_sqlite() {
    a_killed_engine_goes_on_with_its_list(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_engine_goes_on_with_its_list_on_postgres() {
    a_killed_engine_goes_on_with_its_list(World::postgres().await).await;
}
