//! What each route answers to those who ask too often, and while too much is under way.

use std::collections::BTreeSet;
use std::time::Duration;

use actix_web::dev::{Payload, Service as _};
use actix_web::error::PayloadError;
use actix_web::http::Method;
use actix_web::test::{self, TestRequest};
use actix_web::web::Bytes;
use futures_util::future::{join_all, poll_immediate};
use futures_util::stream::{self, FuturesUnordered, StreamExt as _};
use karnay::config::Rate;
use serde_json::json;

use super::{Given, Route};
use crate::http_world::{Floor, bearer, near, options};

/// As many requests as one worker has under way.
const UNDER_WAY: usize = 4_096;

fn asked(route: &Route) -> TestRequest {
    let method: Method = route.method.as_str().parse().unwrap();
    near(method, &route.address(&[])).insert_header(bearer(&json!({ "organizationId": 1, "role": "admin" })))
}

/// One request is let in, of whatever kind.
pub(super) async fn too_often(routes: &[Route]) -> BTreeSet<Given> {
    let mut options = options();
    options.limits.per_address = Some(Rate { burst: 1, every: Duration::from_hours(1) });
    (options.limits.webhook, options.limits.loopback) = (true, true);
    let floor = Floor::with(options).await;
    let mut given = BTreeSet::new();
    for route in std::iter::once(&routes[0]).chain(routes) {
        given.insert(route.given(floor.ask(asked(route)).await.status));
    }
    given
}

/// Those whose bodies do not come keep everybody else out.
pub(super) async fn too_many(routes: &[Route]) -> BTreeSet<Given> {
    let floor = Floor::new().await;
    let service = test::init_service(karnay::http::app(floor.engine.clone(), None)).await;
    let waits = |path| {
        let nothing =
            Payload::Stream { payload: stream::pending::<Result<Bytes, PayloadError>>().boxed_local() };
        near(Method::POST, path).to_request().replace_payload(nothing).0
    };
    // Reports are counted by themselves.
    let paths =
        ["/auth/login", "/calls/result"].into_iter().flat_map(|path| std::iter::repeat_n(path, UNDER_WAY));
    let waiting = paths.map(|path| Box::pin(service.call(waits(path))));
    let mut waiting: FuturesUnordered<_> = waiting.collect();
    assert!(poll_immediate(waiting.next()).await.is_none(), "one of them did not wait");
    let asked = join_all(routes.iter().map(async |route| {
        let answer = service.call(asked(route).to_request()).await.unwrap();
        route.given(answer.status().as_u16())
    }));
    asked.await.into_iter().collect()
}
