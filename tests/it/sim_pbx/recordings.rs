//! Recordings: when they come, the two steps to their sound, and what may be wrong with it.

use reqwest::Method;

use super::*;

/// A call of so many seconds of talk that was hung up just now.
fn talked(pbx: &SimulatedPbx, hand: &Hand, from: &str, secs: i64) -> String {
    let id = pbx.ring(from, "158");
    hand.on(2_000);
    pbx.answer(&id);
    hand.on(secs * 1_000);
    pbx.hang_up(&id);
    id
}

async fn tapes(visitor: &Visitor) -> Vec<Value> {
    let query = json!({ "query": { "fields": ["ID", "NAME", "EXTENSION", "CALLER_ID", "DURATION", "STARTED"],
        "start": 0, "limit": 100, "orderBy": [{ "columnName": "STARTED", "direction": "Desc" }] } });
    visitor.result("Recordings.get", query).await["recordingList"].as_array().unwrap().clone()
}

/// The address of a recording once it is ready, and its length as it is announced.
async fn ready(visitor: &Visitor, id: &str, transcode: bool) -> (String, u64) {
    let params = json!({ "id": id, "transcode": transcode });
    let first = visitor.result("Recordings.downloadAudioContent", params.clone()).await;
    assert_eq!(first, json!({ "operationProgress": 50 }), "it is not ready at once");
    let said = visitor.result("Recordings.downloadAudioContent", params).await;
    let file = &said["fileDownload"];
    let url = file["url"].as_str().unwrap();
    assert!(url.starts_with("/admin/") && file["name"].as_str().unwrap().contains(".wav"), "{said}");
    (format!("{}{url}", visitor.url), file["length"].as_u64().unwrap())
}

async fn fetched(visitor: &Visitor, url: &str) -> reqwest::Result<(u16, String, Vec<u8>)> {
    let answer = visitor.request(Method::GET, url).send().await?;
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    Ok((answer.status().as_u16(), kind, answer.bytes().await?.to_vec()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_comes_after_the_row_and_some_never() {
    let (pbx, hand) = healthy();
    let visitor = Visitor::logged_in(&pbx).await;
    let call = talked(&pbx, &hand, "998900000001", 35);
    hand.on(300);
    assert_eq!((visitor.log().await.len(), tapes(&visitor).await.len()), (1, 0));
    hand.on(1_000);
    let began = NOON / 1_000;
    let list = tapes(&visitor).await;
    let expected = json!({ "ID": "771", "NAME": list[0]["NAME"], "EXTENSION": "158", "CALLER_ID": "998900000001",
        "DURATION": 35, "STARTED": began + 2 });
    assert_eq!(list, [expected]);
    assert_eq!(pbx.tapes()[0].call, call);
    let unrecorded = pbx.ring("998900000002", "101");
    pbx.leave_unrecorded(&unrecorded);
    pbx.answer(&unrecorded);
    hand.on(9_000);
    pbx.hang_up(&unrecorded);
    let missed = pbx.ring("998900000003", "101");
    pbx.hang_up(&missed);
    hand.on(60_000);
    assert_eq!((visitor.log().await.len(), tapes(&visitor).await.len()), (3, 1));
    assert_eq!(pbx.log().iter().map(|row| row.recorded).collect::<Vec<_>>(), [true, false, false]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_is_named_after_whoever_talked_inside() {
    let (pbx, hand) = healthy();
    let visitor = Visitor::logged_in(&pbx).await;
    let queued = pbx.queue("998900000001");
    pbx.transfer(&queued, "1001");
    let out = pbx.ring("103", "998900000002");
    pbx.answer(&out);
    hand.on(5_000);
    pbx.hang_up(&queued);
    pbx.hang_up(&out);
    hand.on(5_000);
    let list = tapes(&visitor).await;
    let mut pairs: Vec<_> =
        list.iter().map(|tape| (tape["EXTENSION"].as_str(), tape["CALLER_ID"].as_str())).collect();
    pairs.sort_unstable();
    assert_eq!(pairs, [(Some("1001"), Some("998900000001")), (Some("103"), Some("998900000002"))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn its_sound_is_fetched_once_by_whoever_asked() {
    let (pbx, hand) = healthy();
    let visitor = Visitor::logged_in(&pbx).await;
    talked(&pbx, &hand, "998900000001", 5);
    hand.on(5_000);
    for (transcode, width) in [(false, 1), (true, 2)] {
        let (url, length) = ready(&visitor, "771", transcode).await;
        assert_eq!(careless().get(&url).send().await.unwrap().status(), 403, "not without cookies");
        let (status, kind, sound) = fetched(&visitor, &url).await.unwrap();
        assert_eq!((status, kind.as_str()), (200, "audio/x-wav"));
        assert_eq!((u64::try_from(sound.len()).unwrap(), sound.len()), (length, 44 + 5 * 8_000 * width));
        assert_eq!((&sound[..4], &sound[8..16]), (&b"RIFF"[..], &b"WAVEfmt "[..]));
        let said =
            |at: usize| usize::try_from(u32::from_le_bytes(sound[at..at + 4].try_into().unwrap())).unwrap();
        assert_eq!((said(4), said(40)), (sound.len() - 8, sound.len() - 44));
        assert_eq!(fetched(&visitor, &url).await.unwrap().0, 404, "an address is good for one time");
    }
    let (url, _) = ready(&visitor, "771", true).await;
    hand.on(60_000);
    assert_eq!(fetched(&visitor, &url).await.unwrap().0, 404, "and for a minute");
}

#[tokio::test(flavor = "multi_thread")]
async fn sound_may_break_off_be_of_another_length_or_be_a_page() {
    let (pbx, hand) = healthy();
    let visitor = Visitor::logged_in(&pbx).await;
    talked(&pbx, &hand, "998900000001", 60);
    hand.on(5_000);
    change(&pbx, "truncated");
    let (url, _) = ready(&visitor, "771", true).await;
    let answer = visitor.request(Method::GET, &url).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.content_length()), (200, Some(44 + 960_000)));
    assert!(answer.bytes().await.is_err(), "it breaks off");
    change(&pbx, "length");
    let (url, length) = ready(&visitor, "771", true).await;
    let sound = fetched(&visitor, &url).await.unwrap().2;
    assert_ne!(u64::try_from(sound.len()).unwrap(), length);
    change(&pbx, "page");
    let (url, _) = ready(&visitor, "771", true).await;
    let (status, kind, page) = fetched(&visitor, &url).await.unwrap();
    assert_eq!((status, kind.as_str(), &page[..9]), (200, "text/html; charset=UTF-8", &b"<!DOCTYPE"[..]));
}
