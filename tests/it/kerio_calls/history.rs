//! Calls of the exchange in the history, beside those that were dialled.

use super::*;

/// Who each one is, or which session's.
async fn shown(floor: &Floor, query: &str) -> Vec<String> {
    let answer = floor.get(&format!("/calls/history?{query}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let name =
        |call: &Value| call["callId"].as_str().or_else(|| call["sessionId"].as_str()).unwrap().to_owned();
    answer.json().as_array().unwrap().iter().map(name).collect()
}

#[actix_web::test]
async fn calls_that_are_over_stand_in_the_history_with_their_source() {
    let floor = Floor::new().await;
    story(&floor).await;
    floor.session("1", "s-1").await;
    let report = json!({ "sessionId": "s-1", "phoneNumber": OUTSIDE, "callStatus": "BUSY" });
    assert_eq!(floor.report(&report).await.status, 200);
    let (first, second, busy) = ("1700000000.1", "1700000000.2", "k1:5f2a-3");
    for (query, wanted) in [
        ("", &["s-1", busy, second, first][..]),
        ("source=pbx", &[busy, second, first]),
        ("source=remote,campaign", &["s-1"]),
        ("direction=kiruvchi", &[second, first]),
        ("direction=chiquvchi", &["s-1", busy]),
        ("number=%2B998901234567", &["s-1", second, first]),
        ("number=4567&direction=incoming", &[second, first]),
        ("status=ANSWERED", &[first]),
        ("status=BUSY", &["s-1", busy]),
        ("status=NO_ANSWER,FAILED", &[second]),
        ("status=CONNECTED_TO_OPERATOR", &[]),
        ("session=s-1", &["s-1"]),
        ("campaign=00000000-0000-0000-0000-000000000001", &[]),
        ("from=2025-10-06T18:31:00Z&to=2025-10-06T18:32:00Z", &[second]),
    ] {
        assert_eq!(shown(&floor, query).await, wanted, "{query}");
    }
    let calls = floor.get("/calls/history?source=pbx").await.json();
    let talked = &calls[2];
    for (name, wanted) in [
        ("source", json!("pbx")),
        ("direction", json!("kiruvchi")),
        ("phoneNumber", json!(OUTSIDE)),
        ("callStatus", json!("ANSWERED")),
        ("callDuration", json!(30)),
        ("callStartTime", json!("2025-10-06T18:30:00.000Z")),
        ("createdAt", json!("2025-10-06T18:30:00.000Z")),
        ("recordingUrl", json!("/kerio/calls/1700000000.1/recording")),
        ("extension", json!("1001")),
        ("sessionId", json!(null)),
        ("campaignId", json!(null)),
    ] {
        assert_eq!(talked[name], wanted, "{name}");
    }
}

#[actix_web::test]
async fn the_merged_history_is_whole_page_by_page_and_as_a_file() {
    let floor = Floor::new().await;
    story(&floor).await;
    floor.session("1", "s-1").await;
    for number in 0..3 {
        let phone = format!("+99890123450{number}");
        let report = json!({ "sessionId": "s-1", "phoneNumber": phone, "callStatus": "BUSY" });
        assert_eq!(floor.report(&report).await.status, 200);
    }
    let (mut read, mut next) = (vec![], Some("/calls/history?limit=2".to_owned()));
    while let Some(path) = next {
        let answer = floor.get(&path).await;
        read.extend(answer.json().as_array().unwrap().iter().map(|call| call["id"].clone()));
        next = answer.next_page();
    }
    let whole = floor.get("/calls/history").await.json();
    assert_eq!(read, whole.as_array().unwrap().iter().map(|call| call["id"].clone()).collect::<Vec<_>>());
    assert_eq!(read.len(), 6);
    let file = floor.get("/calls/history/export?source=pbx").await;
    let text = String::from_utf8(file.bytes).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].trim_end().ends_with("source,direction,campaignId,contactId,callId,extension"),
        "{text}"
    );
    assert_eq!(lines.len(), 4);
    assert!(lines[3].trim_end().ends_with("pbx,kiruvchi,,,1700000000.1,1001"), "{text}");
}
