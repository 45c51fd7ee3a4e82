//! Who may report where reports are signed: what a signature opens, what it does not, and that a wrong one opens nothing.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use karnay::config::{SigningSecret, WebhookAuth};
use serde_json::json;

use crate::http_world::{Answer, Floor, bearer, in_seconds, near, options};

const SECRET: &str = "the call server's secret";
const OLDER: &str = "the secret before that one";

fn report() -> String {
    json!({ "sessionId": "s-1", "phoneNumber": "+998901234567", "callStatus": "BUSY" }).to_string()
}

async fn floor(webhook: WebhookAuth) -> Floor {
    let mut options = options();
    options.access.webhook = webhook;
    options.access.webhook_secrets = [SECRET, OLDER].map(|text| SigningSecret::parse(text).unwrap()).to_vec();
    let floor = Floor::with(options).await;
    floor.session("1", "s-1").await;
    floor
}

fn signature(secret: &str, id: &str, seconds: i64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{id}.{seconds}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(tag.as_ref()))
}

/// A report from far away, signed.
fn signed(secret: &str, off: i64) -> TestRequest {
    let seconds = in_seconds(off);
    far()
        .insert_header(("webhook-id", "m-1"))
        .insert_header(("webhook-timestamp", seconds.to_string()))
        .insert_header(("webhook-signature", signature(secret, "m-1", seconds, &report())))
}

fn far() -> TestRequest {
    let peer = "192.0.2.8:1".parse().unwrap();
    near(Method::POST, "/calls/result")
        .peer_addr(peer)
        .insert_header(("host", "calls.example"))
        .set_payload(report())
}

fn refused(answer: &Answer, code: &str) {
    assert_eq!((answer.status, &*answer.problem()), (401, code), "{answer:?}");
    assert_eq!(answer.json().get("quarantined"), None);
}

#[actix_web::test]
async fn a_signed_report_is_its_sessions() {
    for mode in [WebhookAuth::Hmac, WebhookAuth::Auto, WebhookAuth::Open] {
        for secret in [SECRET, OLDER] {
            let answer = floor(mode).await.ask(signed(secret, 0)).await;
            assert_eq!((answer.status, &answer.json()["sessionId"]), (200, &json!("s-1")), "{mode:?}");
        }
    }
}

#[actix_web::test]
async fn a_wrong_signature_opens_nothing_anywhere() {
    for mode in [WebhookAuth::Hmac, WebhookAuth::Auto, WebhookAuth::Open, WebhookAuth::Token] {
        let floor = floor(mode).await;
        // That somebody was refused is recorded, and is no news.
        let before = floor.journal.position_of_news();
        let token = || bearer(&json!({ "organizationId": 1 }));
        let wrong = signed("a secret of somebody else", 0).insert_header(token());
        refused(&floor.ask(wrong).await, "signature-invalid");
        let other = report().replace("BUSY", "ANSWERED");
        refused(
            &floor.ask(signed(SECRET, 0).insert_header(token()).set_payload(other)).await,
            "signature-invalid",
        );
        for off in [-302, 302] {
            refused(&floor.ask(signed(SECRET, off).insert_header(token())).await, "signature-stale");
        }
        // From this machine as well.
        let near = signed(SECRET, -302).insert_header(token()).peer_addr("127.0.0.1:1".parse().unwrap());
        refused(&floor.ask(near.insert_header(("host", "localhost"))).await, "signature-stale");
        assert_eq!(floor.journal.position_of_news(), before, "{mode:?}");
    }
}

#[actix_web::test]
async fn hmac_asks_everybody_for_a_signature() {
    let floor = floor(WebhookAuth::Hmac).await;
    refused(&floor.ask(far()).await, "signature-missing");
    refused(&floor.report(&json!({})).await, "signature-missing");
    let token = far().insert_header(bearer(&json!({ "organizationId": 1, "role": "admin" })));
    refused(&floor.ask(token).await, "signature-missing");
    // Both together: the token says whose it is.
    let theirs = signed(SECRET, 0).insert_header(bearer(&json!({ "organizationId": 2 })));
    assert_eq!(floor.ask(theirs).await.problem(), "session-unknown");
    let auditor = signed(SECRET, 0).insert_header(bearer(&json!({ "organizationId": 1, "role": "auditor" })));
    assert_eq!(floor.ask(auditor).await.problem(), "role-too-low");
}

#[actix_web::test]
async fn a_signature_is_no_token() {
    let floor = floor(WebhookAuth::Token).await;
    refused(&floor.ask(signed(SECRET, 0)).await, "token-missing");
    let both = signed(SECRET, 0).insert_header(bearer(&json!({ "organizationId": 1 })));
    assert_eq!(floor.ask(both).await.status, 200);
    let asked = near(Method::GET, "/calls/sessions/all").peer_addr("192.0.2.8:1".parse().unwrap());
    let asked = asked.insert_header(("host", "calls.example")).insert_header(("webhook-signature", "v1,x"));
    refused(&floor.ask(asked).await, "token-missing");
}

#[actix_web::test]
async fn auto_takes_a_token_or_a_signature_from_afar() {
    let floor = floor(WebhookAuth::Auto).await;
    refused(&floor.ask(far()).await, "token-missing");
    assert_eq!(floor.ask(far().insert_header(bearer(&json!({ "organizationId": 1 })))).await.status, 200);
    assert_eq!(floor.ask(signed(SECRET, 0)).await.status, 200);
    assert_eq!(floor.ask(near(Method::POST, "/calls/result").set_payload(report())).await.status, 200);
}

#[actix_web::test]
async fn without_secrets_a_signature_opens_nothing_and_harms_nothing() {
    let floor = Floor::new().await;
    floor.session("1", "s-1").await;
    refused(&floor.ask(signed(SECRET, 0)).await, "token-missing");
    let near = signed(SECRET, 0).peer_addr("127.0.0.1:1".parse().unwrap());
    assert_eq!(floor.ask(near.insert_header(("host", "localhost"))).await.status, 200);
}

#[actix_web::test]
async fn a_signed_report_of_nobodys_session_is_kept() {
    let floor = floor(WebhookAuth::Hmac).await;
    let (body, seconds) = (report().replace("s-1", "made-up"), in_seconds(0));
    let request = far()
        .insert_header(("webhook-id", "m-2"))
        .insert_header(("webhook-timestamp", seconds.to_string()))
        .insert_header(("webhook-signature", signature(SECRET, "m-2", seconds, &body)))
        .set_payload(body);
    let answer = floor.ask(request).await;
    assert_eq!((answer.status, &answer.json()["quarantined"]), (404, &json!(true)));
    let listed = floor.get("/calls/quarantine").await.json();
    assert_eq!(listed[0]["sessionId"], "made-up");
}
