//! Cursors: kept through whatever happens, moved forward, and back only on purpose.

use serde_json::{Value, json};

use super::{Reader, SESSION, report_in};
use crate::world::World;

async fn a_cursor_is_kept(mut world: World) {
    world.start().await;
    report_in(&world, "1", SESSION, 0..5).await;
    let token = Reader::of(&world, "1", "auditor").token;
    let next = {
        let reader = Reader { world: &world, token: token.clone() };
        let page = reader.page("/events?limit=3").await;
        let (status, made) = reader.put("/cursors/warehouse", &json!({ "position": page.next })).await;
        assert_eq!((status.as_u16(), &made["name"]), (200, &json!("warehouse")));
        assert_eq!(
            (&made["position"], &made["behind"]),
            (&json!(page.next), &json!(page.head + 1 - page.next))
        );
        page.next
    };
    world.kill();
    world.start().await;
    let reader = Reader { world: &world, token };
    let page = reader.page("/events?cursor=warehouse&limit=1").await;
    assert_eq!(page.events[0]["position"], next, "it goes on where it was");
    // Reading moves nothing; a move does, forward, and from where it was expected.
    assert_eq!(reader.ask("/cursors/warehouse").await.json::<Value>().await.unwrap()["position"], next);
    let put = async |body: Value| {
        let (status, answer) = reader.put("/cursors/warehouse", &body).await;
        (status.as_u16(), answer["code"].clone(), answer["position"].clone())
    };
    let elsewhere = |at: u64| (409, json!("cursor-elsewhere"), json!(at));
    assert_eq!(put(json!({ "position": next - 1 })).await, elsewhere(next));
    assert_eq!(put(json!({ "position": next + 1, "expected": 1 })).await, elsewhere(next));
    let forward = put(json!({ "position": next + 1, "expected": next })).await;
    assert_eq!(forward, (200, json!(null), json!(next + 1)));
    assert_eq!(put(json!({ "position": 1, "force": true })).await, (200, json!(null), json!(1)));
    assert_eq!(put(json!({ "position": page.head + 2 })).await.1, "bad-field");
    assert_eq!(reader.ask("/cursors").await.json::<Value>().await.unwrap().as_array().unwrap().len(), 1);
    let stranger = Reader::of(&world, "2", "admin");
    assert_eq!(stranger.ask("/cursors/warehouse").await.status(), 404);
    assert_eq!(stranger.ask("/events?cursor=warehouse").await.status(), 404);
    let delete = || world.http.delete(world.url("/cursors/warehouse")).bearer_auth(&reader.token).send();
    assert_eq!(delete().await.unwrap().status(), 204);
    assert_eq!(delete().await.unwrap().status(), 404);
    assert!(world.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_survives_and_goes_back_only_on_purpose() {
    a_cursor_is_kept(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_survives_on_postgresql() {
    a_cursor_is_kept(World::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_movers_from_one_place_is_told_so() {
    let mut world = World::sqlite();
    world.start().await;
    report_in(&world, "1", SESSION, 0..8).await;
    let reader = Reader::of(&world, "1", "admin");
    let (two, three, four) = (
        json!({ "position": 2, "expected": 1 }),
        json!({ "position": 3, "expected": 1 }),
        json!({ "position": 4, "expected": 1 }),
    );
    let put = |body| reader.put("/cursors/shared", body);
    let all = tokio::join!(put(&two), put(&three), put(&four));
    let mut statuses = [all.0.0.as_u16(), all.1.0.as_u16(), all.2.0.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_has_only_so_many_and_their_names_are_plain() {
    let mut world = World::sqlite();
    world.start().await;
    let reader = Reader::of(&world, "1", "admin");
    for number in 0..domain::cursor::CURSORS_MAX {
        assert_eq!(reader.put(&format!("/cursors/c{number}"), &json!({ "position": 1 })).await.0, 200);
    }
    let (status, answer) = reader.put("/cursors/more", &json!({ "position": 1 })).await;
    assert_eq!((status.as_u16(), &answer["code"]), (409, &json!("too-many-cursors")));
    for bad in ["a%20b", "%D0%BB", &"x".repeat(65)] {
        let (status, answer) = reader.put(&format!("/cursors/{bad}"), &json!({ "position": 1 })).await;
        assert_eq!((status.as_u16(), &answer["parameter"]), (400, &json!("name")), "{bad}");
    }
    for bad in [
        json!({}),
        json!({ "position": "x" }),
        json!({ "position": 1, "bogus": 1 }),
        json!({ "position": 0 }),
    ] {
        assert_eq!(reader.put("/cursors/c1", &bad).await.0, 400, "{bad}");
    }
}
