//! A report against an engine that refuses connections, is busy, is broken and comes back.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;

use super::*;

/// Answers one request after the other on as few connections as the client likes; says how many connections and which bodies came.
fn engine(listener: TcpListener, answers: &'static [&'static str]) -> JoinHandle<(usize, Vec<String>)> {
    std::thread::spawn(move || {
        let (mut bodies, mut connections) = (vec![], 0);
        while bodies.len() < answers.len() {
            let (stream, _) = listener.accept().unwrap();
            connections += 1;
            let mut reader = BufReader::new(stream);
            while bodies.len() < answers.len() {
                let Some(body) = request(&mut reader) else { break };
                let answer = answers[bodies.len()];
                bodies.push(body);
                let head = format!("HTTP/1.1 {answer}\r\nContent-Length: 2\r\n\r\n{{}}");
                reader.get_mut().write_all(head.as_bytes()).unwrap();
            }
        }
        (connections, bodies)
    })
}

/// The body, or none where the connection is over.
fn request(reader: &mut impl std::io::BufRead) -> Option<String> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            return Some(String::from_utf8(body).unwrap());
        }
    }
}

fn post(address: SocketAddr) -> Post {
    let url = format!("http://{address}/calls/result").parse().unwrap();
    Post::to(Webhook { url, proof: None }).unwrap()
}

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

#[tokio::test]
async fn what_is_not_taken_is_sent_again_on_the_same_connection() {
    let (listener, address) = listener();
    let answers = &["503 Busy\r\nRetry-After: 1", "500 Broken", "429 Slowly", "200 OK", "200 OK"];
    let engine = engine(listener, answers);
    let (post, began) = (post(address), Instant::now());
    post.send(None, b"one".to_vec()).await.unwrap();
    post.send(None, b"two".to_vec()).await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(1), "the engine was given the time it asked for");
    let (connections, bodies) = engine.join().unwrap();
    assert_eq!((connections, bodies.join(" ").as_str()), (1, "one one one one two"));
}

#[tokio::test]
async fn an_engine_that_is_away_is_waited_for() {
    let (taken, address) = listener();
    drop(taken);
    let post = post(address);
    let sending = tokio::spawn(async move { post.send(None, b"one".to_vec()).await });
    // Nobody is there for the first tries.
    tokio::time::sleep(AGAIN_FIRST * 2).await;
    assert!(!sending.is_finished());
    let engine = engine(TcpListener::bind(address).unwrap(), &["200 OK"]);
    sending.await.unwrap().unwrap();
    assert_eq!(engine.join().unwrap().1, ["one"]);
}

#[tokio::test]
async fn what_is_refused_is_given_up_with_the_reason() {
    let (listener, address) = listener();
    let engine = engine(listener, &["404 Not Found"]);
    let given_up = post(address).send(None, b"one".to_vec()).await.unwrap_err();
    assert_eq!(given_up.to_string(), "the engine refused it: 404 Not Found");
    assert_eq!(engine.join().unwrap().1.len(), 1, "and not sent again");
}

#[tokio::test]
async fn a_report_carries_its_proof() {
    let (listener, address) = listener();
    let engine = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            reader.read_line(&mut head).unwrap();
        }
        reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
        head
    });
    let proof: Proof = Arc::new(|organization, body| {
        let value = format!("{}-{}", organization.unwrap_or(""), body.len());
        HeaderMap::from_iter([
            (CONTENT_TYPE, "application/json".parse().unwrap()),
            ("x-proof".parse().unwrap(), value.parse().unwrap()),
        ])
    });
    let url = format!("http://{address}/calls/result").parse().unwrap();
    let post = Post::to(Webhook { url, proof: Some(proof) }).unwrap();
    post.send(Some("7"), b"one".to_vec()).await.unwrap();
    let head = engine.join().unwrap();
    assert!(head.contains("x-proof: 7-3"), "{head}");
}
