//! `karnay sim agent` as its callers meet it: the token it asks for, the reports it sends and signs, what it prints.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};

use super::*;

const SECRET: &str = "a secret that both sides know";

/// Stopped by its id.
pub(super) struct Program {
    child: Child,
    pub(super) url: String,
    folder: tempfile::TempDir,
}

impl Program {
    pub(super) fn start(more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let mut command = Command::new(crate::world::KARNAY);
        command.args(["sim", "agent", "--port", "0"]).args(more).current_dir(folder.path()).env_clear();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        assert!(said.starts_with("SIMULATED voice agent at http://127.0.0.1:"), "{said}");
        let url = said.split_whitespace().last().unwrap().to_owned();
        Self { child, url, folder }
    }

    fn said(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

/// The head in small letters and the body of one request, which is answered with this.
pub(super) fn request(listener: &TcpListener, answer: &[u8]) -> (String, Vec<u8>) {
    let (stream, _) = listener.accept().unwrap();
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).unwrap(), 0, "the request ends in its head: {head}");
    }
    let length = value(&head.to_lowercase(), "content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    reader.get_mut().write_all(answer).unwrap();
    (head, body)
}

/// A header's value.
pub(super) fn value<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_signed_and_says_whose_it_is() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let report_to = format!("http://{}/auto-calling/agent/callback", listener.local_addr().unwrap());
    let door =
        std::thread::spawn(move || request(&listener, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    let more = ["--speed", "10000", "--faults", "callback", "--callback-secret", SECRET];
    let program = Program::start(&more);
    let report_to = Some(report_to.parse().unwrap());
    let agent = Agent::try_new(Options { report_to, ..options(&program.url) }).unwrap();
    let Ok(Spoken::Accepted { reference }) = agent.call("call/1/1", person(1)).await else {
        panic!("not taken");
    };
    let (head, body) = door.join().unwrap();
    assert!(head.starts_with("POST /auto-calling/agent/callback "), "{head}");
    let said: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((&said["callId"], &said["idempotencyKey"]), (&json!(reference), &json!("call/1/1")));
    assert_eq!(said["simulated"], true);
    let answer: Answer = serde_json::from_value(said).unwrap();
    assert_eq!(Some(told(&answer)), agent.ask("call/1/1", None).await.unwrap().as_ref().map(told));

    let (id, timestamp) = (value(&head, "webhook-id").unwrap(), value(&head, "webhook-timestamp").unwrap());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert!(now.abs_diff(timestamp.parse().unwrap()) < 60, "{timestamp}");
    let signed = [format!("{id}.{timestamp}.").as_bytes(), &body].concat();
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), &signed);
    assert_eq!(value(&head, "webhook-signature").unwrap(), format!("v1,{}", STANDARD.encode(tag)));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_token_is_refused() {
    let program = Program::start(&["--speed", "10000", "--token", "hunter2"]);
    let with = |token: Option<&'static str>| {
        let token = token.map(HeaderValue::from_static);
        Agent::try_new(Options { token, ..options(&program.url) }).unwrap()
    };
    for wrong in [with(None), with(Some("Bearer hunter3"))] {
        let Err(Trouble::Never { why }) = wrong.call("call/1/1", person(1)).await else { panic!("let in") };
        assert!(why.starts_with("HTTP 401"), "{why}");
        assert!(matches!(wrong.ask("call/1/1", None).await, Err(Trouble::Never { .. })));
    }
    let right = with(Some("Bearer hunter2")).call("call/1/1", person(1)).await;
    assert!(matches!(right, Ok(Spoken::Answered(_))), "{right:?}");
    let log = program.said();
    assert!(log.contains("SIMULATED") && !log.contains("hunter2") && !log.contains("99890"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_makes_no_sense_is_refused() {
    let program = Program::start(&["--speed", "10000"]);
    let http = reqwest::Client::new();
    for (body, word) in [("{}", "phoneNumber"), ("[", "cannot be read"), (r#"{"phoneNumber":" "}"#, "empty")]
    {
        let answer = http.post(&program.url).body(body).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{body}");
        let said: Value = answer.json().await.unwrap();
        assert!(said["message"].as_str().unwrap().contains(word) && said["simulated"] == true, "{said}");
    }
    let elsewhere = http.post(program.url.replace("/call", "/dial")).send().await.unwrap();
    assert_eq!(elsewhere.status(), 404);
}
