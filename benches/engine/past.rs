//! A1: how things were, out of a journal of millions: sessions and their results, a campaign, a contact, at moments taken anywhere
//! from their beginnings to the journal's head.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::campaign::{Agent, Asker, text};
use crate::figures::{Figure, Series, float, number};
use crate::homes::{Home, Store};
use crate::load::{self, Plan, Until};
use crate::{Bench, say, stored, webhook};

const MANY: usize = 1_000_000;
const VERY_MANY: usize = 10_000_000;
const CONTACTS: usize = 2_000;
const CONNECTIONS: usize = 2;
const LOOKS_A_SECOND: u32 = 20;
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Something that is looked back at, from when it began.
struct Thing {
    what: &'static str,
    /// What is asked, up to the moment.
    paths: Vec<String>,
    from: u64,
}

pub(crate) fn measure(bench: &mut Bench) -> Result<()> {
    let events = if bench.deep() { VERY_MANY } else { bench.sized(MANY) };
    for store in bench.stores() {
        let (agent, settings) = Agent::settings()?;
        let home = stored::home(bench, store, events)?.and(&settings);
        let found = load::on_one_thread(looks(bench, &home, events))?;
        drop(agent);
        report(bench, store, events, found);
    }
    Ok(())
}

fn report(bench: &mut Bench, store: Store, events: usize, found: Vec<(&'static str, Series)>) {
    let figure = Figure::on("A1", store);
    let events = number(float(events));
    bench.add(found.into_iter().map(|(what, p95)| {
        let what = format!("{what} as it was, p95, out of {events} events");
        figure(&what, "ms", p95).at_most(200.0)
    }));
}

async fn looks(bench: &Bench, home: &Home, events: usize) -> Result<Vec<(&'static str, Series)>> {
    let engine = home.start().await?;
    let asker = Asker { http: Client::new(), at: format!("http://{}", engine.address), token: home.token()? };
    let mut things = sessions(events);
    things.extend(campaign(&asker).await?);
    let head = asker.head().await?;
    let mut found = vec![];
    for thing in things {
        let mut p95 = Series::default();
        for turn in 0..=bench.runs {
            let plan = plan(engine.address, &asker.token, &thing, head, bench.duration(5));
            let load = load::run(plan).await?;
            load.demand_clean()?;
            if turn > 0 {
                p95.push(load.percentile(950));
            }
        }
        say(&format!("A1 {}: {}: {p95} ms", home.store, thing.what));
        found.push((thing.what, p95));
    }
    engine.stop().await?;
    Ok(found)
}

/// One was dialled after another, so that each had calls only from there on.
fn sessions(events: usize) -> Vec<Thing> {
    let all = stored::sessions(events);
    let paths = |rest: &str| all.iter().map(|id| format!("/calls/session/{id}{rest}")).collect();
    // Those of the whole journal, at any moment of it: they were all opened at its beginning.
    let from = u64::try_from(all.len()).unwrap_or(u64::MAX);
    vec![
        Thing { what: "a session", paths: paths("?"), from },
        Thing { what: "a session's first 100 results", paths: paths("/results?limit=100&"), from },
        Thing {
            what: "a session's first 100 results of a status",
            paths: paths("/results?limit=100&status=BUSY&"),
            from,
        },
    ]
}

/// One that is dialled beside everything else that is stored.
async fn campaign(asker: &Asker) -> Result<Vec<Thing>> {
    let contacts = asker.contacts(CONTACTS).await?;
    let begun = asker.head().await?;
    let path = asker.campaign("A1", &contacts, json!({ "concurrency": 500 })).await?;
    // Everybody was called once; the next tries are hours away.
    loop {
        let shown = asker.ask(Method::GET, &path, None).await?;
        if shown.get("attempts").and_then(Value::as_f64).context("no attempts")? >= float(contacts.len()) {
            break;
        }
        ensure!(text(&shown, "status") == Some("RUNNING"), "it stands still: {shown}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let ids: Vec<&str> = contacts.iter().filter_map(Value::as_str).collect();
    ensure!(ids.len() == contacts.len(), "contacts without ids");
    let contact = ids.iter().map(|id| format!("/auto-calling/contacts/{id}?")).collect();
    Ok(vec![
        // It was made after the contacts were there, and before anything else.
        Thing { what: "a campaign of 2,000", paths: vec![format!("{path}?")], from: begun + 1 },
        Thing { what: "a contact", paths: contact, from: begun },
    ])
}

fn plan(address: SocketAddr, token: &str, thing: &Thing, head: u64, time: Duration) -> Plan {
    let (paths, token, from) = (thing.paths.clone(), token.to_owned(), thing.from);
    Plan {
        address,
        connections: CONNECTIONS,
        until: Until::After(time),
        pace: Some(LOOKS_A_SECOND),
        patient: false,
        write: Rc::new(move |number, out| {
            let mixed = webhook::mixed(number);
            let position = from + mixed % (head - from).max(1);
            let at = usize::try_from(mixed >> 32).unwrap_or(0) % paths.len().max(1);
            let path = paths.get(at).map_or("", String::as_str);
            webhook::get_as(&token, &format!("{path}asOf={position}"), out);
        }),
    }
}
