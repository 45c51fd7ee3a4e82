//! Two organizations that are busy at the same time: nobody is told anything of the other's.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::streams::Events;
use super::{CALLS, CAMPAIGNS, Desk, Watch, socket, token};
use crate::dialling::agent::Agent;
use crate::dialling::well;
use crate::world::{World, report};

const ROUNDS: u32 = 30;

/// Reports, a campaign, contacts and a list, and the ids of everything that came of it.
async fn busy(world: &World, organization: &str, first: u32) -> BTreeSet<String> {
    let desk = Desk::of(world, organization, "manager");
    let session = format!("session-173886289123{organization}-abc123");
    let (mut ids, mut contacts) = (BTreeSet::from([session.clone()]), vec![]);
    for number in first..first + ROUNDS {
        let stored = desk.post("/calls/result", &report(&session, number)).await;
        ids.insert(stored["id"].as_str().unwrap().to_owned());
        contacts.push(desk.contact(number).await);
        ids.extend(contacts.last().cloned());
    }
    let plan = json!({ "name": "C", "campaignType": "SURVEY", "contactIds": contacts });
    let campaign = desk.post("/auto-calling/campaigns", &plan).await["id"].as_str().unwrap().to_owned();
    desk.post(&format!("/auto-calling/campaigns/{campaign}/start"), &Value::Null).await;
    ids.insert(campaign);
    ids
}

/// What a push is about.
fn subject(event: &str, data: &Value) -> Option<String> {
    let name = match event {
        "call-result" | "contact-update" => "id",
        "session-update" => "sessionId",
        "campaign-update" | "campaign-status" | "campaign-complete" => "campaignId",
        _ => return None,
    };
    Some(data[name].as_str().unwrap_or_else(|| panic!("{event}: {data}")).to_owned())
}

async fn nobody_is_told_of_others(mut world: World) {
    let agent = Agent::start(well(10));
    world.set("AGENT_URL", &agent.url("/call"));
    world.set("RULES_PACK", "always");
    world.start().await;
    let tokens = ["1", "2"].map(|organization| token(&world, organization, "admin", &[]));
    let sockets: Vec<Value> =
        tokens.iter().flat_map(|token| [socket(CALLS, token), socket(CAMPAIGNS, token)]).collect();
    let mut watch = Watch::entered(&world, &json!(sockets)).await;
    let mut streams = vec![];
    for token in &tokens {
        streams.push(Events::open(&world, token, None).await);
    }
    let (ones, twos) = tokio::join!(busy(&world, "1", 0), busy(&world, "2", 1_000));
    let ids = [ones, twos];
    for organization in 0..2 {
        let (calls, campaigns) = (2 * organization, 2 * organization + 1);
        while watch.of(calls, "call-result").len() < 30 || watch.of(campaigns, "campaign-complete").is_empty()
        {
            watch.next().await;
        }
        for client in [calls, campaigns] {
            let told = watch.heard.iter().filter(|told| told.socket == client);
            for told in told {
                let subject = subject(&told.event, &told.data);
                assert!(subject.is_none_or(|subject| ids[organization].contains(&subject)), "{told:?}");
            }
        }
        let mut seen = BTreeSet::new();
        loop {
            let event = streams[organization].next().await.unwrap();
            if let Some(subject) = subject(&event.name, &event.data) {
                assert!(ids[organization].contains(&subject), "{event:?}");
                seen.insert(subject);
            }
            if event.name == "campaign-complete" {
                break;
            }
        }
        assert_eq!(seen, ids[organization], "everything of its own is told");
    }
    // Whoever comes back is told of its own, too.
    for organization in 0..2 {
        let mut stream = Events::open(&world, &tokens[organization], Some("0")).await;
        loop {
            let event = stream.next().await.unwrap();
            let subject = subject(&event.name, &event.data);
            assert!(subject.is_none_or(|subject| ids[organization].contains(&subject)), "{event:?}");
            if ["position", "resync"].contains(&event.name.as_str()) {
                assert_eq!(event.name, "position");
                break;
            }
        }
    }
    agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_of_another_organization_on_sqlite() {
    nobody_is_told_of_others(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_of_another_organization_on_postgres() {
    nobody_is_told_of_others(World::postgres().await).await;
}
