//! A session from its list to its calls.

use serde_json::json;

use super::{Auditor, chain, events, link, text, types};
use crate::number_lists::NUMBERS;
use crate::world::World;

const RECORDED: &str = "https://calls.example/1.mp3";

async fn a_session_is_told_and_its_calls_lead_back_to_the_file(world: World) {
    let mut world = world.with_local_remote("echo started");
    world.start().await;
    let (_, list) = world.upload("a.txt", NUMBERS.as_bytes()).await;
    let session = world.started(json!({})).await;
    world.reported(&session, "+998901234567", "NO_ANSWER").await;
    let body = json!({
        "sessionId": session, "phoneNumber": "+998901234569", "callStatus": "ANSWERED", "callDuration": 45,
        "recordingUrl": RECORDED,
    });
    let (_, result) = world.post("/calls/result", body).await;
    let stranger = world.reported(&session, "+998935550000", "BUSY").await;
    world.post(&format!("/calls/session/{session}/close"), json!({})).await;

    let auditor = Auditor::of(&world, "1", "auditor");
    let path = format!("/audit/session/{session}");
    let told = auditor.get(&format!("{path}?lang=en")).await;
    let own = ["session.opened", "session.launched", "session.returned", "session.completed"];
    assert_eq!(types(events(&told)), own, "{told}");
    let words: Vec<&str> = events(&told).iter().map(|event| text(&event["words"])).collect();
    assert_eq!(words[0], "The session was opened with a list; numbers: 3");
    assert_eq!(words[3], "The session was closed by hand");
    let opened = &events(&told)[0];
    assert_eq!(
        (&opened["actor"], &opened["sequence"], &opened["causation"]),
        (&json!("anyone"), &json!(1), &json!(""))
    );
    assert_eq!(opened["data"]["opened"]["list"]["total"], 3);
    assert_eq!(chain(&told), ["session", "effect", "start", "list"]);
    let by_id = world.session(&session).await["id"].clone();
    let same = auditor.get(&format!("/audit/session/{}?lang=en", text(&by_id))).await;
    assert_eq!(events(&same), events(&told), "a session has two names");

    let first = auditor.get(&format!("{path}?with=calls&limit=500")).await;
    assert_eq!(types(events(&first))[own.len()..], ["call.reported"; 3], "{first}");
    // Whoever was shown the numbers is told of too.
    let whole = auditor.get(&format!("{path}?with=calls&limit=500")).await;
    assert_eq!(types(events(&whole))[own.len()], "disclosure.looked", "{whole}");
    assert_eq!(events(&whole).len(), events(&first).len() + 1);
    for limit in [1, 2, 3, 5, 6] {
        let paged = auditor.pages(&format!("{path}?with=calls&limit={limit}")).await;
        assert_eq!(paged, events(&whole), "in pages of {limit}");
    }
    results_lead_back(&auditor, (&session, &list["uploadId"], &result["id"]), &stranger["id"]).await;
    lists_are_told(&auditor, text(&list["uploadId"])).await;
    the_unreached_lead_back_further(&world, &session, &list["uploadId"]).await;
    assert!(world.stop().success());
}

async fn results_lead_back(
    auditor: &Auditor<'_>,
    (session, list, result): (&str, &serde_json::Value, &serde_json::Value),
    stranger: &serde_json::Value,
) {
    let told = auditor.get(&format!("/audit/call/{}?lang=en", text(result))).await;
    assert_eq!(types(events(&told)), ["call.reported"]);
    let event = &events(&told)[0];
    assert_eq!(event["words"], "A result of the call was reported: Answered, 45 seconds of talk");
    let personal = &event["data"]["reported"]["personal"];
    assert_eq!((&personal["phone"], &personal["recording_url"]), (&json!("+998901234569"), &json!(RECORDED)));
    let whole = ["recording", "report", "call", "session", "effect", "start", "list", "row"];
    assert_eq!(chain(&told), whole, "{told}");
    assert_eq!((&link(&told, "session")["id"], &link(&told, "list")["id"]), (&json!(session), list));
    assert_eq!(link(&told, "report")["actor"], "webhook");
    assert_eq!(link(&told, "report")["position"], event["position"]);
    // The heading, a blank row, one number twice and one that is none: the third number stands in the seventh row.
    let row = link(&told, "row");
    assert_eq!((&row["line"], &row["row"]), (&json!(3), &json!(7)), "{row}");
    let unlisted = auditor.get(&format!("/audit/call/{}?lang=en", text(stranger))).await;
    let ended = ["report", "call", "session", "effect", "start", "list", "end"];
    assert_eq!(chain(&unlisted), ended, "{unlisted}");
    assert_eq!(link(&unlisted, "end")["words"], "The number is not on this list");
}

async fn lists_are_told(auditor: &Auditor<'_>, list: &str) {
    let told = auditor.get(&format!("/audit/list/{list}")).await;
    assert_eq!(types(events(&told)), ["number_list.accepted", "number_list.placed"], "{told}");
    assert_eq!(chain(&told), ["list"]);
    assert_eq!(
        events(&told)[0]["words"],
        "Ro'yxat qabul qilindi: 6 qatordan 3 ta raqam, 1 ta yaroqsiz, 1 ta takror"
    );
}

/// A list of numbers that were not reached leads to the session that did not reach them, and to its list.
async fn the_unreached_lead_back_further(world: &World, first: &str, list: &serde_json::Value) {
    let again = world.started(json!({ "retryOf": first })).await;
    let result = world.reported(&again, "+998901234567", "BUSY").await;
    let auditor = Auditor::of(world, "1", "manager");
    let told = auditor.get(&format!("/audit/call/{}", text(&result["id"]))).await;
    let once = ["session", "effect", "start", "list", "row"];
    let whole = [&["report", "call"][..], &once, &once].concat();
    assert_eq!(chain(&told), whole, "{told}");
    let links = told["chain"].as_array().unwrap();
    assert_eq!((&links[2]["id"], &links[7]["id"]), (&json!(again), &json!(first)));
    assert_eq!((&links[10]["id"], &links[11]["line"], &links[11]["row"]), (list, &json!(1), &json!(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_told_and_its_calls_lead_back_to_the_file_on_sqlite() {
    a_session_is_told_and_its_calls_lead_back_to_the_file(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_told_and_its_calls_lead_back_to_the_file_on_postgres() {
    a_session_is_told_and_its_calls_lead_back_to_the_file(World::postgres().await).await;
}
