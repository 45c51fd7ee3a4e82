//! An exchange that does not let us in is not knocked at again, until somebody says so.

use std::time::Duration;

use karnay::actors::pbx::handle::Asked;

use super::{Ground, Node, driver, quick, simulated};

#[actix::test]
async fn a_wrong_password_is_tried_once_and_again_when_somebody_asks() {
    let (ground, exchange) = (Ground::sqlite(), simulated(""));
    let pbx = driver(&exchange, "another one", &exchange.pin());
    let node = Node::with(&ground, pbx, quick()).await;
    node.until("refused", async |node| node.watch.standing().refused.is_some()).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(exchange.counts().refused_logins, 1);
    assert_eq!(node.watched().await, ["refused"]);
    assert_eq!(node.watch.sync_now(), Asked::Taken);
    node.until("tried again", async |_| exchange.counts().refused_logins == 2).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(exchange.counts().refused_logins, 2);
    assert_eq!(node.watched().await, ["refused"], "it is told once");
    node.stop().await;
    let node = Node::start(&ground, &exchange, quick()).await;
    node.until_connected().await;
    node.until("accepted", async |node| node.watched().await.contains(&"accepted".to_owned())).await;
    assert_eq!(node.watch.standing().refused, None);
    node.stop().await;
}

#[actix::test]
async fn a_certificate_that_is_another_one_is_not_spoken_to() {
    let (ground, exchange) = (Ground::sqlite(), simulated(""));
    let node = Node::with(&ground, driver(&exchange, exchange.password(), &"ab".repeat(32)), quick()).await;
    node.until("refused", async |node| node.watch.standing().refused.is_some()).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(exchange.counts().logins + exchange.counts().refused_logins, 0);
    assert_eq!(node.watched().await, ["refused"]);
    node.stop().await;
}

#[actix::test]
async fn an_account_without_rights_is_said_and_not_tried_again() {
    let (ground, exchange) = (Ground::sqlite(), simulated("forbidden:Status.getCalls"));
    let node = Node::start(&ground, &exchange, quick()).await;
    node.until("refused", async |node| node.watch.standing().refused.is_some()).await;
    let asked = exchange.counts().of("Status.getCalls");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(exchange.counts().of("Status.getCalls"), asked);
    exchange.faults(|faults| faults.forbidden.clear());
    node.watch.sync_now();
    node.until_connected().await;
    node.until("accepted", async |node| node.watched().await.contains(&"accepted".to_owned())).await;
    node.stop().await;
}

/// Who calls is seen all the same, and the log is read as soon as it may be.
#[actix::test]
async fn an_account_that_may_not_read_the_log_sees_who_calls() {
    let (ground, exchange) = (Ground::sqlite(), simulated("forbidden:CallHistory.get"));
    let node = Node::start(&ground, &exchange, quick()).await;
    node.until("refused the log", async |node| node.counter("readings refused") == 1).await;
    assert!(node.watch.standing().trouble.is_some());
    let call = exchange.ring("998901110001", "158");
    node.until("seen", async |node| node.course(&call).await == ["seen"]).await;
    assert!(node.watch.standing().connected);
    exchange.hang_up(&call);
    node.until("missed", async |node| node.course(&call).await.contains(&"missed".to_owned())).await;
    assert_eq!(exchange.counts().of("CallHistory.get"), 1, "it is not asked again and again");
    exchange.faults(|faults| faults.forbidden.clear());
    node.shows_the_log_of(&exchange).await;
    node.stop().await;
}

/// What is not there is tried again by itself, and neither ends the watcher.
#[actix::test]
async fn an_exchange_that_is_away_is_waited_for() {
    let (ground, exchange) = (Ground::sqlite(), simulated("500"));
    let node = Node::start(&ground, &exchange, quick()).await;
    node.until("away", async |node| node.watch.standing().trouble.is_some()).await;
    exchange.faults(|faults| faults.broken = 0);
    node.until_connected().await;
    assert_eq!(node.watch.standing().trouble, None);
    assert!(node.guardian.progress().iter().all(|ward| ward.restarts == 0));
    node.stop().await;
}
