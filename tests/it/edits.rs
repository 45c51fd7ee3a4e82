//! What two people edit at once: whoever says which version they have seen loses nobody else's change. On both stores.

use actix_web::http::Method as FloorMethod;
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use crate::called::{Called, promised};
use crate::contacts::{id, somebody};
use crate::http_world::{Floor, bearer, near, now};
use crate::world::World;

/// Something that can be edited, with two changes of it.
struct Edited {
    path: String,
    changes: [Value; 2],
    /// Whether it can be removed.
    goes: bool,
}

struct Told {
    status: u16,
    tag: Option<String>,
    body: Value,
}

impl Told {
    fn tag(&self) -> &str {
        self.tag.as_deref().unwrap_or_else(|| panic!("no ETag: {} {}", self.status, self.body))
    }

    fn is_refused(&self) -> bool {
        self.status == 412 && self.body["code"] == "changed-meanwhile"
    }
}

async fn ask(world: &World, method: Method, path: &str, seen: Option<&str>, body: Option<&Value>) -> Told {
    let request = world.http.request(method, world.url(path)).bearer_auth(world.token());
    let request = if let Some(seen) = seen { request.header("if-match", seen) } else { request };
    let request = if let Some(body) = body { request.json(body) } else { request };
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let tag = answer.headers().get("etag").map(|tag| tag.to_str().unwrap().to_owned());
    Told { status, tag, body: answer.json().await.unwrap_or(Value::Null) }
}

async fn made(world: &World, path: &str, body: Value) -> (Value, String) {
    let made = ask(world, Method::POST, path, None, Some(&body)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let tag = made.tag().to_owned();
    (made.body, tag)
}

async fn all_that_can_be_edited(world: &World) -> Vec<Edited> {
    let (contact, contact_tag) =
        made(world, "/auto-calling/contacts", somebody("Aziz", "+998901112233")).await;
    let plan = json!({ "name": "Qarzdorlar", "campaignType": "SURVEY", "contactIds": [id(&contact)] });
    let (campaign, campaign_tag) = made(world, "/auto-calling/campaigns", plan).await;
    let user = json!({ "name": "aziz", "role": "operator", "password": "uzun va maxfiy" });
    let (_, user_tag) = made(world, "/users", user).await;
    let edited = vec![
        Edited {
            path: format!("/auto-calling/contacts/{}", id(&contact)),
            changes: [json!({ "firstName": "Botir" }), json!({ "phone": "+998901112244" })],
            goes: true,
        },
        Edited {
            path: format!("/auto-calling/campaigns/{}", id(&campaign)),
            changes: [json!({ "name": "Oktyabr" }), json!({ "description": "Noyabr" })],
            goes: true,
        },
        Edited {
            path: "/users/aziz".to_owned(),
            changes: [json!({ "role": "auditor" }), json!({ "disabled": true })],
            goes: false,
        },
    ];
    for (one, tag) in edited.iter().zip([contact_tag, campaign_tag, user_tag]) {
        let shown = ask(world, Method::GET, &one.path, None, None).await;
        assert_eq!(
            (shown.status, shown.tag()),
            (200, &*tag),
            "{}: what was made and what is shown",
            one.path
        );
    }
    edited
}

/// Of two who have seen the same, one is told that it is not so any more, and what the other has said stays.
async fn of_two_one_is_refused(world: &World, Edited { path, changes, .. }: &Edited) {
    let seen = ask(world, Method::GET, path, None, None).await;
    let [one, other] = changes;
    let (first, second) = tokio::join!(
        ask(world, Method::PATCH, path, Some(seen.tag()), Some(one)),
        ask(world, Method::PATCH, path, Some(seen.tag()), Some(other)),
    );
    let (took, refused, wanted) =
        if first.status == 200 { (first, second, one) } else { (second, first, other) };
    assert_eq!(took.status, 200, "{path}: {}", took.body);
    assert!(refused.is_refused(), "{path}: {} {}", refused.status, refused.body);
    let now = ask(world, Method::GET, path, None, None).await;
    assert_eq!(now.tag(), took.tag(), "{path}");
    assert_ne!(now.tag(), seen.tag(), "{path}");
    for name in now.body.as_object().unwrap().keys().filter(|name| name.as_str() != "updatedAt") {
        let expected = wanted.get(name).unwrap_or_else(|| &seen.body[name]);
        assert_eq!(&now.body[name], expected, "{path}: {name}");
    }
}

async fn what_is_named_is_looked_at(world: &World, Edited { path, changes, goes }: &Edited) {
    let seen = ask(world, Method::GET, path, None, None).await.tag().to_owned();
    let change = &changes[1];
    let mend = async |seen: Option<&str>| ask(world, Method::PATCH, path, seen, Some(change)).await;
    for wrong in ["\"0\"", "\"seven\"", &format!("W/{seen}"), "\"98\", \"99\""] {
        let refused = mend(Some(wrong)).await;
        assert!(refused.is_refused(), "{path} with {wrong}: {} {}", refused.status, refused.body);
    }
    let broken = mend(Some("seven")).await;
    assert_eq!((broken.status, &broken.body["parameter"]), (400, &json!("If-Match")), "{path}");
    assert_eq!(mend(Some(&format!("\"99\", {seen}"))).await.status, 200, "{path}");
    assert_eq!((mend(Some("*")).await.status, mend(None).await.status), (200, 200), "{path}");
    if *goes {
        let stale = ask(world, Method::DELETE, path, Some("\"1\""), None).await;
        assert!(stale.is_refused(), "{path}: {} {}", stale.status, stale.body);
        let fresh = ask(world, Method::GET, path, None, None).await;
        let gone = ask(world, Method::DELETE, path, Some(fresh.tag()), None).await;
        assert_eq!(gone.status, 200, "{path}: {}", gone.body);
    }
    let nothing = format!("{path}0");
    let unknown = ask(world, Method::PATCH, &nothing, Some(&seen), Some(change)).await;
    assert_eq!(unknown.status, 404, "{nothing}: {}", unknown.body);
}

async fn nobody_loses_anything(mut world: World) {
    world.start().await;
    for edited in all_that_can_be_edited(&world).await {
        of_two_one_is_refused(&world, &edited).await;
        what_is_named_is_looked_at(&world, &edited).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_edit_the_same_one_looks_again_on_sqlite() {
    nobody_loses_anything(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_edit_the_same_one_looks_again_on_postgres() {
    nobody_loses_anything(World::postgres().await).await;
}

#[actix_web::test]
async fn a_promise_that_somebody_else_settled_is_looked_at_again() {
    let floor = Floor::new().await;
    let called = Called::of(&floor, "1").await;
    let contact = called.contact("+998901234567").await;
    let call =
        called.call(contact, promised(150_050, (now() + TimeDelta::days(3)).date_naive()), now()).await;
    let path = format!("/auto-calling/promises/{call}");
    let manager = || bearer(&json!({ "organizationId": 1 }));
    let shown = floor.ask(near(FloorMethod::GET, &path).insert_header(manager())).await;
    let seen = shown.header("etag").unwrap().to_owned();
    let pay = || {
        let request = near(FloorMethod::PATCH, &path).insert_header(manager());
        floor.ask(request.insert_header(("if-match", &*seen)).set_payload(json!({ "paid": 500 }).to_string()))
    };
    let (paid, again) = (pay().await, pay().await);
    assert_eq!((paid.status, again.status, &*again.problem()), (200, 412, "changed-meanwhile"));
    let now = floor.ask(near(FloorMethod::GET, &path).insert_header(manager())).await;
    assert_eq!((now.header("etag"), &now.json()["paidAmount"]), (paid.header("etag"), &json!(500.0)));
}
