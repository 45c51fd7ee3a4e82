//! R7 and what campaigns are for: everybody is called who may be, once, and nobody else. The engine is the real program; the voice agent
//! lives in the test and remembers whom it rang.

pub(crate) mod agent;
mod days;
mod faults;
mod fresh;
mod kills;
mod news;
mod patience;
mod reports;

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::World;
use agent::{Act, Agent, success};

const PATIENCE: Duration = Duration::from_mins(1);

/// An engine with an agent to call through.
pub(crate) struct Desk {
    pub(crate) world: World,
    pub(crate) agent: Agent,
    token: String,
}

impl Desk {
    pub(crate) async fn start(world: World, agent: Agent) -> Self {
        Self::start_with(world, agent, |_| {}).await
    }

    async fn start_with(mut world: World, agent: Agent, settings: impl FnOnce(&mut World)) -> Self {
        world.set("AGENT_URL", &agent.url("/call"));
        world.set("AGENT_STATUS_URL", &agent.url("/status"));
        world.set("RULES_PACK", "always");
        settings(&mut world);
        world.start().await;
        let token = world.token();
        Self { world, agent, token }
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, body: &Value) -> (StatusCode, Value) {
        let request = self.world.http.request(method, self.world.url(path)).bearer_auth(&self.token);
        let request = if body.is_null() { request } else { request.json(body) };
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        let (status, said) = self.ask(Method::POST, path, body).await;
        assert!(status.is_success(), "{path}: {status} {said}");
        said
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, said) = self.ask(Method::GET, path, &Value::Null).await;
        assert!(status.is_success(), "{path}: {status} {said}");
        said
    }

    pub(crate) async fn contact(&self, number: u32) -> String {
        let phone = phone(number);
        let body = json!({ "firstName": "Ali", "lastName": "Valiyev", "phone": phone });
        self.post("/auto-calling/contacts", &body).await["id"].as_str().unwrap().to_owned()
    }

    /// A campaign of that many contacts, whose numbers begin there.
    pub(crate) async fn campaign(&self, numbers: std::ops::Range<u32>, settings: &Value) -> String {
        let mut ids = vec![];
        for number in numbers {
            ids.push(self.contact(number).await);
        }
        self.campaign_of(&ids, settings).await
    }

    pub(crate) async fn campaign_of(&self, ids: &[String], settings: &Value) -> String {
        let body = json!({ "name": "Qarz", "campaignType": "DEBT_COLLECTION", "contactIds": ids, "settings": settings });
        self.post("/auto-calling/campaigns", &body).await["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn begin(&self, campaign: &str) -> Value {
        self.post(&format!("/auto-calling/campaigns/{campaign}/start"), &Value::Null).await
    }

    pub(crate) async fn shown(&self, campaign: &str) -> Value {
        self.get(&format!("/auto-calling/campaigns/{campaign}")).await
    }

    pub(crate) async fn until(&self, campaign: &str, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let shown = self.shown(campaign).await;
            if holds(&shown) {
                return shown;
            }
            assert!(began.elapsed() < PATIENCE, "not {what}: {shown} {}", self.world.said());
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    pub(crate) async fn until_status(&self, campaign: &str, status: &str) -> Value {
        self.until(campaign, status, |shown| shown["status"] == status).await
    }
}

pub(crate) fn phone(number: u32) -> String {
    format!("+99890{:07}", 1_000_000 + number)
}

/// Calls that last so long and end well.
pub(crate) fn well(millis: u64) -> impl Fn(&str, usize) -> Act + Send + Sync {
    move |_, _| Act::Say(Duration::from_millis(millis), success())
}

async fn everybody_is_called_once(world: World) {
    let desk = Desk::start(world, Agent::start(well(20))).await;
    let campaign = desk.campaign(0..40, &json!({ "concurrency": 7 })).await;
    let begun = desk.begin(&campaign).await;
    assert_eq!((begun["status"].as_str(), begun["lookedAt"].as_u64()), (Some("RUNNING"), Some(40)));
    let over = desk.until_status(&campaign, "COMPLETED").await;
    let counted =
        ["totalContacts", "calledContacts", "successfulCalls", "failedCalls", "attempts", "calling"];
    assert_eq!(counted.map(|name| over[name].as_u64().unwrap()), [40, 40, 40, 0, 40, 0]);
    let contact = &over["contacts"][0];
    assert_eq!(contact["callStatus"], "SUCCESS");
    assert_eq!(contact["conversationOutcome"], "Payment received");
    assert_eq!(
        (contact["callDuration"].as_u64(), contact["conversationSummary"].as_str()),
        (Some(40), Some("Kelishildi"))
    );
    for number in 0..40 {
        assert_eq!(desk.agent.times(&phone(number)), 1);
    }
    assert!(desk.agent.at_once() <= 7, "{}", desk.agent.at_once());
    desk.agent.nobody_was_rung_twice_at_once();
    let known = desk.get(&format!("/auto-calling/contacts/{}", contact["contactId"].as_str().unwrap())).await;
    assert_eq!(
        (known["isCalled"].as_bool(), known["lastConversationOutcome"].as_str()),
        (Some(true), Some("Payment received"))
    );
    for again in ["start", "resume"] {
        let path = format!("/auto-calling/campaigns/{campaign}/{again}");
        let (status, said) = desk.ask(Method::POST, &path, &Value::Null).await;
        assert_eq!((status, said["code"].as_str()), (StatusCode::CONFLICT, Some("campaign-through")));
    }
    desk.agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_called_once_on_sqlite() {
    everybody_is_called_once(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_called_once_on_postgres() {
    everybody_is_called_once(World::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_be_called_is_skipped_with_the_reason_until_that_changes() {
    let desk = Desk::start(World::sqlite(), Agent::start(well(5))).await;
    let ids = [desk.contact(1).await, desk.contact(2).await, desk.contact(3).await];
    let status = |id: &str| format!("/auto-calling/contacts/{id}");
    for (id, marked) in ids.iter().zip(["DO_NOT_CALL", "INACTIVE"]) {
        let (said, _) = desk.ask(Method::PATCH, &status(id), &json!({ "status": marked })).await;
        assert_eq!(said, StatusCode::OK);
    }
    let campaign = desk.campaign_of(&ids, &json!({})).await;
    let before = desk.get(&format!("/auto-calling/campaigns/{campaign}/preflight")).await;
    assert_eq!(before["callable"], 1);
    assert_eq!(before["skipped"], json!({ "contact_status": 2 }));
    let begun = desk.begin(&campaign).await;
    assert_eq!(begun["skipped"], json!({ "contact_status": 2 }), "the same as the preflight said");
    let over = desk.until_status(&campaign, "COMPLETED").await;
    assert_eq!((over["calledContacts"].as_u64(), over["skippedContacts"].as_u64()), (Some(1), Some(2)));
    let skipped: Vec<_> =
        over["contacts"].as_array().unwrap().iter().map(|one| one["skipReason"].as_str()).collect();
    assert_eq!(skipped, [Some("contact_status"), Some("contact_status"), None]);
    assert_eq!(
        (desk.agent.times(&phone(1)), desk.agent.times(&phone(2)), desk.agent.times(&phone(3))),
        (0, 0, 1)
    );

    let why = desk.get(&format!("/auto-calling/contacts/{}/explain?campaign={campaign}", ids[1])).await;
    assert_eq!((why["eligible"].as_bool(), why["rule"].as_str()), (Some(false), Some("contact_status")));
    assert_eq!(why["noted"]["rule"], "contact_status");
    assert_eq!(why["rules"].as_array().unwrap().len(), 17);

    // Marked active again, it is called when the campaign goes on.
    desk.ask(Method::PATCH, &status(&ids[1]), &json!({ "status": "ACTIVE" })).await;
    desk.begin(&campaign).await;
    desk.until(&campaign, "called", |shown| shown["calledContacts"] == 2).await;
    assert_eq!((desk.agent.times(&phone(1)), desk.agent.times(&phone(2))), (0, 1));
    desk.agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_line_is_told_so() {
    let desk = Desk::start(World::sqlite(), Agent::start(well(20_000))).await;
    let ids = [desk.contact(1).await, desk.contact(2).await];
    let campaign = desk.campaign_of(&ids, &json!({ "concurrency": 1, "callsPerSecond": 0.01 })).await;
    let why = async || {
        let why = desk.get(&format!("/auto-calling/contacts/{}/explain?campaign={campaign}", ids[1])).await;
        let told = why["rules"].as_array().unwrap().iter();
        let told = told.map(|one| (one["rule"].as_str().unwrap().to_owned(), one.clone())).collect();
        let told: std::collections::HashMap<String, Value> = told;
        (why, told)
    };
    let (standing, rules) = why().await;
    assert_eq!((&standing["eligible"], &standing["rule"]), (&json!(false), &json!("campaign_not_running")));
    assert_eq!((&standing["callStatus"], &standing["eligibleAt"]), (&json!("PENDING"), &Value::Null));
    assert_eq!(rules["campaign_not_running"]["verdict"], "suppress");

    desk.begin(&campaign).await;
    desk.until(&campaign, "calling", |shown| shown["calling"] == 1).await;
    let (waiting, rules) = why().await;
    assert_eq!((&waiting["eligible"], &waiting["rule"]), (&json!(false), &json!("concurrency")), "{waiting}");
    assert_eq!(rules["concurrency"]["figures"], json!({ "lines": { "atMost": 1, "live": 1 } }));
    assert_eq!(
        (&rules["concurrency"]["verdict"], &rules["concurrency"]["until"]),
        (&json!("defer"), &Value::Null)
    );
    let rate = &rules["calls_per_second"];
    assert_eq!(rate["figures"]["rate"]["callsPerSecond"], 0.01, "{rate}");
    assert!(rate["until"].as_str().unwrap() > waiting["at"].as_str().unwrap(), "{rate}");
    assert_eq!(rules["campaign_not_running"]["verdict"], "pass");
    let called = desk.get(&format!("/auto-calling/contacts/{}/explain?campaign={campaign}", ids[0])).await;
    assert_eq!((&called["phase"], &called["callStatus"]), (&json!("calling"), &json!("CALLING")));
    desk.agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_that_is_stopped_calls_nobody_more_and_goes_on_where_it_was() {
    let desk = Desk::start(World::sqlite(), Agent::start(well(150))).await;
    let campaign = desk.campaign(0..30, &json!({ "concurrency": 3 })).await;
    desk.begin(&campaign).await;
    desk.until(&campaign, "begun", |shown| shown["attempts"].as_u64() >= Some(6)).await;
    desk.post(&format!("/auto-calling/campaigns/{campaign}/stop"), &Value::Null).await;
    let (status, said) =
        desk.ask(Method::DELETE, &format!("/auto-calling/campaigns/{campaign}"), &Value::Null).await;
    assert_eq!(status, StatusCode::OK, "a stopped one may be removed: {said}");
    desk.agent.nobody_was_rung_twice_at_once();

    let campaign = desk.campaign(100..130, &json!({ "concurrency": 3 })).await;
    desk.begin(&campaign).await;
    let (status, said) =
        desk.ask(Method::DELETE, &format!("/auto-calling/campaigns/{campaign}"), &Value::Null).await;
    assert_eq!((status, said["code"].as_str()), (StatusCode::CONFLICT, Some("campaign-running")));
    desk.until(&campaign, "begun", |shown| shown["attempts"].as_u64() >= Some(6)).await;
    let stopped = desk.post(&format!("/auto-calling/campaigns/{campaign}/pause"), &Value::Null).await;
    assert_eq!(stopped["status"], "PAUSED");
    let still = desk.until(&campaign, "still", |shown| shown["calling"] == 0).await;
    let rung = desk.agent.rung().len();
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(desk.agent.rung().len(), rung, "nobody is called while it stands still");
    assert!(still["calledContacts"].as_u64() < Some(30));
    desk.post(&format!("/auto-calling/campaigns/{campaign}/resume"), &Value::Null).await;
    desk.until_status(&campaign, "COMPLETED").await;
    for number in 100..130 {
        assert_eq!(desk.agent.times(&phone(number)), 1);
    }
    desk.agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_starts_and_stops_at_once_make_one_runner() {
    let desk = Desk::start(World::sqlite(), Agent::start(well(60))).await;
    let campaign = desk.campaign(0..60, &json!({ "concurrency": 4 })).await;
    let asks = (0..200).map(|index| {
        let path =
            format!("/auto-calling/campaigns/{campaign}/{}", if index % 2 == 0 { "start" } else { "stop" });
        let desk = &desk;
        async move { desk.ask(Method::POST, &path, &Value::Null).await }
    });
    for (status, said) in futures_util::future::join_all(asks).await {
        let refused =
            ["campaign-not-running", "campaign-through", "busy"].iter().any(|code| said["code"] == *code);
        assert!(status.is_success() || refused, "{status} {said}");
    }
    // It may be through by now, and else it may stand still.
    let start = format!("/auto-calling/campaigns/{campaign}/start");
    let (status, said) = desk.ask(Method::POST, &start, &Value::Null).await;
    assert!(status.is_success() || said["code"] == "campaign-through", "{status} {said}");
    desk.until_status(&campaign, "COMPLETED").await;
    for number in 0..60 {
        assert_eq!(desk.agent.times(&phone(number)), 1);
    }
    assert!(desk.agent.at_once() <= 4, "one runner holds to its lines: {}", desk.agent.at_once());
    desk.agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_in_two_campaigns_is_rung_by_one_at_a_time() {
    let desk = Desk::start(World::sqlite(), Agent::start(well(80))).await;
    let mut ids = vec![];
    for number in 0..12 {
        ids.push(desk.contact(number).await);
    }
    let (one, other) = (desk.campaign_of(&ids, &json!({})).await, desk.campaign_of(&ids, &json!({})).await);
    tokio::join!(desk.begin(&one), desk.begin(&other));
    desk.until(&one, "called", |shown| shown["attempts"].as_u64() > Some(0)).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    desk.agent.nobody_was_rung_twice_at_once();
    assert!(desk.agent.rung().len() >= 12);
    let deferred = [desk.shown(&one).await, desk.shown(&other).await];
    assert!(deferred.iter().all(|shown| shown["skippedContacts"] == 0), "waiting is no reason to skip");
    desk.agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_organizations_campaign_is_nobodys() {
    let desk = Desk::start(World::sqlite(), Agent::start(well(5))).await;
    let campaign = desk.campaign(0..1, &json!({})).await;
    let contact = desk.shown(&campaign).await["contacts"][0]["contactId"].as_str().unwrap().to_owned();
    let out = desk.world.run(&["token", "--org", "2", "--role", "admin"]);
    let stranger = Desk { token: String::from_utf8(out.stdout).unwrap().trim().to_owned(), ..desk };
    let paths = ["start", "stop", "pause", "resume"].map(|verb| (Method::POST, format!("{campaign}/{verb}")));
    let others = [(Method::PATCH, campaign.clone()), (Method::GET, format!("{campaign}/preflight"))];
    for (method, path) in paths.into_iter().chain(others) {
        let body = if method == Method::PATCH { json!({ "name": "x" }) } else { Value::Null };
        let (status, said) = stranger.ask(method, &format!("/auto-calling/campaigns/{path}"), &body).await;
        assert_eq!(
            (status, said["code"].as_str()),
            (StatusCode::NOT_FOUND, Some("campaign-unknown")),
            "{path}"
        );
    }
    let explain = format!("/auto-calling/contacts/{contact}/explain?campaign={campaign}");
    let (status, _) = stranger.ask(Method::GET, &explain, &Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(stranger.agent.rung().len(), 0);
    stranger.agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_engines_on_one_database_are_one_runner_and_one_takes_over() {
    let desk = Desk::start(World::postgres().await, Agent::start(well(200))).await;
    let mut second = World::sqlite();
    second.set("DATABASE_URL", desk.world.database_url());
    for (name, value) in
        [("AGENT_URL", desk.agent.url("/call")), ("AGENT_STATUS_URL", desk.agent.url("/status"))]
    {
        second.set(name, &value);
    }
    second.set("RULES_PACK", "always");
    std::fs::create_dir_all(second.data()).unwrap();
    for key in ["data.key", "jwt.secret"] {
        std::fs::copy(desk.world.data().join(key), second.data().join(key)).unwrap();
    }
    second.start().await;
    let campaign = desk.campaign(0..120, &json!({ "concurrency": 5 })).await;
    desk.begin(&campaign).await;
    desk.until(&campaign, "under way", |shown| shown["attempts"].as_u64() >= Some(20)).await;
    // Whichever of them dials: the one that answers is killed, and the other one is asked from now on.
    let Desk { world: mut first, agent, token } = desk;
    first.kill();
    let desk = Desk { world: second, agent, token };
    let over = desk.until_status(&campaign, "COMPLETED").await;
    assert_eq!(over["calledContacts"].as_u64(), Some(120));
    desk.agent.nobody_was_rung_twice_at_once();
    for number in 0..120 {
        assert!(desk.agent.times(&phone(number)) <= 1);
    }
    // Calls of the dead one are over before their lease is: they may go on beside the first of the other.
    assert!(desk.agent.at_once() <= 10, "{}", desk.agent.at_once());
    desk.agent.stop().await;
}
