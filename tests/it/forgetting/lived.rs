//! The same of a person whom living parts tell of: a workbook, a campaign that rings them through an agent, a list that a call server
//! dials, a report that nobody can place, and an exchange that records them. Nothing is written past the doors.

use std::time::{Duration, Instant};

use reqwest::Method;
use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};

use super::is_found_nowhere;
use super::planted::{NAME, PHONE, Planted, SAID, not_to_be_called, tells, until};
use crate::contacts::Desk;
use crate::dialling::agent::{Act, Agent};
use crate::sim_pbx::PASSWORD;
use crate::sim_pbx::program::Program;
use crate::world::{World, report};

/// As people have it in their workbooks.
const AS_A_NUMBER: u64 = 998_901_234_567;
const TAPE: &str = "https://records.example.com/998901234567.wav";

/// A name, a number and a note a row, under these headings.
fn workbook(headings: &[&str], rows: &[(&str, u64)]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, heading) in (0..).zip(headings) {
        sheet.write(0, column, *heading).unwrap();
    }
    for (row, (name, number)) in (1..).zip(rows) {
        sheet.write(row, 0, *number).unwrap();
        if headings.len() > 1 {
            let custom = json!({ "totalDebt": 5_420, "aka": name }).to_string();
            let note = if *name == NAME { SAID } else { "boshqa odam" };
            sheet.write(row, 1, *name).unwrap().write(row, 2, note).unwrap().write(row, 3, custom).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

/// An agent that talks with everybody, tells what was said, and brings a promise and a recording home.
fn talkative() -> Agent {
    let due =
        chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now()) + chrono::TimeDelta::days(3);
    let promise = json!({ "amount": "1200.50", "dueDate": due.date_naive() });
    let said = json!({ "success": true, "outcome": "PROMISE_TO_PAY", "summary": SAID, "duration": 40, "cause": SAID,
        "recordingUrl": TAPE, "promise": promise, "transcript": [{ "who": NAME, "said": SAID }] });
    Agent::start(move |_, _| Act::Say(Duration::from_millis(20), said.clone()))
}

fn exchange(world: &mut World) -> Program {
    let quick = ["--per-minute", "0", "--log-delay", "10", "--recording-delay", "10", "--unrecorded", "0"];
    let program = Program::start(&quick);
    let port = program.url.rsplit(':').next().unwrap().trim_end_matches('/').to_owned();
    for (name, value) in [
        ("KERIO_PBX_HOST", "127.0.0.1"),
        ("KERIO_PORT", &port),
        ("KERIO_TLS", &program.pin),
        ("KERIO_API_USERNAME", "monitor"),
        ("KERIO_API_PASSWORD", PASSWORD),
        ("KERIO_POLL_INTERVAL", "1"),
    ] {
        world.set(name, value);
    }
    program
}

/// Waits for what is to be seen; until then something else is.
async fn shown<T>(what: &str, mut look: impl AsyncFnMut() -> Result<T, Value>) -> T {
    let began = Instant::now();
    loop {
        match look().await {
            Ok(found) => return found,
            Err(instead) => assert!(began.elapsed() < Duration::from_secs(40), "not so: {what}: {instead}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// They are imported, and rung by a campaign; the contact, the import and the campaign.
async fn campaign(desk: &Desk<'_>) -> [String; 3] {
    let headings = ["phone", "firstName", "notes", "customData"];
    let contacts = workbook(&headings, &[(NAME, AS_A_NUMBER), ("Vali", 998_901_110_003)]);
    assert!(tells(&contacts), "a workbook is looked into");
    let (status, import) = desk.import("contacts.xlsx", &contacts, "").await;
    assert_eq!((status.as_u16(), &import["created"]), (200, &json!(2)), "{import}");
    let found = desk.get(&format!("/contacts?q={NAME}")).await;
    let contact = found["data"][0]["id"].as_str().unwrap().to_owned();
    let plan = json!({ "name": "Qarz", "campaignType": "DEBT_COLLECTION", "contactIds": [&contact], "settings": {} });
    let (status, made) = desk.ask(Method::POST, "/campaigns", Some(&plan)).await;
    assert!(status.is_success(), "{made}");
    let campaign = made["id"].as_str().unwrap().to_owned();
    let (status, begun) = desk.ask(Method::POST, &format!("/campaigns/{campaign}/start"), None).await;
    assert!(status.is_success(), "{begun}");
    let path = format!("/campaigns/{campaign}");
    shown("the campaign is through", async || {
        let shown = desk.get(&path).await;
        if shown["status"] == "COMPLETED" { Ok(()) } else { Err(shown) }
    })
    .await;
    let promises = desk.get("/promises").await;
    assert_eq!(promises["data"].as_array().unwrap().len(), 1, "{promises}");
    [contact, import["importId"].as_str().unwrap().to_owned(), campaign]
}

/// A list with their number is dialled, and what came of it told again with more words; the list and the session.
async fn session(world: &World) -> [String; 2] {
    let numbers: Vec<_> = [998_901_110_001, AS_A_NUMBER, 998_901_110_002].map(|number| ("", number)).into();
    let (status, list) = world.upload("numbers.xlsx", &workbook(&["Telefon"], &numbers)).await;
    assert!(status.is_success(), "{list}");
    let placed = world.data().join("simulated/numbers.txt");
    until(|| std::fs::read_to_string(&placed).is_ok_and(|list| list.contains(PHONE))).await;
    let session = world.started(json!({})).await;
    world.session_when(&session, |session| session["isCompleted"] == true).await;
    let mut more = report(&session, 1_234_567);
    more["notes"] = json!(SAID);
    more["callStatus"] = json!("CONNECTED_TO_OPERATOR");
    more["recordingUrl"] = json!(TAPE);
    assert_eq!(world.report(&more).await.unwrap().status(), 200);
    more["sessionId"] = json!("no name");
    assert_eq!(world.report(&more).await.unwrap().status(), 404, "it is held");
    [list["uploadId"].as_str().unwrap().to_owned(), session]
}

/// They ring the exchange, are answered and recorded, and somebody listens; what that call is called.
async fn ring(world: &World, exchange: &Program) -> String {
    let token = world.token();
    let get = async |path: &str| world.http.get(world.url(path)).bearer_auth(&token).send().await.unwrap();
    let begun = exchange.steer("/calls", json!({ "from": &PHONE[1..], "to": "158" })).await;
    let call = format!("/calls/{}", begun["id"].as_str().unwrap());
    let seen = async || {
        let active: Value = get("/kerio/calls/active").await.json().await.unwrap();
        if active.to_string().contains(&PHONE[1..]) { Ok(()) } else { Err(active) }
    };
    shown("the call is seen", seen).await;
    exchange.steer(&call, json!({ "do": "answer" })).await;
    // The log of an exchange knows whole seconds.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    exchange.steer(&call, json!({ "do": "hang_up" })).await;
    let recorded = async || {
        let _ = world.http.post(world.url("/kerio/sync")).bearer_auth(&token).send().await.unwrap();
        let calls: Value = get("/kerio/calls").await.json().await.unwrap();
        let call = &calls[0];
        if call["recordingPath"].is_string() {
            Ok(call["id"].as_str().unwrap().to_owned())
        } else {
            Err(calls)
        }
    };
    let id = shown("the call is recorded", recorded).await;
    let heard = get(&format!("/kerio/calls/{id}/recording")).await;
    assert_eq!(heard.status(), 200);
    assert!(heard.bytes().await.unwrap().starts_with(b"RIFF"));
    id
}

async fn lived(world: &mut World) -> (Planted, Program) {
    let agent = talkative();
    world.set("AGENT_URL", &agent.url("/call"));
    world.set("RULES_PACK", "always");
    world.set("REMOTE_HOST", "simulated");
    let exchange = exchange(world);
    world.start().await;
    let desk = Desk::of(world, "1", "admin");
    let [contact, import, campaign] = campaign(&desk).await;
    agent.stop().await;
    let [list, session] = session(world).await;
    let call = ring(world, &exchange).await;
    let number = not_to_be_called(&desk).await;
    let paths = vec![
        format!("/auto-calling/campaigns/{campaign}"),
        format!("/auto-calling/campaigns/{campaign}/contacts"),
        format!("/auto-calling/campaigns/{campaign}/report"),
        "/kerio/calls".to_owned(),
        format!("/kerio/calls/{call}"),
        "/events".to_owned(),
    ];
    let planted = Planted { contact, session, lists: vec![list], imports: vec![import], paths, number };
    (planted, exchange)
}

fn kept(world: &World) -> usize {
    std::fs::read_dir(world.data().join("exchange-recordings")).map_or(0, Iterator::count)
}

/// Their calls ended a moment ago: nobody is told to wait for a recording that will never come, or hears one that lies elsewhere.
async fn nothing_is_to_be_heard(world: &World, call: &str) {
    let token = world.token();
    let get = async |path: &str| world.http.get(world.url(path)).bearer_auth(&token).send().await.unwrap();
    let history: Value = get("/calls/history").await.json().await.unwrap();
    let theirs = history
        .as_array()
        .unwrap()
        .iter()
        .filter(|call| call["phoneNumber"].as_str().is_none_or(str::is_empty));
    let theirs: Vec<&Value> = theirs.filter(|call| call["source"] != "pbx").collect();
    for source in ["remote", "campaign"] {
        assert!(theirs.iter().any(|call| call["source"] == source), "none of a {source}: {history}");
    }
    let named = |call: &&Value| format!("/calls/results/{}/recording", call["id"].as_str().unwrap());
    let mut paths: Vec<String> = theirs.iter().map(named).collect();
    paths.push(format!("{call}/recording"));
    for path in paths {
        let answer = get(&path).await;
        let (status, problem) = (answer.status().as_u16(), answer.json::<Value>().await.unwrap());
        assert_eq!((status, &problem["code"]), (404, &json!("recording-unknown")), "{path}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains("forgotten"), "{path}: {problem}");
    }
}

/// Whoever looks for them now is shown nobody, and nothing else is written down of it than that they took evidence which opens nothing.
async fn nobody_is_shown_them(world: &World, call: &str) {
    let out = world.run(&["token", "--org", "1", "--role", "auditor", "--subject", "late"]);
    let token = String::from_utf8(out.stdout).unwrap();
    let get = async |path: &str| {
        let answer = world.http.get(world.url(path)).bearer_auth(token.trim()).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.json::<Value>().await.unwrap()
    };
    let shown = get(call).await;
    assert_eq!((&shown["fromNumber"], &shown["recordingPath"]), (&json!(""), &Value::Null), "{shown}");
    let held = get("/calls/quarantine").await;
    let held = held.as_array().unwrap().iter().map(|held| held["id"].as_str().unwrap());
    for held in held {
        assert_eq!(get(&format!("/calls/quarantine/{held}")).await["report"], Value::Null);
    }
    // By the id that the history has, and by the exchange's own name for it.
    for name in ["id", "callId"].map(|name| shown[name].as_str().unwrap()) {
        let evidence = get(&format!("/audit/calls/{name}/evidence?personal=open")).await;
        assert_eq!(evidence["personalKeys"], json!([]));
    }
    let looks = String::from_utf8(world.run(&["events", "--type", "disclosure.looked"]).stdout).unwrap();
    let looks = looks.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let theirs = looks.filter(|look| look["actor"] == "late").map(|look| look["payload"]["looked"].clone());
    let theirs: Vec<Value> = theirs.filter(|look| look["kind"] != "export").collect();
    assert!(theirs.len() == 2 && theirs.iter().all(|look| look["how"] == "sealed"), "{theirs:?}");
}

async fn is_forgotten_with_all_that_was_lived(mut world: World) {
    let (planted, exchange) = lived(&mut world).await;
    let call = planted.paths.iter().find(|path| path.starts_with("/kerio/calls/")).cloned().unwrap();
    assert_eq!(kept(&world), 1, "somebody listened");
    // The exchange goes on telling of its calls, and is read again after each start.
    let world = is_found_nowhere(world, planted).await;
    nothing_is_to_be_heard(&world, &call).await;
    nobody_is_shown_them(&world, &call).await;
    assert_eq!(kept(&world), 0, "nobody listens again");
    drop(exchange);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_lived_here_is_found_nowhere_on_sqlite() {
    is_forgotten_with_all_that_was_lived(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_lived_here_is_found_nowhere_on_postgres() {
    is_forgotten_with_all_that_was_lived(World::postgres().await).await;
}
