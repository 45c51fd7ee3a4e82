//! How sessions begin: what is refused and how it is told, which id is a secret, and which pages may poll.

use reqwest::Method;
use serde_json::Value;

use super::raw::{Polling, Ws, client};
use super::stage::{ORIGIN, Stage, until};
use karnay::realtime::socket_io::Options;

#[tokio::test(flavor = "multi_thread")]
async fn wrong_requests_are_told_in_the_numbers_that_clients_know() {
    let stage = Stage::new(Options::default());
    let unknown = "EIO=4&transport=polling&sid=x";
    let cases = [
        (Method::GET, "EIO=4", 0),
        (Method::GET, "EIO=4&transport=carrier-pigeon", 0),
        (Method::GET, unknown, 1),
        (Method::POST, unknown, 1),
        (Method::GET, "EIO=4&transport=websocket&sid=x", 1),
        (Method::POST, "EIO=4&transport=polling", 2),
        (Method::PUT, "EIO=4&transport=polling", 2),
        (Method::GET, "EIO=4&transport=websocket", 3),
        (Method::GET, "EIO=3&transport=polling", 5),
        (Method::GET, "transport=polling", 5),
        (Method::GET, "EIO=4&transport=polling&j=0", 5),
    ];
    for (method, query, code) in cases {
        for path in ["/socket.io", "/socket.io/"] {
            let url = format!("http://127.0.0.1:{}{path}?{query}", stage.port);
            let answer = client().request(method.clone(), url).send().await.unwrap();
            assert_eq!(answer.status(), 400, "{method} {query}");
            let told: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
            assert_eq!(told["code"], code, "{method} {query}: {told}");
        }
    }
    assert_eq!(stage.server.sessions(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_id_opens_nothing() {
    let stage = Stage::new(Options::default());
    let polling = Polling::open(stage.port).await;
    let connected: Value = serde_json::from_str(&polling.enter("").await[2..]).unwrap();
    let shown = connected["sid"].as_str().unwrap();
    assert_ne!(shown, polling.sid);
    assert_eq!((shown.len(), polling.sid.len()), (20, 20));
    let url = polling.url().replace(&polling.sid, shown);
    assert_eq!(polling.http.get(url).send().await.unwrap().status(), 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_named_origins_may_poll_and_no_others() {
    let stage = Stage::new(Options::default());
    let url = format!("http://127.0.0.1:{}/socket.io/?EIO=4&transport=polling", stage.port);
    for (origin, allowed) in [(ORIGIN, true), ("http://elsewhere.example", false)] {
        let ask = client().request(Method::OPTIONS, &url).header("origin", origin);
        let asked = ask.header("access-control-request-method", "POST").send().await.unwrap();
        let got = client().get(&url).header("origin", origin).send().await.unwrap();
        for answer in [asked, got] {
            let (echoed, cookies) = (
                answer.headers().get("access-control-allow-origin"),
                answer.headers().get("access-control-allow-credentials"),
            );
            assert_eq!(echoed.map(|value| value.to_str().unwrap()), allowed.then_some(origin));
            assert!(!allowed || cookies.is_some(), "{:?}", answer.headers());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_as_many_sessions_as_there_is_room_for() {
    let stage = Stage::new(Options { sessions_max: 2, ..Options::default() });
    let (one, _other) = (Polling::open(stage.port).await, Polling::open(stage.port).await);
    assert_eq!(Ws::dial(stage.port, "").await.status().await, 503);
    assert_eq!(one.post("1").await, 200);
    until("room", || stage.server.sessions() < 2).await;
    Ws::open(stage.port).await;
}
