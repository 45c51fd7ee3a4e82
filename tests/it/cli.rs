//! The command line as its users meet it: helps that teach, settings that are refused by name, exit codes,
//! and answers of an engine and of a journal turned into pages and lines.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use chrono::{DateTime, Utc};
use domain::fact::{self, Circumstances};
use domain::ids::StreamId;
use domain::personal::Personal;
use domain::quarantine;
use karnay::journal::keys::DataKey;
use karnay::journal::verify::Place;
use karnay::journal::{Append, Entry, Journal, Options, Unit};
use karnay::ports::{Clock, Ids};
use serde_json::Value;
use tempfile::TempDir;
use uuid::Uuid;

use crate::ports::free_port;

const COMMANDS: [&str; 16] = [
    "serve",
    "status",
    "rebuild",
    "replay",
    "events",
    "verify",
    "verify-bundle",
    "checkpoint",
    "signing-key",
    "forgotten",
    "token",
    "user",
    "sim",
    "simulate",
    "what-if",
    "kerio-probe",
];
const BENEATH: [&str; 10] = [
    "events export",
    "sim remote",
    "sim agent",
    "sim pbx",
    "user add",
    "user passwd",
    "signing-key show",
    "signing-key rotate",
    "forgotten export",
    "forgotten apply",
];
const SECRET: &str = "0123456789abcdef0123456789abcdef";

struct Said {
    out: String,
    err: String,
    code: Option<i32>,
}

/// `karnay` in a folder, with nothing in its environment but this.
fn command(folder: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_karnay"));
    command.env_clear().envs(environment.iter().copied()).current_dir(folder).args(arguments);
    command
}

fn karnay(folder: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Said {
    let output = command(folder, environment, arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { out: text(output.stdout), err: text(output.stderr), code: output.status.code() }
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn every_help_teaches() {
    let folder = folder();
    for name in COMMANDS.into_iter().chain(BENEATH) {
        let words: Vec<&str> = name.split(' ').chain(["--help"]).collect();
        let help = karnay(folder.path(), &[], &words);
        assert_eq!((help.code, help.err.as_str()), (Some(0), ""), "{name}");
        let purpose: Vec<&str> = help.out.lines().take_while(|line| !line.is_empty()).collect();
        assert_eq!(purpose.len(), 2, "{name}: {purpose:?}");
        for part in ["Usage: karnay", "Examples:\n  karnay", "\nPrints: ", "\nExit codes: 0 ", ", 2 "] {
            assert!(help.out.contains(part), "{name} has no {part:?}");
        }
    }
    let all = karnay(folder.path(), &[], &["--help"]).out;
    assert!(COMMANDS.iter().all(|name| all.contains(&format!("\n  {name} "))), "{all}");
}

#[test]
fn every_setting_is_a_flag_of_serve() {
    let folder = folder();
    let help = karnay(folder.path(), &[], &["serve", "--help"]).out;
    for setting in karnay::config::settings() {
        assert!(help.contains(&format!("--{} ", setting.flag())), "{}", setting.name);
    }
}

/// What nobody can have meant.
const WRONG: [&[&str]; 62] = [
    &["dance"],
    &[],
    &["events", "--format", "xml"],
    &["rebuild"],
    &["rebuild", "call_history", "--all"],
    &["token", "--org", "1"],
    &["token", "--org", "a/b", "--role", "admin"],
    &["token", "--org", "1", "--role", "admin", "--ttl", "12"],
    &["verify"],
    &["verify", "--from", "0"],
    &["verify", "--checkpoint", "nowhere.ndjson"],
    &["verify-bundle"],
    &["verify-bundle", "nowhere.json"],
    &["verify-bundle", "nowhere.json", "--key", "ab"],
    &["checkpoint"],
    &["signing-key"],
    &["signing-key", "show"],
    &["signing-key", "rotate"],
    &["signing-key", "rotate", "--lost"],
    &["forgotten"],
    &["forgotten", "export"],
    &["forgotten", "apply"],
    &["forgotten", "apply", "nowhere.ndjson"],
    &["events"],
    &["events", "--type", "reportd"],
    &["events", "export", "--format", "csv"],
    &["events", "--follow", "export", "--format", "csv", "--out", "x"],
    &["events", "export", "--format", "csv", "--out", "x"],
    &["user"],
    &["user", "add", "aziz"],
    &["user", "add", "a/b", "--role", "admin"],
    &["user", "add", "aziz", "--role", "emperor"],
    &["user", "add", "aziz", "--role", "admin"],
    &["user", "passwd"],
    &["sim"],
    &["sim", "remote"],
    &["sim", "agent", "--faults", "fire"],
    &["sim", "agent", "--port", "65536"],
    &["sim", "agent", "--callback-secret", "short"],
    &["sim", "pbx", "--faults", "lost:5,fire"],
    &["sim", "pbx", "--per-minute", "601"],
    &["sim", "pbx", "--password", ""],
    &["sim", "remote", "--numbers", "n.txt", "--at-once", "0"],
    &["sim", "remote", "--numbers", "n.txt", "--webhook", "nowhere"],
    &["sim", "remote", "--numbers", "n.txt", "--session-id", "a/b"],
    &["simulate"],
    &["simulate", "{}", "--contacts", "0"],
    &["simulate", "{}", "--pack", "mars"],
    &["simulate", "{}", "--zones", "Asia/Tashkent,Mars/Crater"],
    &["simulate", "{}", "--start", "soon"],
    &["simulate", "nowhere.json"],
    &["replay"],
    &["replay", "session-1", "--speed", "-1"],
    &["replay", "session-1", "--max-pause", "5"],
    &["replay", "session-1", "--lang", "fr"],
    &["replay", "session-1", "--json", "--step"],
    &["replay", "session-1", "--into", "nowhere"],
    &["replay", "session-1", "--into", "http://127.0.0.1:3000", "--json"],
    &["what-if"],
    &["what-if", "--campaign", "spring", "--print"],
    &["what-if", "--campaign", "0199b9f4-6f00-7000-8000-0000000000c1"],
    &["what-if", "--campaign", "0199b9f4-6f00-7000-8000-0000000000c1", "--pack", "mars"],
];

#[test]
fn wrong_use_ends_with_2() {
    let folder = folder();
    for wrong in WRONG {
        let said = karnay(folder.path(), &[("JWT_SECRET", SECRET)], wrong);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{wrong:?}");
        assert!(!said.err.is_empty(), "{wrong:?}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was made");
}

#[test]
fn a_wrong_setting_stops_the_start_with_its_name_on_one_line() {
    let (clean, misspelt) = (folder(), folder());
    std::fs::write(misspelt.path().join(".env"), "# mine\nJWT_SECRT=x\n").unwrap();
    for (folder, environment, arguments, line) in [
        (
            &clean,
            &[("PORT", "http")][..],
            &["serve"][..],
            "karnay: PORT: `http` is no port, 0 to 65535 (from the environment)\n",
        ),
        (
            &clean,
            &[("PORT", "1")],
            &["serve", "--port", "99999"],
            "karnay: PORT: `99999` is no port, 0 to 65535 (from a flag)\n",
        ),
        (
            &clean,
            &[("WEBHOOK_AUTH", "hmac")],
            &["verify"],
            "karnay: WEBHOOK_AUTH: hmac checks signatures: set WEBHOOK_SECRETS (from the environment)\n",
        ),
        (
            &misspelt,
            &[],
            &["serve"],
            "karnay: JWT_SECRT: there is no such setting; is JWT_SECRET meant? (.env, line 2)\n",
        ),
    ] {
        let said = karnay(folder.path(), environment, arguments);
        assert_eq!((said.code, said.err.as_str(), said.out.as_str()), (Some(2), line, ""));
    }
}

#[test]
fn a_token_is_printed_alone() {
    let folder = folder();
    let arguments = ["token", "--org", "7", "--role", "auditor", "--ttl", "1h"];
    let said = karnay(folder.path(), &[("JWT_SECRET", SECRET)], &arguments);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    let claims = claims(said.out.strip_suffix('\n').unwrap());
    assert_eq!((&claims["organizationId"], &claims["role"]), (&Value::from("7"), &Value::from("auditor")));
    let said = karnay(folder.path(), &[], &arguments);
    assert!(said.code == Some(2) && said.err.contains("jwt.secret"), "{}", said.err);
}

fn claims(token: &str) -> Value {
    use base64::Engine as _;
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap())
        .unwrap()
}

/// Answers one request after the other with these bodies and gives back the requests' heads.
fn engine(answers: &'static [(u16, &'static str)]) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let serve = move || {
        let mut heads = Vec::new();
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            heads.push(
                lines.map(Result::unwrap).take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n"),
            );
            let len = body.len();
            write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: {len}\r\nconnection: close\r\n\r\n{body}")
                .unwrap();
        }
        heads
    };
    (port, std::thread::spawn(serve))
}

const READY: &str = r#"{"ready":true,"version":"0.1.0","store":"sqlite","position":1200,
    "simulated":["remote"],"journal":{"queued":0,"queueMax":8192},"effects":{"ready":0,"sent":1,"done":2},
    "projections":[{"name":"call_history","version":1,"generation":1,"state":"live","position":1200,"lag":0,"parked":0}],
    "actors":[{"name":"effector","state":"running","restarts":3,"beats":10,"beatAgeMs":200}]}"#;
const BUILDING: &str = r#"{"ready":true,"position":1200,"projections":[
    {"name":"call_history","generation":1,"state":"live","position":1200},
    {"name":"call_history","generation":2,"state":"building","position":600}]}"#;
const REBUILT: &str =
    r#"{"ready":true,"position":1200,"projections":[{"name":"call_history","generation":2,"state":"live"}]}"#;
const UNREADY: &str = r#"{"ready":false,"reasons":["the journal cannot be reached"],"position":7}"#;

#[test]
fn status_is_a_page_for_people_and_json_for_machines() {
    let folder = folder();
    let (port, served) = engine(&[(200, READY), (200, READY), (503, UNREADY), (401, "{}")]);
    let environment = [("JWT_SECRET", SECRET), ("PORT", port.as_str())];
    let page = karnay(folder.path(), &environment, &["status"]);
    assert_eq!(page.code, Some(0), "{}", page.err);
    for part in ["ready", "position 1,200", "call_history", "effector", "sent 1", "SIMULATED: remote"] {
        assert!(page.out.contains(part), "{part} in {}", page.out);
    }
    let json = karnay(folder.path(), &environment, &["status", "--json"]);
    assert_eq!((json.code, json.out.trim_end()), (Some(0), READY));
    let unready = karnay(folder.path(), &environment, &["status"]);
    assert!(unready.code == Some(1) && unready.out.contains("NOT READY: the journal cannot be reached"));
    assert!(!unready.out.contains("SIMULATED"));
    let stranger = karnay(folder.path(), &environment, &["status"]);
    assert!(
        stranger.code == Some(1) && stranger.err.contains("does not accept this token"),
        "{}",
        stranger.err
    );
    let first = &served.join().unwrap()[0];
    assert!(first.starts_with("GET /status HTTP/1.1"), "{first}");
    let token = first.split("Bearer ").nth(1).unwrap().lines().next().unwrap();
    assert_eq!(claims(token)["role"], "admin");
}

#[test]
fn without_an_engine_status_ends_with_1() {
    let folder = folder();
    let nobody = free_port().to_string();
    let said = karnay(folder.path(), &[("JWT_SECRET", SECRET), ("PORT", &nobody)], &["status"]);
    assert_eq!((said.code, said.err.lines().count()), (Some(1), 1), "{}", said.err);
    assert!(said.err.contains("no engine answers"), "{}", said.err);
}

#[test]
fn rebuild_asks_the_running_engine_and_waits() {
    let folder = folder();
    let (port, served) =
        engine(&[(200, READY), (202, r#"{"generation":2}"#), (200, BUILDING), (200, REBUILT), (200, READY)]);
    let environment = [("JWT_SECRET", SECRET), ("PORT", port.as_str())];
    let said = karnay(folder.path(), &environment, &["rebuild", "call_history"]);
    assert_eq!(
        (said.code, said.out.as_str()),
        (Some(0), "call_history is rebuilt, generation 2\n"),
        "{}",
        said.err
    );
    let unknown = karnay(folder.path(), &environment, &["rebuild", "nothing"]);
    assert_eq!(unknown.code, Some(2));
    assert!(
        unknown.err.contains("there is no screen called nothing; there are call_history"),
        "{}",
        unknown.err
    );
    assert!(served.join().unwrap()[1].starts_with("POST /projections/call_history/rebuild "));
}

#[derive(Debug)]
struct Still;

impl Clock for Still {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(1_759_775_400, 0).unwrap()
    }
}

#[derive(Debug, Default)]
struct Counted(AtomicU64);

impl Ids for Counted {
    fn uuid(&self) -> Uuid {
        Uuid::from_u128(self.0.fetch_add(1, Ordering::Relaxed).into())
    }
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// A journal of some events under `data`, closed again.
pub(crate) async fn recorded(folder: &Path, events: u64) {
    let data = folder.join("data");
    std::fs::create_dir_all(&data).unwrap();
    let options =
        Options { place: Place::Folder(data), clock: Arc::new(Still), ids: Arc::new(Counted::default()) };
    let journal = Journal::open(options, |_| Ok(DataKey([7; 32]))).await.unwrap();
    for number in 0..events {
        journal.append(unit(number)).await.unwrap();
    }
    journal.close().await;
}

fn unit(number: u64) -> Unit {
    let stream = StreamId::stored(format!("1/{}", Uuid::from_u128(number.into())));
    let fact = fact::Event::Quarantine(quarantine::Event::Held {
        session: "session-1".to_owned(),
        reason: quarantine::Reason::UnknownSession,
        at: Still.now(),
        personal: Personal::Forgotten,
    });
    let payload = r#"{"held":{"session":"session-1","personal":"key.sealed"}}"#.to_owned();
    let entry = Entry {
        event_type: "held".to_owned(),
        event_version: "1".to_owned(),
        payload,
        occurred_at: Still.now(),
        fact,
    };
    let circumstances = Circumstances {
        organization: "1".to_owned(),
        actor: "webhook".to_owned(),
        correlation: format!("request-{number}"),
        ..Circumstances::default()
    };
    let appends = vec![Append { kind: "quarantine", stream, expected: 0, events: vec![entry] }];
    Unit { command: None, circumstances: Arc::new(circumstances), appends, keys: vec![] }
}

#[tokio::test]
async fn events_are_printed_as_they_were_recorded() {
    let folder = folder();
    recorded(folder.path(), 5).await;
    let said = karnay(folder.path(), &[], &["events", "--from", "4", "--type", "quarantine.held"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let lines: Vec<Value> = said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().map(|line| &line["position"]).collect::<Vec<_>>(), [4, 5]);
    assert_eq!(lines[0]["correlation"], "request-3");
    assert_eq!(lines[0]["payload"]["held"]["personal"], "key.sealed", "what is sealed stays sealed");
    let csv = karnay(folder.path(), &[], &["events", "--format", "csv"]);
    assert_eq!(csv.out.lines().count(), 6);
    let next = karnay(folder.path(), &[], &["events", "--from", "6"]);
    assert_eq!((next.code, &*next.out), (Some(0), ""), "there is nothing yet");
    for (from, word) in [("7", "ends at 5"), ("0", "the first is 1")] {
        let none = karnay(folder.path(), &[], &["events", "--from", from]);
        assert!(none.code == Some(2) && none.err.contains(word), "{from}: {}", none.err);
    }
    assert!(karnay(folder.path(), &[], &["events", "--type", "session.held"]).out.is_empty());
}

#[tokio::test]
async fn a_reader_that_has_had_enough_is_no_failure() {
    let folder = folder();
    recorded(folder.path(), 3).await;
    let mut following = command(folder.path(), &[], &["events", "--follow"]);
    let mut child = following.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert!(line.contains("\"position\":1"), "{line}");
    drop(out);
    recorded_more(folder.path()).await;
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""));
}

/// Something new, so that whoever follows has something to say.
async fn recorded_more(folder: &Path) {
    let options = Options {
        place: Place::Folder(folder.join("data")),
        clock: Arc::new(Still),
        ids: Arc::new(Counted::default()),
    };
    let journal = Journal::open(options, |_| Ok(DataKey([7; 32]))).await.unwrap();
    journal.append(unit(1_000)).await.unwrap();
    journal.close().await;
}

#[tokio::test]
async fn verify_passes_what_was_written_and_names_what_was_not() {
    let folder = folder();
    recorded(folder.path(), 5).await;
    let said = karnay(folder.path(), &[], &["verify"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(
        said.out.starts_with("the journal is what was written: 5 events in 5 batches\ndigest "),
        "{}",
        said.out
    );
    let file = rusqlite::Connection::open(folder.path().join("data/journal.db")).unwrap();
    let triggers: Vec<String> = {
        let mut find = file.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").unwrap();
        find.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    for trigger in triggers {
        file.execute_batch(&format!("DROP TRIGGER {trigger}")).unwrap();
    }
    file.execute(
        "UPDATE events SET payload = replace(payload, 'session-1', 'session-2') WHERE position = 3",
        [],
    )
    .unwrap();
    let said = karnay(folder.path(), &[], &["verify"]);
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.out.starts_with("THE JOURNAL IS WRONG, position 3: "), "{}", said.out);
}
