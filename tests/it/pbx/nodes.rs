//! Two nodes on one journal: one watches, the other takes over, and nothing is counted twice.

use std::time::Duration;

use super::{Ground, Node, quick, simulated};

#[actix::test]
async fn one_node_watches_and_the_other_takes_over() {
    let (ground, exchange) = (Ground::postgres().await, simulated("lost:5"));
    exchange.make_log(500, Duration::from_mins(30));
    let one = Node::start(&ground, &exchange, quick()).await;
    one.until_connected().await;
    let other = Node::start(&ground, &exchange, quick()).await;
    let call = exchange.ring("998901110001", "158");
    one.until("seen", async |node| node.course(&call).await == ["seen"]).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(!other.watch.standing().watching, "one watches");
    one.stop().await;
    other.until("taken over", async |node| node.watch.standing().watching).await;
    exchange.answer(&call);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    exchange.hang_up(&call);
    other
        .until("told of", async |node| {
            node.course(&call).await.last().is_some_and(|said| said == "confirmed")
        })
        .await;
    other.shows_the_log_of(&exchange).await;
    assert_eq!(other.calls().await.len(), 501);
    other.stop().await;
}

/// As if the lease had failed: both look and both read.
#[actix::test]
async fn two_that_watch_at_once_count_nothing_twice() {
    let (ground, exchange) = (Ground::postgres().await, simulated(""));
    exchange.make_log(500, Duration::from_mins(30));
    let careless = karnay::actors::pbx::Limits { lease: Duration::from_micros(1), ..quick() };
    let (one, other) =
        tokio::join!(Node::start(&ground, &exchange, careless), Node::start(&ground, &exchange, careless));
    one.until_connected().await;
    for number in 0..5 {
        let call = exchange.ring(&format!("99890111000{number}"), "158");
        tokio::time::sleep(Duration::from_millis(150)).await;
        exchange.answer(&call);
        tokio::time::sleep(Duration::from_millis(150)).await;
        exchange.hang_up(&call);
    }
    one.shows_the_log_of(&exchange).await;
    other.until("quiet", async |node| node.calls().await.len() == 505).await;
    one.stop().await;
    other.stop().await;
}
