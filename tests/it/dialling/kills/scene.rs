//! An engine that lives from kill to kill, the agent that it calls through, and whoever lies in wait beside its store.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::agent::{Agent, KINDS, SECRET};
use super::moment::Moment;
use super::store::{Mark, Store};
use crate::crash::seeded;
use crate::postgres::{Server, Sync};
use crate::world::World;

/// A moment that does not come by then is given more calls to come with.
const WAIT: Duration = Duration::from_secs(4);
/// Nothing may be in its way for longer.
const WAITS_MAX: u32 = 6;

/// A moment that the engine leaves before it is dead is tried again so often.
const TRIES_MAX: u64 = 12;

/// How often the engine was killed at each moment, and how often only near it: it had gone on before it was dead.
pub(super) type Tally = BTreeMap<Moment, (u32, u32)>;

pub(super) struct Scene {
    /// On PostgreSQL two nodes, of which the one lives when the other is dead.
    worlds: Vec<World>,
    at: usize,
    pub(super) agent: Agent,
    pub(super) store: Store,
    token: String,
    /// The next ten numbers.
    next: u32,
    pub(super) campaigns: Vec<String>,
    pub(super) tally: Tally,
}

/// Who was killed over it.
#[derive(Debug)]
struct Caught {
    key: Option<String>,
    stream: String,
}

impl Scene {
    pub(super) async fn sqlite(remembers: bool) -> Self {
        Self::of(vec![World::sqlite()], remembers).await
    }

    pub(super) async fn postgres(remembers: bool) -> Self {
        let first = World::on(Server::own(Sync::Off)).await;
        let mut second = World::sqlite();
        second.set("DATABASE_URL", first.database_url());
        Self::of(vec![first, second], remembers).await
    }

    async fn of(mut worlds: Vec<World>, remembers: bool) -> Self {
        let agent = Agent::start();
        for world in &mut worlds {
            world.set("AGENT_URL", &agent.url("/call"));
            world.set("AGENT_STATUS_URL", &if remembers { agent.url("/status") } else { String::new() });
            world.set("WEBHOOK_SECRETS", SECRET);
            world.set("RULES_PACK", "always");
            world.set("LOG", "error");
        }
        worlds[0].start().await;
        let token = worlds[0].token();
        if let [first, second] = &worlds[..] {
            std::fs::create_dir_all(second.data()).unwrap();
            for key in ["data.key", "jwt.secret"] {
                std::fs::copy(first.data().join(key), second.data().join(key)).unwrap();
            }
        }
        let store = match worlds[0].postgres {
            Some(_) => Store::postgres(worlds[0].database_url()).await,
            None => Store::sqlite(&worlds[0].data()),
        };
        worlds[0].kill();
        let tally = Tally::new();
        Self { worlds, at: 0, agent, store, token, next: 0, campaigns: vec![], tally }
    }

    pub(super) fn kills(&self) -> u32 {
        self.tally.values().map(|(hits, near)| hits + near).sum()
    }

    pub(super) fn world(&mut self) -> &mut World {
        &mut self.worlds[self.at]
    }

    pub(super) async fn start(&mut self) {
        self.spawn();
        self.world().until_ready().await;
    }

    fn spawn(&mut self) {
        self.agent.reports_to(self.worlds[self.at].port);
        self.world().spawn();
    }

    /// The first node, which nobody kills any more.
    pub(super) async fn start_for_good(&mut self) {
        self.at = 0;
        self.start().await;
    }

    /// Nobody is called any more, so that what is looked at stands still.
    pub(super) async fn pause(&mut self) {
        for id in self.campaigns.clone() {
            let _ = self.post(&format!("/auto-calling/campaigns/{id}/pause"), &Value::Null).await;
            while self.campaign(&id).await["calling"] != 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }

    /// Lets the engine live until that moment comes for the `nth` time, and kills it there.
    pub(super) async fn die_at(&mut self, moment: Moment, seed: u64) {
        let nth = 1 + u32::try_from(seeded(seed, 3)).unwrap();
        if let Some(first) = moment.after() {
            self.die_once_at(first, 1 + nth).await;
            self.die_once_at(moment, 1).await;
        } else {
            self.die_once_at(moment, nth).await;
        }
    }

    /// Until it was not only near it.
    pub(super) async fn meet(&mut self, moment: Moment) {
        for seed in 0..TRIES_MAX {
            if self.tally.get(&moment).is_some_and(|(hits, _)| *hits > 0) {
                return;
            }
            self.die_at(moment, seed).await;
        }
    }

    /// One node falls asleep with calls in its hands, cut off from the store; the other one takes them over, and the first one wakes.
    /// Gives the names of the calls that it had, and had asked nobody for.
    pub(super) async fn sleep_through_a_lease(&mut self) -> Vec<String> {
        self.start().await;
        self.store.hold_renewals().await;
        self.feed(Moment::EffectTaken).await;
        self.store.until_a_renewal_waits().await;
        let sleeper = format!("-{}", self.world().pid());
        let signal = |name: &str| {
            let done = Command::new("/bin/kill").args([name, "--", &sleeper]).status().unwrap();
            assert!(done.success());
        };
        signal("-STOP");
        let taken = self.store.open_calls().await.into_iter().filter(|effect| effect.state == "sent");
        let keys: Vec<_> = taken.map(|effect| effect.key).collect();
        assert!(self.agent.book().calls.is_empty(), "the agent is asked before the lease is renewed");
        self.store.cut_off().await;
        self.store.let_renewals_go().await;
        self.store.leases_run_out().await;
        self.at = 1;
        self.start().await;
        let began = Instant::now();
        for key in &keys {
            let (stream, call) = key.rsplit_once('/').unwrap();
            while !self.store.stored(stream, call).await.iter().any(|name| name == "ended") {
                assert!(began.elapsed() < 3 * WAIT, "{key} is not taken over: {}", self.world().said());
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        signal("-CONT");
        self.worlds[0].until_ready().await;
        // Long enough for it to find its connections cut, and to try again.
        tokio::time::sleep(Duration::from_secs(2)).await;
        self.worlds.iter_mut().for_each(World::kill);
        self.store.leases_run_out().await;
        keys
    }

    async fn die_once_at(&mut self, moment: Moment, nth: u32) {
        // What comes with the start itself does not wait for it.
        let at_once = moment.after().is_some();
        let nth = if matches!(moment, Moment::Started | Moment::WishUnstored | Moment::Completed) {
            1
        } else {
            nth
        };
        let mut after = self.store.end().await;
        if at_once {
            self.agent.arm(moment, nth);
            self.spawn();
        } else {
            self.start().await;
            self.agent.arm(moment, nth);
        }
        let mut left = nth;
        for _ in 0..WAITS_MAX {
            if !at_once {
                after = self.feed(moment).await;
            }
            if let Some((caught, go)) = self.caught(moment, &mut left, &mut after).await {
                return self.kill(moment, caught, go).await;
            }
            self.store.let_go().await;
        }
        panic!("{moment:?} never came: {}", self.world().said());
    }

    /// Somebody to call, of every sort. Gives the last event before they may be called.
    async fn feed(&mut self, moment: Moment) -> i64 {
        let kinds = if moment == Moment::Completed { 0..2 } else { KINDS };
        let ten = 10 * self.next;
        let numbers = kinds.map(|kind| ten + kind);
        self.next += 1;
        let new = numbers.map(|number| {
            let phone = super::super::phone(number);
            let body = json!({ "firstName": "Ali", "lastName": "Valiyev", "phone": phone });
            self.post("/auto-calling/contacts", &body)
        });
        let made = futures_util::future::join_all(new).await;
        let ids: Vec<_> = made.iter().map(|one| one.as_ref().unwrap()["id"].clone()).collect();
        let settings = json!({
            "concurrency": 10,
            "breaker": { "inARow": 100, "percent": 100, "ofLast": 100 }
        });
        let plan = json!({ "name": "Qarz", "campaignType": "DEBT_COLLECTION", "contactIds": ids, "settings": settings });
        let made = self.post("/auto-calling/campaigns", &plan).await.unwrap();
        let campaign = made["id"].as_str().unwrap().to_owned();
        if moment == Moment::WishStored {
            self.store.hold_policies().await;
        }
        let end = self.store.end().await;
        // Nobody may be there any more to answer this.
        tokio::spawn(self.post(&format!("/auto-calling/campaigns/{campaign}/start"), &Value::Null));
        self.campaigns.push(campaign);
        end
    }

    fn post(&self, path: &str, body: &Value) -> impl Future<Output = Option<Value>> + Send + use<> {
        let world = &self.worlds[self.at];
        let request = world.http.post(world.url(path)).bearer_auth(&self.token);
        let request = if body.is_null() { request } else { request.json(body) };
        async move {
            let answer = request.send().await.ok()?;
            let (status, text) = (answer.status(), answer.text().await.ok()?);
            serde_json::from_str(&text).ok().filter(|_| status.is_success())
        }
    }

    pub(super) async fn campaign(&mut self, id: &str) -> Value {
        let world = &self.worlds[self.at];
        let asked =
            world.http.get(world.url(&format!("/auto-calling/campaigns/{id}"))).bearer_auth(&self.token);
        asked.send().await.unwrap().json().await.unwrap()
    }

    /// Lies in wait: for the agent to say so, or for the store to show it.
    async fn caught(
        &mut self,
        moment: Moment,
        left: &mut u32,
        after: &mut i64,
    ) -> Option<(Caught, Option<tokio::sync::oneshot::Sender<()>>)> {
        let mut seen = std::collections::BTreeSet::new();
        let began = Instant::now();
        while began.elapsed() < WAIT {
            if let Ok(stop) = self.agent.stops.try_recv() {
                return Some((Caught { stream: String::new(), key: Some(stop.key) }, Some(stop.go)));
            }
            for Mark { key, stream } in self.store.marks(moment, after).await {
                if key.as_deref().is_some_and(|key| !self.fits(moment, key)) {
                    continue;
                }
                *left -= 1;
                if *left == 0 {
                    return Some((Caught { key, stream }, None));
                }
            }
            if moment.is_an_effects() {
                for effect in self.store.open_calls().await {
                    let is_new = moment.is_marked_by_effect(&effect.state, effect.fence)
                        && self.fits(moment, &effect.key)
                        && seen.insert(effect.key.clone());
                    if is_new {
                        *left = left.saturating_sub(1);
                        if *left == 0 {
                            return Some((Caught { stream: String::new(), key: Some(effect.key) }, None));
                        }
                    }
                }
            }
            // A timer is too slow for what lies between two commits.
            std::thread::sleep(Duration::from_micros(100));
            tokio::task::yield_now().await;
        }
        None
    }

    /// Whether the agent knows of a call what belongs to the moment.
    fn fits(&self, moment: Moment, key: &str) -> bool {
        let book = self.agent.book();
        (moment != Moment::EffectTaken || !book.calls.contains_key(key))
            && (moment != Moment::ReportUnacknowledged || book.unanswered.contains(key))
    }

    async fn kill(&mut self, moment: Moment, caught: Caught, go: Option<tokio::sync::oneshot::Sender<()>>) {
        self.store.hold().await;
        let go = if moment.stands_before_the_store() {
            drop(go);
            self.stands_before_the_store().await;
            None
        } else {
            go
        };
        self.world().kill();
        let hit = self.is_proven(moment, &caught).await;
        self.store.let_go().await;
        drop(go);
        self.agent.disarm();
        self.store.leases_run_out().await;
        let (hits, near) = self.tally.entry(moment).or_default();
        *if hit { hits } else { near } += 1;
        let offences = self.agent.book().offences.clone();
        assert!(offences.is_empty(), "{offences:?}");
        self.at = (self.at + 1) % self.worlds.len();
    }

    async fn stands_before_the_store(&mut self) {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(1) {
            match self.store.has_a_waiter().await {
                Some(true) => break,
                Some(false) => tokio::time::sleep(Duration::from_millis(2)).await,
                // Nothing shows it: long enough for the way from the agent to the store.
                None => return tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    /// What the dead engine left: whether it had come as far as the moment, and no further.
    async fn is_proven(&mut self, moment: Moment, caught: &Caught) -> bool {
        let Some(key) = caught.key.as_deref() else {
            let names = self.store.stored(&format!("{}/", caught.stream), "").await;
            let dialled = names.iter().any(|name| name == "dialled");
            return !dialled || !matches!(moment, Moment::Started | Moment::WishUnstored);
        };
        let (stream, call) = key.rsplit_once('/').unwrap();
        let names = self.store.stored(stream, call).await;
        let has = |name: &str| names.iter().any(|stored| stored == name);
        let effect = self.store.call(key).await;
        let stands = |state: &str, fence: std::ops::RangeInclusive<i64>| {
            effect.as_ref().is_some_and(|effect| effect.state == state && fence.contains(&effect.fence))
        };
        match moment {
            Moment::Started | Moment::WishUnstored | Moment::PromiseStored | Moment::Completed => true,
            Moment::WishStored => effect.is_none(),
            Moment::EffectReady => stands("ready", 0..=0),
            Moment::EffectTaken => {
                // What it had sent has arrived by then.
                tokio::time::sleep(Duration::from_millis(20)).await;
                stands("sent", 1..=1) && !self.agent.book().calls.contains_key(key)
            }
            Moment::Asked | Moment::Ringing | Moment::HalfAnswered | Moment::AnswerUnstored => {
                stands("sent", 1..=9) && !has("ended")
            }
            Moment::EndStored | Moment::UnconfirmedStored => stands("sent", 1..=9) && has("ended"),
            Moment::TurnStored => has("ended"),
            Moment::PatienceUnstored => stands("sent", 1..=1),
            Moment::PatienceStored => stands("ready", 1..=9),
            Moment::TakenUnstored => stands("sent", 1..=9) && !has("accepted"),
            Moment::TakenStored => has("accepted") && !has("ended"),
            Moment::ReportUnstored => !has("ended"),
            Moment::ReportUnacknowledged => has("ended") && self.agent.book().unanswered.contains(key),
            Moment::LeaseTaken | Moment::AskedAbout | Moment::ToldUnstored => {
                stands("sent", 2..=9) && !has("ended")
            }
        }
    }
}
