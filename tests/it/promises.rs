//! Promises to pay from the call in which they are made to their end, as the API tells them; a watchdog breaks those whose time is over.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::http::Method;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use karnay::actors::{guardian, watchdog};
use karnay::ports::Clock;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::called::{Called, promised};
use crate::http_world::{Answer, Floor, bearer, in_seconds, near, now};

fn token(organization: &str, role: &str) -> (&'static str, String) {
    bearer(&json!({ "organizationId": organization, "role": role, "exp": in_seconds(600) }))
}

async fn ask(floor: &Floor, method: Method, path: &str, body: Option<Value>) -> Answer {
    ask_as(floor, "1", "operator", (method, path, body)).await
}

async fn ask_as(
    floor: &Floor,
    organization: &str,
    role: &str,
    (method, path, body): (Method, &str, Option<Value>),
) -> Answer {
    let request = near(method, &format!("/auto-calling/{path}")).insert_header(token(organization, role));
    let body = body.map_or_else(String::new, |body| body.to_string());
    floor.ask(request.set_payload(body)).await
}

async fn told(floor: &Floor, call: Uuid, change: Value) -> Value {
    let answer = ask(floor, Method::PATCH, &format!("promises/{call}"), Some(change)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

async fn listed(floor: &Floor, query: &str) -> Vec<Value> {
    let answer = ask(floor, Method::GET, &format!("promises?{query}"), None).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let page = answer.json();
    let (rows, total) = (page["data"].as_array().unwrap().clone(), page["meta"]["total"].as_u64().unwrap());
    assert!(usize::try_from(total).unwrap() >= rows.len());
    rows
}

fn in_days(days: i64) -> NaiveDate {
    (now() + TimeDelta::days(days)).date_naive()
}

#[actix_web::test]
async fn a_promise_is_heard_paid_in_parts_and_kept() {
    let floor = Floor::new().await;
    let called = Called::of(&floor, "1").await;
    let contact = called.contact("+998901234567").await;
    let call = called.call(contact, promised(150_050, in_days(3)), now()).await;
    let [row] = &listed(&floor, "status=open").await[..] else { panic!("one promise") };
    assert_eq!((&row["id"], &row["contactId"]), (&json!(call), &json!(contact)));
    assert_eq!((&row["amount"], &row["paidAmount"]), (&json!(1500.5), &json!(0.0)));
    assert_eq!((&row["dueDate"], &row["campaignId"]), (&json!(in_days(3)), &json!(called.campaign)));

    let part = told(&floor, call, json!({ "paid": 500.25 })).await;
    assert_eq!((&part["status"], &part["paidAmount"]), (&json!("OPEN"), &json!(500.25)));
    let person = async || ask(&floor, Method::GET, &format!("contacts/{contact}"), None).await.json();
    assert_eq!(person().await["status"], "ACTIVE");
    let whole = told(&floor, call, json!({ "paid": "1 000,25", "contactStatus": "COMPLETED" })).await;
    assert_eq!((&whole["status"], &whole["paidAmount"]), (&json!("KEPT"), &json!(1500.5)));
    assert_eq!((&whole["statusDescription"], whole["settledAt"].is_string()), (&json!("Bajarildi"), true));
    assert_eq!(person().await["status"], "COMPLETED");

    let later = json!({ "dueDate": in_days(9) });
    let answer = ask(&floor, Method::PATCH, &format!("promises/{call}"), Some(later)).await;
    assert_eq!((answer.status, &*answer.problem()), (409, "promise-over"));
    assert_eq!(listed(&floor, "status=open,broken").await, Vec::<Value>::new());
    assert_eq!(listed(&floor, "status=kept").await.len(), 1);
}

#[actix_web::test]
async fn another_day_keeps_the_number_quiet_until_then_and_what_was_misheard_frees_it() {
    let floor = Floor::new().await;
    let called = Called::of(&floor, "1").await;
    let contact = called.contact("+998901234567").await;
    let call = called.call(contact, promised(100, in_days(3)), now()).await;
    let before = called.person(contact).await.quiet_until().unwrap();

    let moved = told(&floor, call, json!({ "dueDate": in_days(5) })).await;
    assert_eq!((&moved["dueDate"], &moved["rescheduled"]), (&json!(in_days(5)), &json!(1)));
    let after = called.person(contact).await.quiet_until().unwrap();
    assert_eq!(after - before, TimeDelta::days(2));
    assert_eq!(moved["until"], json!(after.format("%Y-%m-%dT%H:%M:%S.000Z").to_string()));

    let gone = told(&floor, call, json!({ "withdrawn": true })).await;
    assert_eq!(gone["status"], "WITHDRAWN");
    assert!(called.person(contact).await.quiet_until().unwrap() <= now());
}

#[actix_web::test]
async fn a_later_promise_takes_the_place_of_an_open_one() {
    let floor = Floor::new().await;
    let (called, other) = (Called::of(&floor, "1").await, Called::of(&floor, "1").await);
    let contact = called.contact("+998901234567").await;
    other.join(&[contact]).await;
    let first = called.call(contact, promised(100, in_days(3)), now()).await;
    let second = other.call(contact, promised(90, in_days(9)), now()).await;
    let rows = listed(&floor, &format!("contact={contact}")).await;
    let stands: Vec<_> = rows.iter().map(|row| (&row["id"], &row["status"], &row["supersededBy"])).collect();
    let (open, replaced) = (json!("OPEN"), json!("SUPERSEDED"));
    assert_eq!(stands, [(&json!(second), &open, &Value::Null), (&json!(first), &replaced, &json!(second))]);
    assert_eq!(listed(&floor, &format!("campaign={}", other.campaign)).await.len(), 1);
}

#[actix_web::test]
async fn promises_are_found_by_the_day_they_are_due() {
    let floor = Floor::new().await;
    let called = Called::of(&floor, "1").await;
    for (number, days) in [(1, 5), (2, 2), (3, 9)] {
        let contact = called.contact(&format!("+99890123456{number}")).await;
        called.call(contact, promised(100 * number, in_days(days)), now()).await;
    }
    let due = |rows: &[Value]| -> Vec<String> {
        rows.iter().map(|row| row["dueDate"].as_str().unwrap().to_owned()).collect()
    };
    let days = |all: &[i64]| -> Vec<String> { all.iter().map(|day| in_days(*day).to_string()).collect() };
    assert_eq!(due(&listed(&floor, "sort=due").await), days(&[2, 5, 9]));
    assert_eq!(due(&listed(&floor, "sort=due&page=2&limit=2").await), days(&[9]));
    assert_eq!(due(&listed(&floor, "").await), days(&[9, 2, 5]));
    let between = format!("sort=due&dueFrom={}&dueTo={}", in_days(2), in_days(5));
    assert_eq!(due(&listed(&floor, &between).await), days(&[2, 5]));
    let cursor =
        ask(&floor, Method::GET, "promises?limit=2", None).await.json()["meta"]["nextCursor"].clone();
    let next = listed(&floor, &format!("cursor={}", cursor.as_str().unwrap())).await;
    assert_eq!(due(&next), days(&[5]));
    for wrong in ["status=paid", "dueFrom=soon", "campaign=x", "sort=amount", "colour=1", "sort=due&cursor=9"]
    {
        let answer = ask(&floor, Method::GET, &format!("promises?{wrong}"), None).await;
        assert_eq!((answer.status, &*answer.problem()), (400, "bad-parameter"), "{wrong}");
    }
}

#[actix_web::test]
async fn what_makes_no_sense_of_a_promise_is_refused() {
    let floor = Floor::new().await;
    let called = Called::of(&floor, "1").await;
    let contact = called.contact("+998901234567").await;
    let call = called.call(contact, promised(100, in_days(3)), now()).await;
    let path = format!("promises/{call}");
    for (body, field) in [
        (json!({}), "kept"),
        (json!({ "kept": true, "paid": 5 }), "kept"),
        (json!({ "kept": false }), "kept"),
        (json!({ "paid": 0 }), "paid"),
        (json!({ "paid": -5 }), "paid"),
        (json!({ "paid": "much" }), "paid"),
        (json!({ "dueDate": "2020-01-01" }), "dueDate"),
        (json!({ "dueDate": "soon" }), "dueDate"),
        (json!({ "kept": true, "contactStatus": "ACTIVE" }), "contactStatus"),
        (json!({ "kept": true, "colour": 1 }), "colour"),
    ] {
        let answer = ask(&floor, Method::PATCH, &path, Some(body.clone())).await;
        assert_eq!((answer.status, &answer.json()["field"]), (400, &json!(field)), "{body}");
    }
    let kept = || Some(json!({ "kept": true }));
    let stranger = ask_as(&floor, "2", "admin", (Method::PATCH, &path, kept())).await;
    assert_eq!((stranger.status, &*stranger.problem()), (404, "promise-unknown"));
    let auditor = ask_as(&floor, "1", "auditor", (Method::PATCH, &path, kept())).await;
    assert_eq!((auditor.status, &*auditor.problem()), (403, "role-too-low"));
    assert_eq!(ask_as(&floor, "2", "admin", (Method::GET, &path, None)).await.status, 404);
    assert_eq!(ask(&floor, Method::GET, &path, None).await.json()["status"], "OPEN");
}

/// An answer that never came is asked for again, and the money is there once.
#[actix_web::test]
async fn a_payment_that_is_sent_again_is_counted_once() {
    let floor = Floor::new().await;
    let called = Called::of(&floor, "1").await;
    let contact = called.contact("+998901234567").await;
    let call = called.call(contact, promised(150_000, in_days(3)), now()).await;
    let pay = async |key: &str, amount: u32| {
        let request = near(Method::PATCH, &format!("/auto-calling/promises/{call}"));
        let request = request.insert_header(token("1", "operator")).insert_header(("idempotency-key", key));
        floor.ask(request.set_payload(json!({ "paid": amount }).to_string())).await
    };
    for (key, amount, paid) in [("a", 100, 100.0), ("a", 100, 100.0), ("b", 100, 200.0), ("b", 100, 200.0)] {
        assert_eq!(pay(key, amount).await.json()["paidAmount"], json!(paid), "{key}");
    }
    for (key, amount, told) in [("a", 300, (422, "command-reused")), ("", 1, (400, "bad-parameter"))] {
        let answer = pay(key, amount).await;
        assert_eq!((answer.status, &*answer.problem()), told, "{key}");
    }
    for paid in [250.0, 300.0] {
        assert_eq!(
            told(&floor, call, json!({ "paid": 50 })).await["paidAmount"],
            json!(paid),
            "unnamed they add up"
        );
    }
}

#[derive(Debug)]
struct At(DateTime<Utc>);

impl Clock for At {
    fn now(&self) -> DateTime<Utc> {
        self.0
    }
}

async fn watched(floor: &Floor, at: DateTime<Utc>, wanted: &str, call: Uuid) {
    let ward = watchdog::ward(watchdog::Options {
        since: DateTime::UNIX_EPOCH,
        journal: floor.journal.clone(),
        screens: floor.screens.clone(),
        dispatch: floor.dispatch.clone(),
        clock: Arc::new(At(at)),
        idle: TimeDelta::days(90),
        kept: floor.kept(),
    });
    let (guardian, began) =
        (guardian::start(guardian::Limits::default(), vec![ward]).unwrap(), Instant::now());
    loop {
        let looked = guardian.progress().iter().all(|ward| ward.beats >= 3);
        let known = ask(floor, Method::GET, &format!("promises/{call}"), None).await.json();
        if looked && known["status"] == wanted {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{known}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    guardian.stop().await;
}

#[actix_web::test]
async fn a_promise_that_is_not_kept_in_time_is_broken_and_money_that_comes_late_keeps_it() {
    let floor = Floor::new().await;
    let called = Called::of(&floor, "1").await;
    let contact = called.contact("+998901234567").await;
    let call = called.call(contact, promised(100, in_days(3)), now()).await;
    let until = called.person(contact).await.quiet_until().unwrap();
    watched(&floor, until - TimeDelta::seconds(1), "OPEN", call).await;
    watched(&floor, until, "BROKEN", call).await;
    assert_eq!(told(&floor, call, json!({ "kept": true })).await["status"], "KEPT");
    watched(&floor, until + TimeDelta::days(1), "KEPT", call).await;
}
