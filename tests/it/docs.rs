//! The description's page: everything that is described stands on it, what it points at is there, and it needs nothing else.

use std::collections::HashSet;

use crate::http_world::Floor;

/// What stands between `before` and the next quotation mark, each time.
fn quoted<'p>(page: &'p str, before: &str) -> Vec<&'p str> {
    page.split(before).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[actix_web::test]
async fn everything_is_on_the_page_and_every_link_leads_somewhere() {
    let floor = Floor::new().await;
    let page = floor.get("/docs").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let page = String::from_utf8(page.bytes).unwrap();
    let document = serde_json::to_value(karnay::http::document()).unwrap();
    let there: HashSet<&str> = quoted(&page, " id=\"").into_iter().collect();
    let operations = document["paths"].as_object().unwrap().values();
    for operation in operations.flat_map(|methods| methods.as_object().unwrap().values()) {
        assert!(there.contains(operation["operationId"].as_str().unwrap()), "{operation}");
    }
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(there.contains(&*format!("schema-{name}")), "{name}");
    }
    let links = quoted(&page, "href=\"#");
    assert!(links.len() > 300, "{}", links.len());
    assert!(links.iter().all(|link| there.contains(link)), "{links:?}");
}

#[actix_web::test]
async fn the_page_needs_nothing_from_elsewhere_and_runs_nothing() {
    let floor = Floor::new().await;
    let page = floor.get("/docs").await;
    let policy = page.header("content-security-policy").unwrap().to_owned();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(
        !policy.contains("script-src") && !policy.contains("unsafe") && !policy.contains("http"),
        "{policy}"
    );
    let page = String::from_utf8(page.bytes).unwrap();
    // An address in an example is a text; what is loaded or led to is not.
    for foreign in ["<script", " style=", "=\"http", "=\"//", "url(", "@import", "<img"] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    for file in quoted(&page, "href=\"/") {
        let file = floor.get(&format!("/{file}")).await;
        assert_eq!(file.status, 200, "{file:?}");
    }
}
