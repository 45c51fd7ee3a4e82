//! What a driver makes of a box that is slow, broken, away or something else altogether.

use std::net::{Ipv4Addr, TcpListener};
use std::time::Instant;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_box_that_is_not_there_is_away() {
    let (pbx, _) = start("");
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    for (name, driver) in both(&Options { port: free, ..options(&pbx) }) {
        let told = driver.live().await;
        assert!(is_away(&told), "{name}: {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_is_no_answer() {
    let (pbx, _) = start("");
    for (name, driver) in both(&options(&pbx)) {
        change(&pbx, "");
        driver.live().await.unwrap();
        for (faults, away) in [("lost", true), ("500", true), ("html", false)] {
            change(&pbx, faults);
            let told = driver.live().await;
            assert!(if away { is_away(&told) } else { is_senseless(&told) }, "{name}, {faults}: {told:?}");
        }
        change(&pbx, "");
        assert!(driver.live().await.is_ok(), "{name}: and then it is as before");
    }
    assert_eq!(pbx.counts().logins, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_in_odd_pieces_is_the_same_answer() {
    let (pbx, _) = start("");
    pbx.make_log(200, Duration::from_hours(1));
    for (name, driver) in both(&options(&pbx)) {
        change(&pbx, "");
        let whole = driver.log(page(0, 200)).await.unwrap();
        change(&pbx, "chunks");
        assert_eq!(driver.log(page(0, 200)).await.unwrap(), whole, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_is_over_in_time() {
    let (pbx, _) = start("");
    let mut hasty = options(&pbx);
    hasty.times.poll = Duration::from_millis(200);
    for (name, driver) in both(&hasty) {
        change(&pbx, "");
        driver.about().await.ok();
        driver.log(page(0, 1)).await.unwrap();
        change(&pbx, "latency:5000");
        let began = Instant::now();
        let told = driver.live().await;
        assert!(is_away(&told) && began.elapsed() < Duration::from_secs(4), "{name}: {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_that_loses_every_twentieth_answer_is_read_all_the_same() {
    let (pbx, _) = start("lost:5,expire:3600,kill:40");
    pbx.make_log(2_000, Duration::from_hours(100));
    for (name, driver) in both(&options(&pbx)) {
        let mut read = vec![];
        while read.len() < 2_000 {
            let start = u64::try_from(read.len()).unwrap();
            if let Ok(told) = driver.log(page(start, 50)).await {
                read.extend(told.rows);
            }
        }
        assert_eq!(read.len(), pbx.log().len(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_the_box_does_not_know_is_told_apart() {
    let (pbx, _) = start("missing:Recordings.get");
    let told = kerio(&pbx).recordings(instant(0), 1).await;
    assert_eq!(told, Err(PbxTrouble::Unsupported { what: "Recordings.get".to_owned() }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_closed_after_an_answer_is_no_failure() {
    let (pbx, _) = start("close:50");
    for (name, driver) in both(&options(&pbx)) {
        for _ in 0..200 {
            assert!(driver.live().await.is_ok(), "{name}");
        }
    }
    assert_eq!(pbx.counts().logins, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_asks_for_what_its_number_says() {
    let (pbx, _) = start("");
    let driver = kerio(&pbx);
    driver.live().await.unwrap();
    for (code, kind) in [
        ("error:-32002", "Away"),
        ("error:-32603", "Senseless"),
        ("error:1000", "Senseless"),
        ("error:1003", "Rights"),
    ] {
        change(&pbx, code);
        let told = format!("{:?}", driver.live().await.unwrap_err());
        assert!(told.starts_with(kind), "{code}: {told}");
    }
    assert_eq!(pbx.counts().logins, 1);
}
