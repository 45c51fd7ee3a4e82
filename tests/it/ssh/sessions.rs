//! The engine itself with a host reached over SSH, as a user sets it.

use serde_json::Value;

use crate::ports::free_port;
use crate::sshd::Sshd;
use crate::world::{World, report};

/// An engine whose call server is this one.
fn world(server: &Sshd, command: &str) -> World {
    let mut world = World::sqlite();
    server.is_the_remote_host_of(&mut world);
    world.set("REMOTE_COMMAND", command);
    world
}

async fn started(world: &World) -> (u16, Value) {
    let answer = world.http.post(world.url("/calls/start")).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn failed(world: &World) -> (u16, String) {
    let (status, start) = started(world).await;
    assert_eq!(start["ok"], false, "{start}");
    let session = world.json(&format!("/calls/session/{}", start["sessionId"].as_str().unwrap())).await;
    assert_eq!((&session["status"], &session["hasError"]), (&"FAILED".into(), &true.into()), "{session}");
    (status, session["errorMessage"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_started_over_ssh_and_knows_its_name() {
    let server = Sshd::start();
    let mut world = world(&server, r#"echo "{sessionId} $SESSION_ID""#);
    world.start().await;
    let (status, start) = started(&world).await;
    assert_eq!((status, &start["ok"], &start["code"]), (200, &true.into(), &0.into()), "{start}");
    let name = start["sessionId"].as_str().unwrap();
    assert_eq!(start["stdout"], format!("{name} {name}\n"));
    let session = world.json(&format!("/calls/session/{name}")).await;
    assert_eq!(session["status"], "COMPLETED", "{session}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_exit_fails_the_session_with_what_the_command_said() {
    let server = Sshd::start();
    let mut world = world(&server, "echo no line >&2; exit 3");
    world.start().await;
    let (status, why) = failed(&world).await;
    assert_eq!((status, why.as_str()), (200, "Remote command failed: exit code 3: no line"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_cannot_be_reached_fails_the_session_in_the_documented_words() {
    let server = Sshd::start();
    let mut world = world(&server, "true");
    let port = free_port();
    world.set("REMOTE_PORT", &port.to_string());
    world.start().await;
    let (status, why) = failed(&world).await;
    assert_eq!(status, 502);
    assert!(
        why.starts_with(&format!("SSH connection error: Connection refused by 127.0.0.1:{port}.")),
        "{why}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_host_key_fails_the_session_and_says_what_to_set() {
    let server = Sshd::start();
    let mut world = world(&server, "true");
    world.set("REMOTE_HOST_KEY", "");
    world.start().await;
    let (status, why) = failed(&world).await;
    assert_eq!(status, 502);
    assert!(why.contains(&server.fingerprint("ed25519")) && why.contains("REMOTE_HOST_KEY"), "{why}");
}

#[test]
fn what_has_to_be_set_for_a_host_is_asked_for_at_the_start() {
    let server = Sshd::start();
    for (name, value, word) in [
        ("REMOTE_USER", "", "REMOTE_USER: has to be set"),
        ("PRIVATE_KEY_BASE64", "", "PRIVATE_KEY_BASE64: has to be set"),
        ("PRIVATE_KEY_BASE64", "aGVsbG8=", "PRIVATE_KEY_BASE64: is no private key"),
    ] {
        let mut world = world(&server, "true");
        world.set(name, value);
        let out = world.run(&["serve"]);
        let said = String::from_utf8(out.stderr).unwrap();
        assert!(!out.status.success() && said.contains(word), "{name}: {said}");
    }
}

/// An address of this machine that is not its loopback; asking for a way there sends nothing.
fn own_address() -> Option<std::net::IpAddr> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|address| !address.is_loopback())
}

#[expect(clippy::print_stderr, reason = "what was not run is to be heard of")]
#[tokio::test(flavor = "multi_thread")]
async fn the_call_server_reports_without_a_token_and_nobody_else_does() {
    let Some(address) = own_address() else {
        eprintln!("NOT RUN: this machine has no address but its loopback");
        return;
    };
    let server = Sshd::start();
    for (remote, status) in [(address.to_string(), 200), ("127.0.0.1".to_owned(), 401)] {
        let mut world = world(&server, "true");
        world.set("REMOTE_HOST", &remote);
        world.set("HOST", "0.0.0.0");
        world.start().await;
        let url = format!("http://{address}:{}/calls/result", world.port);
        let body = report("session-1738862891234-abc123", 1);
        let answer = world.http.post(url).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), status, "{remote}");
    }
}
