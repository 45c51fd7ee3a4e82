//! Call servers try again for hours. However often a report comes it is held once, and what people decided about it stands.

use std::collections::BTreeSet;

use actix_web::http::Method;
use karnay::config::UnknownSession;
use karnay::http::Options;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::{hold, list, post, report};
use crate::http_world::{Answer, Floor, bearer, near, options};
use crate::world::World;

/// A problem without what names its request.
fn told(answer: &Answer) -> (u16, Value) {
    let mut body = answer.json();
    for own in ["instance", "requestId"] {
        body.as_object_mut().unwrap().remove(own);
    }
    (answer.status, body)
}

#[actix_web::test]
async fn a_report_that_comes_again_is_held_once_and_answered_as_at_first() {
    let floor = Floor::new().await;
    let first = floor.report(&report("made-up", 1)).await;
    let position = floor.journal.position();
    for _ in 0..3 {
        assert_eq!(told(&floor.report(&report("made-up", 1)).await), told(&first));
    }
    assert_eq!((first.status, &first.json()["quarantined"]), (404, &json!(true)));
    assert_eq!(floor.journal.position(), position, "nothing more was recorded");
    assert_eq!(list(&floor, "").await.as_array().unwrap().len(), 1);

    // Another name, another number and other words are other reports.
    for other in [report("made-up-2", 1), report("made-up", 2)] {
        assert_eq!(floor.report(&other).await.status, 404);
    }
    let spaced = report("made-up", 1).to_string().replace(',', ", ");
    floor.ask(near(Method::POST, "/calls/result").set_payload(spaced)).await;
    assert_eq!(list(&floor, "").await.as_array().unwrap().len(), 4);
}

#[actix_web::test]
async fn what_was_decided_about_a_report_stands_when_it_comes_again() {
    let floor = Floor::new().await;
    let (given_up, bound) = (hold(&floor, "made-up", 1).await, hold(&floor, "made-up", 2).await);
    floor.session("1", "s-1").await;
    assert_eq!(post(&floor, &format!("{given_up}/discard"), &Value::Null).await.status, 200);
    let binding = json!({ "sessionId": "s-1" });
    assert_eq!(post(&floor, &format!("{bound}/bind"), &binding).await.status, 200);
    let position = floor.journal.position();
    for (number, settled) in [(1, json!([null, true])), (2, json!(["s-1", null]))] {
        let again = floor.report(&report("made-up", number)).await;
        let told = again.json();
        assert_eq!((again.status, &told["code"]), (404, &json!("session-unknown")), "{told}");
        assert_eq!(
            (&told["quarantined"], json!([told["boundTo"], told["discarded"]])),
            (&json!(false), settled)
        );
        assert!(!told["detail"].as_str().unwrap().contains("is kept"), "{told}");
    }
    assert_eq!(floor.journal.position(), position);
    assert_eq!(list(&floor, "").await, json!([]));
    let ids = [list(&floor, "?state=discarded").await, list(&floor, "?state=bound").await];
    assert_eq!(ids.map(|known| known[0]["id"].clone()), [json!(given_up), json!(bound)]);
}

#[actix_web::test]
async fn an_accepted_report_has_one_position() {
    let floor = Floor::with(Options { unknown_session: UnknownSession::Accepted, ..options() }).await;
    let first = floor.report(&report("made-up", 1)).await;
    floor.report(&report("made-up", 2)).await;
    let again = floor.report(&report("made-up", 1)).await;
    assert_eq!((first.status, first.json()), (202, again.json()));
    assert_eq!(first.header("x-position"), again.header("x-position"));
}

/// Neither learns from the other's ids that they were told the same.
#[actix_web::test]
async fn two_organizations_hold_the_same_report_each() {
    let floor = Floor::new().await;
    let ours = hold(&floor, "made-up", 1).await;
    let theirs = || bearer(&json!({ "organizationId": 2, "role": "manager" }));
    let request = near(Method::POST, "/calls/result").insert_header(theirs());
    assert_eq!(floor.ask(request.set_payload(report("made-up", 1).to_string())).await.status, 404);
    let held = floor.ask(near(Method::GET, "/calls/quarantine").insert_header(theirs())).await.json();
    assert_eq!(held.as_array().unwrap().len(), 1);
    assert_ne!(held[0]["id"], json!(ours));
}

#[actix_web::test]
async fn a_report_that_comes_many_times_at_once_is_held_once() {
    let floor = Floor::new().await;
    let body = report("made-up", 1);
    let all = futures_util::future::join_all((0..20).map(|_| floor.report(&body))).await;
    assert!(all.iter().all(|answer| answer.status == 404));
    assert_eq!(list(&floor, "").await.as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn any_number_of_repetitions_holds_each_report_once() {
    let floor = Floor::new().await;
    let said = prop::collection::vec(("[ab]", 0_u32..3), 1..20);
    let (mut runner, mut all) = (TestRunner::deterministic(), BTreeSet::new());
    for round in 0..16 {
        for (name, number) in said.new_tree(&mut runner).unwrap().current() {
            let session = format!("{name}-{}", round % 4);
            assert_eq!(floor.report(&report(&session, number)).await.status, 404);
            all.insert((session, number));
        }
        let held = list(&floor, "?limit=1000").await.as_array().unwrap().len();
        assert_eq!(held, all.len(), "in round {round}");
    }
}

async fn a_report_is_known_again_after_a_restart(mut world: World) {
    world.set("UNKNOWN_SESSION", "404");
    world.start().await;
    for round in 0..2 {
        let answer = world.report(&crate::world::report("made-up", 1)).await.unwrap();
        assert_eq!(answer.status(), 404);
        let held = world.json("/calls/quarantine").await;
        assert_eq!(held.as_array().unwrap().len(), 1, "{held}");
        if round == 0 {
            assert!(world.stop().success());
            world.start().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_known_again_after_a_restart_on_sqlite() {
    a_report_is_known_again_after_a_restart(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_known_again_after_a_restart_on_postgres() {
    a_report_is_known_again_after_a_restart(World::postgres().await).await;
}
