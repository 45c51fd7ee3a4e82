//! Recordings come later than a call's row, and find their call.

use std::time::Duration;

use super::{Ground, Node, quick, simulated};

#[actix::test]
async fn a_recording_finds_its_call() {
    let (ground, exchange) = (Ground::sqlite(), simulated(""));
    let node = Node::start(&ground, &exchange, quick()).await;
    node.until_connected().await;
    let (coming, going) = (exchange.ring("998901110001", "158"), exchange.ring("101", "998901110002"));
    let silent = exchange.ring("998901110003", "102");
    for call in [&coming, &going, &silent] {
        node.until("seen", async |node| !node.course(call).await.is_empty()).await;
        exchange.answer(call);
    }
    exchange.leave_unrecorded(&silent);
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    for call in [&coming, &going, &silent] {
        exchange.hang_up(call);
    }
    for call in [&coming, &going] {
        node.until("found", async |node| {
            node.course(call).await.last().is_some_and(|said| said == "recording_found")
        })
        .await;
    }
    node.synced().await;
    assert!(!node.course(&silent).await.contains(&"recording_found".to_owned()));
    let tapes = exchange.tapes();
    let calls = node.calls().await;
    let recordings: Vec<_> = calls.iter().filter_map(|call| call.recording.clone()).collect();
    assert_eq!(recordings.len(), tapes.len());
    node.stop().await;
}
