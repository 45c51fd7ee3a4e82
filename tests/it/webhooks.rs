//! Events sent to receivers outside: a real receiver on loopback, which the setting allows, on both stores; signatures are verified by
//! the library that Standard Webhooks itself gives to receivers.

mod doors;
mod itself;
mod lived;
mod receiver;
mod tries;

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::World;

/// Enough for a loaded machine; nothing waits for it where things go well.
const SOON: Duration = Duration::from_secs(30);

/// Until something is so.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < SOON, "{what}: that did not come");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// An organization's manager at the door of an engine.
struct Manager<'a> {
    world: &'a World,
    token: String,
}

impl<'a> Manager<'a> {
    fn of(world: &'a World) -> Self {
        Self { world, token: world.token() }
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let request = self.world.http.request(method, self.world.url(path)).bearer_auth(&self.token);
        let request = if let Some(body) = body { request.json(&body) } else { request };
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// The endpoint's path and its secret.
    async fn register(&self, url: &str, types: &[&str]) -> (String, String) {
        let body = json!({ "url": url, "types": types, "description": "test" });
        let (status, told) = self.ask(Method::POST, "/webhooks/endpoints", Some(body)).await;
        assert_eq!(status, 201, "{told}");
        let path = format!("/webhooks/endpoints/{}", told["id"].as_str().unwrap());
        (path, told["secret"].as_str().unwrap().to_owned())
    }

    async fn get(&self, path: &str) -> Value {
        let (status, told) = self.ask(Method::GET, path, None).await;
        assert_eq!(status, 200, "{path}: {told}");
        told
    }

    async fn post(&self, path: &str, body: Option<Value>) -> u16 {
        self.ask(Method::POST, path, body).await.0
    }
}

/// A call server's reports of these numbers.
async fn report(world: &World, session: &str, numbers: std::ops::Range<u32>) {
    for number in numbers {
        let told = world.report(&crate::world::report(session, number)).await.unwrap();
        assert_eq!(told.status(), 200);
    }
}

fn allow(world: &mut World) {
    world.set("WEBHOOK_PRIVATE_HOSTS", "127.0.0.0/8");
}
