//! Projections of one's own, as the examples show them: each has the engine's figures, whenever it was killed.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::{Reader, SESSION, report_in};
use crate::realtime::program::{beside, root};
use crate::world::{World, report};

async fn traffic(world: &World, numbers: std::ops::Range<u32>) {
    report_in(world, "1", SESSION, numbers.clone()).await;
    for number in numbers.step_by(3) {
        let mut body = report(SESSION, number);
        body["callStatus"] = json!("CONNECTED_TO_OPERATOR");
        assert_eq!(world.report(&body).await.unwrap().status(), 200);
    }
}

/// What the example keeps.
fn kept(file: &Path) -> BTreeMap<String, i64> {
    let own = rusqlite::Connection::open(file).unwrap();
    let sql = "SELECT status, numbers FROM counted WHERE session = ?1 AND numbers <> 0";
    let mut select = own.prepare(sql).unwrap();
    select.query_map([SESSION], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
}

async fn counted(world: &World) -> BTreeMap<String, i64> {
    let session = world.json(&format!("/calls/session/{SESSION}")).await;
    let all = session["byStatus"].as_object().unwrap().iter();
    all.map(|(status, numbers)| (status.clone(), numbers.as_i64().unwrap()))
        .filter(|(_, numbers)| *numbers != 0)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_projection_in_rust_has_the_engines_figures() {
    let mut world = World::sqlite();
    world.start().await;
    traffic(&world, 0..10).await;
    let file = world.folder.path().join("figures.db");
    let program = beside().join("own_projection");
    assert!(program.exists(), "{} is missing: cargo build --examples", program.display());
    for numbers in [10..12, 12..12] {
        let out = Command::new(&program).arg(world.data()).arg(&file).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        assert_eq!(kept(&file), counted(&world).await);
        traffic(&world, numbers).await;
    }
    assert!(kept(&file).values().sum::<i64>() == 12, "{:?}", kept(&file));
}

fn python(url: &str, token: &str, file: &Path, more: &[&str]) -> Command {
    let mut command = Command::new("python3");
    command.arg(root().join("examples/own_projection.py")).arg(file).args(more);
    command.env("KARNAY_URL", url).env("KARNAY_TOKEN", token).env("no_proxy", "*");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// Passes requests on, until one moves the cursor: that one arrives nowhere, and its sender is killed.
fn until_the_cursor(listener: &TcpListener, port: u16, mut child: Child) {
    loop {
        let (mut near, _) = listener.accept().unwrap();
        let (mut head, mut byte) = (vec![], [0]);
        while !head.ends_with(b"\r\n\r\n") {
            near.read_exact(&mut byte).unwrap();
            head.extend(byte);
        }
        if head.starts_with(b"PUT ") {
            child.kill().unwrap();
            child.wait().unwrap();
            return;
        }
        let mut far = TcpStream::connect(("127.0.0.1", port)).unwrap();
        far.write_all(&head).unwrap();
        std::io::copy(&mut far, &mut near).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_projection_in_python_counts_nothing_twice_though_it_is_killed_before_its_cursor_moves() {
    let mut world = World::sqlite();
    world.start().await;
    traffic(&world, 0..10).await;
    let token = Reader::of(&world, "1", "auditor").token;
    let file: PathBuf = world.folder.path().join("figures.db");
    for numbers in [10..11, 11..12] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let child = python(&url, &token, &file, &[]).spawn().unwrap();
        let port = world.port;
        tokio::task::spawn_blocking(move || until_the_cursor(&listener, port, child)).await.unwrap();
        // Its own figures were committed, the cursor was not.
        assert_eq!(kept(&file), counted(&world).await);
        traffic(&world, numbers).await;
    }
    let reader = Reader { world: &world, token: token.clone() };
    assert_eq!(reader.ask("/cursors/own-projection").await.status(), 404);
    let out = python(&world.url(""), &token, &file, &["--once"]).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    assert_eq!(kept(&file), counted(&world).await);
    let cursor: Value = reader.ask("/cursors/own-projection").await.json().await.unwrap();
    assert_eq!(cursor["behind"], 0, "{cursor}");
    let refused = python(&world.url(""), "no token", &file, &["--once"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("token-invalid"));
}

#[test]
fn both_are_short_and_the_guide_shows_them() {
    let guide = std::fs::read_to_string(root().join("docs/own-projection.md")).unwrap();
    for example in ["examples/own_projection.rs", "examples/own_projection.py"] {
        let text = std::fs::read_to_string(root().join(example)).unwrap();
        assert!(text.lines().count() <= 60, "{example}");
        assert!(guide.contains(example), "{example}");
    }
}
