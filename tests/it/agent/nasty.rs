//! An agent that behaves badly, played with bare sockets: what certainly rang nobody is told from what nobody can tell,
//! and no request is ever sent twice.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tokio::net::TcpSocket;

use super::program::{request, value};
use super::*;

/// Answers every request with these bytes and closes; counts the requests.
struct Far {
    address: SocketAddr,
    requests: Arc<AtomicUsize>,
}

impl Far {
    fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::doing(move |stream| {
            // Whoever has had enough closes.
            let _ = stream.write_all(&answer);
        })
    }

    fn doing(act: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(AtomicUsize::new(0));
        let (counted, act) = (Arc::clone(&requests), Arc::new(act));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, counted, act) = (stream.unwrap(), Arc::clone(&counted), Arc::clone(&act));
                std::thread::spawn(move || {
                    if stream.read(&mut [0; 4_096]).is_ok_and(|read| read > 0) {
                        counted.fetch_add(1, Ordering::SeqCst);
                        act(&mut stream);
                    }
                });
            }
        });
        Self { address, requests }
    }

    async fn call(&self) -> Result<Spoken, Trouble> {
        let agent = Agent::try_new(options(&format!("http://{}/call", self.address))).unwrap();
        let said = agent.call("call/1/1", person(1)).await;
        assert_eq!(self.requests.load(Ordering::SeqCst), 1, "once and not again");
        said
    }
}

fn http(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

async fn said(status: &str, body: &str) -> Result<Spoken, Trouble> {
    Far::answering(http(status, body)).call().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_breaks_off_may_have_rung() {
    let whole = http("200 OK", r#"{"success":true,"outcome":"SUCCESS","duration":10}"#);
    for len in [0, 1, 17, 40, whole.len() - 60, whole.len() - 1] {
        let said = Far::answering(&whole.as_bytes()[..len]).call().await;
        assert_eq!(said, Ok(Spoken::Unclear { why: Unclear::BrokenOff }), "{len}");
    }
    assert!(matches!(Far::answering(whole).call().await, Ok(Spoken::Answered(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_is_silent_may_have_rung() {
    let silent = Ok(Spoken::Unclear { why: Unclear::Silent { within: Duration::from_secs(2) } });
    let nothing = Far::doing(|stream| {
        let _ = stream.read_to_end(&mut vec![]);
    });
    let dribble = Far::doing(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        while stream.write_all(b" ").is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let began = Instant::now();
    let (one, other) = tokio::join!(nothing.call(), dribble.call());
    assert_eq!((one, other), (silent.clone(), silent));
    assert!(began.elapsed() < PATIENCE);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_listens_nobody_is_rung() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let agent = Agent::try_new(options(&format!("http://{address}/call"))).unwrap();
    let Err(Trouble::Never { why }) = agent.call("call/1/1", person(1)).await else { panic!("it was sent") };
    assert!(why.contains("refused"), "{why}");
    assert!(matches!(agent.ask("call/1/1", None).await, Err(Trouble::Later { .. })), "it may come back");
}

/// Its queue is full, so that a connection is never made. Nothing was sent, which is not silence.
#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_lets_nobody_in_rings_nobody() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queue = vec![];
    while let Ok(stream) =
        tokio::time::timeout(Duration::from_millis(500), tokio::net::TcpStream::connect(address)).await
    {
        queue.push(stream.unwrap());
    }
    let agent = Agent::try_new(options(&format!("http://{address}/call"))).unwrap();
    let Err(Trouble::Never { why }) = agent.call("call/1/1", person(1)).await else { panic!("not certain") };
    assert!(why.contains("in time"), "{why}");
}

/// A handshake that fails comes before the request.
#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_cannot_prove_itself_is_told_nothing() {
    let far = Far::answering("HTTP/1.1 400 Bad Request\r\n\r\n");
    let agent = Agent::try_new(options(&format!("https://{}/call", far.address))).unwrap();
    let said = agent.call("call/1/1", person(1)).await;
    assert!(matches!(said, Err(Trouble::Never { .. })), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_not_followed() {
    let elsewhere = Far::answering(http("200 OK", r#"{"success":true}"#));
    for status in ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let head = format!(
            "HTTP/1.1 {status}\r\nLocation: http://{}/call\r\nContent-Length: 0\r\n\r\n",
            elsewhere.address
        );
        let Err(Trouble::Never { why }) = Far::answering(head).call().await else { panic!("{status}") };
        assert!(why.contains("not followed"), "{why}");
    }
    assert_eq!(elsewhere.requests.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_not_drunk() {
    let answer = format!(r#"{{"success":true,"summary":"{}"}}"#, "a".repeat(10 << 20));
    for head in [
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", answer.len()),
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_owned(),
    ] {
        let said = Far::answering(head + &answer).call().await;
        let Ok(Spoken::Unclear { why: Unclear::Senseless { cause } }) = said else { panic!("{said:?}") };
        assert!(cause.contains("longer than"), "{cause}");
    }
    let refused = http("500 Oh", &"a".repeat(10 << 20));
    let Err(Trouble::Never { why }) = Far::answering(refused).call().await else { panic!("not refused") };
    assert_eq!(why, "HTTP 500");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_may_have_rung() {
    for (status, body, word) in [
        ("200 OK", "<html>+998901234567</html>", "no JSON"),
        ("200 OK", "", "no JSON"),
        ("204 No Content", "", "no JSON"),
        ("200 OK", "{}", "success"),
        ("200 OK", r#"{"success":"+998901234567"}"#, "documented type"),
        ("200 OK", "[true]", "no object"),
        ("502 Bad Gateway", "<html>", "HTTP 502"),
        ("504 Gateway Timeout", "", "HTTP 504"),
    ] {
        let said = said(status, body).await;
        let Ok(Spoken::Unclear { why }) = said else { panic!("{status} {body}: {said:?}") };
        let why = why.to_string();
        assert!(why.contains(word) && !why.contains("90123"), "{status} {body}: {why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_says_why_and_when_again() {
    for (status, expected) in [
        ("400 Bad", "HTTP 400: no +998901****67"),
        ("401 Who", "HTTP 401: no +998901****67"),
        ("500 Oh", "HTTP 500: no +998901****67"),
        ("503 Busy", "HTTP 503: no +998901****67"),
        ("429 Much\r\nRetry-After: soon", "HTTP 429: no +998901****67"),
        ("500 Oh\r\nRetry-After: 5", "HTTP 500: no +998901****67"),
    ] {
        assert_eq!(
            said(status, "no\n +998901234567").await,
            Err(Trouble::Never { why: expected.to_owned() })
        );
    }
    for (status, secs) in [
        ("503 Busy\r\nRetry-After: 7", 7),
        ("429 Much\r\nRetry-After: 0", 0),
        ("429 Much\r\nRetry-After: 99999999", 3_600),
    ] {
        assert_eq!(
            said(status, "").await,
            Err(Trouble::Later { after: Duration::from_secs(secs) }),
            "{status}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_has_a_name() {
    for (status, body, name) in [
        ("202 Accepted", r#"{"callId":"abc"}"#, "abc"),
        ("202 Accepted", r#"{"callId":7}"#, "7"),
        ("202 Accepted", r#"{"success":true,"callId":"abc"}"#, "abc"),
        ("200 OK", r#"{"callId":"abc","status":"queued"}"#, "abc"),
        ("202 Accepted", "", "call/1/1"),
        ("202 Accepted", r#"{"status":"queued"}"#, "call/1/1"),
    ] {
        assert_eq!(said(status, body).await, Ok(Spoken::Accepted { reference: name.to_owned() }), "{body}");
    }
    for body in [r#"{"success":false,"callId":"abc","outcome":"BUSY"}"#, r#"{"success":true}"#] {
        assert!(matches!(said("200 OK", body).await, Ok(Spoken::Answered(_))), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_as_documented() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1/call?key=hunter2", listener.local_addr().unwrap());
    let answer = http("200 OK", r#"{"success":true}"#).into_bytes();
    let door = std::thread::spawn(move || request(&listener, &answer));
    let token = "Bearer hunter2".parse().ok();
    let report_to = "http://127.0.0.1:3000/auto-calling/agent/callback".parse().ok();
    let agent = Agent::try_new(Options { token, report_to, ..options(&url) }).unwrap();
    let shown = format!("{agent:?} {:?}", person(1));
    assert!(!shown.contains("hunter2") && !shown.contains("99890") && !shown.contains("Alisher"), "{shown}");
    assert!(matches!(agent.call("call/1/1", person(1)).await, Ok(Spoken::Answered(_))));
    let (head, body) = door.join().unwrap();
    assert!(head.starts_with("POST /v1/call?key=hunter2 HTTP/1.1\r\n"), "{head}");
    for (name, expected) in [
        ("content-type", "application/json"),
        ("authorization", "Bearer hunter2"),
        ("idempotency-key", "call/1/1"),
        ("via", "1.1 karnay"),
        ("x-callback-url", "http://127.0.0.1:3000/auto-calling/agent/callback"),
    ] {
        assert_eq!(value(&head, name), Some(expected), "{head}");
    }
    let expected = json!({
        "phoneNumber": "+998901000001", "firstName": "Alisher", "lastName": "Valijonov",
        "customData": { "remainingDebt": 5170.50 },
    });
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_offers_no_books_is_not_asked() {
    let bare = Options { status_url: None, ..options("http://127.0.0.1:9/call") };
    assert_eq!(Agent::try_new(bare).unwrap().ask("call/1/1", None).await, Ok(None));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/status?key=1", listener.local_addr().unwrap());
    let answer = http("200 OK", r#"{"success":false,"outcome":"BUSY"}"#).into_bytes();
    let door = std::thread::spawn(move || request(&listener, &answer));
    let books = Options { status_url: url.parse().ok(), ..options("http://127.0.0.1:9/call") };
    let told = Agent::try_new(books).unwrap().ask("call/1/1", Some("a b")).await.unwrap().unwrap();
    assert_eq!(told.outcome.as_deref(), Some("BUSY"));
    let (head, _) = door.join().unwrap();
    assert!(
        head.starts_with("GET /status?key=1&idempotencyKey=call%2F1%2F1&callId=a+b HTTP/1.1\r\n"),
        "{head}"
    );
}
