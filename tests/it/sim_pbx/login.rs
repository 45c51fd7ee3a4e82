//! The certificate, logging in, and how a session ends.

use aws_lc_rs::digest::{SHA256, digest};

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_certificate_is_its_own_and_known_by_its_pin() {
    let (pbx, _) = healthy();
    let strict = reqwest::Client::new().get(pbx.url()).send().await.unwrap_err();
    assert!(strict.is_connect(), "nobody has signed it: {strict:?}");
    let answer = careless().get(pbx.url()).send().await.unwrap();
    let info = answer.extensions().get::<reqwest::tls::TlsInfo>().unwrap();
    let leaf = info.peer_certificate().unwrap();
    assert_eq!(pbx.pin(), format!("pin:{}", hex::encode(digest(&SHA256, leaf))));
    let (other, _) = healthy();
    assert_ne!(other.pin(), pbx.pin(), "each start makes its own");
    let trusting = reqwest::Certificate::from_der(leaf).unwrap();
    let trusting = reqwest::Client::builder().tls_certs_only([trusting]).build().unwrap();
    assert_eq!(trusting.get(pbx.url()).send().await.unwrap().status(), 404, "whoever trusts it may come in");
    assert!(trusting.get(other.url()).send().await.is_err());
    assert!(reqwest::get(pbx.url().replace("https", "http")).await.is_err(), "there is no door without TLS");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_gives_two_cookies_and_the_token_in_one_of_them() {
    let (pbx, _) = healthy();
    let answer = Visitor::new(pbx.url()).log_in_with(USER, PASSWORD).await;
    let cookies: Vec<String> = answer
        .headers()
        .get_all(SET_COOKIE)
        .iter()
        .map(|cookie| cookie.to_str().unwrap().to_owned())
        .collect();
    let said: Value = answer.json().await.unwrap();
    let token = said["result"]["token"].as_str().unwrap();
    assert!(token.len() == 32 && token.chars().all(|digit| digit.is_ascii_hexdigit()), "{token}");
    let [session, second] = cookies.as_slice() else { panic!("{cookies:?}") };
    assert_eq!(*second, format!("TOKEN_OPERATOR_WEBADMIN={token}; Secure; Path=/admin/"));
    let value = session.strip_prefix("SESSION_OPERATOR_WEBADMIN=").unwrap();
    let (value, attributes) = value.split_once("; ").unwrap();
    assert_eq!(attributes, "HttpOnly; Secure; Path=/admin/");
    assert!(value.len() == 32 && value != token, "{value}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_an_error_with_http_200() {
    let (pbx, _) = healthy();
    let visitor = Visitor::new(pbx.url());
    for (user, password) in [(USER, "wrong"), ("nobody", PASSWORD), (USER, "")] {
        let answer = visitor.log_in_with(user, password).await;
        assert!(answer.headers().get(SET_COOKIE).is_none());
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.json::<Value>().await.unwrap()["error"]["code"], 1000);
    }
    change(&pbx, "badlogin:1003");
    let answer = visitor.log_in_with(USER, "wrong").await;
    assert_eq!(answer.json::<Value>().await.unwrap()["error"]["code"], 1003);
    assert_eq!((pbx.counts().logins, pbx.counts().refused_logins), (0, 4));
    let nameless = json!({ "userName": USER, "password": PASSWORD });
    assert_eq!(visitor.refusal("Session.login", nameless).await, -32602, "the application has to be named");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_gives_the_same_cookies() {
    let (pbx, _) = healthy();
    let visitor = Visitor::new(pbx.url());
    let send = |password: &str| {
        let body = format!("kerio_username={USER}&kerio_password={}", password.replace(' ', "+"));
        let request = visitor.http.post(format!("{}/admin/dologin.php", pbx.url()));
        request.header("Content-Type", "application/x-www-form-urlencoded").body(body).send()
    };
    assert!(send("wrong").await.unwrap().headers().get(SET_COOKIE).is_none());
    let answer = send(PASSWORD).await.unwrap();
    assert_eq!(answer.status(), 302);
    let jar = jar(&answer);
    let token = jar.split("TOKEN_OPERATOR_WEBADMIN=").nth(1).unwrap().to_owned();
    *visitor.jar.lock().unwrap() = Some((jar, token));
    visitor.result("Session.whoAmI", json!({})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_let_in_with_half_of_what_it_takes() {
    let (pbx, _) = healthy();
    let visitor = Visitor::new(pbx.url());
    assert_eq!(visitor.refusal("Session.whoAmI", json!({})).await, -32001);
    visitor.log_in().await;
    visitor.result("Session.whoAmI", json!({})).await;
    let (jar, token) = visitor.jar.lock().unwrap().clone().unwrap();
    let other = Visitor::logged_in(&pbx).await;
    let (_, foreign) = other.jar.lock().unwrap().clone().unwrap();
    let body = json!({ "jsonrpc": "2.0", "id": 7, "method": "Session.whoAmI", "params": {} }).to_string();
    let send = |path: &str, jar: &str, token: &str| {
        let request = visitor.http.post(format!("{}{path}", pbx.url()));
        request.header(COOKIE, jar).header("X-Token", token).body(body.clone()).send()
    };
    let rpc = "/admin/api/jsonrpc/";
    for token in ["", foreign.as_str()] {
        assert_eq!(send(rpc, &jar, token).await.unwrap().status(), 403);
    }
    let half = jar.split(';').next().unwrap();
    for (path, jar) in [(rpc, half), ("/myphone/api/jsonrpc/", jar.as_str())] {
        let said: Value = send(path, jar, &token).await.unwrap().json().await.unwrap();
        assert_eq!(said["error"]["code"], -32001, "{path} {jar}");
    }
    change(&pbx, "softtoken");
    let said: Value = send(rpc, &jar, &foreign).await.unwrap().json().await.unwrap();
    assert_eq!(said["error"]["code"], -32001);
    assert_eq!(send(rpc, &jar, &token).await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_by_age_by_rest_by_use_and_by_force() {
    let (pbx, hand) = healthy();
    let visitor = Visitor::logged_in(&pbx).await;
    let lives = async || visitor.ask("Session.whoAmI", json!({})).await.get("result").is_some();

    change(&pbx, "idle:120");
    for _ in 0..5 {
        hand.on(119_000);
        assert!(lives().await, "it is in use");
    }
    hand.on(120_000);
    assert!(!lives().await);

    change(&pbx, "expire:300");
    visitor.log_in().await;
    for _ in 0..2 {
        hand.on(149_000);
        assert!(lives().await);
    }
    hand.on(2_000);
    assert!(!lives().await, "use does not prolong it");

    change(&pbx, "kill:3");
    visitor.log_in().await;
    assert_eq!([lives().await, lives().await, lives().await, lives().await], [true, true, true, false]);

    change(&pbx, "");
    visitor.log_in().await;
    assert!(lives().await);
    pbx.expire();
    assert!(!lives().await);
    assert_eq!(pbx.counts().logins, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_twice_is_an_error() {
    let (pbx, _) = healthy();
    let visitor = Visitor::logged_in(&pbx).await;
    assert_eq!(visitor.result("Session.logout", json!({})).await, json!({}));
    assert_eq!(visitor.refusal("Session.logout", json!({})).await, -32001);
    assert_eq!(pbx.counts().of("Session.logout"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_polls_are_counted_beside_their_one_login() {
    let (pbx, hand) = with("idle:120");
    let visitor = Visitor::logged_in(&pbx).await;
    for _ in 0..1_000 {
        hand.on(2_000);
        assert!(visitor.calls().await.is_empty());
    }
    let counts = pbx.counts();
    assert_eq!((counts.logins, counts.of("Session.login"), counts.of("Status.getCalls")), (1, 1, 1_000));
}
