//! Two engines on one PostgreSQL: what is written through one is told by the other, in order, and whoever moves from the one
//! to the other misses nothing.

use serde_json::{Value, json};

use super::streams::Events;
use super::{CALLS, CAMPAIGNS, Desk, Watch, socket, token};
use crate::world::{World, report};

const SESSION: &str = "session-1738862891234-abc123";
const ROUNDS: u32 = 60;

/// A second world on the first one's store and keys.
async fn beside(world: &World) -> World {
    let mut other = World::sqlite();
    other.set("DATABASE_URL", world.database_url());
    other.set("DATA_DIR", &world.data().display().to_string());
    other.start().await;
    other
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_through_one_node_is_told_by_the_other() {
    let mut world = World::postgres().await;
    world.start().await;
    let other = beside(&world).await;
    let token = token(&world, "1", "operator", &[]);
    let sockets = json!([socket(CALLS, &token), socket(CAMPAIGNS, &token)]);
    let mut watches = [Watch::entered(&world, &sockets).await, Watch::entered(&other, &sockets).await];
    let mut roaming = Events::open(&world, &token, None).await;
    roaming.until("position").await;
    let desks = [Desk::of(&world, "1", "manager"), Desk::of(&other, "1", "manager")];
    let (mut results, mut contacts) = (vec![], vec![]);
    for number in 0..ROUNDS {
        // By turns, so that each is told what both have taken in.
        let turn = usize::try_from(number % 2).unwrap();
        let stored = desks[turn].post("/calls/result", &report(SESSION, number)).await;
        results.push(stored["id"].clone());
        contacts.push(json!(desks[turn].contact(number).await));
        if number % 10 == 9 {
            // Somebody whose connections are balanced anew: the other node may not have come that far.
            let (mine, next) =
                (stored["id"].clone(), [&other, &world][usize::try_from(number / 10 % 2).unwrap()]);
            let last = loop {
                let event = roaming.next().await.unwrap();
                assert_ne!(event.name, "resync", "{event:?}");
                if event.data["id"] == mine {
                    break event;
                }
            };
            roaming = Events::open(next, &token, Some(&last.id)).await;
        }
    }
    for watch in &mut watches {
        while watch.of(0, "call-result").len() < results.len()
            || watch.of(1, "contact-update").len() < contacts.len()
        {
            watch.next().await;
        }
        for (client, event, wanted) in [(0, "call-result", &results), (1, "contact-update", &contacts)] {
            let told: Vec<Value> =
                watch.of(client, event).iter().map(|told| told.data["id"].clone()).collect();
            assert_eq!(&told, wanted, "{event}");
        }
    }
}
