//! Commands that come again under the same `Idempotency-Key`, as after an answer that did not come: at once, after a kill, on two nodes.
//! They happen once, and are answered as if it had been now.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::contacts::{id, somebody};
use crate::world::World;

const AT_ONCE: usize = 5;
/// No organization sends more at a time.
const UPLOADS_AT_ONCE: usize = 4;

/// A command, where its answer says what it made, and the event that it makes.
struct Makes {
    path: &'static str,
    body: Value,
    /// Something else under the same name.
    other: Value,
    name: &'static str,
    event: (&'static str, &'static str),
}

fn all() -> [Makes; 5] {
    [
        Makes {
            path: "/auto-calling/contacts",
            body: somebody("Aziz", "+998901112233"),
            other: somebody("Aziz", "+998901112244"),
            name: "id",
            event: ("contact", "created"),
        },
        Makes {
            path: "/auto-calling/campaigns",
            body: json!({ "name": "Qarzdorlar", "campaignType": "SURVEY" }),
            other: json!({ "name": "Boshqalar", "campaignType": "SURVEY" }),
            name: "id",
            event: ("campaign", "created"),
        },
        Makes {
            path: "/users",
            body: json!({ "name": "aziz", "role": "operator", "password": "uzun va maxfiy" }),
            other: json!({ "name": "aziz", "role": "auditor", "password": "uzun va maxfiy" }),
            name: "id",
            event: ("user", "created"),
        },
        Makes {
            path: "/keys",
            body: json!({ "name": "hisobot", "role": "operator", "scopes": ["read"] }),
            other: json!({ "name": "hisobot", "role": "operator", "scopes": ["calls"] }),
            name: "id",
            event: ("api_key", "made"),
        },
        Makes {
            path: "/calls/start",
            body: json!({}),
            other: json!({ "uploadId": null }),
            name: "sessionId",
            event: ("session", "opened"),
        },
    ]
}

async fn said(world: &World, path: &str, key: Option<&str>, body: &Value) -> (u16, Value) {
    let request = world.http.post(world.url(path)).bearer_auth(world.token()).json(body);
    let request = if let Some(key) = key { request.header("idempotency-key", key) } else { request };
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
}

fn happened(world: &World, (kind, event): (&str, &str)) -> usize {
    world.events().iter().filter(|one| one["kind"] == kind && one["type"] == event).count()
}

fn world(mut world: World) -> World {
    world.set("REMOTE_HOST", "simulated");
    // On a loaded machine a screen may be longer behind than anybody waits for it.
    world.set("READ_WAIT_MS", "10000");
    // No agent is there, so that a campaign is not over before it is stopped.
    world.set("AGENT_URL", "http://127.0.0.1:9/call");
    world
}

/// All of them are answered alike, and it happened once.
async fn at_once(worlds: &[&World], makes: &Makes) {
    let before = happened(worlds[0], makes.event);
    let asked =
        (0..AT_ONCE).map(|n| said(worlds[n % worlds.len()], makes.path, Some(makes.path), &makes.body));
    let answers = join_all(asked).await;
    let (status, first) = &answers[0];
    assert!([200, 201].contains(status), "{}: {status} {first}", makes.path);
    for (again, answer) in &answers {
        assert_eq!((again, &answer[makes.name]), (status, &first[makes.name]), "{}: {answer}", makes.path);
    }
    assert!(first[makes.name].is_string(), "{}: {first}", makes.path);
    assert_eq!(happened(worlds[0], makes.event), before + 1, "{}", makes.path);
}

async fn once(mut world: World) {
    world.start().await;
    for makes in all() {
        at_once(&[&world], &makes).await;
        let (status, answer) = said(&world, makes.path, Some(makes.path), &makes.other).await;
        assert_eq!((status, &answer["code"]), (422, &json!("command-reused")), "{}: {answer}", makes.path);
        let elsewhere = all().into_iter().find(|other| other.path != makes.path).unwrap();
        let (status, answer) = said(&world, elsewhere.path, Some(makes.path), &elsewhere.body).await;
        assert_eq!((status, &answer["code"]), (422, &json!("command-reused")), "{}: {answer}", makes.path);
    }
    a_campaign_stays_as_it_was_said_last(&world).await;
    what_was_removed_is_not_made_again(&world).await;
    a_keys_text_is_told_once(&world).await;
    a_list_is_stored_once(&[&world]).await;
}

/// What comes again does not undo what somebody has said since.
async fn a_campaign_stays_as_it_was_said_last(world: &World) {
    let (_, person) = said(world, "/auto-calling/contacts", None, &somebody("Botir", "+998901112255")).await;
    let plan = json!({ "name": "Yangi", "campaignType": "SURVEY", "contactIds": [id(&person)] });
    let (status, made) = said(world, "/auto-calling/campaigns", None, &plan).await;
    assert_eq!(status, 201, "{made}");
    let path = |what: &str| format!("/auto-calling/campaigns/{}/{what}", id(&made));
    let none = json!({});
    for (what, key, status) in [
        ("start", Some("start it"), "RUNNING"),
        ("stop", Some("stop it"), "PAUSED"),
        ("start", Some("start it"), "PAUSED"),
        ("start", None, "RUNNING"),
        ("stop", Some("stop it"), "RUNNING"),
    ] {
        let (code, answer) = said(world, &path(what), key, &none).await;
        assert_eq!((code, &answer["status"]), (200, &json!(status)), "{what} {key:?}: {answer}");
    }
}

/// The only answer that has it is the first.
async fn a_keys_text_is_told_once(world: &World) {
    let body = json!({ "name": "bir marta", "role": "operator", "scopes": ["read"] });
    let answers = join_all((0..AT_ONCE).map(|_| said(world, "/keys", Some("one key"), &body))).await;
    let told: Vec<&str> = answers.iter().filter_map(|(_, answer)| answer["key"].as_str()).collect();
    let [key] = told[..] else { panic!("{answers:?}") };
    let looks = world.http.get(world.url("/calls/sessions/all")).bearer_auth(key).send().await.unwrap();
    assert_eq!(looks.status(), 200);
    let id = &answers[0].1["id"];
    let revoked = world.http.delete(world.url(&format!("/keys/{}", id.as_str().unwrap())));
    assert_eq!(revoked.bearer_auth(world.token()).send().await.unwrap().status(), 204);
    let (status, answer) = said(world, "/keys", Some("one key"), &body).await;
    assert_eq!((status, &answer["id"], &answer["key"]), (201, id, &Value::Null), "{answer}");
    assert!(answer["revokedAt"].is_string(), "{answer}");
}

async fn uploaded(world: &World, key: &str, numbers: &str) -> (u16, Value) {
    let head = "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"n.txt\"\r\n\r\n";
    let request = world.http.post(world.url("/calls/upload")).header("idempotency-key", key);
    let request = request.header("content-type", "multipart/form-data; boundary=edge");
    let answer = request.body(format!("{head}{numbers}\r\n--edge--\r\n")).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// The same file under the same name is one list, and does not take the place of what came after it.
async fn a_list_is_stored_once(worlds: &[&World]) {
    let (world, numbers) = (worlds[0], "+998901112271\n+998901112272\nnothing\n");
    let accepted = ("number_list", "accepted");
    let before = happened(world, accepted);
    let asked = (0..UPLOADS_AT_ONCE).map(|n| uploaded(worlds[n % worlds.len()], "one list", numbers));
    let mut answers = join_all(asked).await;
    for (_, answer) in &mut answers {
        // Some are told of it before it is where the calls are made, and some after.
        let placement = answer.as_object_mut().unwrap().remove("placement");
        assert!([Some(json!("under-way")), Some(json!("placed"))].contains(&placement), "{placement:?}");
    }
    for answer in &answers {
        assert_eq!(answer, &answers[0]);
    }
    let (status, first) = &answers[0];
    assert_eq!((*status, &first["totalNumbers"], &first["invalidCount"]), (200, &json!(2), &json!(1)));
    assert_eq!(happened(world, accepted), before + 1);
    let (_, later) = uploaded(world, "another list", "+998901112273\n").await;
    assert_ne!(later["uploadId"], first["uploadId"]);
    assert_eq!(uploaded(world, "one list", numbers).await.1["uploadId"], first["uploadId"]);
    let placed = ("number_list", "placed");
    let events = world.events();
    let last =
        events.iter().rfind(|one| (&one["kind"], &one["type"]) == (&json!(placed.0), &json!(placed.1)));
    let last = last.unwrap();
    assert!(last["stream"].as_str().unwrap().ends_with(later["uploadId"].as_str().unwrap()), "{last}");
    let (status, answer) = uploaded(world, "one list", "+998901112274\n").await;
    assert_eq!((status, &answer["code"]), (422, &json!("command-reused")), "{answer}");
}

async fn what_was_removed_is_not_made_again(world: &World) {
    let body = somebody("Dilnoza", "+998901112266");
    let (status, made) = said(world, "/auto-calling/contacts", Some("dilnoza"), &body).await;
    assert_eq!(status, 201, "{made}");
    let path = format!("/auto-calling/contacts/{}", id(&made));
    let removed = world.http.request(Method::DELETE, world.url(&path)).bearer_auth(world.token());
    assert_eq!(removed.send().await.unwrap().status(), 200);
    let (status, answer) = said(world, "/auto-calling/contacts", Some("dilnoza"), &body).await;
    assert_eq!((status, &answer["code"]), (404, &json!("contact-unknown")), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_again_under_one_name_happens_once_on_sqlite() {
    once(world(World::sqlite())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_again_under_one_name_happens_once_on_postgres() {
    once(world(World::postgres().await)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_that_hear_it_at_once_do_it_once() {
    let mut one = world(World::postgres().await);
    one.start().await;
    let mut other = one.beside();
    other.start().await;
    for makes in all().into_iter().take(4) {
        at_once(&[&one, &other], &makes).await;
    }
    a_list_is_stored_once(&[&one, &other]).await;
}

/// The engine is killed at one moment or another while it hears it, and hears it again when it is back.
#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_killed_in_between_does_it_once() {
    const ROUNDS: u32 = 5;
    let mut world = world(World::sqlite());
    world.start().await;
    for round in 0..ROUNDS {
        let key = format!("round {round}");
        let body = somebody("Aziz", &format!("+99890111{round:04}"));
        let request = world.http.post(world.url("/auto-calling/contacts")).bearer_auth(world.token());
        let unheard = tokio::spawn(request.header("idempotency-key", &key).json(&body).send());
        // From before it has come to after it was answered.
        tokio::time::sleep(Duration::from_millis(u64::from(round) * 6)).await;
        world.kill();
        drop(unheard.await.unwrap());
        world.start().await;
        for _ in 0..2 {
            let (status, answer) = said(&world, "/auto-calling/contacts", Some(&key), &body).await;
            assert_eq!(status, 201, "round {round}: {answer}");
        }
        assert_eq!(happened(&world, ("contact", "created")), usize::try_from(round).unwrap() + 1);
    }
    assert!(world.verify().status.success());
}

/// A route that takes no name stands in the document with its reason, and no other does.
#[test]
fn every_post_takes_a_name_or_says_why_it_needs_none() {
    let api = serde_json::to_value(karnay::http::document()).unwrap();
    let takes = |operation: &Value| {
        let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
        parameters.iter().any(|parameter| parameter["name"] == "Idempotency-Key")
    };
    let posts = api["paths"].as_object().unwrap().iter().filter(|(_, methods)| methods["post"].is_object());
    let (with, without): (Vec<_>, Vec<_>) = posts.partition(|(_, methods)| takes(&methods["post"]));
    assert!(with.len() > 5, "{with:?}");
    let without: Vec<&str> = without.into_iter().map(|(path, _)| path.as_str()).collect();
    let text = include_str!("../../docs/idempotency.md");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `/")?.split_once("` | "));
    let rows: Vec<(String, &str)> = rows.map(|(path, why)| (format!("/{path}"), why)).collect();
    assert!(rows.iter().all(|(_, why)| why.len() > 20), "{rows:?}");
    let told: Vec<&str> = rows.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(told, without, "docs/idempotency.md");
}
