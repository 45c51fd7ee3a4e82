//! What every list has in common: how long a page may be.

use serde_json::{Value, json};

use crate::http_world::Floor;

/// Every list that has pages, by its route, as it is asked for here, and how many of it are shown at most.
const LISTS: [(&str, &str, u64); 6] = [
    ("/calls/sessions/all", "/calls/sessions/all?", 1_000),
    ("/calls/session/{id}/results", "/calls/session/s-1/results?", 10_000),
    ("/calls/session/{id}/results", "/calls/session/s-1/results?reports=all&", 10_000),
    ("/calls/history", "/calls/history?", 1_000),
    ("/calls/uploads", "/calls/uploads?", 1_000),
    ("/calls/quarantine", "/calls/quarantine?", 1_000),
];

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
