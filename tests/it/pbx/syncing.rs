//! After a reading the history is the exchange's log, however the reading went.

use std::time::Duration;

use domain::pbx_call::Status;

use super::{Ground, Node, quick, simulated};

/// Days of work, with equal rows among them.
const OLD: Duration = Duration::from_hours(48);

async fn everything_goes_wrong(ground: Ground) {
    let exchange = simulated("lost:5,500:2,kill:40,shift:3,loose,chunks");
    exchange.make_log(1_500, OLD);
    let node = Node::start(&ground, &exchange, quick()).await;
    node.until_connected().await;
    for number in 0..6 {
        let call = exchange.ring(&format!("99890111000{number}"), "158");
        tokio::time::sleep(Duration::from_millis(60)).await;
        if number % 2 == 0 {
            exchange.answer(&call);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        exchange.hang_up(&call);
    }
    node.synced().await;
    exchange.faults(|faults| faults.shift = 0);
    node.shows_the_log_of(&exchange).await;
    assert!(exchange.counts().logins > 3, "sessions were lost: {:?}", exchange.counts());
    node.stop().await;
}

#[actix::test]
async fn the_history_is_the_log_whatever_goes_wrong_meanwhile() {
    everything_goes_wrong(Ground::sqlite()).await;
}

#[actix::test]
async fn the_history_is_the_log_on_postgresql_too() {
    everything_goes_wrong(Ground::postgres().await).await;
}

#[actix::test]
async fn a_box_that_cuts_pages_short_and_minds_no_time_is_read_whole() {
    let (ground, exchange) = (Ground::sqlite(), simulated("cap:7,ignore,shift:1"));
    exchange.make_log(400, OLD);
    let node = Node::start(&ground, &exchange, quick()).await;
    node.synced().await;
    exchange.faults(|faults| faults.shift = 0);
    node.shows_the_log_of(&exchange).await;
    node.stop().await;
}

#[actix::test]
async fn a_log_is_stored_once_however_often_it_is_read() {
    let (ground, exchange) = (Ground::sqlite(), simulated(""));
    exchange.make_log(300, Duration::from_mins(30));
    let node = Node::start(&ground, &exchange, quick()).await;
    node.shows_the_log_of(&exchange).await;
    let before = node.calls().await.len();
    node.stop().await;
    let node = Node::start(&ground, &exchange, quick()).await;
    node.shows_the_log_of(&exchange).await;
    assert_eq!(node.calls().await.len(), before);
    assert_eq!(before, 300);
    node.stop().await;
}

/// One second of the log is larger than any page.
#[actix::test]
async fn a_second_that_fills_pages_is_read_whole() {
    let (ground, exchange) = (Ground::sqlite(), simulated("cap:20"));
    exchange.make_log(200, Duration::from_secs(2));
    let node = Node::start(&ground, &exchange, quick()).await;
    node.shows_the_log_of(&exchange).await;
    assert_eq!(node.calls().await.len(), 200);
    node.stop().await;
}

#[actix::test]
async fn a_clock_that_is_wrong_moves_no_call() {
    for skew in ["skew:900", "skew:-900"] {
        let (ground, exchange) = (Ground::sqlite(), simulated(skew));
        let node = Node::start(&ground, &exchange, quick()).await;
        node.until_connected().await;
        let call = exchange.ring("998901110001", "158");
        tokio::time::sleep(Duration::from_millis(300)).await;
        exchange.answer(&call);
        tokio::time::sleep(Duration::from_millis(1_300)).await;
        exchange.hang_up(&call);
        node.until("told of", async |node| !node.course(&call).await.iter().all(|said| said != "confirmed"))
            .await;
        node.shows_the_log_of(&exchange).await;
        let offset = node.watch.standing().clock_offset_ms.unwrap();
        assert!((900_000 - offset.abs()).abs() < 2_000, "{offset}");
        assert_eq!(node.calls().await.len(), 1, "the call that was seen is the one in the log");
        node.stop().await;
    }
}

/// What nobody knows is stored with the exchange's own word, and counted.
#[actix::test]
async fn a_status_that_nobody_knows_is_told_by_whether_somebody_talked() {
    let (ground, exchange) = (Ground::sqlite(), simulated("unknown"));
    exchange.make_log(60, Duration::from_mins(30));
    let node = Node::start(&ground, &exchange, quick()).await;
    node.synced().await;
    let calls = node.calls().await;
    assert_eq!(calls.len(), 60);
    for call in &calls {
        let talked = call.talk_secs.is_some_and(|secs| secs > 0);
        assert_eq!(call.status, Some(if talked { Status::Answered } else { Status::Failed }));
    }
    assert_eq!(node.counter("unknown statuses"), 60);
    node.stop().await;
}
