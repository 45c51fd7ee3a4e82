//! Getting in, staying in, and not knocking too often.

use futures_util::future::join_all;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_looks_take_one_login() {
    let (pbx, _) = start("");
    let driver = kerio(&pbx);
    driver.about().await.unwrap();
    for _ in 0..1_000 {
        driver.live().await.unwrap();
    }
    let counts = pbx.counts();
    assert_eq!((counts.logins, counts.of("Status.getCalls")), (1, 1_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_who_meet_an_expired_session_take_one_login() {
    let (pbx, _) = start("");
    let driver = kerio(&pbx);
    driver.live().await.unwrap();
    for logins in 2..7 {
        pbx.expire();
        let all = join_all((0..10).map(|_| driver.live())).await;
        assert!(all.iter().all(Result::is_ok), "{all:?}");
        assert_eq!(pbx.counts().logins, logins);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_who_begin_take_one_login() {
    let (pbx, _) = start("latency:20");
    let driver = kerio(&pbx);
    assert!(join_all((0..10).map(|_| driver.live())).await.iter().all(Result::is_ok));
    assert_eq!(pbx.counts().logins, 1);
}

/// What the box answers to a token that is not the session's: HTTP 403, or that it knows no session.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_for_any_reason_is_followed_by_another() {
    for faults in ["idle:60", "expire:60", "kill:3"] {
        let (pbx, hand) = start(faults);
        let driver = kerio(&pbx);
        for _ in 0..8 {
            driver.live().await.unwrap();
            hand.on(25_000);
        }
        let logins = pbx.counts().logins;
        assert_eq!(logins, if faults == "idle:60" { 1 } else { 3 }, "{faults}");
        hand.on(61_000);
        driver.live().await.unwrap();
        let expired = faults != "kill:3";
        assert_eq!(pbx.counts().logins, logins + u64::from(expired), "{faults}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_is_got_over() {
    let (pbx, hand) = start("");
    let driver = kerio(&pbx);
    let call = pbx.ring(CALLER, "158");
    driver.live().await.unwrap();
    pbx.restart(Duration::from_secs(30));
    assert!(is_away(&driver.live().await) && is_away(&driver.live().await));
    hand.on(31_000);
    assert_eq!(driver.live().await.unwrap().calls[0].id, call);
    assert_eq!(pbx.counts().logins, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_tried_once() {
    for code in ["", "badlogin:1001", "badlogin:-32001"] {
        let (pbx, _) = start(code);
        let wrong = Options { password: Password::new("another one"), ..options(&pbx) };
        for (name, driver) in both(&wrong) {
            assert_eq!(driver.about().await, Err(PbxTrouble::Password), "{name}");
            let asked = pbx.counts();
            for _ in 0..20 {
                assert_eq!(driver.live().await, Err(PbxTrouble::Password), "{name}");
            }
            let all = join_all((0..10).map(|_| driver.log(page(0, 1)))).await;
            assert!(all.iter().all(|told| *told == Err(PbxTrouble::Password)));
            assert_eq!(pbx.counts(), asked, "{name}: nobody knocked again");
        }
        let kerio = Kerio::try_new(wrong).unwrap();
        let refused = pbx.counts().refused_logins;
        for knocks in 1..4 {
            assert_eq!(kerio.about().await, Err(PbxTrouble::Password));
            assert_eq!(
                pbx.counts().refused_logins,
                refused + knocks,
                "who asks about it has looked after it"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_right_is_told_by_what_it_is_for() {
    let (pbx, _) = start("forbidden:CallHistory.get,forbidden:Recordings.get");
    let driver = kerio(&pbx);
    let rights = |what: &str| PbxTrouble::Rights { what: what.to_owned() };
    assert_eq!(driver.log(page(0, 1)).await, Err(rights("CallHistory.get")));
    assert_eq!(driver.recordings(instant(0), 1).await, Err(rights("Recordings.get")));
    assert!(driver.live().await.is_ok(), "what it may do it does");
    assert_eq!(pbx.counts().logins, 1, "no other session would have the right");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_is_let_in_anew() {
    let (pbx, _) = start("");
    let driver = kerio(&pbx);
    driver.close().await;
    assert_eq!(pbx.counts().of("Session.logout"), 0, "there was nothing to leave");
    driver.live().await.unwrap();
    driver.close().await;
    driver.close().await;
    assert_eq!(pbx.counts().of("Session.logout"), 1);
    driver.live().await.unwrap();
    assert_eq!(pbx.counts().logins, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_box_tells_its_name_and_version() {
    let (pbx, _) = start("");
    let about = kerio(&pbx).about().await.unwrap();
    assert_eq!((about.product.as_str(), about.version.as_str()), ("Kerio Operator (SIMULATED)", "2.6.4"));
    change(&pbx, "missing:Server.getConstantList");
    let about = kerio(&pbx).about().await.unwrap();
    assert_eq!((about.product.as_str(), about.version.as_str()), ("Kerio Operator", "API 2.0.0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_shows_a_secret() {
    let (pbx, _) = start("");
    for (name, driver) in both(&options(&pbx)) {
        driver.about().await.unwrap();
        let shown = format!("{driver:?}");
        assert!(shown.contains("***") && !shown.contains(PASSWORD), "{name}: {shown}");
        let hex = shown.split(|c: char| !c.is_ascii_hexdigit()).map(str::len).max();
        assert!(hex < Some(32), "{name} shows a token: {shown}");
    }
}
