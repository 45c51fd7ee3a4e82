//! Of which position an answer about a campaign is: one that everything in it shows at least, however far its screens have come.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::agent::{Act, Agent, success};
use super::{Desk, well};
use crate::world::World;

impl Desk {
    /// What is shown, of which position that is, and how much is missing.
    async fn read(&self, path: &str) -> (Value, u64, u64) {
        let request = self.world.http.request(Method::GET, self.world.url(path)).bearer_auth(&self.token);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let header = |name: &str| answer.headers()[name].to_str().unwrap().parse().unwrap();
        let (position, behind) = (header("x-position"), header("x-behind"));
        (answer.json().await.unwrap(), position, behind)
    }
}

/// Keeps a screen as it is, to be read by anybody, until it is dropped.
async fn still(world: &World, screen: &str) -> sqlx::Transaction<'static, sqlx::Postgres> {
    let pool = sqlx::PgPool::connect(world.database_url()).await.unwrap();
    let named = "select tablename from pg_tables where schemaname = 'screens' and tablename like $1 || '_v%'";
    let table: String = sqlx::query_scalar(named).bind(screen).fetch_one(&pool).await.unwrap();
    let mut held = pool.begin().await.unwrap();
    sqlx::query(&format!("lock table screens.{table} in exclusive mode")).execute(&mut *held).await.unwrap();
    held
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_of_the_screen_that_is_furthest_behind() {
    let desk = Desk::start(World::postgres().await, Agent::start(well(5))).await;
    let (campaign, late) = (desk.campaign(0..2, &json!({})).await, desk.contact(5).await);
    let path = format!("/auto-calling/campaigns/{campaign}");
    for (screen, told) in [("targets", ["target", "enlisted"]), ("contact_book", ["contact", "changed"])] {
        assert_eq!(desk.read(&path).await.2, 0);
        let held = still(&desk.world, screen).await;
        desk.ask(Method::POST, &format!("{path}/contacts"), &json!({ "contactIds": [late] })).await;
        let change = json!({ "notes": screen });
        desk.ask(Method::PATCH, &format!("/auto-calling/contacts/{late}"), &change).await;
        let events = desk.world.events();
        let news = events.iter().rfind(|event| event["kind"] == told[0] && event["type"] == told[1]);
        let news = news.unwrap()["position"].as_u64().unwrap();
        for path in [path.clone(), format!("{path}/contacts")] {
            let (shown, position, behind) = desk.read(&path).await;
            assert!(
                position < news && behind > 0,
                "{path} while {screen} stands still: {position} of {news}, {shown}"
            );
        }
        held.rollback().await.unwrap();
    }
    let (shown, _, behind) = desk.read(&path).await;
    assert_eq!((shown["contacts"].as_array().unwrap().len(), behind), (3, 0), "{shown}");
    desk.agent.stop().await;
}

/// What only grows, of the campaign and of each of its contacts.
fn counted(shown: &Value) -> Vec<u64> {
    let figure = |of: &Value, name: &str| of[name].as_u64().unwrap();
    let mut counted: Vec<u64> =
        ["attempts", "calledContacts", "successfulCalls"].map(|name| figure(shown, name)).to_vec();
    counted.extend(shown["contacts"].as_array().unwrap().iter().map(|one| figure(one, "attempts")));
    counted
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_campaign_runs_an_answer_shows_its_position_at_least() {
    let agent = Agent::start(|_, _| Act::Say(Duration::from_millis(30), success()));
    let desk = Desk::start(World::sqlite(), agent).await;
    let campaign = desk.campaign(0..30, &json!({ "concurrency": 3 })).await;
    desk.begin(&campaign).await;
    let path = format!("/auto-calling/campaigns/{campaign}");
    let mut between = 0;
    loop {
        let (shown, position, _) = desk.read(&path).await;
        let (then, of, _) = desk.read(&format!("{path}?asOf={position}")).await;
        assert_eq!(of, position);
        for (now, then) in counted(&shown).into_iter().zip(counted(&then)) {
            assert!(now >= then, "at {position}: {shown} is less than {then}");
        }
        match shown["status"].as_str() {
            Some("COMPLETED") => break,
            _ => between += u32::from((1..30).contains(&shown["attempts"].as_u64().unwrap())),
        }
    }
    assert!(between > 0, "nobody looked while it ran");
    desk.agent.stop().await;
}
