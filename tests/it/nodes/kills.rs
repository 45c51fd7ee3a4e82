//! Three nodes under load: the one that dials is killed, then one that has calls in hand, then again the one that dials; each comes back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt as _};
use serde_json::{Value, json};

use super::cluster::{Cluster, Load};
use crate::crash::{Memory, finish_sending, nothing_is_lost_or_doubled};
use crate::dialling::agent::Agent;
use crate::dialling::{Desk, phone, well};
use crate::live::{CALLS, Told, Watch, socket_with, token};
use crate::rebuild::{rebuild, rows};
use crate::world::World;

const TAKEOVER_MAX: Duration = Duration::from_secs(5);
/// What a dead node had in hand is asked about: it is found dead, the agent is asked, and asked again while the call goes on.
const SETTLED_MAX: Duration = Duration::from_secs(12);
const LINES: usize = 9;
const CALL_MS: u64 = 2_000;
/// Enough for the campaign to go on until the last node was killed.
const CONTACTS: u32 = 280;
const CAMPAIGNS: &str = "/auto-calling/campaigns";

/// How long after a kill the others had gone on.
#[derive(Debug)]
struct Takeover {
    wanted: Duration,
    shown: Duration,
    told: Duration,
    settled: Duration,
}

async fn contacts(desk: &Desk) -> Vec<String> {
    stream::iter(0..CONTACTS).map(|number| desk.contact(number)).buffered(8).collect().await
}

/// Both are asked at the same time; there is one runner all the same.
async fn start_on_two_nodes(cluster: &Cluster, token: &str, campaign: &str) {
    let start = async |world: &World| {
        let url = world.url(&format!("{CAMPAIGNS}/{campaign}/start"));
        let answer = world.http.post(url).bearer_auth(token).send().await.unwrap();
        let (status, said) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{status} {said}");
    };
    tokio::join!(start(&cluster.worlds[0]), start(&cluster.worlds[1]));
}

/// Kills a node, sees the others go on, and brings it back.
async fn lose(cluster: &mut Cluster, watches: &mut [Watch], node: usize) -> Takeover {
    cluster.worlds[node].kill();
    let killed = Instant::now();
    let head = cluster.head().await;
    let (wanted, shown) = cluster.gone_on(killed, head).await;
    let mut told = Duration::ZERO;
    for (_, watch) in watches.iter_mut().enumerate().filter(|(other, _)| *other != node) {
        told = told.max(told_after(watch, head).await - killed);
    }
    let settled = cluster.since(killed, "settled", async |it| it.open_at(head).await == 0).await;
    cluster.worlds[node].start().await;
    Takeover { wanted, shown, told, settled }
}

/// When a socket was first told of something that was recorded after that position.
async fn told_after(watch: &mut Watch, head: i64) -> Instant {
    let head = u64::try_from(head).unwrap();
    let newer = |told: &Told| told.event == "call-result" && told.position() > head;
    if let Some(told) = watch.heard.iter().find(|told| newer(told)) {
        return told.at;
    }
    loop {
        let told = watch.next().await;
        if newer(&told) {
            return told.at;
        }
    }
}

/// By every socket, whichever node it hangs on: each result once, in the journal's order. Only one whose own node died may be told to look
/// anew, once, and is told everything from there on.
async fn everything_was_told_once(world: &World, watches: &mut [Watch]) {
    let events = world.events();
    let first_words = events.iter().filter(|event| event["type"] == "reported");
    let recorded: Vec<(u64, &Value)> = first_words
        .map(|event| (event["position"].as_u64().unwrap(), &event["payload"]["reported"]["id"]))
        .collect();
    let newest = recorded.last().unwrap().0;
    for (node, watch) in watches.iter_mut().enumerate() {
        let is_there = |told: &Told| told.event == "call-result" && told.position() >= newest;
        while !watch.heard.iter().any(is_there) {
            watch.next().await;
        }
        let (mut at, mut anew) = (0, 0);
        for told in watch.heard.iter().filter(|told| ["call-result", "resync"].contains(&&*told.event)) {
            if told.event == "resync" {
                (at, anew) = (told.position(), anew + 1);
                continue;
            }
            let next = recorded.iter().find(|(position, _)| *position > at).expect("nothing is left to tell");
            assert_eq!((told.position(), &told.data["id"]), *next, "node {node} told something else");
            at = next.0;
        }
        assert!(anew <= 1 && at == newest, "node {node}: {anew} times anew, and told up to {at} of {newest}");
    }
}

async fn screens_are_what_the_journal_says(world: &World) {
    for screen in ["session_stats", "call_history", "targets", "campaign_board", "campaign_calls"] {
        let (_, followed) = rows(world, screen).await;
        rebuild(world, screen);
        let (_, fresh) = rows(world, screen).await;
        assert!(!fresh.is_empty() && fresh == followed, "{screen}");
    }
}

async fn until_all_are_called(world: &World, token: &str, campaign: &str) {
    let began = Instant::now();
    loop {
        let url = world.url(&format!("{CAMPAIGNS}/{campaign}"));
        let shown: Value = world.http.get(url).bearer_auth(token).send().await.unwrap().json().await.unwrap();
        if shown["status"] == "COMPLETED" {
            let counted = ["calledContacts", "attempts", "calling"].map(|name| shown[name].as_u64());
            assert_eq!(counted, [Some(CONTACTS.into()), Some(CONTACTS.into()), Some(0)]);
            return;
        }
        assert!(began.elapsed() < Duration::from_mins(3), "not through: {shown}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "full size: make check-deep"]
#[expect(clippy::print_stderr, reason = "the figures are what a full run is for")]
async fn deep_three_nodes_lose_each_other_and_nothing_else() {
    let desk = Desk::start(World::postgres().await, Agent::start(well(CALL_MS))).await;
    let contacts = contacts(&desk).await;
    let campaign = desk.campaign_of(&contacts, &json!({ "concurrency": LINES })).await;
    let Desk { world, agent, .. } = desk;
    let mut cluster = Cluster::around(world).await;
    let admin = cluster.worlds[0].token();
    let listener = token(&cluster.worlds[0], "1", "operator", &[]);
    let socket = json!([socket_with(CALLS, &listener, &json!({ "follows": true }))]);
    let mut watches = vec![];
    for world in &cluster.worlds {
        watches.push(Watch::entered(world, &socket).await);
    }
    let memory = Arc::new(Memory::new());
    let load = Load::begin(&cluster.ports(), &memory);
    start_on_two_nodes(&cluster, &admin, &campaign).await;
    for round in 0..3 {
        // Who was just started judges nobody.
        tokio::time::sleep(Duration::from_secs(7)).await;
        let dialling = cluster.dialling().await;
        // First the one that dials, then one that has calls in hand and does not, then again the one that dials.
        let node = if round == 1 { cluster.carrying(dialling).await } else { dialling };
        let takeover = lose(&mut cluster, &mut watches, node).await;
        eprintln!(
            "node {node}, which {} dial, was killed: {takeover:?}",
            if node == dialling { "did" } else { "did not" }
        );
        let Takeover { wanted, shown, told, settled } = takeover;
        assert!([wanted, shown, told].into_iter().all(|took| took <= TAKEOVER_MAX));
        assert!(settled <= SETTLED_MAX, "{settled:?}");
    }
    load.end().await;
    finish_sending(&cluster.worlds[0], &memory).await;
    everything_was_told_once(&cluster.worlds[0], &mut watches).await;
    until_all_are_called(&cluster.worlds[1], &admin, &campaign).await;

    agent.nobody_was_rung_twice_at_once();
    let rung: Vec<usize> = (0..CONTACTS).map(|number| agent.times(&phone(number))).collect();
    assert!(rung.iter().all(|times| *times <= 1), "nobody was rung twice");
    // A node may die between taking a call and asking for it. Nobody can tell whether that one rang: it is not made again.
    let unrung = rung.iter().filter(|times| **times == 0).count();
    assert!(unrung <= 3 * LINES, "{unrung} were never rung");
    assert!(agent.at_once() <= LINES, "one runner holds to its lines: {}", agent.at_once());
    nothing_is_lost_or_doubled(&cluster.worlds[2], &memory).await;
    screens_are_what_the_journal_says(&cluster.worlds[0]).await;
    for world in &mut cluster.worlds {
        assert!(world.stop().success(), "{}", world.said());
    }
    let verified = cluster.worlds[0].verify();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    agent.stop().await;
}
