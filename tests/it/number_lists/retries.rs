//! A list made of the numbers that an earlier session did not reach.

use reqwest::StatusCode;
use serde_json::json;

use crate::world::World;

async fn the_unreached_are_tried_again(world: World) {
    let mut world = world.with_local_remote("echo started");
    world.start().await;
    world.upload("a.txt", b"+998901234561\n+998901234562\n+998901234563\n+998901234564\n").await;
    let first = world.started(json!({})).await;
    world.reported(&first, "+998901234563", "BUSY").await;
    world.reported(&first, "+998901234561", "NO_ANSWER").await;
    world.reported(&first, "+998901234562", "BUSY").await;
    world.reported(&first, "+998901234562", "ANSWERED").await;
    world.post(&format!("/calls/session/{first}/close"), json!({})).await;

    let again = world.started(json!({ "retryOf": first })).await;
    assert_eq!(
        world.remote_file(),
        "+998901234561\n+998901234563\n",
        "in the list's order, the reached one left out"
    );
    assert_eq!(world.session(&again).await["totalNumbers"], 2);
    let lists = world.json("/calls/uploads").await;
    let placements: Vec<_> = lists.as_array().unwrap().iter().map(|list| &list["placement"]).collect();
    assert_eq!(placements, ["placed", "placed"], "{lists}");
    world.post(&format!("/calls/session/{again}/close"), json!({})).await;

    let body = json!({ "retryOf": first, "statuses": ["UNREPORTED"] });
    let rest = world.started(body).await;
    assert_eq!(world.remote_file(), "+998901234564\n");
    world.post(&format!("/calls/session/{rest}/close"), json!({})).await;

    let (status, answer) =
        world.post("/calls/start", json!({ "retryOf": first, "statuses": ["REJECTED"] })).await;
    assert_eq!((status, &answer["code"]), (StatusCode::CONFLICT, &json!("nothing-to-retry")));
    let (status, answer) = world.post("/calls/start", json!({ "retryOf": "session-1-nobody" })).await;
    assert_eq!((status, &answer["code"]), (StatusCode::NOT_FOUND, &json!("session-unknown")));
    let (status, answer) =
        world.post("/calls/start", json!({ "uploadId": "01996f2c-7d40-7000-8000-000000000001" })).await;
    assert_eq!((status, &answer["code"]), (StatusCode::NOT_FOUND, &json!("upload-unknown")));
    // A list made for a session is nobody's latest upload.
    world.started(json!({})).await;
    assert_eq!(world.remote_file().lines().count(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_unreached_are_tried_again_on_sqlite() {
    the_unreached_are_tried_again(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_unreached_are_tried_again_on_postgres() {
    the_unreached_are_tried_again(World::postgres().await).await;
}
