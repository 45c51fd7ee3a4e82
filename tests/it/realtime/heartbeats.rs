//! Pings and silence, and clients that go away.

use std::time::{Duration, Instant};

use super::raw::{Frame, Polling, Ws, masked};
use super::stage::{Stage, quick, until};
use karnay::realtime::socket_io::Options;

#[tokio::test(flavor = "multi_thread")]
async fn the_first_ping_comes_one_interval_after_the_opening_and_each_answer_buys_another() {
    let stage = Stage::new(quick());
    let began = Instant::now();
    let mut ws = Ws::open(stage.port).await;
    for round in 1..=3 {
        assert_eq!(ws.text().await, "2");
        assert!(began.elapsed() >= Duration::from_millis(290) * round, "{round} after {:?}", began.elapsed());
        ws.send("3").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_silent_is_gone_on_both_transports() {
    let stage = Stage::new(quick());
    let (polling, mut ws) = (Polling::open(stage.port).await, Ws::enter(stage.port, "").await);
    assert_eq!(ws.rest().await, ["2".into(), Frame::Close(1_001)]);
    stage.says("out / PingTimeout").await;
    until("nobody", || stage.server.sessions() == 0).await;
    assert_eq!(polling.poll().await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_pings_is_no_client_of_ours() {
    let stage = Stage::new(Options::default());
    let mut ws = Ws::open(stage.port).await;
    ws.send("2").await;
    assert_eq!(ws.frame().await, Frame::Close(1_002));
    let polling = Polling::open(stage.port).await;
    assert_eq!(polling.post("2").await, 400);
    assert_eq!(polling.poll().await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_websockets_own_ping_is_answered() {
    let stage = Stage::new(Options::default());
    let mut ws = Ws::open(stage.port).await;
    ws.raw(&masked(0x89, b"there?")).await;
    assert_eq!(ws.frame().await, Frame::Pong(b"there?".to_vec()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aborted_poll_ends_the_session_at_once() {
    let stage = Stage::new(Options::default());
    let polling = Polling::open(stage.port).await;
    polling.enter("{\"rooms\":[\"r\"]}").await;
    let url = polling.url().to_owned();
    let waiting = tokio::spawn(reqwest::Client::new().get(url).send());
    tokio::time::sleep(Duration::from_millis(200)).await;
    waiting.abort();
    stage.says("out / TransportClosed").await;
    assert_eq!((stage.server.sockets("/"), stage.push("r", 1)), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_that_is_cut_off_ends_the_session_at_once() {
    let stage = Stage::new(Options::default());
    drop(Ws::enter(stage.port, "").await);
    stage.says("out / TransportClosed").await;
    until("nobody", || stage.server.sessions() == 0).await;
}

/// A poll that is on its way when the client says goodbye still gets an answer, and only one.
#[tokio::test(flavor = "multi_thread")]
async fn a_goodbye_is_answered_whichever_request_comes_first() {
    let stage = Stage::new(Options::default());
    let polling = Polling::open(stage.port).await;
    assert_eq!(polling.post("1").await, 200);
    assert_eq!(polling.poll().await, (reqwest::StatusCode::OK, "6".to_owned()));
    assert_eq!(polling.poll().await.0, 400);

    let polling = Polling::open(stage.port).await;
    let (polled, posted) = tokio::join!(polling.poll(), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        polling.post("1").await
    });
    assert_eq!((polled.1.as_str(), posted.as_u16()), ("6", 200));
    assert_eq!(polling.poll().await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_polls_at_once_end_the_session() {
    let stage = Stage::new(Options::default());
    let polling = Polling::open(stage.port).await;
    let (first, second) = tokio::join!(polling.poll(), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        polling.poll().await
    });
    assert_eq!((first.1.as_str(), second.0.as_u16()), ("1", 400));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_lets_everybody_go_at_once() {
    let stage = Stage::new(Options::default());
    let port = stage.port;
    let mut sockets = vec![];
    for _ in 0..25 {
        sockets.push(Ws::enter(port, "").await);
    }
    let polls: Vec<_> = (0..25)
        .map(|_| {
            tokio::spawn(async move {
                let polling = Polling::open(port).await;
                polling.enter("").await;
                polling.poll().await
            })
        })
        .collect();
    until("fifty", || stage.server.sockets("/") == 50).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let server = stage.server.clone();
    let stopped = tokio::spawn(stage.stop());
    for mut ws in sockets {
        assert_eq!(ws.rest().await, [Frame::Close(1_001)]);
    }
    for poll in polls {
        assert_eq!(poll.await.unwrap().1, "1");
    }
    let took = stopped.await.unwrap();
    assert!(took < Duration::from_millis(1_500), "{took:?}");
    assert_eq!((server.sessions(), server.sockets("/")), (0, 0));
}
