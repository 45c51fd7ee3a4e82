//! `karnay replay` as its users meet it: what was recorded comes again in its order with what the screens showed then, numbers stay closed
//! unless they are asked for, the journal is left alone, and on a terminal keys steer it.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::dialling::agent::Agent;
use crate::dialling::{Desk, well};
use crate::world::{KARNAY, World, report};

const SESSION: &str = "session-1738862891234-replay";
const NUMBER: &str = "+998900000007";

fn out(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn played(world: &World, more: &[&str]) -> Vec<Value> {
    let text = out(&world.run(&[&["replay", "--speed", "0", "--json"], more].concat()));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn told(world: &World, session: &str, number: u32, status: &str) -> Value {
    let mut body = report(session, number);
    body["callStatus"] = json!(status);
    let answer = world.report(&body).await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

/// A session of three calls, one of them told of twice, beside another one.
async fn a_session(world: &World) -> Value {
    told(world, SESSION, 7, "NO_ANSWER").await;
    told(world, "session-1738862891234-other", 7, "BUSY").await;
    told(world, SESSION, 8, "BUSY").await;
    told(world, SESSION, 7, "ANSWERED").await;
    told(world, SESSION, 9, "ANSWERED").await
}

async fn a_session_comes_again(mut world: World) {
    world.start().await;
    let last = a_session(&world).await;
    let all = world.events();
    let lines = played(&world, &[SESSION]);
    let stream = format!("1/{SESSION}");
    let its = all.iter().filter(|event| event["stream"].as_str().unwrap().starts_with(&stream));
    let fields = |of: &Value| {
        ["position", "recordedAt", "kind", "type", "stream", "actor"].map(|name| of[name].clone())
    };
    assert_eq!(lines.iter().map(fields).collect::<Vec<_>>(), its.map(fields).collect::<Vec<_>>());
    assert!(
        lines.len() >= 5 && lines.iter().all(|line| line["replay"] == true && line["words"] != ""),
        "{lines:?}"
    );

    // What stands at the end is what the screen shows now; before, what it showed then.
    let shown = world.json(&format!("/calls/session/{SESSION}")).await;
    let end = &lines.last().unwrap()["figures"];
    assert_eq!((end["processed"].as_i64(), end["connected"].as_i64()), (Some(3), Some(2)), "{end} {shown}");
    let first = lines.iter().find(|line| line["type"] == "reported").unwrap();
    assert_eq!(
        (&first["figures"]["processed"], &first["figures"]["NO_ANSWER"]),
        (&json!(1), &json!(1)),
        "{first}"
    );

    // From the middle on, with everything before it counted in; and up to there.
    let middle = lines[2]["position"].to_string();
    assert_eq!(played(&world, &[SESSION, "--from", &middle]), lines[2..]);
    assert_eq!(played(&world, &[SESSION, "--to", &middle]), lines[..=2]);
    let at = lines[2]["recordedAt"].as_str().unwrap();
    assert_eq!(played(&world, &[SESSION, "--from", at, "--to", at]), lines[2..=2]);

    // One call of it, by its id, and the session by its own.
    let call = last["id"].as_str().unwrap();
    let one = played(&world, &[call]);
    assert_eq!(one.iter().map(|line| line["figures"]["status"].clone()).collect::<Vec<_>>(), ["ANSWERED"]);
    let begun = all.iter().find(|event| event["stream"] == stream.as_str()).unwrap();
    let id = begun["payload"]["adopted"]["id"].as_str().unwrap();
    assert_eq!(played(&world, &[id]), lines);

    // Without the engine it is the same, and nothing was written.
    assert_eq!(world.events(), all);
    world.stop();
    assert_eq!(played(&world, &[SESSION]), lines);
    numbers_stay_closed(&world);
}

fn numbers_stay_closed(world: &World) {
    let run = |more: &[&str]| out(&world.run(&[&["replay", SESSION, "--speed", "0"], more].concat()));
    for text in [run(&[]), run(&["--json"])] {
        assert!(!text.contains("900000007") && text.lines().count() >= 5, "{text}");
    }
    let clear = run(&["--clear"]);
    assert_eq!(clear.matches(NUMBER).count(), 2, "{clear}");
    let first = |lang: &str| run(&["--lang", lang]).lines().last().unwrap().to_owned();
    let told: std::collections::BTreeSet<_> = ["uz", "uz-Cyrl", "ru", "en"].into_iter().map(first).collect();
    assert_eq!(told.len(), 4, "{told:?}");
    for (wrong, why) in [
        (&["session-nobody"][..], "there is no session, campaign or call called session-nobody"),
        (&[SESSION, "--kind", "campaign"], "there is no campaign called"),
        (&[SESSION, "--org", "2"], "in organization 2"),
        (&[SESSION, "--from", "99999999"], "nothing was recorded of it"),
        (&[SESSION, "--step"], "--step wants a terminal"),
        (&[SESSION, "--from", "soon"], "a position of the journal, a time"),
    ] {
        let said = world.run(&[&["replay"], wrong].concat());
        let err = String::from_utf8_lossy(&said.stderr).into_owned();
        assert_eq!((said.status.code(), err.contains(why)), (Some(2), true), "{wrong:?}: {err}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_comes_again_on_sqlite() {
    a_session_comes_again(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_comes_again_on_postgres() {
    a_session_comes_again(World::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_and_one_of_its_calls_come_again() {
    let desk = Desk::start(World::sqlite(), Agent::start(well(5))).await;
    let campaign = desk.campaign(0..3, &json!({})).await;
    desk.begin(&campaign).await;
    let over = desk.until_status(&campaign, "COMPLETED").await;
    let lines = played(&desk.world, &[&campaign]);
    let end = &lines.last().unwrap()["figures"];
    for (figure, shown) in
        [("called", "calledContacts"), ("successful", "successfulCalls"), ("attempts", "attempts")]
    {
        assert_eq!(end[figure], over[shown], "{figure}: {end}");
    }
    let dialled = desk.world.events().into_iter().find(|event| event["type"] == "dialled").unwrap();
    let call = dialled["payload"]["dialled"]["call"].as_str().unwrap();
    let one = played(&desk.world, &[call]);
    let types: Vec<_> = one.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!((types.first(), types.last()), (Some(&"dialled"), Some(&"ended")), "{types:?}");
    assert!(one.iter().all(|line| line["stream"] == dialled["stream"]));
    let status = |line: Option<&Value>| line.unwrap()["figures"]["status"].clone();
    assert_eq!((status(one.first()), status(one.last())), (json!("CALLING"), json!("SUCCESS")));
    desk.agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_terminal_keys_steer_it_and_the_last_page_stays() {
    let mut world = World::sqlite();
    world.start().await;
    a_session(&world).await;
    let line = format!("{KARNAY} replay {SESSION} --step --speed 1 --max-pause 1h");
    let data = world.data();
    let mut terminal = Command::new("script");
    terminal
        .args(["-qec", &line, "/dev/null"])
        .env("DATA_DIR", data)
        .env("TERM", "xterm")
        .env("SHELL", "/bin/sh");
    terminal.current_dir(world.folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut terminal = terminal.spawn().unwrap();
    let mut keys = terminal.stdin.take().unwrap();
    // Faster once, slower twice, three events one by one, and out.
    keys.write_all(b"+--sssq").unwrap();
    let output = tokio::task::spawn_blocking(move || {
        let output = terminal.wait_with_output();
        drop(keys);
        output
    });
    let text = String::from_utf8(output.await.unwrap().unwrap().stdout).unwrap();
    let (_, left) =
        text.rsplit_once("\x1b[?1049l").unwrap_or_else(|| panic!("the other page was not left: {text:?}"));
    assert!(left.contains("PAUSED") && left.contains(" 3 of ") && left.contains("x1"), "{left}");
    assert!(left.contains(SESSION) && !left.contains("900000007"), "{left}");
}
