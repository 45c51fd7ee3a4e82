//! An engine that is killed while a list is on its way to the host: the next one has the host already, puts the list there whole, and rings once.

use reqwest::StatusCode;
use serde_json::json;

use super::bed::{Bed, ON_ITS_WAY, list};
use crate::world::World;

const OLD: &str = "+998900000000\n";

async fn a_kill_on_the_way_launches_a_session_once(world: World) {
    let mut bed = Bed::on(world).await;
    let list = list("+99890");
    bed.uploaded(&list).await;
    // Whatever lies there by then is to stay whole until the list is.
    std::fs::write(bed.path(), OLD).unwrap();
    bed.wire.hold_after(ON_ITS_WAY);
    let start = bed.begin_start();
    bed.wire.holds().await;
    bed.world.kill();
    bed.wire.let_go();
    start.await.unwrap();
    assert_eq!((bed.file().as_str(), bed.launched().len()), (OLD, 0), "nothing was there yet");

    bed.world.start().await;
    let session = bed.only_session().await;
    let (status, refused) = bed.started(json!({})).await;
    assert_eq!((status, &refused["sessionId"]), (StatusCode::CONFLICT, &json!(session)), "{refused}");
    bed.session_when(&session, |session| session["status"] == "RUNNING").await;
    bed.until_launched(1).await;
    assert!(bed.dialled(&session) == list && bed.file() == list, "it is not the session's list");

    // The host is the session's until it is over, and then anybody's; the launch is not made up for by anybody.
    bed.close(&session).await;
    let (status, next) = bed.started(json!({})).await;
    assert_eq!(status, StatusCode::OK, "{next}");
    assert_eq!(bed.launched(), [session.as_str(), next["sessionId"].as_str().unwrap()]);
    let launches = bed.history(&session).into_iter().filter(|kind| kind == "launched").count();
    assert_eq!(launches, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_on_the_way_launches_a_session_once_on_sqlite() {
    a_kill_on_the_way_launches_a_session_once(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_on_the_way_launches_a_session_once_on_postgres() {
    a_kill_on_the_way_launches_a_session_once(World::postgres().await).await;
}

/// Who takes up what a dead engine had begun has the host under the same name, so that nobody waits for the dead one to give it back.
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_on_the_way_of_an_upload_keeps_nobody_out() {
    let mut bed = Bed::on(World::sqlite()).await;
    std::fs::write(bed.path(), OLD).unwrap();
    bed.wire.hold_after(ON_ITS_WAY);
    let list = list("+99890");
    let upload = bed.begin_upload(&list);
    bed.wire.holds().await;
    bed.world.kill();
    bed.wire.let_go();
    upload.await.unwrap();
    assert_eq!(bed.file(), OLD);

    bed.world.start().await;
    let all = bed.until("/calls/uploads", |all| all[0]["placement"] != "under-way").await;
    assert_eq!((&all[0]["placement"], all.as_array().unwrap().len()), (&json!("placed"), 1), "{all}");
    assert!(bed.file() == list, "it is not the list that was uploaded");
    let host = format!("*/127.0.0.1:{}", bed.wire.port);
    assert_eq!(bed.history(&host), ["taken", "released"], "taken once, by whoever came first");
    let (status, started) = bed.started(json!({})).await;
    assert_eq!(status, StatusCode::OK, "{started}");
    assert_eq!(bed.launched().len(), 1);
}
