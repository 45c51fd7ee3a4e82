//! What was recorded, as those ask for it who want to know what happened: page by page, in their language, and back to where it began.

mod campaigns;
mod disclosures;
mod doors;
mod sessions;
mod verification;

use reqwest::StatusCode;
use serde_json::Value;

use crate::world::World;

/// Somebody who may ask, with a token that the program itself made.
pub(crate) struct Auditor<'a> {
    world: &'a World,
    token: String,
}

impl<'a> Auditor<'a> {
    pub(crate) fn of(world: &'a World, organization: &str, role: &str) -> Self {
        let out = world.run(&["token", "--org", organization, "--role", role]);
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        Self { world, token: String::from_utf8(out.stdout).unwrap().trim().to_owned() }
    }

    /// The answer, and where the next page is.
    pub(crate) async fn ask(&self, path: &str) -> (StatusCode, Value, Option<String>) {
        let answer = self.world.http.get(self.world.url(path)).bearer_auth(&self.token).send().await.unwrap();
        let link = answer.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
        let next = link.map(|link| link[1..link.find('>').unwrap()].to_owned());
        (answer.status(), answer.json().await.unwrap(), next)
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, answer, _) = self.ask(path).await;
        assert_eq!(status, 200, "{path}: {answer} {}", self.world.said());
        answer
    }

    /// The events of every page, following the links.
    pub(crate) async fn pages(&self, path: &str) -> Vec<Value> {
        let (mut all, mut next) = (vec![], Some(path.to_owned()));
        while let Some(path) = next {
            let (status, answer, following) = self.ask(&path).await;
            assert_eq!(status, 200, "{path}: {answer}");
            all.extend(answer["events"].as_array().unwrap().iter().cloned());
            next = following;
        }
        all
    }
}

/// `kind.type` of each event.
pub(crate) fn types(events: &[Value]) -> Vec<String> {
    let name = |event: &Value| format!("{}.{}", text(&event["kind"]), text(&event["type"]));
    events.iter().map(name).collect()
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

pub(crate) fn events(answer: &Value) -> &[Value] {
    answer["events"].as_array().unwrap()
}

/// What each link of the chain is.
pub(crate) fn chain(answer: &Value) -> Vec<&str> {
    answer["chain"].as_array().unwrap().iter().map(|link| text(&link["what"])).collect()
}

pub(crate) fn link<'a>(answer: &'a Value, what: &str) -> &'a Value {
    let found = answer["chain"].as_array().unwrap().iter().find(|link| link["what"] == what);
    found.unwrap_or_else(|| panic!("no {what}: {answer}"))
}
