//! Who was shown what belongs to a person: written down once an hour, told by the audit, and in nobody's way.

use std::sync::Arc;

use actix_web::http::Method;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{events, text, types};
use crate::called::Called;
use crate::http_sign_in::user;
use crate::http_world::{Answer, Floor, StillClock, bearer, near, options};

async fn ask(floor: &Floor, (who, role): (&str, &str), path: &str) -> Answer {
    let claims = json!({ "organizationId": 1, "role": role, "sub": who });
    floor.ask(near(Method::GET, path).insert_header(bearer(&claims))).await
}

/// Who looked, as the audit tells it, in the order of the journal.
async fn lookers(floor: &Floor, path: &str) -> Vec<String> {
    let told: Value = ask(floor, ("auditor", "auditor"), path).await.json();
    let looks = events(&told).iter().filter(|event| event["kind"] == "disclosure");
    looks.map(|event| text(&event["data"]["looked"]["by"]).to_owned()).collect()
}

#[actix_web::test]
async fn a_look_at_a_contact_is_written_down_once_an_hour() {
    let clock = StillClock::new();
    let floor = Floor::standing_still(options(), Arc::clone(&clock)).await;
    let contact = Called::of(&floor, "1").await.contact("+998901234567").await;
    let path = format!("/auto-calling/contacts/{contact}");
    let looks = async |who: &str| assert_eq!(ask(&floor, (who, "operator"), &path).await.status, 200);
    let before = floor.journal.position();
    for who in ["aziz", "aziz", "bobur", "aziz"] {
        looks(who).await;
    }
    assert_eq!(floor.journal.position() - before, 2);
    clock.pass(TimeDelta::minutes(61));
    looks("aziz").await;
    assert_eq!(floor.journal.position() - before, 3);
    let audit = format!("/audit/contact/{contact}");
    let seen = lookers(&floor, &audit).await;
    let names: Vec<&str> = seen.iter().map(|by| by.trim_start_matches("user:")).collect();
    assert_eq!(names, ["aziz", "bobur", "aziz"], "{seen:?}");
    assert_eq!(lookers(&floor, &audit).await.len(), 4, "the auditor has looked as well");
    let (status, strangers) = (404, bearer(&json!({ "organizationId": 2, "role": "manager" })));
    assert_eq!(floor.ask(near(Method::GET, &path).insert_header(strangers)).await.status, status);
    assert_eq!(lookers(&floor, &audit).await.len(), 4, "who sees nothing has not looked");
}

#[actix_web::test]
async fn files_of_everything_are_looks_too() {
    let floor = Floor::new().await;
    let none = ask(&floor, ("auditor", "auditor"), "/audit/export/calls").await;
    assert_eq!((none.status, &none.json()["events"]), (200, &json!([])));
    for (path, name) in [("/calls/history/export", "calls"), ("/auto-calling/contacts/export", "contacts")] {
        assert_eq!(ask(&floor, ("aziz", "manager"), path).await.status, 200);
        assert_eq!(lookers(&floor, &format!("/audit/export/{name}")).await.len(), 1, "{name}");
    }
    let unknown = ask(&floor, ("auditor", "auditor"), "/audit/export/passwords").await;
    assert_eq!((unknown.status, &*unknown.problem()), (404, "not-found"));
}

#[actix_web::test]
async fn what_is_nobodys_own_is_not_written_down() {
    let floor = Floor::new().await;
    floor.session("1", "s-1").await;
    user(&floor, "aziz", "manager").await;
    let before = floor.journal.position();
    for path in ["/audit/session/s-1", "/audit/session/s-1?with=calls", "/audit/user/aziz"] {
        assert_eq!(ask(&floor, ("auditor", "auditor"), path).await.status, 200, "{path}");
    }
    assert_eq!(floor.journal.position(), before);
    let report = json!({ "sessionId": "s-1", "phoneNumber": "+998901234567", "callStatus": "BUSY" });
    let result = floor.report(&report).await.json();
    let audit = format!("/audit/call/{}", text(&result["id"]));
    let told = ask(&floor, ("auditor", "auditor"), &audit).await.json();
    assert_eq!(types(events(&told)), ["call.reported"]);
    assert_eq!(lookers(&floor, &audit).await.len(), 1);
}

#[actix_web::test]
async fn nobody_waits_for_a_look() {
    // Nobody feeds these screens: whatever is waited for is behind for ever.
    let mut quick = options();
    quick.read_wait = std::time::Duration::ZERO;
    let floor = Floor::built(quick, false).await;
    floor.session("1", "s-1").await;
    let behind = async || {
        let answer = ask(&floor, ("x", "manager"), "/calls/sessions/all").await;
        answer.header("x-behind").unwrap().to_owned()
    };
    let before = (behind().await, floor.journal.position());
    for who in ["aziz", "bobur"] {
        assert_eq!(ask(&floor, (who, "manager"), "/calls/history/export").await.status, 200);
    }
    assert_eq!((behind().await, floor.journal.position()), (before.0.clone(), before.1 + 2));
    floor.session("1", "s-2").await;
    assert_ne!(behind().await, before.0, "what happens after looks is waited for as ever");
}

#[actix_web::test]
async fn what_cannot_be_written_down_is_not_shown() {
    let floor = Floor::new().await;
    let contact = Called::of(&floor, "1").await.contact("+998901234567").await;
    let path = format!("/auto-calling/contacts/{contact}");
    assert_eq!(ask(&floor, ("aziz", "operator"), &path).await.status, 200);
    floor.journal.close().await;
    let refused = ask(&floor, ("bobur", "operator"), &path).await;
    assert_eq!((refused.status, &*refused.problem()), (503, "journal-unavailable"));
    assert!(!String::from_utf8_lossy(&refused.bytes).contains("998901234567"));
}
