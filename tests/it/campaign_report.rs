//! A campaign's report: its figures are what its contacts and its calls come to, hour by hour on the campaign's clock.

use actix_web::http::Method;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::conversation::{Reach, Upshot};
use serde_json::{Value, json};

use crate::called::{Called, outcome, promised};
use crate::http_world::{Answer, Floor, bearer, in_seconds, near};

async fn report(floor: &Floor, organization: &str, path: &str) -> Answer {
    let claims = json!({ "organizationId": organization, "role": "auditor", "exp": in_seconds(600) });
    floor
        .ask(near(Method::GET, &format!("/auto-calling/campaigns/{path}")).insert_header(bearer(&claims)))
        .await
}

/// Ten past nine in Tashkent, and so many minutes.
fn at(minutes: i64) -> DateTime<Utc> {
    "2025-10-06T04:10:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minutes)
}

/// Seven contacts, five of whom were called, six times in all.
async fn campaign(floor: &Floor) -> Called<'_> {
    let called = Called::of(floor, "1").await;
    let mut people = vec![];
    for number in 1..=7 {
        people.push(called.contact(&format!("+99890123456{number}")).await);
    }
    called.call(people[0], Reach::Busy, at(0)).await;
    called.call(people[0], Reach::Reached(Upshot::Success), at(55)).await;
    let due = NaiveDate::from_ymd_opt(2025, 10, 10).unwrap();
    called.call(people[1], promised(150_050, due), at(1)).await;
    let silent = called.rung(people[2], at(2)).await;
    called.ended(people[2], silent, outcome(Reach::Unconfirmed), at(12)).await;
    called.ended(people[2], silent, outcome(Reach::Reached(Upshot::Refused)), at(20)).await;
    called.call(people[3], Reach::AgentRefused, at(3)).await;
    let never = called.rung(people[4], at(4)).await;
    called.withdrawn(people[4], never, at(4)).await;
    called.rung(people[5], at(5)).await;
    called.skipped(people[6], at(6)).await;
    called
}

#[actix_web::test]
async fn a_report_is_what_contacts_and_calls_come_to() {
    let floor = Floor::new().await;
    let called = campaign(&floor).await;
    let answer = report(&floor, "1", &format!("{}/report", called.campaign)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let told = answer.json();
    assert_eq!((&told["timezone"], &told["name"]), (&json!("Asia/Tashkent"), &json!("Qarzdorlar")));

    let contacts = &told["contacts"];
    let counted =
        ["total", "called", "waiting", "calling", "skipped"].map(|name| contacts[name].as_i64().unwrap());
    assert_eq!(counted, [7, 3, 2, 1, 1]);
    let by_status = &contacts["byStatus"];
    let ended = ["SUCCESS", "PROMISE_TO_PAY", "REFUSED", "FAILED", "BUSY", "NO_ANSWER", "CALLBACK_REQUESTED"];
    assert_eq!(ended.map(|status| by_status[status].as_i64().unwrap()), [1, 1, 1, 0, 0, 0, 0]);
    assert_eq!(by_status.as_object().unwrap().len(), ended.len());

    let calls = &told["calls"];
    assert_eq!(
        (&calls["total"], &calls["conversations"], &calls["successes"]),
        (&json!(6), &json!(3), &json!(2))
    );
    assert_eq!((&calls["talkSeconds"], &calls["averageTalkSeconds"]), (&json!(60), &json!(20)));
    assert_eq!(ended.map(|status| calls["byStatus"][status].as_i64().unwrap()), [1, 1, 1, 1, 1, 0, 0]);
    assert_eq!(calls["byReason"], json!({ "AGENT_REFUSED": 1 }), "what was unconfirmed is known by now");
    assert_eq!(calls["firstCallAt"], "2025-10-06T04:10:00.000Z");
    assert_eq!(calls["lastCallAt"], "2025-10-06T05:05:00.000Z");
    assert_eq!(
        told["attempts"],
        json!([{ "attempts": 0, "contacts": 2 }, { "attempts": 1, "contacts": 4 }, { "attempts": 2, "contacts": 1 }])
    );
    assert_eq!(told["skipped"], json!([{ "rule": "contact_status", "contacts": 1 }]));
    assert_eq!(told["deferred"], json!([]));
}

#[actix_web::test]
async fn hours_are_those_of_the_campaigns_clock_and_of_utc() {
    let floor = Floor::new().await;
    let called = campaign(&floor).await;
    let told = report(&floor, "1", &format!("{}/report", called.campaign)).await.json();
    let hour = |begin: &str, calls, conversations, successes| json!({ "begin": begin, "calls": calls, "conversations": conversations, "successes": successes });
    let hours = json!([hour("2025-10-06T04:00:00.000Z", 5, 2, 1), hour("2025-10-06T05:00:00.000Z", 1, 1, 1)]);
    assert_eq!(told["hours"], hours);
    let day = told["hoursOfDay"].as_array().unwrap();
    assert_eq!(day.len(), 24);
    let busy: Vec<&Value> = day.iter().filter(|hour| hour["calls"] != 0).collect();
    assert_eq!(
        busy,
        [
            &json!({ "hour": 9, "calls": 5, "conversations": 2, "successes": 1 }),
            &json!({ "hour": 10, "calls": 1, "conversations": 1, "successes": 1 })
        ]
    );
    let csv = report(&floor, "1", &format!("{}/report?format=csv", called.campaign)).await;
    assert!(csv.header("content-type").unwrap().starts_with("text/csv"));
    let text = String::from_utf8(csv.bytes).unwrap();
    let lines: Vec<&str> = text.split_terminator("\r\n").collect();
    assert!(lines[0].starts_with("hour,calls,conversations,successes,talkSeconds,SUCCESS,PROMISE_TO_PAY,"));
    assert!(lines[0].ends_with(",AGENT_REFUSED,UNCONFIRMED"));
    assert_eq!(
        (lines.len(), lines[2]),
        (3, "2025-10-06T05:00:00.000Z,1,1,1,20,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0")
    );
}

#[actix_web::test]
async fn promises_are_counted_with_what_became_of_them() {
    let floor = Floor::new().await;
    let called = campaign(&floor).await;
    let path = format!("{}/report", called.campaign);
    let promises = report(&floor, "1", &path).await.json()["promises"].clone();
    assert_eq!((&promises["count"], &promises["amount"]), (&json!(1), &json!(1500.5)));
    assert_eq!(promises["byStatus"]["OPEN"], json!({ "count": 1, "amount": 1500.5, "paidAmount": 0.0 }));
    assert_eq!((&promises["fulfilmentPercentage"], &promises["rescheduled"]), (&Value::Null, &json!(0)));

    let made = called.promises().await;
    for (paid, kept) in [("500.50", "OPEN"), ("1000", "KEPT")] {
        let claims = json!({ "organizationId": "1", "role": "operator", "exp": in_seconds(600) });
        let change = near(Method::PATCH, &format!("/auto-calling/promises/{}", made[0]));
        let change = change.insert_header(bearer(&claims)).set_payload(json!({ "paid": paid }).to_string());
        assert_eq!(floor.ask(change).await.json()["status"], kept);
    }
    let promises = report(&floor, "1", &path).await.json()["promises"].clone();
    assert_eq!(promises["byStatus"]["KEPT"], json!({ "count": 1, "amount": 1500.5, "paidAmount": 1500.5 }));
    assert_eq!(promises["fulfilmentPercentage"], 100);
}

#[actix_web::test]
async fn a_report_is_its_organizations_own() {
    let floor = Floor::new().await;
    let called = Called::of(&floor, "1").await;
    let path = format!("{}/report", called.campaign);
    let empty = report(&floor, "1", &path).await.json();
    assert_eq!((&empty["calls"]["total"], &empty["calls"]["averageTalkSeconds"]), (&json!(0), &Value::Null));
    let stranger = report(&floor, "2", &path).await;
    assert_eq!((stranger.status, &*stranger.problem()), (404, "campaign-unknown"));
    let wrong = report(&floor, "1", &format!("{path}?format=xml")).await;
    assert_eq!((wrong.status, &*wrong.problem()), (400, "bad-parameter"));
}

#[actix_web::test]
async fn campaigns_calls_stand_in_the_history_beside_the_others() {
    let floor = Floor::new().await;
    let called = campaign(&floor).await;
    let report = json!({ "sessionId": "s-1", "phoneNumber": "+998901234561", "callStatus": "BUSY" });
    floor.session("1", "s-1").await;
    floor.reports([report].into_iter()).await;
    let ask = async |query: &str| floor.get(&format!("/calls/history?{query}")).await.json();
    let statuses = |page: &Value| -> Vec<String> {
        page.as_array().unwrap().iter().map(|call| call["callStatus"].as_str().unwrap().to_owned()).collect()
    };
    let all = ask("").await;
    assert_eq!(statuses(&all), ["BUSY", "ANSWERED", "ANSWERED", "NETWORK_ERROR", "ANSWERED", "BUSY"]);
    let sources: Vec<&str> =
        all.as_array().unwrap().iter().map(|call| call["source"].as_str().unwrap()).collect();
    assert_eq!(sources, ["remote", "campaign", "campaign", "campaign", "campaign", "campaign"]);
    let call = &all[1];
    assert_eq!((&call["sessionId"], &call["campaignId"]), (&Value::Null, &json!(called.campaign)));
    assert_eq!((&call["phoneNumber"], &call["callDuration"]), (&json!("+998901234561"), &json!(20)));
    assert_eq!(
        (&call["notes"], &call["callStartTime"]),
        (&json!("Gaplashildi"), &json!("2025-10-06T05:05:00.000Z"))
    );
    assert!(call["recordingUrl"].as_str().unwrap().starts_with("https://recordings.example.com/"));

    assert_eq!(ask("source=remote").await.as_array().unwrap().len(), 1);
    assert_eq!(ask("source=campaign").await.as_array().unwrap().len(), 5);
    assert_eq!(statuses(&ask("status=BUSY").await), ["BUSY", "BUSY"]);
    assert_eq!(statuses(&ask("number=%2B998901234561").await), ["BUSY", "ANSWERED", "BUSY"]);
    assert_eq!(statuses(&ask("number=34561&source=campaign&status=BUSY").await), ["BUSY"]);
    assert_eq!(ask(&format!("campaign={}", called.campaign)).await.as_array().unwrap().len(), 5);
    assert_eq!(ask("campaign=x").await, json!([]));
    assert_eq!(ask("session=s-1").await.as_array().unwrap().len(), 1);
    let morning = ask("from=2025-10-06T04:11:00Z&to=2025-10-06T04:20:00Z").await;
    assert_eq!(statuses(&morning), ["NETWORK_ERROR", "ANSWERED"]);
}

#[actix_web::test]
async fn pages_of_the_history_go_on_where_they_ended_whoever_called() {
    let floor = Floor::new().await;
    campaign(&floor).await;
    let (whole, mut read, mut path) =
        (floor.get("/calls/history").await.json(), vec![], Some("/calls/history?limit=2".to_owned()));
    while let Some(page) = path {
        let answer = floor.get(&page).await;
        read.extend(answer.json().as_array().unwrap().clone());
        path = answer.next_page();
    }
    assert_eq!(json!(read), whole);
    let csv = String::from_utf8(floor.get("/calls/history/export").await.bytes).unwrap();
    assert_eq!(csv.split_terminator("\r\n").count(), 1 + read.len());
    assert!(
        csv.lines()
            .next()
            .unwrap()
            .trim_end()
            .ends_with("source,direction,campaignId,contactId,callId,extension"),
        "{csv}"
    );
}

#[actix_web::test]
async fn a_call_is_not_told_with_a_number_that_was_not_rung() {
    let floor = Floor::new().await;
    let called = Called::of(&floor, "1").await;
    let contact = called.contact("+998901234561").await;
    called.call(contact, Reach::Busy, at(0)).await;
    called.rephoned(contact, "+998907654321").await;
    called.call(contact, Reach::NoAnswer, at(9)).await;
    let calls = floor.get("/calls/history").await.json();
    let told = |call: &Value| (call["callStatus"].clone(), call["phoneNumber"].clone());
    assert_eq!(told(&calls[0]), (json!("NO_ANSWER"), json!("+998907654321")));
    assert_eq!(told(&calls[1]), (json!("BUSY"), json!("")));
    let of_old = floor.get("/calls/history?number=%2B998901234561").await.json();
    assert_eq!(of_old.as_array().unwrap().len(), 1, "{of_old}");
    assert_eq!(told(&of_old[0]).0, "BUSY");
}
