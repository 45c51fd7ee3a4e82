//! The examples as their readers run them, against a real engine: the sender spools while the engine is away,
//! delivers once and signed, and loses nothing when it is killed.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::world::{World, report};

const SESSION: &str = "session-1738862891234-abc123";
const SECRET: &str = "whsec_a2FybmF5IHNpZ25zIHdpdGggdGhlc2UgYnl0ZXM=";
/// Reports left for the next run.
const LEFT: i32 = 75;

/// A call server with a folder of its own beside an engine that asks for signatures.
struct CallServer {
    world: World,
    secret: PathBuf,
}

impl CallServer {
    fn new() -> Self {
        let mut world = World::sqlite();
        world.set("WEBHOOK_AUTH", "hmac");
        world.set("WEBHOOK_SECRETS", &format!("the secret that comes next,{SECRET}"));
        let secret = world.folder.path().join("webhook.secret");
        std::fs::write(&secret, format!("{SECRET}\n")).unwrap();
        Self { world, secret }
    }

    fn spool(&self) -> PathBuf {
        self.world.folder.path().join("spool")
    }

    fn command(&self, wait: &str, reports: &[&str]) -> Command {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/sender/sender.py");
        let mut command = Command::new("python3");
        command.arg(script).args(["--url", &self.world.url("/calls/result"), "--wait", wait]);
        command.arg("--secret-file").arg(&self.secret).arg("--spool").arg(self.spool()).args(reports);
        command.env("no_proxy", "*").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    fn run(&self, wait: &str, reports: &[&str], lines: &str) -> Output {
        let mut sender = self.command(wait, reports).spawn().unwrap();
        sender.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        sender.wait_with_output().unwrap()
    }

    fn spooled(&self) -> Vec<PathBuf> {
        let files = std::fs::read_dir(self.spool()).unwrap().map(|entry| entry.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|kind| kind == "json")).collect()
    }

    async fn processed(&self) -> u64 {
        let session = self.world.get(&format!("/calls/session/{SESSION}")).await;
        if session.status() == 404 {
            return 0;
        }
        session.json::<serde_json::Value>().await.unwrap()["processedNumbers"].as_u64().unwrap()
    }

    fn reported(&self) -> usize {
        self.world.events().iter().filter(|event| event["type"] == "reported").count()
    }
}

fn lines(count: u32) -> String {
    let all: Vec<String> = (0..count).map(|number| report(SESSION, number).to_string()).collect();
    all.join(
        "
",
    )
}

fn ended(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sender_spools_while_the_engine_is_away_and_delivers_once() {
    let mut server = CallServer::new();
    let file = server.world.folder.path().join("report.json");
    std::fs::write(&file, report(SESSION, 1).to_string()).unwrap();
    ended(&server.run("0", &[file.to_str().unwrap()], ""), LEFT);
    assert_eq!(server.spooled().len(), 1);
    ended(&server.run("0", &["-"], &lines(1)), LEFT);
    assert_eq!(server.spooled().len(), 2);

    server.world.start().await;
    // Without the secret nothing is taken, and nothing is thrown away.
    let right = std::mem::replace(&mut server.secret, server.world.folder.path().join("wrong"));
    std::fs::write(&server.secret, "a secret of somebody else").unwrap();
    let refused = server.run("0", &[], "");
    ended(&refused, LEFT);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("signature-invalid"), "{refused:?}");
    assert_eq!((server.spooled().len(), server.processed().await), (2, 0));

    server.secret = right;
    ended(&server.run("30", &[], ""), 0);
    assert_eq!((server.spooled().len(), server.processed().await, server.reported()), (0, 2, 2));
    ended(&server.run("0", &[], ""), 0);
    assert_eq!(server.reported(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sender_waits_for_the_engine() {
    let mut server = CallServer::new();
    let mut sender = server.command("60", &["-"]).spawn().unwrap();
    sender.stdin.take().unwrap().write_all(lines(5).as_bytes()).unwrap();
    server.world.start().await;
    ended(&sender.wait_with_output().unwrap(), 0);
    assert_eq!((server.spooled().len(), server.processed().await), (0, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_is_killed_in_the_middle_loses_nothing() {
    const ALL: u32 = 300;
    let mut server = CallServer::new();
    ended(&server.run("0", &["-"], &lines(ALL)), LEFT);
    assert_eq!(server.spooled().len(), usize::try_from(ALL).unwrap());
    server.world.start().await;
    let mut delivered = 0;
    for _ in 0..3 {
        let (mut sender, began) = (server.command("60", &[]).spawn().unwrap(), Instant::now());
        while server.processed().await < delivered + 20 {
            assert!(began.elapsed() < Duration::from_secs(30), "nothing is delivered");
        }
        sender.kill().unwrap();
        sender.wait().unwrap();
        delivered = server.processed().await;
        let left = u64::try_from(server.spooled().len()).unwrap();
        assert!(left > 0 && delivered + left >= u64::from(ALL), "{delivered} delivered, {left} left");
    }
    ended(&server.run("60", &[], ""), 0);
    assert_eq!((server.spooled().len(), server.processed().await), (0, u64::from(ALL)));
    assert_eq!(server.reported(), usize::try_from(ALL).unwrap(), "none is there twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sender_ends_when_it_is_asked_to() {
    let server = CallServer::new();
    let mut sender = server.command("inf", &["-"]).spawn().unwrap();
    sender.stdin.take().unwrap().write_all(lines(1).as_bytes()).unwrap();
    // It has complained once, so it is waiting now.
    let mut complaint = [0; 8];
    std::io::Read::read_exact(sender.stderr.as_mut().unwrap(), &mut complaint).unwrap();
    assert!(Command::new("/bin/kill").arg(sender.id().to_string()).status().unwrap().success());
    ended(&sender.wait_with_output().unwrap(), LEFT);
    assert_eq!(server.spooled().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_never_be_taken_is_put_aside_with_its_reason() {
    let mut server = CallServer::new();
    server.world.set("UNKNOWN_SESSION", "404");
    server.world.start().await;
    let wrong = json!({ "sessionId": SESSION, "phoneNumber": "+998901234567", "callStatus": "SLEPT" });
    let said = server.run("30", &["-"], &format!("{wrong}\n{}", lines(1)));
    ended(&said, 0);
    assert!(String::from_utf8_lossy(&said.stderr).contains("quarantine"), "{said:?}");
    assert!(server.spooled().is_empty());
    let refused = std::fs::read_dir(server.spool().join("refused")).unwrap();
    let mut kept: Vec<PathBuf> = refused.map(|entry| entry.unwrap().path()).collect();
    kept.sort();
    let [report, why] = &kept[..] else { panic!("{kept:?}") };
    assert_eq!(std::fs::read_to_string(report).unwrap().trim(), wrong.to_string());
    assert!(std::fs::read_to_string(why).unwrap().starts_with("400 bad-field callStatus"));
    let held = server.world.json("/calls/quarantine").await;
    assert_eq!(held.as_array().unwrap().len(), 1);
    ended(&server.run("0", &["-"], "no report\n"), 2);
}
