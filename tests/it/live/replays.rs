//! What is played again: the same pushes in the same order as those who watched when it happened were told, for everybody who watches it,
//! and for nobody else. Steered from outside, it obeys at once.

mod calls;
mod doors;
mod ends;
mod steered;

use domain::fact::Position;
use reqwest::Method;
use serde_json::{Value, json};

use super::{CALLS, CAMPAIGNS, Desk as Office, Told, Watch, socket, token};
use crate::dialling::agent::{Act, Agent, success};
use crate::dialling::{Desk, phone};
use crate::world::{World, report};

const REPLAY: &str = "/replay";
const SESSION: &str = "session-1738862891234-again";

/// A socket that watches a replay.
fn seat(token: &str, replay: &Value) -> Value {
    json!({ "namespace": REPLAY, "transports": ["websocket"], "auth": { "token": token, "replay": replay["id"] } })
}

/// As many watchers as that, who know where it stands.
async fn seated(world: &World, token: &str, replay: &Value, watchers: usize) -> Watch {
    let seats = vec![seat(token, replay); watchers];
    let mut watch = Watch::open(world, &json!(seats)).await;
    for socket in 0..watchers {
        if watch.of(socket, "replay-state").is_empty() {
            watch.until(socket, "replay-state").await;
        }
        let told = watch.of(socket, "replay-state")[0].clone();
        assert_eq!((&told.data["id"], &told.data["replay"]), (&replay["id"], &json!(true)), "{told:?}");
    }
    watch
}

impl Office<'_> {
    /// Standing still until everybody is there.
    async fn replay(&self, kind: &str, id: &str, more: &Value) -> Value {
        let mut order = json!({ "kind": kind, "id": id, "paused": true, "speed": 0 });
        for (name, value) in more.as_object().unwrap() {
            order[name] = value.clone();
        }
        let replay = self.post("/replays", &order).await;
        assert_eq!(replay["kind"], kind, "{replay}");
        replay
    }

    async fn steer(&self, replay: &Value, wish: &Value) -> Value {
        let path = format!("/replays/{}", replay["id"].as_str().unwrap());
        self.ask(Method::PATCH, &path, wish).await
    }

    async fn shown(&self, replay: &Value) -> Value {
        let path = format!("/replays/{}", replay["id"].as_str().unwrap());
        self.ask(Method::GET, &path, &Value::Null).await
    }
}

impl Watch {
    /// Until a socket was told why a replay is over, and let go of.
    async fn over(&mut self, socket: usize) -> Value {
        while self.of(socket, "disconnect").is_empty() {
            self.next().await;
        }
        assert_eq!(self.of(socket, "disconnect")[0].data["reason"], "io server disconnect");
        let last = self.of(socket, "replay-state").pop().unwrap();
        assert_eq!(last.data["state"], "over", "{last:?}");
        last.data["ended"].clone()
    }

    /// What a socket was told of what happened, in order.
    fn story(&self, socket: usize) -> Vec<Told> {
        let aside = ["connect", "disconnect", "position", "replay-state"];
        let told = self.heard.iter().filter(|told| told.socket == socket);
        told.filter(|told| !aside.contains(&told.event.as_str())).cloned().collect()
    }
}

/// What cannot be the same: a push of how something stands carries how far the hub had come, which is chance, and a session's duration is
/// counted up to when it was told, some milliseconds after it happened.
fn same(told: &Told) -> (String, Value) {
    let mut data = told.data.clone();
    let members = data.as_object_mut().unwrap();
    for name in ["replay", "at"] {
        members.remove(name);
    }
    if told.event == "session-update" {
        assert!(members.remove("position").is_some() && members.remove("durationSeconds").is_some());
    }
    (told.event.clone(), data)
}

/// What was told to two who watched it again, and is the same.
async fn again(world: &World, (kind, id): (&str, &str), more: &Value) -> Vec<Told> {
    let office = Office::of(world, "1", "manager");
    let auditor = token(world, "1", "auditor", &[]);
    let replay = office.replay(kind, id, more).await;
    assert_eq!((&replay["state"], &replay["eventsPlayed"]), (&json!("paused"), &json!(0)), "{replay}");
    let mut watch = seated(world, &auditor, &replay, 2).await;
    office.steer(&replay, &json!({ "paused": false })).await;
    for socket in 0..2 {
        assert_eq!(watch.over(socket).await, "through");
    }
    let told = watch.story(0);
    let without_times = |told: &[Told]| -> Vec<(String, Value)> {
        told.iter().map(|told| (told.event.clone(), told.data.clone())).collect()
    };
    assert_eq!(without_times(&told), without_times(&watch.story(1)), "two who watch see the same");
    let over = office.shown(&replay).await;
    assert_eq!(over["pushes"], told.len(), "{over}");
    assert_eq!((&over["eventsPlayed"], &over["ended"]), (&over["events"], &json!("through")), "{over}");
    let (first, last) = (over["firstPosition"].as_u64().unwrap(), over["lastPosition"].as_u64().unwrap());
    assert!(told.iter().all(|told| told.position() >= first), "from {first} to {last}: {told:?}");
    for told in &told {
        assert_eq!(told.data["replay"], true, "{told:?}");
        assert!(told.data["at"].as_str().is_some_and(|at| at.ends_with('Z')), "{told:?}");
    }
    assert!(told.iter().map(|told| told.data["at"].as_str()).is_sorted(), "{told:?}");
    told
}

/// What happened is told in its order. How something stands is told beside it, in an order of its own: where a screen is held up it comes
/// before what it counts.
fn assert_same(live: &[Told], again: &[Told]) {
    for stands in [false, true] {
        let of = |told: &[Told]| -> Vec<_> {
            told.iter().filter(|told| (told.event == "session-update") == stands).map(same).collect()
        };
        let (live, again) = (of(live), of(again));
        for (number, (live, again)) in live.iter().zip(&again).enumerate() {
            assert_eq!(live, again, "push {number}");
        }
        assert_eq!(live.len(), again.len(), "{live:?} then, {again:?} again");
    }
}

/// Tells of a call and waits until whoever watches knows, of the call and of the session: a session that begins is told of for its
/// beginning and for the call, each time as it stands by then.
async fn told(world: &World, watch: &mut Watch, body: &Value) -> Position {
    let answer = world.report(body).await.unwrap();
    assert_eq!(answer.status(), 200);
    let position = answer.headers()["x-position"].to_str().unwrap().parse().unwrap();
    let knows =
        |watch: &Watch, event: &str| watch.of(0, event).iter().any(|told| told.position() >= position);
    while !["call-result", "session-update"].iter().all(|event| knows(watch, event)) {
        watch.next().await;
    }
    position
}

async fn a_session_is_told_again_as_it_was_told(mut world: World) {
    world.start().await;
    let operator = token(&world, "1", "operator", &[]);
    let mut body = report(SESSION, 1);
    body["callStatus"] = json!("NO_ANSWER");
    let mut watch = Watch::entered(&world, &json!([socket(CALLS, &operator)])).await;
    // Before what is played: it is counted and not told.
    let from = told(&world, &mut watch, &body).await;
    let before = watch.story(0).len();
    for (number, status) in [(2, "BUSY"), (1, "ANSWERED"), (3, "ANSWERED"), (4, "REJECTED")] {
        let mut body = report(SESSION, number);
        body["callStatus"] = json!(status);
        told(&world, &mut watch, &body).await;
    }
    let mut amended = report(SESSION, 3);
    amended["recordingUrl"] = json!("https://recordings.example.com/call-3.mp3");
    told(&world, &mut watch, &amended).await;
    let office = Office::of(&world, "1", "manager");
    office.post(&format!("/calls/session/{SESSION}/close"), &json!({})).await;
    watch.until_such(0, "session-update", |data| data["isCompleted"] == true).await;
    let live = watch.story(0).split_off(before);
    // Its neighbours are not told, and what comes after the end is not either.
    world.report(&report("session-1738862891234-other", 1)).await.unwrap();
    world.report(&report(SESSION, 5)).await.unwrap();
    let to = live.iter().map(Told::position).max().unwrap();

    let span = json!({ "from": from + 1, "to": to });
    let again = again(&world, ("session", SESSION), &span).await;
    assert_same(&live, &again);
    assert!(again.iter().map(Told::position).is_sorted(), "each is counted after it is told: {again:?}");
    let processed: Vec<&Value> = again
        .iter()
        .filter(|told| told.event == "session-update")
        .map(|told| &told.data["processedNumbers"])
        .collect();
    assert_eq!(processed, [2, 2, 3, 4, 4, 4], "as it was then, and not as it is now");

    // One call alone: its results as they were, and nothing of the session's other calls.
    let call = live.iter().find(|told| told.data["phoneNumber"] == amended["phoneNumber"]).unwrap();
    let one = self::again(&world, ("call", call.data["id"].as_str().unwrap()), &json!({})).await;
    let live: Vec<Told> = live.iter().filter(|told| told.data["id"] == call.data["id"]).cloned().collect();
    assert_eq!(live.len(), 2);
    assert_same(&live, &one);
    // Faster or slower, and a page at a time or not, the same is told.
    let whole = self::again(&world, ("session", SESSION), &json!({ "speed": 1000 })).await;
    assert_same(&whole, &self::again(&world, ("session", SESSION), &json!({})).await);
    assert!(world.verify().status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_told_again_as_it_was_told_on_sqlite() {
    a_session_is_told_again_as_it_was_told(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_told_again_as_it_was_told_on_postgres() {
    a_session_is_told_again_as_it_was_told(World::postgres().await).await;
}

/// One call at a time, each long enough for whoever watches to be told of its beginning before its end.
async fn a_campaign_is_told_again_as_it_was_told(world: World) {
    let agent = Agent::start(|number, _| {
        let refused = number == phone(1);
        let answer = if refused { json!({ "success": true, "outcome": "REFUSED" }) } else { success() };
        Act::Say(std::time::Duration::from_millis(700), answer)
    });
    let desk = Desk::start(world, agent).await;
    let campaign = desk.campaign(0..3, &json!({ "concurrency": 1 })).await;
    let mut watch = Watch::entered(&desk.world, &json!([socket(CAMPAIGNS, &desk.world.token())])).await;
    let other = desk.contact(7).await;
    watch.until(0, "contact-update").await;
    desk.begin(&campaign).await;
    watch.until(0, "campaign-complete").await;
    let ours = |told: &Told| told.data["id"] != json!(other);
    let live: Vec<Told> = watch.story(0).into_iter().filter(ours).collect();
    let again = again(&desk.world, ("campaign", &campaign), &json!({})).await;
    assert_same(&live, &again);
    let names = |event: &str| again.iter().filter(|told| told.event == event).count();
    let counted = ["campaign-status", "campaign-update", "contact-update", "campaign-complete"].map(names);
    assert_eq!(counted, [1, 6, 3, 1], "{again:#?}");

    // Contacts are shown as they were: somebody is another one by now, and somebody is gone.
    let office = Office::of(&desk.world, "1", "manager");
    let people: Vec<&str> = live.iter().filter_map(|told| told.data["contactId"].as_str()).collect();
    let change = json!({ "firstName": "Vali", "notes": "VIP" });
    office.ask(Method::PATCH, &format!("/auto-calling/contacts/{}", people[0]), &change).await;
    office.ask(Method::DELETE, &format!("/auto-calling/contacts/{}", people[2]), &Value::Null).await;
    assert_same(&live, &self::again(&desk.world, ("campaign", &campaign), &json!({})).await);
    desk.agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_is_told_again_as_it_was_told_on_sqlite() {
    a_campaign_is_told_again_as_it_was_told(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_is_told_again_as_it_was_told_on_postgres() {
    a_campaign_is_told_again_as_it_was_told(World::postgres().await).await;
}
