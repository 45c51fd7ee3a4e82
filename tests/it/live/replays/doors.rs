//! Who may look back, at what, and how often at once.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{REPLAY, SESSION, seat, seated};
use crate::http_world::{Floor, bearer, near, options};
use crate::live::{CALLS, CAMPAIGNS, Desk, Watch, socket, token};
use crate::world::{World, report};

async fn asked(world: &World, token: &str, method: Method, path: &str, body: &Value) -> (StatusCode, Value) {
    let request = world.http.request(method, world.url(path)).bearer_auth(token);
    let answer = if body.is_null() { request } else { request.json(body) }.send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    (status, serde_json::from_str(&text).unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_may_look_back_does_and_at_ones_own_alone() {
    let mut world = World::sqlite();
    world.start().await;
    world.report(&report(SESSION, 1)).await.unwrap();
    let [manager, auditor, operator] =
        ["manager", "auditor", "operator"].map(|role| token(&world, "1", role, &[]));
    let stranger = token(&world, "2", "admin", &[]);
    let replay = Desk::of(&world, "1", "auditor").replay("session", SESSION, &json!({})).await;
    let (id, order) = (replay["id"].as_str().unwrap(), json!({ "kind": "session", "id": SESSION }));
    let path = format!("/replays/{id}");
    let wish = json!({ "speed": 7 });
    for (token, status, code, unknown) in [
        (&operator, 403, "role-too-low", "role-too-low"),
        (&stranger, 404, "replay-unknown", "session-unknown"),
    ] {
        for (method, body) in
            [(Method::GET, Value::Null), (Method::PATCH, wish.clone()), (Method::DELETE, Value::Null)]
        {
            let (said, problem) = asked(&world, token, method, &path, &body).await;
            assert_eq!((said.as_u16(), problem["code"].as_str()), (status, Some(code)), "{problem}");
        }
        let (said, problem) = asked(&world, token, Method::POST, "/replays", &order).await;
        assert_eq!((said.as_u16(), problem["code"].as_str()), (status, Some(unknown)), "{problem}");
    }
    let (_, none) = asked(&world, &stranger, Method::GET, "/replays", &Value::Null).await;
    assert_eq!(none, json!([]));
    let (_, ours) = asked(&world, &manager, Method::GET, "/replays", &Value::Null).await;
    assert_eq!((ours[0]["id"].as_str(), &ours[0]["speed"]), (Some(id), &json!(0)), "{ours}");

    let nameless = json!({ "namespace": REPLAY, "auth": { "token": auditor } });
    let tokenless = json!({ "namespace": REPLAY, "auth": { "replay": id } });
    let unknown = seat(&auditor, &json!({ "id": "0199b9f4-6f00-7000-8000-0000000000c1" }));
    let theirs =
        json!({ "namespace": REPLAY, "auth": { "token": auditor, "replay": id, "organizationId": 2 } });
    let cases = [
        (seat(&operator, &replay), "role-too-low"),
        (seat(&stranger, &replay), "replay-unknown"),
        (unknown, "replay-unknown"),
        (nameless, "bad-parameter"),
        (tokenless, "token-missing"),
        (theirs, "bad-parameter"),
    ];
    let sockets: Vec<&Value> = cases.iter().map(|(socket, _)| socket).collect();
    let mut watch = Watch::open(&world, &json!(sockets)).await;
    for (number, (_, code)) in cases.iter().enumerate() {
        while watch.of(number, "connect_error").is_empty() {
            watch.next().await;
        }
        let refused = watch.of(number, "connect_error")[0];
        assert_eq!(refused.data["data"]["code"], *code, "{refused:?}");
    }
    // Who looked is written down: whoever asked for it, and whoever watched.
    let mut seated = seated(&world, &manager, &replay, 1).await;
    let looks: Vec<Value> = world.events().into_iter().filter(|event| event["type"] == "looked").collect();
    assert!(looks.iter().all(|look| look["organization"] == "1"), "{looks:#?}");
    assert_eq!(looks.len(), 1, "one person, one thing, one hour: {looks:#?}");
    let (status, _) = asked(&world, &auditor, Method::DELETE, &path, &Value::Null).await;
    assert_eq!(status, 204);
    assert_eq!(seated.over(0).await, "stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_so_many_at_a_time_and_what_is_wrong_is_said() {
    let mut world = World::sqlite();
    world.start().await;
    world.report(&report(SESSION, 1)).await.unwrap();
    let (desk, token) = (Desk::of(&world, "1", "manager"), token(&world, "1", "manager", &[]));
    let mut replays = vec![];
    for _ in 0..4 {
        replays.push(desk.replay("session", SESSION, &json!({})).await);
    }
    let order = json!({ "kind": "session", "id": SESSION });
    let (status, problem) = asked(&world, &token, Method::POST, "/replays", &order).await;
    assert_eq!((status.as_u16(), problem["code"].as_str()), (409, Some("too-many-replays")), "{problem}");
    assert_eq!(problem["limit"], 4);
    // Another organization's are its own.
    let theirs = Desk::of(&world, "2", "manager");
    let mut body = report("session-1738862891234-theirs", 1);
    body["phoneNumber"] = json!("+998901234567");
    theirs.post("/calls/result", &body).await;
    theirs.replay("session", "session-1738862891234-theirs", &json!({})).await;
    // Where one is over there is room, whatever is said of it still.
    desk.steer(&replays[0], &json!({ "paused": false })).await;
    let over = async || desk.shown(&replays[0]).await["ended"] == "through";
    while !over().await {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    desk.replay("session", SESSION, &json!({})).await;
    let path = format!("/replays/{}", replays[0]["id"].as_str().unwrap());
    let (status, problem) = asked(&world, &token, Method::PATCH, &path, &json!({ "speed": 1 })).await;
    assert_eq!((status.as_u16(), problem["code"].as_str()), (409, Some("replay-over")), "{problem}");

    let id = json!("0199b9f4-6f00-7000-8000-0000000000c1");
    for (order, status, code) in [
        (json!({}), 400, "bad-field"),
        (json!({ "kind": "list", "id": id }), 400, "bad-field"),
        (json!({ "kind": "session", "id": "nobody" }), 404, "session-unknown"),
        (json!({ "kind": "campaign", "id": id }), 404, "campaign-unknown"),
        (json!({ "kind": "call", "id": id }), 404, "call-unknown"),
        (json!({ "kind": "session", "id": SESSION, "speed": 1_000_001 }), 400, "bad-field"),
        (json!({ "kind": "session", "id": SESSION, "speed": -1 }), 400, "bad-field"),
        (json!({ "kind": "session", "id": SESSION, "maxPauseSeconds": 86_401 }), 400, "bad-field"),
        (json!({ "kind": "session", "id": SESSION, "from": "soon" }), 400, "bad-field"),
        (json!({ "kind": "session", "id": SESSION, "from": 1_000_000 }), 400, "bad-field"),
        (json!({ "kind": "session", "id": SESSION, "loud": true }), 400, "bad-field"),
    ] {
        let (said, problem) = asked(&world, &token, Method::POST, "/replays", &order).await;
        assert_eq!((said.as_u16(), problem["code"].as_str()), (status, Some(code)), "{order}: {problem}");
    }
}

#[actix_web::test]
async fn one_engine_has_so_many_whoever_they_are_of() {
    let mut options = options();
    options.replays.of_engine = 2;
    let floor = Floor::with(options).await;
    let mut said = vec![];
    for organization in ["1", "2", "3"] {
        floor.session(organization, "s-1").await;
        let theirs = bearer(&json!({ "organizationId": organization, "role": "manager" }));
        let order = json!({ "kind": "session", "id": "s-1", "paused": true }).to_string();
        let order = near(actix_web::http::Method::POST, "/replays").set_payload(order);
        said.push(floor.ask(order.insert_header(theirs)).await);
    }
    assert_eq!(said.iter().map(|answer| answer.status).collect::<Vec<_>>(), [202, 202, 409]);
    let problem = said[2].json();
    assert_eq!((&problem["code"], &problem["limit"]), (&json!("too-many-replays"), &json!(2)), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_watch_now_are_told_nothing_of_then_and_the_other_way_round() {
    let mut world = World::sqlite();
    world.start().await;
    for number in 0..30 {
        world.report(&report(SESSION, number)).await.unwrap();
    }
    let (desk, token) = (Desk::of(&world, "1", "manager"), token(&world, "1", "manager", &[]));
    let mut live = Watch::entered(&world, &json!([socket(CALLS, &token), socket(CAMPAIGNS, &token)])).await;
    let first = desk.replay("session", SESSION, &json!({})).await;
    let second = desk.replay("session", SESSION, &json!({})).await;
    let (mut watch, mut other) =
        (seated(&world, &token, &first, 1).await, seated(&world, &token, &second, 1).await);
    desk.steer(&first, &json!({ "paused": false })).await;
    assert_eq!(watch.over(0).await, "through");
    assert_eq!(watch.of(0, "call-result").len(), 30);
    // Something of now comes last: whatever was told to them before would have come by then.
    let now = report("session-1738862891234-now", 99);
    world.report(&now).await.unwrap();
    live.until(0, "call-result").await;
    let told = live.story(0).into_iter().chain(live.story(1));
    let foreign: Vec<_> = told
        .filter(|told| told.data["sessionId"] != now["sessionId"] || told.data["replay"] == true)
        .collect();
    assert!(foreign.is_empty(), "{foreign:#?}");
    desk.steer(&second, &json!({ "paused": false })).await;
    assert_eq!(other.over(0).await, "through");
    let told = other.story(0);
    assert!(
        told.len() > 30 && told.iter().all(|told| told.data["sessionId"] == SESSION),
        "only its own, from its own beginning: {told:#?}"
    );
}
