//! What holds on every route: ids, CORS, problems in one form, and the document made from the routes.

use actix_web::http::Method;
use serde_json::json;

use crate::http_world::{Floor, bearer, near};

#[actix_web::test]
async fn a_request_keeps_its_id_or_gets_one() {
    let floor = Floor::new().await;
    let named =
        floor.ask(near(Method::GET, "/health/live").insert_header(("x-request-id", "abc-1.2:3_4"))).await;
    assert_eq!(named.header("x-request-id"), Some("abc-1.2:3_4"));
    for bad in ["", "a b", "a\u{e9}", "<script>", &"x".repeat(65)] {
        let answer = floor.ask(near(Method::GET, "/health/live").insert_header(("x-request-id", bad))).await;
        assert_eq!(answer.header("x-request-id").unwrap().len(), 36, "{bad}");
    }
}

#[actix_web::test]
async fn nothing_is_said_in_another_form_than_a_problem() {
    let floor = Floor::new().await;
    let nowhere = floor.get("/nowhere").await;
    assert_eq!((nowhere.status, &*nowhere.problem()), (404, "not-found"));
    for (method, path, allow) in [
        (Method::DELETE, "/calls/session/s-1", "GET, HEAD"),
        (Method::GET, "/calls/result", "POST"),
        (Method::PUT, "/openapi.json", "GET, HEAD"),
    ] {
        let answer = floor.ask(near(method, path)).await;
        assert_eq!((answer.status, &*answer.problem()), (405, "method-not-allowed"), "{path}");
        assert_eq!(answer.header("allow"), Some(allow));
    }
    let ready = floor.get("/health/ready").await;
    assert_eq!((ready.status, &*ready.problem()), (503, "not-ready"));
    assert_eq!(ready.json()["reasons"], json!(["the disk is full", "a keeper is silent"]));
    for (query, parameter) in [("limit=1&cursor=x", "cursor"), ("minPosition=1.5", "minPosition")] {
        let wrong = floor.get(&format!("/calls/session/s-1/results?{query}")).await;
        assert_eq!((wrong.status, &*wrong.problem()), (400, "bad-parameter"));
        let told = wrong.json();
        assert_eq!(told["parameter"], parameter);
        let detail = format!("{parameter} has to be a whole number");
        assert!(told["detail"].as_str().unwrap().starts_with(&detail), "{told}");
    }
}

#[actix_web::test]
async fn head_says_what_get_says_without_its_body() {
    let floor = Floor::new().await;
    let (address, handle) = floor.serve();
    floor.session("1", "s-1").await;
    // One connection for all: a body that is sent all the same would be taken for the next answer.
    let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(1).build().unwrap();
    for path in [
        "/",
        "/health/live",
        "/health/ready",
        "/metrics",
        "/openapi.json",
        "/calls/sessions/all",
        "/calls/session/s-1/results",
        "/calls/history",
        "/calls/history/export",
        "/calls/session/s-2",
        "/calls/result",
        "/status",
        "/nowhere",
    ] {
        let url = format!("http://{address}{path}");
        let (head, get) = (client.head(&url).send().await.unwrap(), client.get(&url).send().await.unwrap());
        assert_eq!(head.status(), get.status(), "{path}");
        for name in ["content-type", "content-length", "allow", "x-position", "retry-after"] {
            assert_eq!(head.headers().get(name), get.headers().get(name), "{path}: {name}");
        }
        assert_eq!(head.bytes().await.unwrap().len(), 0, "{path}");
        assert!(!get.bytes().await.unwrap().is_empty(), "{path}");
    }
    handle.stop(false).await;
    let answer = floor.ask(near(Method::HEAD, "/health/live")).await;
    assert_eq!((answer.status, answer.bytes.len()), (200, 0));
}

#[actix_web::test]
async fn pages_of_this_machine_may_call_and_others_may_not() {
    let floor = Floor::new().await;
    for origin in ["http://localhost:5173", "http://127.0.0.1:8080", "https://[::1]"] {
        for path in ["/health/live", "/calls/sessions/all", "/nowhere"] {
            let answer = floor.ask(near(Method::GET, path).insert_header(("origin", origin))).await;
            assert_eq!(answer.header("access-control-allow-origin"), Some(origin), "{path}");
            let exposed = answer.header("access-control-expose-headers").unwrap();
            assert!(exposed.contains("x-position") && exposed.contains("x-behind"), "{exposed}");
        }
        let asked = near(Method::OPTIONS, "/calls/result").insert_header(("origin", origin));
        let asked = asked.insert_header(("access-control-request-method", "POST"));
        let answer = floor
            .ask(asked.insert_header(("access-control-request-headers", "content-type, authorization")))
            .await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some(origin)));
        let methods = answer.header("access-control-allow-methods").unwrap();
        let mut methods: Vec<&str> = methods.split(',').map(str::trim).collect();
        methods.sort_unstable();
        assert_eq!(methods, ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"]);
    }
    for origin in ["https://evil.example", "null", "http://localhost.evil.example"] {
        let answer = floor.ask(near(Method::POST, "/calls/start").insert_header(("origin", origin))).await;
        assert_eq!((answer.status, &*answer.problem()), (403, "origin-refused"), "{origin}");
    }
    assert_eq!(floor.journal.position(), 0, "no page has started anything");
}

#[actix_web::test]
async fn the_document_says_what_the_routes_are() {
    let floor = Floor::new().await;
    let answer = floor.get("/openapi.json").await;
    let document = answer.json();
    assert_eq!(document["openapi"].as_str().unwrap().split('.').take(2).collect::<Vec<_>>(), ["3", "1"]);
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let named = schema["properties"].as_object().into_iter().flatten().map(|(property, _)| property);
        let odd: Vec<&String> = named.filter(|property| property.contains('_')).collect();
        assert_eq!(odd, Vec::<&String>::new(), "{name}");
    }
    let report = &document["components"]["schemas"]["Report"];
    assert_eq!(report["required"], json!(["sessionId", "phoneNumber", "callStatus"]));
    assert!(report["properties"]["callDuration"].is_object(), "{report}");
    let session = &document["components"]["schemas"]["Session"]["properties"];
    assert!(session["progressPercentage"].is_object() && session["byStatus"].is_object(), "{session}");
    assert!(document["components"]["schemas"]["Problem"]["properties"]["statusCode"].is_object());
    for (path, expected) in [
        (
            "/calls/history",
            "number status direction source session campaign from to limit cursor minPosition lang",
        ),
        (
            "/calls/history/export",
            "number status direction source session campaign from to format minPosition lang",
        ),
        ("/calls/sessions/all", "limit cursor status q minPosition lang"),
        ("/calls/session/{id}/results", "limit cursor status q reports minPosition asOf lang id"),
    ] {
        let parameters = document["paths"][path]["get"]["parameters"].as_array().unwrap();
        let names: Vec<&str> = parameters.iter().map(|known| known["name"].as_str().unwrap()).collect();
        assert_eq!(names.join(" "), expected, "{path}");
    }
    let replayed = |name: &str| document["components"]["schemas"][name].clone();
    assert!(
        replayed("ReplayedReports")["properties"]["stillHeld"].is_object(),
        "{}",
        replayed("ReplayedReports")
    );
    assert!(replayed("Replayed")["oneOf"].is_array(), "a name is one schema's: {}", replayed("Replayed"));
    let text = String::from_utf8(answer.bytes).unwrap();
    for (at, _) in text.match_indices("#/components/schemas/") {
        let name: String = text[at + 21..].chars().take_while(|c| *c != '"').collect();
        assert!(document["components"]["schemas"][&name].is_object(), "{name} is referred to and not there");
    }
}

#[actix_web::test]
async fn the_engines_own_rooms() {
    let floor = Floor::new().await;
    let admin = || bearer(&json!({ "organizationId": 1, "role": "admin" }));
    let page = floor.get("/").await;
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    assert_eq!(floor.get("/metrics").await.bytes, b"karnay_test 1\n");
    let status = floor.ask(near(Method::GET, "/status").insert_header(admin())).await.json();
    assert_eq!((&status["ready"], &status["version"]), (&json!(true), &json!("test")));
    let rebuild =
        floor.ask(near(Method::POST, "/projections/session_stats/rebuild").insert_header(admin())).await;
    assert_eq!((rebuild.status, &rebuild.json()["generation"]), (202, &json!(2)));
    let unknown = floor.ask(near(Method::POST, "/projections/x/rebuild").insert_header(admin())).await;
    assert_eq!((unknown.status, &*unknown.problem()), (404, "projection-unknown"));
    let parked =
        floor.ask(near(Method::GET, "/projections/session_stats/parked").insert_header(admin())).await;
    assert_eq!(parked.json(), json!([]));
    for verb in ["replay", "discard"] {
        let path = format!("/projections/session_stats/parked/1%2Fs-1%2F~ab/{verb}");
        let answer = floor.ask(near(Method::POST, &path).insert_header(admin())).await;
        assert_eq!((answer.status, &*answer.problem()), (404, "stream-not-parked"));
    }
}
