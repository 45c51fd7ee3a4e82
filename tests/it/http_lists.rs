//! What every list has in common: how long a page may be, how it goes on, and that nothing that is asked of one is passed over.

use actix_web::http::Method;
use serde_json::{Value, json};

use crate::http_world::{Floor, bearer, near};
use crate::world::{World, report};

/// Every list that has pages, by its route, as it is asked for here, and how many of it are shown at most.
const LISTS: [(&str, &str, u64); 6] = [
    ("/calls/sessions/all", "/calls/sessions/all?", 10_000),
    ("/calls/session/{id}/results", "/calls/session/s-1/results?", 10_000),
    ("/calls/session/{id}/results", "/calls/session/s-1/results?reports=all&", 10_000),
    ("/calls/history", "/calls/history?", 1_000),
    ("/calls/uploads", "/calls/uploads?", 1_000),
    ("/calls/quarantine", "/calls/quarantine?", 1_000),
];
/// Lists that old clients do not know, so that nobody sends them what means nothing.
const STRICT: [&str; 4] = ["/calls/history", "/calls/history/export", "/calls/uploads", "/calls/quarantine"];

fn parameters(document: &Value, path: &str) -> Vec<Value> {
    document["paths"][path]["get"]["parameters"].as_array().cloned().unwrap_or_default()
}

#[actix_web::test]
async fn a_limit_that_cannot_be_kept_is_refused() {
    let floor = Floor::new().await;
    floor.session("1", "s-1").await;
    let document = floor.get("/openapi.json").await.json();
    for (route, path, max) in LISTS {
        let told = format!("limit has to be a whole number from 1 to {max}");
        let more = (max + 1).to_string();
        for limit in ["0", "-1", "", "many", "1.5", "99999999999999999999", &more] {
            let wrong = floor.get(&format!("{path}limit={limit}")).await;
            assert_eq!((wrong.status, &*wrong.problem()), (400, "bad-parameter"), "{path}{limit}");
            let body = wrong.json();
            assert_eq!((&body["parameter"], &body["detail"]), (&json!("limit"), &json!(told)), "{path}");
        }
        for limit in [1, max] {
            assert_eq!(floor.get(&format!("{path}limit={limit}")).await.status, 200, "{path}{limit}");
        }
        let known = parameters(&document, route);
        let limit = known.iter().find(|known| known["name"] == "limit").expect("it has a limit");
        let bounds = (limit["schema"]["minimum"].as_u64(), limit["schema"]["maximum"].as_u64());
        assert_eq!((bounds, &limit["required"]), ((Some(1), Some(max)), &json!(false)), "{route}: {limit}");
    }
}

#[actix_web::test]
async fn a_misspelt_parameter_is_named_beside_the_known_ones() {
    let floor = Floor::new().await;
    floor.session("1", "s-1").await;
    let document = floor.get("/openapi.json").await.json();
    for path in STRICT {
        let known = parameters(&document, path);
        let known: Vec<&str> = known.iter().map(|known| known["name"].as_str().unwrap()).collect();
        assert!(known.contains(&"minPosition"), "{path}: {known:?}");
        for (query, name) in
            [("form=2025-10-06T00:00:00Z", "form"), ("minPosition=0&Limit=5", "Limit"), ("_=1", "_")]
        {
            let wrong = floor.get(&format!("{path}?{query}")).await;
            assert_eq!((wrong.status, &*wrong.problem()), (400, "bad-parameter"), "{path}?{query}");
            let told = wrong.json();
            let detail = format!("{name} is not known here; known are {}", known.join(", "));
            assert_eq!((&told["parameter"], &told["detail"]), (&json!(name), &json!(detail)), "{path}");
        }
        assert_eq!(floor.get(&format!("{path}?minPosition=0")).await.status, 200, "{path}");
        assert_eq!(floor.get(&format!("{path}?lang=ru")).await.status, 200, "{path}");
        let long = floor.get(&format!("{path}?{}=1", "%D1%8F".repeat(500))).await;
        assert_eq!(long.json()["parameter"].as_str().unwrap().chars().count(), 40, "{path}");
    }
    // Clients of the documented ones may have added what keeps caches away.
    for path in ["sessions/all", "session/s-1", "session/s-1/results"] {
        assert_eq!(floor.get(&format!("/calls/{path}?_=1738862891234")).await.status, 200, "{path}");
    }
    let admin = bearer(&json!({ "organizationId": 1, "role": "admin" }));
    let parked = near(Method::GET, "/projections/session_stats/parked?limit=5").insert_header(admin);
    let parked = floor.ask(parked).await;
    assert_eq!((parked.status, &parked.json()["parameter"]), (400, &json!("query")), "all of them are shown");
}

/// One column, page after page, following the links.
async fn pages(world: &World, path: &str, id: &str) -> Vec<Vec<Value>> {
    let (mut read, mut next) = (vec![], Some(path.to_owned()));
    while let Some(path) = next {
        let answer = world.get(&path).await;
        assert_eq!(answer.status(), 200, "{path}");
        let link = answer.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
        assert_eq!(link.is_some(), answer.headers().contains_key("x-next-cursor"), "{path}");
        next = link.map(|link| link[1..link.find(">; rel=\"next\"").unwrap()].to_owned());
        let rows: Value = answer.json().await.unwrap();
        read.push(rows.as_array().unwrap().iter().map(|row| row[id].clone()).collect());
    }
    read
}

async fn uploads_and_held_reports_are_paged(mut world: World) {
    let remote = world.folder.path().join("numbers.txt");
    world.set("UNKNOWN_SESSION", "404");
    world.set("REMOTE_HOST", "local");
    world.set("REMOTE_PATH", remote.to_str().unwrap());
    world.start().await;
    for number in 0..4 {
        let (status, answer) =
            world.upload("numbers.csv", format!("+99890123456{number}\n").as_bytes()).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(world.report(&report("made-up", number)).await.unwrap().status(), 404);
    }
    for (path, id) in [("/calls/uploads?", "uploadId"), ("/calls/quarantine?sessionId=made-up&", "id")] {
        let whole = pages(&world, &format!("{path}limit=5"), id).await;
        assert_eq!((whole.len(), whole[0].len()), (1, 4), "{path}");
        for (limit, sizes) in [(1, vec![1; 4]), (2, vec![2, 2]), (3, vec![3, 1]), (4, vec![4])] {
            let paged = pages(&world, &format!("{path}limit={limit}"), id).await;
            assert_eq!(paged.iter().map(Vec::len).collect::<Vec<_>>(), sizes, "{path}limit={limit}");
            assert_eq!(paged.concat(), whole[0], "{path}limit={limit}");
        }
        let wrong = world.get(&format!("{path}cursor=x")).await;
        assert_eq!(wrong.status(), 400);
        assert_eq!(wrong.json::<Value>().await.unwrap()["parameter"], "cursor");
    }
    assert!(world.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_and_held_reports_are_paged_on_sqlite() {
    uploads_and_held_reports_are_paged(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_and_held_reports_are_paged_on_postgres() {
    uploads_and_held_reports_are_paged(World::postgres().await).await;
}
