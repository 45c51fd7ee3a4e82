//! Users, sessions and keys as people meet them: made from the command line, kept over a crash, ended on every node, on both stores.

use std::io::Write as _;
use std::process::{Child, Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::ports::free_port;
use crate::world::World;

const PASSWORD: &str = "correct horse";

/// `karnay` with a password in its pipe.
fn told(world: &World, args: &[&str], password: &str) -> Output {
    let mut command = world.karnay(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{password}").unwrap();
    child.wait_with_output().unwrap()
}

fn fine(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn refused(output: &Output, code: i32) -> String {
    let err = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!((output.status.code(), err.lines().count()), (Some(code), 1), "{err}");
    err
}

async fn login(world: &World, name: &str, password: &str) -> Result<String, u16> {
    let body = json!({ "username": name, "password": password });
    let answer = world.http.post(world.url("/auth/login")).json(&body).send().await.unwrap();
    let status = answer.status().as_u16();
    let said: Value = answer.json().await.unwrap();
    if status == 200 { Ok(said["token"].as_str().unwrap().to_owned()) } else { Err(status) }
}

/// What the token is told at a door of the engine at `port`.
async fn asks(world: &World, port: u16, token: &str) -> u16 {
    let url = format!("http://127.0.0.1:{port}/auth/me");
    world.http.get(url).bearer_auth(token).send().await.unwrap().status().as_u16()
}

async fn admin(world: &World, method: &str, path: &str, body: Value) -> Value {
    let request = world.http.request(method.parse().unwrap(), world.url(path)).bearer_auth(world.token());
    let answer = request.json(&body).send().await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default()
}

async fn the_first_admin_comes_from_the_command_line(mut world: World) {
    let made = told(&world, &["user", "add", "Aziz", "--role", "admin"], PASSWORD);
    assert_eq!(fine(&made), "aziz may sign in in organization 1\n");
    let again = told(&world, &["user", "add", "aziz", "--role", "admin"], PASSWORD);
    assert!(refused(&again, 1).contains("a user of that name already"));
    let nobody = told(&world, &["user", "passwd", "bobur"], PASSWORD);
    assert!(refused(&nobody, 1).contains("no such user"));

    world.start().await;
    let token = login(&world, "aziz", PASSWORD).await.unwrap();
    let rows = world.http.get(world.url("/users")).bearer_auth(&token).send().await.unwrap();
    let rows: Value = rows.json().await.unwrap();
    assert_eq!((&rows[0]["name"], &rows[0]["role"]), (&json!("aziz"), &json!("admin")));

    // The same beside the running engine.
    fine(&told(&world, &["user", "passwd", "aziz"], "another horse"));
    assert_eq!(asks(&world, world.port, &token).await, 401, "a new password ends what the old one began");
    assert_eq!(login(&world, "aziz", PASSWORD).await, Err(401));
    login(&world, "aziz", "another horse").await.unwrap();
    fine(&told(&world, &["user", "add", "lola", "--role", "auditor", "--org", "7"], PASSWORD));
    let twice = told(&world, &["user", "add", "aziz", "--role", "admin"], PASSWORD);
    assert!(refused(&twice, 1).contains("a user of that name already"));
    assert!(
        refused(&told(&world, &["user", "passwd", "aziz"], "short"), 2).contains("at least 10 characters")
    );
    let body = json!({ "username": "lola", "password": PASSWORD, "organizationId": "7" });
    let answer = world.http.post(world.url("/auth/login")).json(&body).send().await.unwrap();
    assert_eq!(answer.json::<Value>().await.unwrap()["role"], "auditor");
    let printed = format!("{}{:?}", world.said(), world.events());
    assert!(!printed.contains(PASSWORD) && !printed.contains("another horse"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_admin_comes_from_the_command_line_on_sqlite() {
    the_first_admin_comes_from_the_command_line(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_admin_comes_from_the_command_line_on_postgres() {
    the_first_admin_comes_from_the_command_line(World::postgres().await).await;
}

async fn what_was_withdrawn_stays_so_over_a_crash(mut world: World) {
    world.start().await;
    let user = json!({ "name": "aziz", "role": "operator", "password": PASSWORD });
    admin(&world, "POST", "/users", user).await;
    let (kept, ended) =
        (login(&world, "aziz", PASSWORD).await.unwrap(), login(&world, "aziz", PASSWORD).await.unwrap());
    let key = json!({ "name": "x", "role": "operator", "scopes": ["calls"] });
    let (good, gone) =
        (admin(&world, "POST", "/keys", key.clone()).await, admin(&world, "POST", "/keys", key).await);
    let out = world.http.post(world.url("/auth/logout")).bearer_auth(&ended).send().await.unwrap();
    assert_eq!(out.status(), 204);
    admin(&world, "DELETE", &format!("/keys/{}", gone["id"].as_str().unwrap()), json!({})).await;
    for round in 0..2 {
        let port = world.port;
        assert_eq!(asks(&world, port, &kept).await, 200, "round {round}");
        assert_eq!(asks(&world, port, good["key"].as_str().unwrap()).await, 200, "round {round}");
        assert_eq!(asks(&world, port, &ended).await, 401, "round {round}");
        assert_eq!(asks(&world, port, gone["key"].as_str().unwrap()).await, 401, "round {round}");
        world.kill();
        world.start().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_withdrawn_stays_so_over_a_crash_on_sqlite() {
    what_was_withdrawn_stays_so_over_a_crash(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_withdrawn_stays_so_over_a_crash_on_postgres() {
    what_was_withdrawn_stays_so_over_a_crash(World::postgres().await).await;
}

/// A second engine on the same database, killed when dropped.
struct Node {
    child: Child,
    port: u16,
}

impl Node {
    async fn beside(world: &World) -> Self {
        let port = free_port();
        let mut command = world.karnay(&["serve"]);
        command
            .env("PORT", port.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let node = Self { child: command.spawn().unwrap(), port };
        for _ in 0..1_000 {
            let url = format!("http://127.0.0.1:{port}/health/ready");
            if world.http.get(url).send().await.is_ok_and(|answer| answer.status() == 200) {
                return node;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the second node is not ready");
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_node_withdraws_no_other_lets_in() {
    let mut world = World::postgres().await;
    world.start().await;
    let other = Node::beside(&world).await;
    let user = json!({ "name": "aziz", "role": "operator", "password": PASSWORD });
    admin(&world, "POST", "/users", user).await;
    for _ in 0..5 {
        let token = login(&world, "aziz", PASSWORD).await.unwrap();
        let key = json!({ "name": "x", "role": "operator", "scopes": ["calls"] });
        let key = admin(&world, "POST", "/keys", key).await;
        let text = key["key"].as_str().unwrap();
        assert_eq!(
            (asks(&world, other.port, &token).await, asks(&world, other.port, text).await),
            (200, 200)
        );
        let out = world.http.post(world.url("/auth/logout")).bearer_auth(&token).send().await.unwrap();
        assert_eq!(out.status(), 204);
        admin(&world, "DELETE", &format!("/keys/{}", key["id"].as_str().unwrap()), json!({})).await;
        assert_eq!(
            (asks(&world, other.port, &token).await, asks(&world, other.port, text).await),
            (401, 401)
        );
    }
}

/// A terminal for `karnay`: says the answers when it is asked, and prints what a person would have seen.
const TERMINAL: &str = "
import os, pty, sys
answers = sys.argv[1].split(',')
pid, end = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
seen = b''
while True:
    try:
        seen += os.read(end, 4096)
    except OSError:
        break
    if answers and seen.endswith(b': '):
        os.write(end, answers.pop(0).encode() + b'\\n')
        seen += b'|'
sys.stdout.write(seen.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
";

/// What stands on the screen of whoever writes these answers, and how it ended.
fn at_a_terminal(world: &World, args: &[&str], answers: &str) -> (String, Option<i32>) {
    let karnay = world.karnay(args);
    let mut python = std::process::Command::new("python3");
    python.args(["-c", TERMINAL, answers]).arg(karnay.get_program()).args(karnay.get_args());
    python.current_dir(world.folder.path()).env_clear();
    python.envs(karnay.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = python.output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.code())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_asked_for_twice_and_not_shown() {
    let mut world = World::sqlite();
    let add = ["user", "add", "aziz", "--role", "admin"];
    let (seen, code) = at_a_terminal(&world, &add, "correct horse,correct hors");
    assert!(seen.contains("differ") && code == Some(2), "{seen}");
    let (seen, code) = at_a_terminal(&world, &add, "correct horse,correct horse");
    assert!(seen.contains("aziz may sign in") && code == Some(0), "{seen}");
    assert_eq!(seen.matches('|').count(), 2, "{seen}");
    assert!(!seen.contains("correct"), "{seen}");
    world.start().await;
    login(&world, "aziz", PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_in_use_by_an_engine_elsewhere_is_said_in_one_line() {
    let mut world = World::sqlite();
    world.start().await;
    let mut elsewhere = world.karnay(&["user", "add", "aziz", "--role", "admin"]);
    elsewhere.env("PORT", free_port().to_string());
    elsewhere.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = elsewhere.spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    let said = refused(&child.wait_with_output().unwrap(), 2);
    assert!(said.contains("in use"), "{said}");
    assert_eq!(login(&world, "aziz", PASSWORD).await, Err(401));
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_is_told_in_the_metrics_and_in_the_log() {
    let mut world = World::sqlite();
    world.set("LOG", "info");
    world.start().await;
    let user = json!({ "name": "aziz", "role": "operator", "password": PASSWORD });
    admin(&world, "POST", "/users", user).await;
    login(&world, "aziz", PASSWORD).await.unwrap();
    // At least five, and on a slow machine one more for each wait that has passed meanwhile.
    let mut denied = 0;
    while login(&world, "aziz", "a wrong password").await == Err(401) {
        denied += 1;
    }
    assert!((5..10).contains(&denied), "{denied}");
    let metrics = world.get("/metrics").await.text().await.unwrap();
    for (outcome, count) in [("granted", 1), ("denied", denied), ("slowed", 1)] {
        let line = format!("karnay_sign_ins_total{{outcome=\"{outcome}\"}} {count}\n");
        assert!(metrics.contains(&line), "{line} in {metrics}");
    }
    let said = world.said();
    assert!(said.contains("somebody signed in") && said.contains("somebody did not sign in"), "{said}");
    assert!(!said.contains("a wrong password") && !said.contains(PASSWORD), "{said}");
}

/// What was said at the start, and by what; a secret only that it was.
#[tokio::test(flavor = "multi_thread")]
async fn admins_of_the_house_see_its_settings_and_no_secret() {
    let mut world = World::sqlite();
    world.set("READ_WAIT_MS", "250");
    world.set("WEBHOOK_SECRETS", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    world.start().await;
    let settings = admin(&world, "GET", "/settings", Value::Null).await;
    let one =
        |name: &str| settings.as_array().unwrap().iter().find(|one| one["name"] == name).unwrap().clone();
    let wait = one("READ_WAIT_MS");
    assert_eq!((&wait["value"], &wait["default"]), (&json!("250"), &json!("500")));
    assert_eq!((&wait["source"], &wait["isSet"]), (&json!("environment"), &json!(true)));
    let secret = one("WEBHOOK_SECRETS");
    assert_eq!((&secret["value"], &secret["isSet"]), (&Value::Null, &json!(true)));
    assert_eq!(one("JWT_PUBLIC_KEY")["source"], "default");
    assert!(!settings.to_string().contains("MfKQ9r8G"));
    let other = fine(&world.run(&["token", "--org", "2", "--role", "admin"]));
    let answer = world.http.get(world.url("/settings")).bearer_auth(other.trim()).send().await.unwrap();
    assert_eq!(answer.status(), 403);
}
