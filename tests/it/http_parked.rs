//! Streams that a screen could not follow: each organization's admins see their own, and touch no others.

use actix_web::http::Method;
use domain::ids::Organization;
use karnay::http::Options;
use projections::follow::{Follower, Page, Unreadable};
use projections::session_stats::SessionStats;
use serde_json::{Value, json};

use crate::http_world::{Answer, Floor, bearer, near, options};

const ALL: &str = "/projections/session_stats/parked";

/// Streams of two organizations, one that is nobody's own and one that no organization can be named by.
const PARKED: [&str; 4] = ["1/s-1", "2/s-2", "*/calls.internal:22", "?"];

async fn floor(options: Options) -> Floor {
    let floor = Floor::built(options, false).await;
    let unreadable: Vec<_> = (1..)
        .zip(PARKED)
        .map(|(position, stream)| Unreadable { position, kind: "session", stream, why: "not understood" })
        .collect();
    let mut follower = Follower::<SessionStats>::open(&floor.screens).await.unwrap();
    follower.advance(Page { after: 0, facts: &[], unreadable: &unreadable, last: 4 }).await.unwrap();
    floor
}

async fn ask(floor: &Floor, organization: &str, method: Method, path: &str) -> Answer {
    let admin = bearer(&json!({ "organizationId": organization, "role": "admin" }));
    floor.ask(near(method, path).insert_header(admin)).await
}

async fn seen(floor: &Floor, organization: &str) -> Vec<String> {
    let parked = ask(floor, organization, Method::GET, ALL).await.json();
    let name = |parked: &Value| parked["stream"].as_str().unwrap().to_owned();
    let mut names: Vec<_> = parked.as_array().unwrap().iter().map(name).collect();
    names.sort_unstable();
    names
}

async fn may_touch(floor: &Floor, organization: &str, stream: &str) -> bool {
    let stream = stream.replace('/', "%2F").replace('?', "%3F");
    let mut statuses = vec![];
    for verb in ["replay", "discard"] {
        let answer = ask(floor, organization, Method::POST, &format!("{ALL}/{stream}/{verb}")).await;
        if answer.status == 404 {
            assert_eq!(answer.problem(), "stream-not-parked", "as one that does not exist");
        }
        statuses.push(answer.status);
    }
    assert!([[200, 204], [404, 404]].contains(&[statuses[0], statuses[1]]), "{statuses:?}");
    statuses[0] == 200
}

#[actix_web::test]
async fn parked_streams_are_their_organizations_own() {
    let floor = floor(options()).await;
    assert_eq!(seen(&floor, "1").await, ["*/calls.internal:22", "1/s-1", "?"]);
    assert_eq!(seen(&floor, "2").await, ["2/s-2"]);
    assert!(seen(&floor, "3").await.is_empty());
    for (stream, owner) in PARKED.into_iter().zip(["1", "2", "1", "1"]) {
        for organization in ["1", "2", "3"] {
            let touched = may_touch(&floor, organization, stream).await;
            assert_eq!(touched, organization == owner, "{stream} by {organization}");
        }
    }
}

#[actix_web::test]
async fn what_has_no_organization_is_the_default_ones() {
    let floor = floor(Options { organization: Organization::parse("3").unwrap(), ..options() }).await;
    assert_eq!(seen(&floor, "1").await, ["1/s-1"]);
    assert_eq!(seen(&floor, "3").await, ["*/calls.internal:22", "?"]);
    assert!(may_touch(&floor, "3", PARKED[2]).await && !may_touch(&floor, "1", PARKED[2]).await);
}
