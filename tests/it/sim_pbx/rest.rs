//! The documented addresses tell of the same calls, in their own words and with their ids.

use super::*;

async fn got(pbx: &SimulatedPbx, path: &str) -> (u16, Value) {
    let request = careless().get(format!("{}/api/rest/v1/calls/{path}", pbx.url()));
    let answer = request.basic_auth(USER, Some(PASSWORD)).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn both_faces_tell_of_the_same_calls() {
    let (pbx, hand) = healthy();
    let queued = pbx.queue("998900000001");
    let out = pbx.ring("158", "998900000002");
    hand.on(3_000);
    pbx.transfer(&queued, "1001");
    pbx.answer(&out);
    hand.on(7_000);
    let (status, active) = got(&pbx, "active").await;
    let expected = json!({ "id": queued, "direction": "inbound", "from_number": "998900000001", "to_number": "1001",
        "state": "connected", "start_time": "2023-11-15T12:00:00Z", "duration": 7 });
    assert_eq!((status, &active["calls"][0]), (200, &expected));
    pbx.hang_up(&queued);
    pbx.hang_up(&out);
    hand.on(5_000);
    assert_eq!(got(&pbx, "active").await.1["calls"], json!([]));
    let (_, log) = got(&pbx, "cdr").await;
    let expected = json!({ "id": queued, "direction": "inbound", "from_number": "998900000001", "to_number": "600",
        "extension": "1001", "start_time": "2023-11-15T12:00:00Z", "end_time": "2023-11-15T12:00:10Z", "duration": 7,
        "status": "answered", "recording_url": format!("/api/rest/v1/calls/{queued}/recording") });
    let calls = log["calls"].as_array().unwrap();
    assert!(calls.len() == 2 && calls.contains(&expected), "{log}");
    let rows = Visitor::logged_in(&pbx).await.log().await;
    for (row, call) in rows.iter().rev().zip(calls) {
        let pair = |row: &Value, from: &str, to: &str| (row[from].clone(), row[to].clone());
        assert_eq!(pair(row, "FROM_NUM", "TO_NUM"), pair(call, "from_number", "to_number"));
        assert_eq!(row["ANSWERED_DURATION"], call["duration"]);
    }
    let url = format!("{}{}", pbx.url(), expected["recording_url"].as_str().unwrap());
    let sound = careless().get(url).basic_auth(USER, Some(PASSWORD)).send().await.unwrap();
    assert!(sound.bytes().await.unwrap().starts_with(b"RIFF"));
    assert_eq!(got(&pbx, "1.1/recording").await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_cut_by_time_extension_and_number() {
    let (pbx, hand) = healthy();
    for to in ["101", "102", "101", "103"] {
        let id = pbx.ring("998900000001", to);
        hand.on(60_000);
        pbx.vanish(&id);
    }
    let asked = async |query: &str| {
        let (status, said) = got(&pbx, &format!("cdr?{query}")).await;
        assert_eq!(status, 200, "{said}");
        said["calls"]
            .as_array()
            .unwrap()
            .iter()
            .map(|call| call["to_number"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(asked("").await, ["103", "101", "102", "101"], "the newest first");
    assert_eq!(asked("limit=2").await, ["103", "101"]);
    assert_eq!(asked("extension=101").await, ["101", "101"]);
    assert_eq!(asked("start_date=2023-11-15T12:01:00Z&end_date=2023-11-15T12:02:00Z").await, ["101", "102"]);
    assert_eq!(asked("start_date=2023-11-15&end_date=2023-11-15").await.len(), 4);
    assert!(asked("start_date=2023-11-16").await.is_empty());
    assert_eq!(got(&pbx, "cdr?start_date=soon").await.0, 400);
    let stranger = careless().get(format!("{}/api/rest/v1/calls/cdr", pbx.url())).send().await.unwrap();
    assert_eq!(stranger.status(), 401);
}
