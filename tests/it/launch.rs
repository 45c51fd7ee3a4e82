//! A session from its start to its end with a real command on this machine, on both stores.

use serde_json::Value;

use crate::world::World;

async fn started(world: &World) -> Value {
    let answer = world.http.post(world.url("/calls/start")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

/// Three numbers report, and then the command ends badly: the session was heard of, so it has not failed.
async fn a_bad_exit_after_results_is_no_failure(mut world: World) {
    let url = world.url("/calls/result");
    let script = format!(
        r#"for n in 1 2 3; do curl -s -f {url} -H 'Content-Type: application/json' -d '{{"sessionId":"'"$SESSION_ID"'","phoneNumber":"+99890123456'$n'","callStatus":"ANSWERED"}}' >/dev/null || exit 9; done; exit 1"#
    );
    world.set("REMOTE_HOST", "local");
    world.set("REMOTE_COMMAND", &script);
    world.start().await;
    let start = started(&world).await;
    assert_eq!(start["code"], 1, "{start}");
    let session = world.json(&format!("/calls/session/{}", start["sessionId"].as_str().unwrap())).await;
    assert_eq!(
        (&session["status"], &session["processedNumbers"]),
        (&"COMPLETED".into(), &3.into()),
        "{session}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_exit_after_results_is_no_failure_on_sqlite() {
    a_bad_exit_after_results_is_no_failure(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_exit_after_results_is_no_failure_on_postgres() {
    a_bad_exit_after_results_is_no_failure(World::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_exit_before_any_result_is_one() {
    let mut world = World::sqlite();
    world.set("REMOTE_HOST", "local");
    world.set("REMOTE_COMMAND", "echo no line >&2; exit 3");
    world.start().await;
    let start = started(&world).await;
    assert_eq!(
        (&start["ok"], &start["code"], &start["stderr"]),
        (&false.into(), &3.into(), &"no line\n".into())
    );
    let session = world.json(&format!("/calls/session/{}", start["sessionId"].as_str().unwrap())).await;
    assert_eq!((&session["status"], &session["hasError"]), (&"FAILED".into(), &true.into()));
    assert!(session["errorMessage"].as_str().unwrap().contains("no line"));
}
