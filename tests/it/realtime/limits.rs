//! A million bytes in each of their five places, and ten attachments.

use std::time::{Duration, Instant};

use karnay::realtime::socket_io::{Options, Payload, Push, Unsendable, placeholder};
use reqwest::StatusCode;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::raw::{Frame, Polling, Ws, client, masked};
use super::stage::Stage;

const MAX: usize = 1_000_000;

/// An event of so many bytes as a message.
fn event(len: usize) -> String {
    let (head, tail) = ("42[\"say\",\"", "\"]");
    format!("{head}{}{tail}", "x".repeat(len - head.len() - tail.len()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_has_a_million_bytes_at_most() {
    let stage = Stage::new(Options::default());
    let polling = Polling::open(stage.port).await;
    polling.enter("").await;
    assert_eq!(polling.post(event(MAX)).await, StatusCode::OK);
    assert_eq!(polling.poll().await.1.len(), MAX + "echoed".len() - "say".len());
    assert_eq!(polling.post(event(MAX + 1)).await, StatusCode::PAYLOAD_TOO_LARGE);
    stage.says("out / TooLarge").await;

    // The same where nobody says in advance how much it is.
    let polling = Polling::open(stage.port).await;
    let chunks = futures_util::stream::iter([Ok::<_, std::io::Error>("4".repeat(MAX)), Ok("4".to_owned())]);
    assert_eq!(polling.post(reqwest::Body::wrap_stream(chunks)).await, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_has_a_million_bytes_at_most() {
    let stage = Stage::new(Options::default());
    let mut ws = Ws::enter(stage.port, "").await;
    ws.send(&event(MAX)).await;
    assert_eq!(ws.text().await.len(), MAX + 3);
    ws.send(&event(MAX + 1)).await;
    assert!(ws.is_let_go().await);
    stage.says("out / TooLarge").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fragments_have_a_million_bytes_together() {
    let stage = Stage::new(Options::default());
    for (len, fits) in [(MAX, true), (MAX + 1, false)] {
        let mut ws = Ws::enter(stage.port, "").await;
        let text = event(len);
        let (first, second) = text.as_bytes().split_at(len / 2);
        ws.raw(&masked(0x01, first)).await;
        ws.raw(&masked(0x80, second)).await;
        if fits {
            assert_eq!(ws.text().await.len(), MAX + 3);
        } else {
            assert!(ws.is_let_go().await);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_a_poll_has_a_million_bytes_at_most() {
    let stage = Stage::new(Options::default());
    let polling = Polling::open(stage.port).await;
    polling.enter("{\"rooms\":[\"r\"]}").await;
    let push = Push::try_new("/", "news", &Payload::from(Value::from("x".repeat(340_000)))).unwrap();
    for _ in 0..3 {
        assert_eq!(stage.server.emit("r", &push), 1);
    }
    let (first, second) = (polling.poll().await.1, polling.poll().await.1);
    assert_eq!((first.split('\x1e').count(), second.split('\x1e').count()), (2, 1));
    assert!(first.len() <= MAX);
}

#[tokio::test(flavor = "multi_thread")]
async fn attachments_have_a_million_bytes_together() {
    let stage = Stage::new(Options::default());
    let text = format!("452-[\"say\",{},{}]", placeholder(0), placeholder(1));
    for (len, fits) in [(400_000, true), (500_000, false)] {
        let mut ws = Ws::enter(stage.port, "").await;
        ws.send(&text).await;
        ws.send_binary(&vec![1; len]).await;
        ws.send_binary(&vec![2; len]).await;
        if fits {
            assert_eq!(ws.text().await, text.replace("say", "echoed"));
            assert_eq!(ws.frame().await, Frame::Binary(vec![1; len]));
            assert_eq!(ws.frame().await, Frame::Binary(vec![2; len]));
        } else {
            assert!(ws.is_let_go().await);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_attachments_are_taken_and_eleven_are_not() {
    let stage = Stage::new(Options::default());
    for count in [10, 11] {
        let mut ws = Ws::enter(stage.port, "").await;
        let args: Vec<String> = (0..count).map(|index| placeholder(index).to_string()).collect();
        ws.send(&format!("45{count}-[\"say\",{}]", args.join(","))).await;
        for index in 0..count {
            ws.send_binary(&[u8::try_from(index).unwrap()]).await;
        }
        let answer = ws.frame().await;
        assert_eq!(matches!(&answer, Frame::Text(text) if text.starts_with("4510-[\"echoed\"")), count == 10);
        assert_eq!(answer == Frame::Close(1_002), count == 11);
    }
    let eleven = Payload { args: vec![], attachments: vec![bytes::Bytes::new(); 11] };
    assert_eq!(Push::try_new("/", "news", &eleven).unwrap_err(), Unsendable::TooManyAttachments(11));
}

#[tokio::test(flavor = "multi_thread")]
async fn attachments_follow_their_packet_and_nothing_comes_in_between() {
    let stage = Stage::new(Options::default());
    let waits = format!("451-[\"say\",{}]", placeholder(0));
    for between in ["42[\"say\",1]", waits.as_str()] {
        let mut ws = Ws::enter(stage.port, "").await;
        ws.send(&waits).await;
        ws.send(between).await;
        assert_eq!(ws.frame().await, Frame::Close(1_002));
    }
    let mut ws = Ws::enter(stage.port, "").await;
    ws.send_binary(&[1]).await;
    assert_eq!(ws.frame().await, Frame::Close(1_002));

    // On polling they are base64.
    let polling = Polling::open(stage.port).await;
    polling.enter("").await;
    assert_eq!(polling.post(format!("{waits}\x1ebAQIDBA==")).await, StatusCode::OK);
    assert_eq!(polling.poll().await.1, format!("{}\x1ebAQIDBA==", waits.replace("say", "echoed")));
    assert_eq!(polling.post(format!("{waits}\x1eb???")).await, StatusCode::BAD_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_kept_for_somebody_who_is_not_in_or_takes_too_long() {
    let stage = Stage::new(Options { ping_timeout: Duration::from_millis(300), ..Options::default() });
    let waits = |namespace: &str| format!("451-{namespace}[\"say\",{}]", placeholder(0));
    for namespace in ["", "/nowhere,"] {
        let mut ws = Ws::open(stage.port).await;
        ws.send(&waits(namespace)).await;
        assert_eq!(ws.frame().await, Frame::Close(1_002), "not in {namespace:?}");
    }
    let mut ws = Ws::enter(stage.port, "").await;
    let begun = Instant::now();
    ws.send(&waits("")).await;
    assert!(ws.is_let_go().await);
    assert!((Duration::from_millis(300)..Duration::from_secs(5)).contains(&begun.elapsed()));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_nothing_gives_way_and_who_is_in_stays() {
    let stage = Stage::new(Options { unused_max: 2, ..Options::default() });
    let mut inside = Ws::enter(stage.port, "").await;
    let mut idle = Ws::open(stage.port).await;
    let mut others = vec![];
    for _ in 0..3 {
        others.push(Ws::open(stage.port).await);
    }
    assert!(idle.is_let_go().await);
    inside.send("42[\"say\",1]").await;
    assert!(inside.text().await.starts_with("42[\"echoed\""));
    others[2].send("40").await;
    assert!(others[2].text().await.starts_with("40{"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_would_be_kept_is_short() {
    let stage = Stage::new(Options::default());
    for (len, status) in [(3_900, 200), (5_000, 400)] {
        let url = format!(
            "http://127.0.0.1:{}/socket.io/?EIO=4&transport=polling&x={}",
            stage.port,
            "x".repeat(len)
        );
        assert_eq!(client().get(url).send().await.unwrap().status(), status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_never_ends_is_let_go() {
    let stage = Stage::new(Options { ping_timeout: Duration::from_millis(300), ..Options::default() });
    let polling = Polling::open(stage.port).await;
    let mut stream = TcpStream::connect(("127.0.0.1", stage.port)).await.unwrap();
    let path = polling.url().split_once(&stage.port.to_string()).unwrap().1;
    let head = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n42[");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    tokio::time::timeout(Duration::from_secs(5), read).await.expect("it is held").unwrap();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert_eq!(polling.poll().await.0, StatusCode::BAD_REQUEST);
}
