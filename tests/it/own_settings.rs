//! Organizations with far ends of their own: a call server behind a real sshd, a voice agent, rules. Each goes through its own, nobody
//! through another's, and what is secret comes in and never goes out.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::dialling::agent::{Act, Agent, success};
use crate::dialling::{phone, well};
use crate::http_world::now;
use crate::sshd::{Sshd, base64, user};
use crate::world::World;

const PATIENCE: Duration = Duration::from_secs(30);
const OWN: &str = "/settings/organization";
const TOKEN: &str = "hunter2-of-the-agent";

/// Somebody of an organization.
struct Org<'a> {
    world: &'a World,
    token: String,
}

impl<'a> Org<'a> {
    fn admin(world: &'a World, organization: &str) -> Self {
        Self::of(world, organization, "admin")
    }

    fn of(world: &'a World, organization: &str, role: &str) -> Self {
        let out = world.run(&["token", "--org", organization, "--role", role]);
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        Self { world, token: String::from_utf8(out.stdout).unwrap().trim().to_owned() }
    }

    async fn ask(&self, method: Method, path: &str, body: &Value) -> (StatusCode, Value) {
        self.asked_as(method, path, (body, None)).await
    }

    async fn asked_as(
        &self,
        method: Method,
        path: &str,
        (body, version): (&Value, Option<&str>),
    ) -> (StatusCode, Value) {
        let request = self.world.http.request(method, self.world.url(path)).bearer_auth(&self.token);
        let request = if body.is_null() { request } else { request.json(body) };
        let request = version.into_iter().fold(request, |request, tag| request.header("if-match", tag));
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    async fn fine(&self, method: Method, path: &str, body: &Value) -> Value {
        let (status, said) = self.ask(method, path, body).await;
        assert!(status.is_success(), "{path}: {status} {said} {}", self.world.said());
        said
    }

    async fn set(&self, values: &Value) -> Value {
        self.fine(Method::PATCH, OWN, values).await
    }

    async fn refused(&self, values: &Value) -> Value {
        let (status, said) = self.ask(Method::PATCH, OWN, values).await;
        assert_eq!((status, &said["code"]), (StatusCode::BAD_REQUEST, &json!("bad-field")), "{said}");
        said
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        self.fine(Method::POST, path, body).await
    }

    async fn get(&self, path: &str) -> Value {
        self.fine(Method::GET, path, &Value::Null).await
    }

    /// A campaign of one contact, under way.
    async fn campaign(&self, number: u32) -> (String, String) {
        let body = json!({ "firstName": "Ali", "lastName": "Valiyev", "phone": phone(number) });
        let contact = self.post("/auto-calling/contacts", &body).await["id"].as_str().unwrap().to_owned();
        let body = json!({ "name": "Qarz", "campaignType": "DEBT_COLLECTION", "contactIds": [contact] });
        let campaign = self.post("/auto-calling/campaigns", &body).await["id"].as_str().unwrap().to_owned();
        self.post(&format!("/auto-calling/campaigns/{campaign}/start"), &Value::Null).await;
        (campaign, contact)
    }

    async fn until_over(&self, campaign: &str) {
        let began = Instant::now();
        loop {
            let shown = self.get(&format!("/auto-calling/campaigns/{campaign}")).await;
            if shown["status"] == "COMPLETED" {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "not over: {shown} {}", self.world.said());
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    async fn upload(&self, numbers: &str) -> Value {
        let body = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n{numbers}\r\n--edge--\r\n"
        );
        let request = self.world.http.post(self.world.url("/calls/upload")).body(body);
        let request = request.header("content-type", "multipart/form-data; boundary=edge");
        let answer = request.bearer_auth(&self.token).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{status} {text}");
        serde_json::from_str(&text).unwrap()
    }
}

fn setting<'a>(shown: &'a Value, name: &str) -> &'a Value {
    shown.as_array().unwrap().iter().find(|one| one["name"] == name).unwrap()
}

/// Its agent, called at any time.
fn agent_of(agent: &Agent) -> Value {
    json!({ "AGENT_URL": agent.url("/call"), "AGENT_STATUS_URL": agent.url("/status"), "RULES_PACK": "always" })
}

fn call_server_of(sshd: &Sshd, command: &str) -> Value {
    json!({
        "REMOTE_HOST": "127.0.0.1", "REMOTE_PORT": sshd.port.to_string(), "REMOTE_USER": user(),
        "PRIVATE_KEY_BASE64": base64(&sshd.path("client")), "REMOTE_HOST_KEY": sshd.fingerprint("ed25519"),
        "REMOTE_PATH": sshd.home().join("numbers.txt").to_str().unwrap(), "REMOTE_COMMAND": command,
    })
}

/// The house's far ends are this machine and an agent; private ones may be set.
async fn started(mut world: World, agent: &Agent) -> World {
    let path = world.folder.path().join("numbers.txt");
    world.set("REMOTE_HOST", "local");
    world.set("REMOTE_PATH", path.to_str().unwrap());
    world.set("REMOTE_COMMAND", "cp numbers.txt dialled.txt");
    world.set("AGENT_URL", &agent.url("/call"));
    world.set("AGENT_STATUS_URL", &agent.url("/status"));
    world.set("RULES_PACK", "always");
    world.set("ORGANIZATION_PRIVATE_HOSTS", "127.0.0.1");
    world.set("CALLS_AUTH", "token");
    world.start().await;
    world
}

async fn each_organization_goes_through_its_own(world: World) {
    let (houses, own) = (Agent::start(well(20)), Agent::start(well(20)));
    let sshd = Sshd::start();
    let world = started(world, &houses).await;
    let (one, two) = (Org::admin(&world, "1"), Org::admin(&world, "2"));
    two.set(&agent_of(&own)).await;
    let there = sshd.home().display().to_string();
    two.set(&call_server_of(&sshd, &format!("cp {there}/numbers.txt {there}/dialled.txt"))).await;

    for (org, number, numbers) in [(&one, 1, "+998901112233\n"), (&two, 2, "+998901114455\n")] {
        let (campaign, _) = org.campaign(number).await;
        org.until_over(&campaign).await;
        org.upload(numbers).await;
        let answer = org.post("/calls/start", &Value::Null).await;
        assert_eq!((&answer["ok"], &answer["code"]), (&json!(true), &json!(0)), "{answer}");
    }
    let rung = |agent: &Agent| agent.rung().into_iter().map(|rung| rung.phone).collect::<Vec<_>>();
    assert_eq!((rung(&houses), rung(&own)), (vec![phone(1)], vec![phone(2)]));
    let dialled = |folder: std::path::PathBuf| std::fs::read_to_string(folder.join("dialled.txt")).unwrap();
    assert_eq!(dialled(world.folder.path().to_owned()), "+998901112233\n");
    assert_eq!(dialled(sshd.home()), "+998901114455\n");

    // Back to the house's, from the next call on.
    two.set(&json!({ "AGENT_URL": null, "AGENT_STATUS_URL": null })).await;
    let (campaign, _) = two.campaign(3).await;
    two.until_over(&campaign).await;
    assert_eq!((rung(&houses), rung(&own)), (vec![phone(1), phone(3)], vec![phone(2)]));
    houses.stop().await;
    own.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_organization_goes_through_its_own_on_sqlite() {
    each_organization_goes_through_its_own(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_organization_goes_through_its_own_on_postgres() {
    each_organization_goes_through_its_own(World::postgres().await).await;
}

/// Whoever sets a real agent is held to the rules for real calls, though the house's is a simulation whose calls disturb nobody.
#[tokio::test(flavor = "multi_thread")]
async fn an_agent_of_ones_own_brings_the_rules_for_real_calls() {
    let own = Agent::start(well(20));
    let mut world = World::sqlite();
    world.set("ORGANIZATION_PRIVATE_HOSTS", "127.0.0.0/8");
    world.start().await;
    let org = Org::admin(&world, "1");
    let rules = async |number: u32| {
        let (campaign, contact) = org.campaign(number).await;
        let path = format!("/auto-calling/contacts/{contact}/explain?campaign={campaign}");
        org.get(&path).await["rulesPack"].as_str().unwrap().to_owned()
    };
    assert!(rules(1).await.starts_with("always "));
    org.set(&json!({ "AGENT_URL": own.url("/call") })).await;
    assert!(rules(2).await.starts_with("uz "));
    org.set(&json!({ "RULES_PACK": "ru_230_fz" })).await;
    assert!(rules(3).await.starts_with("ru_230_fz "));
    own.stop().await;
}

/// A campaign that runs is taken up anew: who is called next is called through the new agent, and nobody by both.
#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_that_runs_goes_on_through_the_new_agent() {
    const CONTACTS: u32 = 40;
    let (first, second) = (Agent::start(well(60)), Agent::start(well(5)));
    let world = started(World::sqlite(), &first).await;
    let org = Org::admin(&world, "1");
    let mut contacts = vec![];
    for number in 0..CONTACTS {
        let body = json!({ "firstName": "Ali", "lastName": "Valiyev", "phone": phone(number) });
        contacts.push(org.post("/auto-calling/contacts", &body).await["id"].clone());
    }
    let settings = json!({ "concurrency": 1 });
    let body = json!({ "name": "Qarz", "campaignType": "DEBT_COLLECTION", "contactIds": contacts, "settings": settings });
    let campaign = org.post("/auto-calling/campaigns", &body).await["id"].as_str().unwrap().to_owned();
    org.post(&format!("/auto-calling/campaigns/{campaign}/start"), &Value::Null).await;
    let began = Instant::now();
    while first.rung().len() < 2 {
        assert!(began.elapsed() < PATIENCE, "{}", world.said());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    org.set(&agent_of(&second)).await;
    let by_first = first.rung().len();
    org.until_over(&campaign).await;
    // One call may have been on its way to the first one at that moment.
    assert!(first.rung().len() <= by_first + 1, "{} after {by_first}", first.rung().len());
    for number in 0..CONTACTS {
        assert_eq!(first.times(&phone(number)) + second.times(&phone(number)), 1, "{number}");
    }
    first.stop().await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_comes_in_and_never_goes_out() {
    let houses = Agent::start(well(20));
    let mut world = started(World::sqlite(), &houses).await;
    let org = Org::admin(&world, "2");
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let said =
        json!({ "AGENT_URL": "https://agent.example/call", "AGENT_TOKEN": TOKEN, "WEBHOOK_SECRETS": secret });
    let shown = org.set(&said).await;
    let token = setting(&shown, "AGENT_TOKEN");
    assert_eq!(
        (&token["isSecret"], &token["isSet"], &token["value"]),
        (&json!(true), &json!(true), &Value::Null)
    );
    assert_eq!(setting(&shown, "AGENT_URL")["value"], "https://agent.example/call");

    // Named or not, a secret stays until it is replaced, and the rest of the far end beside it.
    let shown = org.set(&json!({ "AGENT_TIMEOUT_SECONDS": "90" })).await;
    assert_eq!(setting(&shown, "AGENT_TOKEN")["isSet"], true);
    let other = Org::admin(&world, "1").get(OWN).await;
    assert!(other.as_array().unwrap().iter().all(|one| one["isSet"] == false), "{other}");

    let feed = org.get("/events?types=settings.changed").await.to_string();
    let audit = org.get("/audit/settings/organization").await.to_string();
    assert!(audit.contains("AGENT_TOKEN") && audit.contains("***"), "{audit}");
    let told = format!("{shown}{feed}{audit}{:?}{}", world.events(), world.said());
    assert!(feed.contains("***") && feed.contains("AGENT_TOKEN"), "{feed}");
    world.stop();
    let files = walk(&world.data());
    for secret in [TOKEN, secret] {
        assert!(!told.contains(secret));
        assert!(files.iter().all(|bytes| !bytes.windows(secret.len()).any(|part| part == secret.as_bytes())));
    }
    houses.stop().await;
}

fn walk(folder: &std::path::Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { walk(&path) } else { vec![std::fs::read(path).unwrap()] })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_used_is_not_taken_in() {
    let mut world = World::sqlite();
    world.start().await;
    let org = Org::admin(&world, "1");
    for (values, field) in [
        (json!({ "AGENT_TOKEN": "x" }), "AGENT_TOKEN"),
        (json!({ "AGENT_URL": "ftp://agent.example/" }), "AGENT_URL"),
        (json!({ "AGENT_URL": "http://agent.example/" }), "AGENT_URL"),
        (json!({ "AGENT_URL": "https://127.0.0.1/call" }), "AGENT_URL"),
        (json!({ "AGENT_URL": "https://[::1]/call" }), "AGENT_URL"),
        (json!({ "AGENT_URL": 7 }), "AGENT_URL"),
        (json!({ "RULES_PACK": "none" }), "RULES_PACK"),
        (json!({ "REMOTE_HOST": "local" }), "REMOTE_HOST"),
        (json!({ "REMOTE_HOST": "simulated" }), "REMOTE_HOST"),
        (json!({ "REMOTE_HOST": "server.example" }), "REMOTE_HOST_KEY"),
        (json!({ "REMOTE_HOST": "server.example", "REMOTE_HOST_KEY": "first-use" }), "REMOTE_USER"),
        (json!({ "REMOTE_HOST": "10.1.2.3", "REMOTE_HOST_KEY": "first-use" }), "REMOTE_HOST"),
        (json!({ "DATA_KEY": "x" }), "DATA_KEY"),
        (json!({ "REMOTE_KNOWN_HOSTS": "/etc/passwd" }), "REMOTE_KNOWN_HOSTS"),
    ] {
        let said = org.refused(&values).await;
        assert_eq!(said["field"], field, "{values}: {said}");
    }
    let manager = Org::of(&world, "1", "manager");
    for method in [Method::GET, Method::PATCH] {
        assert_eq!(manager.ask(method, OWN, &json!({ "RULES_PACK": "uz" })).await.0, 403);
    }
    assert!(org.get(OWN).await.as_array().unwrap().iter().all(|one| one["isSet"] == false));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_changes_what_somebody_else_changed_meanwhile() {
    let mut world = World::sqlite();
    world.start().await;
    let org = Org::admin(&world, "1");
    let request = world.http.get(world.url(OWN)).bearer_auth(&org.token);
    let tag = request.send().await.unwrap().headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(tag, "\"0\"");
    let body = json!({ "RULES_PACK": "uz" });
    let unseen = org.asked_as(Method::PATCH, OWN, (&body, Some("\"7\""))).await;
    assert_eq!(unseen.0, StatusCode::PRECONDITION_FAILED, "{}", unseen.1);
    let set = async |tag| org.asked_as(Method::PATCH, OWN, (&body, Some(tag))).await.0;
    assert_eq!(set(&tag).await, 200);
    let other = json!({ "RULES_PACK": "always" });
    let late = org.asked_as(Method::PATCH, OWN, (&other, Some("\"7\""))).await;
    assert_eq!((late.0, &late.1["code"]), (StatusCode::PRECONDITION_FAILED, &json!("changed-meanwhile")));
    assert_eq!(org.asked_as(Method::PATCH, OWN, (&other, Some("\"1\""))).await.0, 200);
}

/// Its reports are signed with its own secret and nobody else's.
#[tokio::test(flavor = "multi_thread")]
async fn an_agent_of_ones_own_signs_with_ones_own_secret() {
    use karnay::config::SigningSecret;
    use karnay::config::signature::SigningKey;

    let (houses, ours) = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_aGVsbG8gd29ybGQgaGVsbG8gd29ybGQ=");
    let own = Agent::start(|_, _| Act::Take);
    let mut world = World::sqlite();
    world.set("WEBHOOK_SECRETS", houses);
    world.set("ORGANIZATION_PRIVATE_HOSTS", "127.0.0.1");
    world.start().await;
    let org = Org::admin(&world, "2");
    let mut values = agent_of(&own);
    values["WEBHOOK_SECRETS"] = json!(ours);
    org.set(&values).await;
    let (campaign, _) = org.campaign(1).await;
    let began = Instant::now();
    while own.rung().is_empty() {
        assert!(began.elapsed() < PATIENCE, "{}", world.said());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut report = success();
    report["idempotencyKey"] = json!(own.rung()[0].key);
    let body = report.to_string();
    let told = async |secret: &str| {
        let key = SigningKey::new(&SigningSecret::parse(secret).unwrap());
        let headers = key.headers("msg_1", now().timestamp(), body.as_bytes());
        let request = world.http.post(world.url("/auto-calling/agent/callback")).headers(headers);
        request.header("content-type", "application/json").body(body.clone()).send().await.unwrap().status()
    };
    assert_eq!(told(houses).await, 401);
    assert_eq!(told(ours).await, 200);
    org.until_over(&campaign).await;
    own.stop().await;
}

/// An agent that may not be called any more: nobody is rung through the house's instead.
#[tokio::test(flavor = "multi_thread")]
async fn settings_that_cannot_be_used_stand_in_the_way() {
    let houses = Agent::start(well(20));
    let own = Agent::start(well(20));
    let mut world = started(World::sqlite(), &houses).await;
    let org = Org::admin(&world, "2");
    org.set(&agent_of(&own)).await;
    // What was allowed is allowed no longer.
    world.stop();
    world.unset("ORGANIZATION_PRIVATE_HOSTS");
    world.start().await;
    let org = Org::admin(&world, "2");
    let (status, said) = org.ask(Method::POST, "/calls/start", &Value::Null).await;
    assert_eq!((status, &said["code"]), (StatusCode::CONFLICT, &json!("settings-unusable")), "{said}");
    let body = json!({ "firstName": "Ali", "lastName": "Valiyev", "phone": phone(1) });
    let contact = org.post("/auto-calling/contacts", &body).await["id"].clone();
    let body = json!({ "name": "Qarz", "campaignType": "DEBT_COLLECTION", "contactIds": [contact] });
    let campaign = org.post("/auto-calling/campaigns", &body).await["id"].as_str().unwrap().to_owned();
    let start =
        org.ask(Method::POST, &format!("/auto-calling/campaigns/{campaign}/start"), &Value::Null).await;
    assert_eq!(
        (start.0, &start.1["code"]),
        (StatusCode::CONFLICT, &json!("settings-unusable")),
        "{}",
        start.1
    );
    assert!(houses.rung().is_empty() && own.rung().is_empty());
    assert!(world.said().contains("nobody is called for an organization"), "{}", world.said());

    // They can be set right at any time.
    org.set(&json!({ "AGENT_URL": null, "AGENT_STATUS_URL": null })).await;
    org.post(&format!("/auto-calling/campaigns/{campaign}/start"), &Value::Null).await;
    org.until_over(&campaign).await;
    assert_eq!(houses.times(&phone(1)), 1);
    houses.stop().await;
    own.stop().await;
}
