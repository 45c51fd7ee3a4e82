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
    let page = desk.get(&format!("{path}/contacts?limit=2")).await;
    assert_eq!(page.as_array().unwrap().len(), 2);

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
    ] {
        let mut body = plan(&[]);
        body[field] = value;
        let (status, answer) = desk.ask(Method::POST, "/campaigns", Some(&body)).await;
        assert_eq!((status.as_u16(), &answer["field"]), (400, &json!(place)), "{answer}");
    }
    let reader = Desk::of(&world, "1", "operator");
    assert_eq!(reader.ask(Method::POST, "/campaigns", Some(&plan(&[]))).await.1["code"], "role-too-low");
    assert_eq!(desk.get("/campaigns").await["meta"]["total"], 0);
    assert!(world.stop().success());
}
