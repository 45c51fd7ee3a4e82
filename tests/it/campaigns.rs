//! Campaigns from outside: planned, filled with contacts, looked at, removed; nobody else's are seen.

use reqwest::Method;
use serde_json::{Value, json};

use crate::contacts::{Desk, id, somebody};
use crate::world::World;

fn plan(contacts: &[String]) -> Value {
    json!({ "name": "Qarzdorlar", "description": "Oktyabr", "campaignType": "DEBT_COLLECTION", "contactIds": contacts })
}

async fn people(desk: &Desk<'_>, count: u32) -> Vec<String> {
    let mut ids = vec![];
    for n in 0..count {
        ids.push(id(&desk.created(&somebody(&format!("A{n}"), &format!("+9989000{n:05}"))).await));
    }
    ids
}

async fn planned(desk: &Desk<'_>, body: &Value) -> Value {
    let (status, answer) = desk.ask(Method::POST, "/campaigns", Some(body)).await;
    assert_eq!(status, 201, "{answer}");
    answer
}

async fn a_campaign_is_planned(mut world: World) {
    world.start().await;
    let desk = Desk::of(&world, "1", "manager");
    let people = people(&desk, 5).await;
    let made = planned(&desk, &plan(&people[..3])).await;
    assert_eq!(
        (&made["status"], &made["totalContacts"], &made["calledContacts"]),
        (&json!("PENDING"), &json!(3), &json!(0))
    );
    assert_eq!(made["campaignTypeDescription"], "Qarz yig'ish");
    let path = format!("/campaigns/{}", id(&made));
    let whole = desk.get(&path).await;
    let members: Vec<&str> =
        whole["contacts"].as_array().unwrap().iter().map(|one| one["contactId"].as_str().unwrap()).collect();
    assert_eq!(members, &people[..3]);
    assert_eq!(
        (&whole["contacts"][0]["callStatus"], &whole["contacts"][0]["callStatusDescription"]),
        (&json!("PENDING"), &json!("Kutilmoqda"))
    );

    let more = json!({ "contactIds": people });
    let (_, joined) = desk.ask(Method::POST, &format!("{path}/contacts"), Some(&more)).await;
    assert_eq!(joined, json!({ "added": 2, "alreadyThere": 3, "totalContacts": 5 }));
    let (_, joined) = desk.ask(Method::POST, &format!("{path}/contacts"), Some(&more)).await;
    assert_eq!(
        joined,
        json!({ "added": 0, "alreadyThere": 5, "totalContacts": 5 }),
        "said twice it is heard once"
    );
    assert_eq!(desk.get(&path).await["totalContacts"], 5);
    its_contacts_are_paged(&desk, &path, &people).await;

    let list = desk.get("/campaigns?status=PENDING").await;
    assert_eq!(
        (&list["data"][0]["id"], &list["meta"]["total"], &list["meta"]["limit"]),
        (&made["id"], &json!(1), &json!(20))
    );
    assert_eq!(desk.get("/campaigns?status=RUNNING").await["meta"]["total"], 0);

    let stranger = Desk::of(&world, "2", "manager");
    assert_eq!(stranger.get("/campaigns").await["meta"]["total"], 0);
    for (method, path, body) in [
        (Method::GET, path.clone(), None),
        (Method::GET, format!("{path}/contacts"), None),
        (Method::POST, format!("{path}/contacts"), Some(&more)),
        (Method::DELETE, path.clone(), None),
    ] {
        let (status, answer) = stranger.ask(method, &path, body).await;
        assert_eq!((status.as_u16(), &answer["code"]), (404, &json!("campaign-unknown")), "{path}");
    }
    let (status, _) = desk.ask(Method::DELETE, &path, None).await;
    assert_eq!(status, 200);
    assert_eq!(desk.ask(Method::GET, &path, None).await.0, 404);
    assert!(world.stop().success());
    assert!(world.verify().status.success());
}

/// In the order in which they joined, each as contacts are shown and with how it stands there.
async fn its_contacts_are_paged(desk: &Desk<'_>, campaign: &str, people: &[String]) {
    let ids = |page: &Value| {
        let id = |one: &Value| one["contactId"].as_str().unwrap().to_owned();
        page["data"].as_array().unwrap().iter().map(id).collect::<Vec<_>>()
    };
    let path = format!("{campaign}/contacts");
    let first = desk.get(&format!("{path}?limit=2")).await;
    let cursor = first["meta"]["nextCursor"].as_str().unwrap().to_owned();
    assert_eq!(ids(&first), &people[..2]);
    assert_eq!(
        first["meta"],
        json!({ "page": 1, "limit": 2, "total": 5, "totalPages": 3, "nextCursor": cursor })
    );
    assert_eq!(ids(&desk.get(&format!("{path}?limit=2&page=3")).await), &people[4..]);
    assert_eq!(ids(&desk.get(&format!("{path}?limit=2&cursor={cursor}")).await), &people[2..4]);
    let one = &first["data"][1];
    assert_eq!(one["contact"], desk.get(&format!("/contacts/{}", people[1])).await);
    assert_eq!(
        (&one["callStatus"], &one["attempts"], &one["turn"], &one["rule"], &one["lastAttemptAt"]),
        (&json!("PENDING"), &json!(0), &json!("first"), &Value::Null, &Value::Null)
    );
    assert_eq!(desk.get(campaign).await["contacts"][1], *one, "the campaign shows its first ones alike");

    assert_eq!(desk.get(&format!("{path}?status=pending,BUSY")).await["meta"]["total"], 5);
    assert_eq!(ids(&desk.get(&format!("{path}?status=BUSY")).await), [""; 0]);
    for (query, name) in [("status=SLEPT", "status"), ("page=0", "page"), ("state=BUSY", "state")] {
        let (status, answer) = desk.ask(Method::GET, &format!("{path}?{query}"), None).await;
        assert_eq!((status.as_u16(), &answer["parameter"]), (400, &json!(name)), "{answer}");
    }
    let looks = [format!("{campaign}/preflight?x=1"), format!("/contacts/{}/explain?camp=1", people[0])];
    for path in looks {
        let (status, answer) = desk.ask(Method::GET, &path, None).await;
        assert_eq!((status.as_u16(), &answer["code"]), (400, &json!("bad-parameter")), "{path}: {answer}");
    }
    assert_eq!(desk.ask(Method::DELETE, &format!("/contacts/{}", people[4]), None).await.0, 200);
    let last = desk.get(&format!("{path}?page=3&limit=2")).await;
    assert_eq!(
        (&last["data"][0]["contactId"], &last["data"][0]["contact"]),
        (&json!(people[4]), &Value::Null)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_is_planned_on_sqlite() {
    a_campaign_is_planned(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_is_planned_on_postgres() {
    a_campaign_is_planned(World::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_stranger_among_many_is_named_and_nobody_joins() {
    let mut world = World::sqlite();
    world.start().await;
    let (desk, other) = (Desk::of(&world, "1", "manager"), Desk::of(&world, "2", "manager"));
    let (ours, theirs) = (people(&desk, 3).await, people(&other, 1).await);
    let made = planned(&desk, &plan(&[])).await;
    let path = format!("/campaigns/{}/contacts", id(&made));
    let mixed = json!({ "contactIds": [ours[0], ours[1], theirs[0], ours[2]] });
    for (path, body) in
        [(path.as_str(), &mixed), ("/campaigns", &plan(&[ours[0].clone(), theirs[0].clone()]))]
    {
        let (status, answer) = desk.ask(Method::POST, path, Some(body)).await;
        assert_eq!((status.as_u16(), &answer["contactId"]), (404, &json!(theirs[0])), "{answer}");
    }
    assert_eq!(desk.get("/campaigns").await["data"][0]["totalContacts"], 0);
    assert_eq!(desk.get("/campaigns").await["meta"]["total"], 1);
    // A hundred thousand ids, and the last of them is none.
    let mut many: Vec<Value> = (0..99_999).map(|_| json!(ours[0])).collect();
    many.push(json!("x"));
    let (status, answer) = desk.ask(Method::POST, &path, Some(&json!({ "contactIds": many }))).await;
    assert_eq!((status.as_u16(), &answer["field"]), (400, &json!("contactIds[99999]")), "{answer}");
    assert!(world.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mistake_in_a_plan_names_its_field() {
    let mut world = World::sqlite();
    world.start().await;
    let desk = Desk::of(&world, "1", "manager");
    for (field, place, value) in [
        ("name", "name", json!("")),
        ("name", "name", json!("x".repeat(201))),
        ("campaignType", "campaignType", json!("DEBT")),
        ("description", "description", json!(7)),
        ("contactIds", "contactIds", json!("x")),
        ("contactIds", "contactIds[0]", json!([7])),
        ("settings", "settings.concurrency", json!({ "concurrency": 0 })),
        ("settings", "settings.zone", json!({ "zone": "Tashkent" })),
        ("settings", "settings.callsPerSecond", json!({ "callsPerSecond": -1 })),
        (
            "settings",
            "settings.rules.caps[0].within",
            json!({ "rules": { "caps": [{ "count": "attempts", "atMost": 1, "within": "x" }] } }),
        ),
        ("colour", "colour", json!("GENERAL")),
        ("settings", "settings", json!(5)),
        ("settings", "settings.breaker.percent", json!({ "breaker": { "inARow": 5 } })),
        ("settings", "settings.breaker.inARow", json!({ "breaker": { "percent": 50, "ofLast": 40 } })),
        ("settings", "settings.rules.windows", json!({ "rules": { "windows": [] } })),
    ] {
        let mut body = plan(&[]);
        body[field] = value;
        let (status, answer) = desk.ask(Method::POST, "/campaigns", Some(&body)).await;
        assert_eq!((status.as_u16(), &answer["field"]), (400, &json!(place)), "{answer}");
    }
    for (settings, told) in [
        (json!(5), "settings has to be an object"),
        (json!({ "concurrency": "x" }), "settings.concurrency has to be a whole number from 1 to 4294967295"),
        (json!({ "breaker": { "inARow": 5 } }), "settings.breaker.percent is required"),
        (
            json!({ "rules": { "retry": { "engaged": {} } } }),
            "settings.rules.retry.engaged has to be one of busy,",
        ),
        (
            json!({ "rules": { "retry": { "busy": { "after": ["1s"] } } } }),
            "settings.rules.retry.busy.atMost is required",
        ),
    ] {
        let mut body = plan(&[]);
        body["settings"] = settings;
        let (_, answer) = desk.ask(Method::POST, "/campaigns", Some(&body)).await;
        assert!(answer["detail"].as_str().unwrap().starts_with(told), "{answer}");
    }
    let reader = Desk::of(&world, "1", "operator");
    assert_eq!(reader.ask(Method::POST, "/campaigns", Some(&plan(&[]))).await.1["code"], "role-too-low");
    assert_eq!(desk.get("/campaigns").await["meta"]["total"], 0);
    assert!(world.stop().success());
}

/// Null says nothing, and whether a campaign runs is not changed in passing.
#[tokio::test(flavor = "multi_thread")]
async fn a_plan_says_what_it_says_and_no_more() {
    let mut world = World::sqlite();
    world.start().await;
    let desk = Desk::of(&world, "1", "manager");
    let mut body = plan(&people(&desk, 1).await);
    body["settings"] = json!({ "budget": null, "breaker": null, "priority": null, "concurrency": 3 });
    let made = planned(&desk, &body).await;
    assert_eq!((&made["settings"]["concurrency"], &made["settings"]["priority"]), (&json!(3), &json!(1)));

    let path = format!("/campaigns/{}", id(&made));
    for status in ["RUNNING", "GONE"] {
        let changes = json!({ "status": status, "name": "Boshqa" });
        let (status, answer) = desk.ask(Method::PATCH, &path, Some(&changes)).await;
        assert_eq!((status.as_u16(), &answer["field"]), (400, &json!("status")), "{answer}");
    }
    let mut same = desk.get(&path).await;
    same["name"] = json!("Boshqa");
    let (status, after) = desk.ask(Method::PATCH, &path, Some(&same)).await;
    assert_eq!(
        (status.as_u16(), &after["name"], &after["status"]),
        (200, &json!("Boshqa"), &json!("PENDING"))
    );
    assert!(world.stop().success());
}
