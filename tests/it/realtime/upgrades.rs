//! From polling to a websocket: nothing stalls, nothing is lost, and what fails leaves the session as it was.

use std::time::{Duration, Instant};

use super::raw::{Frame, Polling, Ws};
use super::stage::Stage;
use karnay::realtime::socket_io::Options;

async fn probed(polling: &Polling, port: u16) -> Ws {
    let mut ws = Ws::over(port, &format!("&sid={}", polling.sid)).await;
    ws.send("2probe").await;
    assert_eq!(ws.text().await, "3probe");
    ws
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pending_poll_is_let_go_at_once() {
    let stage = Stage::new(Options::default());
    let polling = Polling::open(stage.port).await;
    polling.enter("").await;
    let began = Instant::now();
    let (polled, mut ws) = tokio::join!(polling.poll(), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        probed(&polling, stage.port).await
    });
    assert_eq!(polled.1, "6");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    ws.send("5").await;
    ws.send("42[\"say\",1]").await;
    assert_eq!(ws.text().await, "42[\"echoed\",1]");
    assert_eq!(polling.poll().await.0, 400);
    assert_eq!(polling.post("42[\"say\",2]").await, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_queued_waits_for_whichever_transport_comes_next() {
    let stage = Stage::new(Options::default());
    let polling = Polling::open(stage.port).await;
    polling.enter("{\"rooms\":[\"r\"]}").await;
    let mut ws = probed(&polling, stage.port).await;
    stage.push("r", 1);
    assert_eq!(polling.poll().await.1, "42[\"news\",1]");
    stage.push("r", 2);
    ws.send("5").await;
    assert_eq!(ws.text().await, "42[\"news\",2]");
    stage.push("r", 3);
    assert_eq!(ws.text().await, "42[\"news\",3]");
}

/// A page may poll once more before it hears of the probe; perhaps the upgrade makes that poll needless.
#[tokio::test(flavor = "multi_thread")]
async fn a_poll_during_a_trial_is_held_for_a_moment() {
    let stage = Stage::new(Options { poll_hold: Duration::from_millis(400), ..Options::default() });
    let polling = Polling::open(stage.port).await;
    let mut ws = probed(&polling, stage.port).await;
    let began = Instant::now();
    assert_eq!(polling.poll().await.1, "6");
    assert!(began.elapsed() >= Duration::from_millis(390), "{:?}", began.elapsed());
    let (polled, ()) = tokio::join!(polling.poll(), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        ws.send("5").await;
    });
    assert_eq!(polled.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_websocket_is_opened_only_to_be_closed() {
    let stage = Stage::new(Options::default());
    let polling = Polling::open(stage.port).await;
    polling.enter("").await;
    let mut first = probed(&polling, stage.port).await;
    for round in ["on trial", "upgraded"] {
        let mut second = Ws::over(stage.port, &format!("&sid={}", polling.sid)).await;
        assert_eq!(second.frame().await, Frame::Close(1_002), "{round}");
        first.send("5").await;
        if round == "on trial" {
            first.send("42[\"say\",1]").await;
            assert_eq!(first.text().await, "42[\"echoed\",1]");
            // No packet of a session that is upgraded.
        } else {
            assert!(first.is_let_go().await);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_that_fails_leaves_polling_as_it_was() {
    let stage = Stage::new(Options { probe_wait: Duration::from_millis(300), ..Options::default() });
    let polling = Polling::open(stage.port).await;
    polling.enter("").await;
    let query = format!("&sid={}", polling.sid);
    for said in ["2probe!", "5", "42[\"say\",1]", ""] {
        let mut ws = Ws::over(stage.port, &query).await;
        if !said.is_empty() {
            ws.send(said).await;
        }
        // The last says nothing at all, until its time is over.
        assert_eq!(ws.frame().await, Frame::Close(1_002), "{said}");
    }
    let mut silent = probed(&polling, stage.port).await;
    assert_eq!(silent.frame().await, Frame::Close(1_002));
    drop(probed(&polling, stage.port).await);
    assert_eq!(polling.post("42[\"say\",2]").await, 200);
    assert_eq!(polling.poll().await.1, "42[\"echoed\",2]");
    // A trial that was broken off is over as soon as its connection is.
    tokio::time::sleep(Duration::from_millis(400)).await;
    let mut ws = probed(&polling, stage.port).await;
    ws.send("5").await;
    ws.send("42[\"say\",3]").await;
    assert_eq!(ws.text().await, "42[\"echoed\",3]");
}
