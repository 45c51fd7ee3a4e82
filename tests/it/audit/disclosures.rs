//! Who was shown what belongs to a person, and how: written down once an hour, told by the audit, and in nobody's way.

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

/// Looks as the audit tells them, in the order of the journal.
async fn looks(floor: &Floor, path: &str) -> Vec<Value> {
    let told: Value = ask(floor, ("auditor", "auditor"), path).await.json();
    let looks = events(&told).iter().filter(|event| event["kind"] == "disclosure");
    looks.map(|event| event["data"]["looked"].clone()).collect()
}

async fn lookers(floor: &Floor, path: &str) -> Vec<String> {
    looks(floor, path).await.iter().map(|look| text(&look["by"]).to_owned()).collect()
}

/// In which ways somebody looked.
async fn ways(floor: &Floor, who: &str, path: &str) -> Vec<Value> {
    let looks = looks(floor, path).await.into_iter().filter(|look| look["by"] == who);
    looks.map(|look| look["how"].clone()).collect()
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
async fn pages_of_lists_are_looks_too() {
    let floor = Floor::new().await;
    let called = Called::of(&floor, "1").await;
    let lists = [
        ("/auto-calling/contacts", "export/contacts"),
        ("/calls/history", "export/calls"),
        ("/calls/quarantine", "export/quarantine"),
    ];
    let before = floor.journal.position();
    for (path, _) in lists {
        assert_eq!(ask(&floor, ("aziz", "operator"), path).await.status, 200, "{path}");
    }
    assert_eq!(floor.journal.position(), before, "who is shown an empty list is shown nobody");

    called.contact("+998901234567").await;
    floor.session("1", "s-1").await;
    for session in ["s-1", "s-nobody-knows"] {
        floor
            .report(&json!({ "sessionId": session, "phoneNumber": "+998901234567", "callStatus": "BUSY" }))
            .await;
    }
    let (campaign, results) = (format!("campaign/{}", called.campaign), "/calls/session/s-1/results");
    let members = format!("/auto-calling/campaigns/{}/contacts", called.campaign);
    let own = [(results, "session/s-1"), (members.as_str(), campaign.as_str())];
    for (path, audit) in lists.into_iter().chain(own) {
        ask(&floor, ("aziz", "operator"), path).await;
        let shown = ask(&floor, ("aziz", "operator"), path).await;
        assert_eq!(shown.status, 200, "{path}");
        let audit = format!("/audit/{audit}");
        assert_eq!(ways(&floor, "aziz", &audit).await, ["listed"], "{path}: {shown:?}");
        let told = ask(&floor, ("auditor", "auditor"), &format!("{audit}?lang=en")).await.json();
        assert!(told.to_string().contains("aziz was shown a list"), "{told}");
    }
}

#[actix_web::test]
async fn a_campaign_shows_its_first_contacts_and_so_does_its_past() {
    let floor = Floor::new().await;
    let called = Called::of(&floor, "1").await;
    let (path, audit) = (
        format!("/auto-calling/campaigns/{}", called.campaign),
        format!("/audit/campaign/{}", called.campaign),
    );
    assert_eq!(ask(&floor, ("aziz", "operator"), &path).await.status, 200);
    assert_eq!(ways(&floor, "aziz", &audit).await, [Value::Null; 0], "it has nobody yet");
    called.contact("+998901234567").await;
    let then = format!("{path}?asOf={}", floor.journal.position());
    for (who, path) in [("aziz", &path), ("dilnoza", &then)] {
        let shown = ask(&floor, (who, "operator"), path).await;
        assert_eq!((shown.status, shown.json()["contacts"].as_array().unwrap().len()), (200, 1), "{path}");
        assert_eq!(ways(&floor, who, &audit).await, ["listed"], "{path}");
    }
}

#[actix_web::test]
async fn one_way_does_not_stand_for_another() {
    let floor = Floor::new().await;
    Called::of(&floor, "1").await.contact("+998901234567").await;
    for _ in 0..2 {
        for path in ["/auto-calling/contacts", "/auto-calling/contacts/export"] {
            assert_eq!(ask(&floor, ("aziz", "manager"), path).await.status, 200, "{path}");
        }
    }
    let ways = ways(&floor, "aziz", "/audit/export/contacts").await;
    assert_eq!(ways, ["listed", "copied", "copied"], "a file is taken away each time");
}

#[actix_web::test]
async fn whoever_was_forgotten_is_shown_to_nobody() {
    let floor = Floor::new().await;
    let contact = Called::of(&floor, "1").await.contact("+998901234567").await;
    let path = format!("/auto-calling/contacts/{contact}");
    let forget = near(Method::DELETE, &format!("{path}/personal-data"));
    let admin = bearer(&json!({ "organizationId": 1, "role": "admin" }));
    assert_eq!(floor.ask(forget.insert_header(admin)).await.status, 202);
    let shown = ask(&floor, ("aziz", "operator"), &path).await;
    assert_eq!((shown.status, &shown.json()["forgotten"]), (200, &json!(true)));
    assert_eq!(ways(&floor, "aziz", &format!("/audit/contact/{contact}")).await, [Value::Null; 0]);
}

#[actix_web::test]
async fn a_number_tells_its_story_without_being_named() {
    let floor = Floor::new().await;
    let (path, admin) = (
        "/auto-calling/do-not-call",
        bearer(&json!({ "organizationId": 1, "role": "admin", "sub": "aziz" })),
    );
    let put = near(Method::POST, path).insert_header(admin.clone());
    floor
        .ask(put.set_payload(json!({ "phone": "+998901234567", "note": "asked by letter" }).to_string()))
        .await;
    let check = format!("{path}/check?phone=%2B998901234567");
    let id = ask(&floor, ("aziz", "operator"), &check).await.json()["id"].clone();
    assert_eq!(
        floor.ask(near(Method::DELETE, &format!("{path}/{}", text(&id))).insert_header(admin)).await.status,
        204
    );
    let known = ask(&floor, ("aziz", "operator"), &check).await.json();
    assert_eq!(
        (&known["id"], &known["numberId"]),
        (&Value::Null, &id),
        "it has its name when it is off the list too"
    );
    let audit = format!("/audit/number/{}", text(&id));
    let told = ask(&floor, ("auditor", "auditor"), &audit).await.json();
    assert_eq!(types(events(&told)), ["person.opted_out", "person.opted_in"]);
    assert!(events(&told).iter().all(|event| event["actor"] == "aziz"), "{told}");
    let stranger = bearer(&json!({ "organizationId": 2, "role": "auditor" }));
    assert_eq!(floor.ask(near(Method::GET, &audit).insert_header(stranger)).await.status, 404);
    for unknown in ["1", "+998901234567", &"0".repeat(64)] {
        let none = ask(&floor, ("auditor", "auditor"), &format!("/audit/number/{unknown}")).await;
        assert_eq!(none.status, 404, "{unknown}");
    }
}

#[actix_web::test]
async fn a_held_report_tells_its_story() {
    let floor = Floor::new().await;
    let report =
        json!({ "sessionId": "s-nobody-knows", "phoneNumber": "+998901234567", "callStatus": "BUSY" });
    floor.report(&report).await;
    let held = ask(&floor, ("aziz", "manager"), "/calls/quarantine").await.json();
    let id = text(&held[0]["id"]).to_owned();
    assert_eq!(ask(&floor, ("aziz", "manager"), &format!("/calls/quarantine/{id}")).await.status, 200);
    let audit = format!("/audit/quarantine/{id}");
    let told = ask(&floor, ("auditor", "auditor"), &audit).await.json();
    assert_eq!(types(events(&told)), ["quarantine.held", "disclosure.looked"]);
    let none =
        ask(&floor, ("auditor", "auditor"), "/audit/quarantine/0199b9f4-6f00-7000-8000-0000000000c1").await;
    assert_eq!((none.status, &*none.problem()), (404, "quarantine-unknown"));
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
