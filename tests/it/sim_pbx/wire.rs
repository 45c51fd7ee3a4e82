//! What may go wrong between the box and whoever asks.

use std::time::Instant;

use super::*;

fn whoami() -> String {
    json!({ "jsonrpc": "2.0", "id": 7, "method": "Session.whoAmI", "params": {} }).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_lost_or_replaced_as_often_as_asked_for() {
    let (pbx, _) = healthy();
    let visitor = Visitor::logged_in(&pbx).await;
    change(&pbx, "lost:20,500:15,html:10");
    let (mut lost, mut broken, mut pages) = (0, 0, 0);
    for _ in 0..400 {
        match visitor.sent(whoami()).await {
            Err(_) => lost += 1,
            Ok(answer) if answer.status() == 500 => broken += 1,
            Ok(answer) if answer.headers()["content-type"] == "text/html; charset=UTF-8" => pages += 1,
            Ok(answer) => assert!(answer.json::<Value>().await.unwrap()["result"].is_object()),
        }
    }
    assert!(
        (50..120).contains(&lost) && (30..95).contains(&broken) && (15..70).contains(&pages),
        "{lost} {broken} {pages}"
    );
    let carried = usize::try_from(pbx.counts().of("Session.whoAmI")).unwrap();
    assert_eq!(carried, 400 - broken - pages, "what is lost was carried out");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_in_odd_pieces_is_the_same_answer() {
    let (pbx, _) = healthy();
    pbx.make_log(100, Duration::from_hours(1));
    let visitor = Visitor::logged_in(&pbx).await;
    let whole = visitor.log().await;
    change(&pbx, "chunks");
    let answer = visitor.sent(whoami()).await.unwrap();
    assert_eq!(answer.headers()["transfer-encoding"], "chunked");
    assert_eq!(visitor.log().await, whole);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_may_close_each_connection_after_its_answer() {
    let (pbx, _) = with("close");
    let visitor = Visitor::logged_in(&pbx).await;
    for _ in 0..3 {
        let answer = visitor.sent(whoami()).await.unwrap();
        assert_eq!(answer.headers()["connection"], "close");
        assert!(answer.json::<Value>().await.unwrap()["result"].is_object());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_box_takes_its_time() {
    let (pbx, _) = healthy();
    let visitor = Visitor::logged_in(&pbx).await;
    change(&pbx, "latency:300");
    let began = Instant::now();
    visitor.calls().await;
    assert!(began.elapsed() >= Duration::from_millis(300));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_breaks_connections_and_forgets_sessions_but_no_call() {
    let (pbx, hand) = healthy();
    let visitor = Visitor::logged_in(&pbx).await;
    let id = pbx.ring("998900000001", "101");
    pbx.vanish(&id);
    pbx.restart(Duration::from_secs(10));
    assert!(visitor.sent(whoami()).await.is_err());
    hand.on(9_999);
    assert!(visitor.sent(whoami()).await.is_err());
    hand.on(1);
    assert_eq!(visitor.refusal("Session.whoAmI", json!({})).await, -32001);
    visitor.log_in().await;
    assert_eq!(visitor.log().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_that_is_let_go_answers_no_more() {
    let (pbx, _) = healthy();
    let url = pbx.url();
    assert_eq!(careless().get(&url).send().await.unwrap().status(), 404);
    drop(pbx);
    let began = Instant::now();
    while careless().get(&url).send().await.is_ok() {
        assert!(began.elapsed() < Duration::from_secs(10), "it goes on");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
