//! What clients write wrong to the routes of auto-calling, told so that they can mend it: bodies, filters, days; and filters that hold.

use reqwest::Method;
use serde_json::json;

use crate::contacts::{Desk, somebody};
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_body_is_told_with_its_place() {
    let mut world = World::sqlite();
    world.start().await;
    let desk = Desk::of(&world, "1", "admin");
    for path in ["/contacts", "/campaigns", "/do-not-call"] {
        for (body, told) in [
            ("{\n \"name\": \"x\",\n \"phone\" 7 }", "the JSON is broken at line 3, column 10"),
            ("{\"name\": 1, \"name\": 2}", "a field is there twice at line 1, column 22"),
            ("[]", "the body has to be a JSON object"),
        ] {
            let (status, answer) = desk.sent(Method::POST, path, body).await;
            assert_eq!(
                (status.as_u16(), &answer["code"], &answer["detail"]),
                (400, &json!("bad-json"), &json!(told)),
                "{path}: {answer}"
            );
        }
    }
    assert!(world.stop().success());
}

async fn a_nul_is_named(mut world: World) {
    world.start().await;
    let desk = Desk::of(&world, "1", "admin");
    for list in ["/contacts", "/campaigns", "/do-not-call", "/promises", "/contacts/export"] {
        let (status, answer) = desk.ask(Method::GET, &format!("{list}?limit=5&q=a%00b"), None).await;
        assert_eq!(
            (status.as_u16(), &answer["code"], &answer["parameter"]),
            (400, &json!("bad-parameter"), &json!("q")),
            "{list}: {answer}"
        );
    }
    assert!(world.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nul_in_a_filter_is_named_on_sqlite() {
    a_nul_is_named(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nul_in_a_filter_is_named_on_postgres() {
    a_nul_is_named(World::postgres().await).await;
}

/// A filter that is misspelt would show everything.
#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_is_not_known_is_named() {
    let mut world = World::sqlite();
    world.start().await;
    let desk = Desk::of(&world, "1", "admin");
    for (path, name) in [
        ("/contacts?state=ACTIVE", "state"),
        ("/contacts?isCalled=yes", "isCalled"),
        ("/contacts?importId=7", "importId"),
        ("/contacts?campaign=", "campaign"),
        ("/campaigns?type=SURVEY", "type"),
        ("/campaigns?campaignType=DEBT", "campaignType"),
    ] {
        let (status, answer) = desk.ask(Method::GET, path, None).await;
        assert_eq!((status.as_u16(), &answer["parameter"]), (400, &json!(name)), "{path}: {answer}");
    }
    let (_, answer) = desk.ask(Method::GET, "/do-not-call?x=1", None).await;
    let known = answer["detail"].as_str().unwrap();
    assert_eq!(known.matches("scope").count(), 1, "each is named once: {known}");
    assert!(world.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_birthday_is_a_day_and_nothing_else() {
    let mut world = World::sqlite();
    world.start().await;
    let desk = Desk::of(&world, "1", "admin");
    for wrong in ["1990-01-15garbage", "1990-01-15T", "1990-01-15T99:00:00Z", "1990-01-1", "yesterday"] {
        let mut body = somebody("Ali", "+998901112233");
        body["dateOfBirth"] = json!(wrong);
        let (status, answer) = desk.ask(Method::POST, "/contacts", Some(&body)).await;
        assert_eq!((status.as_u16(), &answer["field"]), (400, &json!("dateOfBirth")), "{wrong}: {answer}");
    }
    for (n, right) in ["1990-01-15", "1990-01-15T00:00:00.000Z"].into_iter().enumerate() {
        let mut body = somebody("Ali", &format!("+99890111223{n}"));
        body["dateOfBirth"] = json!(right);
        assert_eq!(desk.created(&body).await["dateOfBirth"], "1990-01-15");
    }
    assert!(world.stop().success());
}

async fn lists_are_filtered(mut world: World) {
    world.start().await;
    let desk = Desk::of(&world, "1", "admin");
    let (in_it, outside) = (
        desk.created(&somebody("Ali", "+998901112233")).await,
        desk.created(&somebody("Vali", "+998901112234")).await,
    );
    let plan = |kind: &str| json!({ "name": kind, "campaignType": kind, "contactIds": [in_it["id"]] });
    let (_, made) = desk.ask(Method::POST, "/campaigns", Some(&plan("SURVEY"))).await;
    desk.ask(Method::POST, "/campaigns", Some(&plan("REMINDER"))).await;
    let sheet = "firstName,lastName,phone\nGuli,Karimova,+998901112235\n";
    let (_, import) = desk.import("kontaktlar.csv", sheet.as_bytes(), "").await;
    let ids = async |path: &str| {
        let list = desk.get(path).await;
        let data = list["data"].as_array().unwrap();
        assert_eq!(list["meta"]["total"], data.len(), "{path}");
        data.iter().map(|one| one["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids("/campaigns?campaignType=survey").await, [made["id"].clone()]);
    assert_eq!(ids("/campaigns?campaignType=MARKETING").await.len(), 0);
    let campaign = made["id"].as_str().unwrap();
    assert_eq!(ids(&format!("/contacts?campaign={campaign}")).await, [in_it["id"].clone()]);
    assert_eq!(ids(&format!("/contacts?campaign={}", outside["id"].as_str().unwrap())).await.len(), 0);
    let import = import["importId"].as_str().unwrap();
    let came = desk.get(&format!("/contacts?importId={import}")).await;
    assert_eq!((&came["meta"]["total"], &came["data"][0]["firstName"]), (&json!(1), &json!("Guli")));
    assert_eq!(ids("/contacts?isCalled=false").await.len(), 3);
    assert_eq!(ids("/contacts?isCalled=true&q=ali").await.len(), 0);
    assert!(world.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_on_sqlite() {
    lists_are_filtered(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_on_postgres() {
    lists_are_filtered(World::postgres().await).await;
}
