//! Recordings on their way: the two steps to them, and what is not passed on.

use std::io;

use futures_util::TryStreamExt as _;
use karnay::ports::Playback;

use super::*;

async fn heard(playback: Playback) -> io::Result<Vec<u8>> {
    let pieces: Vec<bytes::Bytes> = playback.bytes.try_collect().await?;
    Ok(pieces.concat())
}

/// A box with one recording, and what each driver calls that.
async fn recorded(faults: &str) -> (SimulatedPbx, Hand, Vec<(&'static str, Arc<dyn Pbx>, String)>) {
    let (pbx, hand) = start("");
    talked(&pbx, &hand, (CALLER, "158"), (7, 35));
    let mut known = vec![];
    for (name, driver) in both(&options(&pbx)) {
        let found = driver.recordings(instant(NOON), 10).await.unwrap();
        assert_eq!(found.len(), 1, "{name}");
        assert_eq!((found[0].secs, found[0].started_at), (35, instant(NOON + 7_000)), "{name}");
        let mut pair = [found[0].extension.as_str(), found[0].other.as_str()];
        pair.sort_unstable();
        assert_eq!(pair, ["158", CALLER], "{name}");
        known.push((name, driver, found[0].id.clone()));
    }
    change(&pbx, faults);
    (pbx, hand, known)
}

#[tokio::test(flavor = "multi_thread")]
async fn both_drivers_bring_the_same_recording() {
    let (_pbx, _, known) = recorded("progress:2").await;
    let mut brought = vec![];
    for (name, driver, id) in known {
        let playback = driver.open_recording(&id).await.unwrap().unwrap();
        let size = playback.size.unwrap();
        let sound = heard(playback).await.unwrap();
        assert!(sound.starts_with(b"RIFF"), "{name}");
        assert_eq!(u64::try_from(sound.len()).unwrap(), size, "{name}");
        brought.push(sound);
    }
    assert_eq!(brought[0], brought[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_is_not_there_is_none() {
    let (_pbx, _, known) = recorded("").await;
    for (name, driver, _) in known {
        assert!(driver.open_recording("4040").await.unwrap().is_none(), "{name}");
        assert!(driver.open_recording("../active?x=1#").await.unwrap().is_none(), "{name}");
        assert_eq!(
            driver.recordings(instant(NOON + 60_000), 10).await,
            Ok(vec![]),
            "{name}: it began before"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_that_gives_fewer_than_it_was_asked_for_is_asked_again() {
    let (pbx, hand) = start("");
    for number in 0..8 {
        talked(&pbx, &hand, (&format!("99890000000{number}"), "158"), (3, 30));
    }
    change(&pbx, "cap:3");
    for (name, driver) in both(&options(&pbx)) {
        let found = driver.recordings(instant(NOON), 1_000).await.unwrap();
        assert_eq!(found.len(), 8, "{name}");
        assert_eq!(driver.recordings(instant(NOON), 2).await.unwrap().len(), 2, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_before_the_second_step_is_followed_by_another() {
    let (pbx, _, known) = recorded("").await;
    let (_, driver, id) = &known[0];
    for logins in 2..4 {
        pbx.expire();
        assert!(heard(driver.open_recording(id).await.unwrap().unwrap()).await.is_ok());
        assert_eq!(pbx.counts().logins, logins);
    }
    // Over after the first step and before the second, which the box tells with HTTP 403.
    let (pbx, _, known) = recorded("").await;
    let (_, driver, id) = &known[0];
    change(&pbx, "kill:4");
    driver.live().await.unwrap();
    assert!(heard(driver.open_recording(id).await.unwrap().unwrap()).await.is_ok());
    assert_eq!(pbx.counts().logins, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_instead_of_sound_is_not_passed_on() {
    let (_pbx, _, known) = recorded("page").await;
    let (_, driver, id) = &known[0];
    assert!(is_senseless(&driver.open_recording(id).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_of_another_length_than_announced_is_not_passed_on() {
    let (_pbx, _, known) = recorded("length").await;
    let (_, driver, id) = &known[0];
    assert!(is_senseless(&driver.open_recording(id).await));
    let (pbx, _, known) = recorded("length,chunks").await;
    let (_, driver, id) = &known[0];
    let playback = driver.open_recording(id).await.unwrap().unwrap();
    let broken = heard(playback).await.unwrap_err();
    assert_eq!(broken.kind(), io::ErrorKind::UnexpectedEof, "where the length shows only at the end");
    drop(pbx);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_breaks_off_is_no_whole_one() {
    let (_pbx, _, known) = recorded("truncated").await;
    let (_, driver, id) = &known[0];
    let playback = driver.open_recording(id).await.unwrap().unwrap();
    assert!(heard(playback).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_is_too_large_is_not_passed_on() {
    let (pbx, _, _known) = recorded("").await;
    let small = Options { recording_len_max: 1_000, ..options(&pbx) };
    for (name, driver) in both(&small) {
        let id = driver.recordings(instant(NOON), 1).await.unwrap()[0].id.clone();
        assert!(is_senseless(&driver.open_recording(&id).await), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_is_never_ready_is_given_up() {
    let (pbx, _, _known) = recorded("progress:100000").await;
    let mut hasty = options(&pbx);
    hasty.times.call = Duration::from_secs(1);
    let driver = Kerio::try_new(hasty).unwrap();
    assert!(is_away(&driver.open_recording("771").await));
}
