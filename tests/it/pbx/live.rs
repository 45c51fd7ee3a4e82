//! What is seen of calls while they go on.

use std::sync::Arc;
use std::time::Duration;

use super::{Ground, Node, quick, simulated};
use karnay::adapters::simulated_pbx::{self, SimulatedPbx};
use karnay::adapters::system::{SystemClock, SystemIds};

async fn until_said(node: &Node, call: &str, expected: &[&str]) {
    node.until(&format!("{expected:?}"), async |node| node.course(call).await == expected).await;
}

async fn rest(millis: u64) {
    tokio::time::sleep(Duration::from_millis(millis)).await;
}

async fn watched(faults: &str) -> (Ground, SimulatedPbx, Node) {
    let (ground, exchange) = (Ground::sqlite(), simulated(faults));
    let node = Node::start(&ground, &exchange, quick()).await;
    node.until_connected().await;
    (ground, exchange, node)
}

#[actix::test]
async fn a_call_is_seen_answered_ended_and_confirmed() {
    let (_ground, exchange, node) = watched("").await;
    let call = exchange.ring("998901110001", "158");
    until_said(&node, &call, &["seen"]).await;
    exchange.answer(&call);
    until_said(&node, &call, &["seen", "answered"]).await;
    rest(1_100).await;
    exchange.hang_up(&call);
    until_said(&node, &call, &["seen", "answered", "ended", "confirmed"]).await;
    node.shows_the_log_of(&exchange).await;
    node.stop().await;
}

#[actix::test]
async fn every_way_of_not_talking_is_told_apart() {
    let (_ground, exchange, node) = watched("").await;
    let ways: [fn(&SimulatedPbx, &str) -> bool; 4] = [
        |exchange, call| exchange.busy(call),
        |exchange, call| exchange.forbidden(call),
        |exchange, call| exchange.hang_up(call),
        |exchange, call| exchange.vanish(call),
    ];
    for (number, way) in ways.into_iter().enumerate() {
        let call = exchange.ring(&format!("99890111000{number}"), "101");
        until_said(&node, &call, &["seen"]).await;
        assert!(way(&exchange, &call));
        node.until("missed", async |node| {
            node.course(&call).await.get(1).is_some_and(|said| said == "missed")
        })
        .await;
    }
    node.shows_the_log_of(&exchange).await;
    node.stop().await;
}

#[actix::test]
async fn a_queue_that_somebody_takes_a_call_from_shows_who_it_was() {
    let (_ground, exchange, node) = watched("").await;
    let call = exchange.queue("998901110001");
    until_said(&node, &call, &["seen"]).await;
    assert!(exchange.transfer(&call, "102"));
    until_said(&node, &call, &["seen", "answered"]).await;
    assert_eq!(node.calls().await[0].extension.as_deref(), Some("102"));
    rest(1_100).await;
    exchange.hang_up(&call);
    node.until("told of", async |node| {
        node.course(&call).await.last().is_some_and(|said| said == "confirmed")
    })
    .await;
    assert_eq!(node.calls().await.len(), 1);
    node.stop().await;
}

#[actix::test]
async fn states_that_nobody_knows_are_understood_by_whether_somebody_talks() {
    let (_ground, exchange, node) = watched("").await;
    let call = exchange.connect("998901110001", "158");
    until_said(&node, &call, &["seen"]).await;
    exchange.proceed(&call, 99, None);
    rest(200).await;
    assert_eq!(node.course(&call).await, ["seen"]);
    exchange.answer(&call);
    until_said(&node, &call, &["seen", "answered"]).await;
    exchange.proceed(&call, 99, None);
    rest(200).await;
    assert_eq!(node.course(&call).await, ["seen", "answered"]);
    node.stop().await;
}

#[actix::test]
async fn calls_that_go_on_are_known_again_after_a_restart() {
    let (ground, exchange, node) = watched("").await;
    let talks = exchange.ring("998901110001", "158");
    exchange.answer(&talks);
    let ends = exchange.ring("998901110002", "101");
    node.until("both seen", async |node| node.calls().await.len() == 2).await;
    node.stop().await;
    exchange.hang_up(&ends);
    rest(1_000).await;
    let node = Node::start(&ground, &exchange, quick()).await;
    node.until_connected().await;
    node.until("over", async |node| node.course(&ends).await.last().is_some_and(|said| said == "confirmed"))
        .await;
    assert!(!node.course(&talks).await.iter().any(|said| said == "ended" || said == "confirmed"));
    exchange.hang_up(&talks);
    node.until("over", async |node| node.course(&talks).await.last().is_some_and(|said| said == "confirmed"))
        .await;
    node.shows_the_log_of(&exchange).await;
    assert!(node.watched().await.contains(&"monitor_gap".to_owned()));
    node.stop().await;
}

#[actix::test]
async fn a_box_that_restarts_ends_no_call_and_leaves_a_gap() {
    let (_ground, exchange, node) = watched("").await;
    let call = exchange.ring("998901110001", "158");
    exchange.answer(&call);
    node.until("answered", async |node| !node.course(&call).await.is_empty()).await;
    exchange.restart(Duration::from_secs(1));
    node.until("away", async |node| !node.watch.standing().connected).await;
    node.until_connected().await;
    rest(200).await;
    assert!(!node.course(&call).await.iter().any(|said| said == "ended"));
    assert_eq!(node.watched().await.iter().filter(|said| *said == "monitor_gap").count(), 1);
    exchange.hang_up(&call);
    node.shows_the_log_of(&exchange).await;
    node.stop().await;
}

#[actix::test]
async fn a_list_that_is_cut_short_ends_no_call() {
    let (_ground, exchange, node) = watched("").await;
    let calls: Vec<_> = (0..4).map(|number| exchange.ring(&format!("99890111000{number}"), "158")).collect();
    node.until("all seen", async |node| node.calls().await.len() == 4).await;
    exchange.faults(|faults| faults.cap = Some(1));
    rest(600).await;
    for call in &calls {
        assert_eq!(node.course(call).await, ["seen"]);
    }
    node.stop().await;
}

/// A thousand looks, one session.
#[actix::test]
async fn the_exchange_is_entered_once_however_often_it_is_asked() {
    let (ground, exchange) = (Ground::sqlite(), simulated(""));
    let limits = karnay::actors::pbx::Limits { poll: Duration::from_millis(5), ..quick() };
    let node = Node::start(&ground, &exchange, limits).await;
    node.until("a thousand looks", async |_| exchange.counts().of("Status.getCalls") >= 1_000).await;
    assert_eq!(exchange.counts().logins, 1, "{:?}", exchange.counts());
    node.stop().await;
    assert_eq!(exchange.counts().of("Session.logout"), 1);
}

#[actix::test]
async fn a_box_that_writes_late_is_waited_for_however_often_its_log_is_read() {
    let mut options = simulated_pbx::Options::new(Arc::new(SystemClock), Arc::new(SystemIds));
    options.delays.log = Duration::from_secs(4);
    let (ground, exchange) = (Ground::sqlite(), simulated_pbx::start(options).unwrap());
    let node = Node::start(&ground, &exchange, quick()).await;
    node.until_connected().await;
    let call = exchange.ring("998901110001", "158");
    until_said(&node, &call, &["seen"]).await;
    exchange.answer(&call);
    until_said(&node, &call, &["seen", "answered"]).await;
    exchange.hang_up(&call);
    until_said(&node, &call, &["seen", "answered", "ended"]).await;
    for _ in 0..3 {
        node.synced().await;
    }
    assert_eq!(node.course(&call).await, ["seen", "answered", "ended"], "no row yet");
    node.shows_the_log_of(&exchange).await;
    assert_eq!(node.course(&call).await, ["seen", "answered", "ended", "confirmed"]);
    node.stop().await;
}

#[actix::test]
async fn a_call_that_is_over_and_still_listed_at_a_restart_is_one_call() {
    let (ground, exchange, node) = watched("").await;
    let ways: [fn(&SimulatedPbx, &str) -> bool; 3] = [
        |exchange, call| exchange.busy(call),
        |exchange, call| exchange.forbidden(call),
        |exchange, call| exchange.voicemail(call),
    ];
    let mut calls = vec![];
    for (number, way) in ways.into_iter().enumerate() {
        let call = exchange.ring(&format!("99890111000{number}"), "101");
        until_said(&node, &call, &["seen"]).await;
        assert!(way(&exchange, &call));
        until_said(&node, &call, &["seen", "missed"]).await;
        calls.push(call);
    }
    node.stop().await;
    let node = Node::start(&ground, &exchange, quick()).await;
    node.until_connected().await;
    for call in calls {
        // Whoever speaks to a voicemail hangs up by themselves; the others are gone by now, or soon.
        exchange.hang_up(&call);
    }
    node.shows_the_log_of(&exchange).await;
    assert_eq!(node.calls().await.len(), 3);
    node.stop().await;
}
