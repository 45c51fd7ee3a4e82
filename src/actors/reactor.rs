//! A reactor runs one pure policy over the facts and stores what it wants together with how far it has read.
//! It is nudged when the journal's head moves and looks by itself at every tick. What is lost when it dies is read again:
//! a stretch read twice names the same effects, and of two reactors one finds the checkpoint moved and reads on from there.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{
    Actor, ActorFutureExt as _, ArbiterHandle, AsyncContext, Context, Handler, Message, Recipient,
    WrapFuture as _,
};
use domain::fact::{Circumstances, Fact, Position};
use domain::policy::Intent;
use tokio::runtime;

use super::backoff::Backoff;
use super::effector;
use super::guardian::{Pulse, Tick, Ward};
use super::turn::Turn;
use crate::journal::effects::{NewEffect, Reaction};
use crate::journal::feed::{Page, Reading};
use crate::journal::{Error, Journal};

/// One nudge and one tick at a time.
const MAILBOX_LEN_MAX: usize = 16;
const PAGE_LEN_MAX: usize = 4_096;

/// A stretch that wants nothing is stored lazily: reading it again after a crash is harmless, and a commit for each page is not free.
const UNSTORED_MAX: u64 = 10_000;
const UNSTORED_FOR: Duration = Duration::from_secs(1);

/// A pure policy with the name that its checkpoint is stored under.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    pub name: &'static str,
    pub react: fn(&Fact) -> Vec<Intent>,
}

#[derive(Debug, Clone)]
pub struct Options {
    pub rule: Rule,
    pub journal: Journal,
    /// Told when there is something to carry out.
    pub effector: effector::Handle,
    /// Where the task runs that follows the journal's head.
    pub runtime: runtime::Handle,
}

/// The journal's head moved.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Nudge;

struct Reactor {
    options: Arc<Options>,
    pulse: Pulse,
    standing: Option<Standing>,
    backoff: Backoff,
    turn: Turn,
}

/// How far it has read, and how much of that is stored.
#[derive(Debug, Clone)]
struct Standing {
    stored: Position,
    stored_at: Instant,
    state: String,
    read: Position,
}

/// One page's worth of reacting.
struct Step {
    standing: Option<Standing>,
    read: u64,
    wanted: usize,
    /// There may be more to read.
    more: bool,
}

/// The reactor as the guardian's ward.
pub fn ward(name: &'static str, options: Options) -> Ward {
    let options = Arc::new(options);
    Ward { name, start: Box::new(move |arbiter, pulse| start(arbiter, Arc::clone(&options), pulse)) }
}

fn start(arbiter: &ArbiterHandle, options: Arc<Options>, pulse: Pulse) -> Recipient<Tick> {
    let (runtime, mut head) = (options.runtime.clone(), options.journal.head());
    let reactor = Reactor::start_in_arbiter(arbiter, move |_| Reactor {
        options,
        pulse,
        standing: None,
        backoff: Backoff::default(),
        turn: Turn::default(),
    });
    let follower = reactor.clone();
    // Waits for each answer, so that one nudge is under way at most; ends with the reactor or with the journal.
    runtime.spawn(async move { while head.changed().await.is_ok() && follower.send(Nudge).await.is_ok() {} });
    reactor.recipient()
}

impl Actor for Reactor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_LEN_MAX);
        self.go(ctx);
    }
}

impl Handler<Nudge> for Reactor {
    type Result = ();

    fn handle(&mut self, _: Nudge, ctx: &mut Context<Self>) {
        self.pulse.beat();
        self.go(ctx);
    }
}

impl Handler<Tick> for Reactor {
    type Result = ();

    fn handle(&mut self, _: Tick, ctx: &mut Context<Self>) {
        self.pulse.beat();
        self.go(ctx);
    }
}

impl Reactor {
    fn go(&mut self, ctx: &mut Context<Self>) {
        if !self.turn.begin() {
            return;
        }
        let (options, standing) = (Arc::clone(&self.options), self.standing.take());
        let (work, mut backoff) = (self.pulse.work(), self.backoff.clone());
        let step = async move {
            let _work = work;
            let done = options.step(standing).await;
            match &done {
                Ok(_) => backoff.reset(),
                Err(_) => tokio::time::sleep(backoff.pause()).await,
            }
            (done, backoff)
        };
        ctx.spawn(step.into_actor(self).map(|(done, backoff), reactor, ctx| {
            reactor.backoff = backoff;
            reactor.done(done, ctx);
        }));
    }

    fn done(&mut self, done: Result<Step, Error>, ctx: &mut Context<Self>) {
        let news = self.turn.end();
        let more = match done {
            Ok(step) => {
                self.pulse.count("events", step.read);
                self.pulse.count("effects", u64::try_from(step.wanted).unwrap_or(0));
                self.pulse.show("position", step.standing.as_ref().map_or(0, |standing| standing.read));
                self.standing = step.standing;
                step.more
            }
            Err(why) => {
                // Once a stretch of failures; the counter tells the rest.
                if self.backoff.failures() == 1 {
                    tracing::warn!(policy = self.options.rule.name, cause = %why, "a policy cannot go on for the moment");
                }
                self.pulse.count("failures", 1);
                true
            }
        };
        if more || news {
            self.go(ctx);
        }
    }
}

impl Options {
    async fn step(&self, standing: Option<Standing>) -> Result<Step, Error> {
        let standing = match standing {
            Some(standing) => standing,
            None => Standing::of(self.journal.policy(self.rule.name).await?),
        };
        let page = self.journal.facts(standing.read, PAGE_LEN_MAX, Reading::Sealed).await?;
        self.tell_unreadable(&page);
        let read = page.last - standing.read;
        let effects: Vec<_> = page.facts.iter().flat_map(|fact| self.rule.effects(fact)).collect();
        let wanted = effects.len();
        let standing = if effects.is_empty() && !standing.is_due(page.last) {
            Some(Standing { read: page.last, ..standing })
        } else {
            self.store(standing, page.last, effects).await?
        };
        Ok(Step { more: standing.is_none() || read > 0, standing, read, wanted })
    }

    /// None where somebody else moved the checkpoint: then nothing was stored, and one reads on from there.
    async fn store(
        &self,
        standing: Standing,
        to: Position,
        effects: Vec<NewEffect>,
    ) -> Result<Option<Standing>, Error> {
        let wanted = effects.len();
        let (policy, from, state) = (self.rule.name, standing.stored, standing.state.clone());
        if !self.journal.react(Reaction { policy, from, to, state, effects }).await? {
            tracing::info!(policy, from, "a policy's checkpoint was moved by another reactor");
            return Ok(None);
        }
        if wanted > 0 {
            self.effector.nudge();
        }
        Ok(Some(Standing { stored: to, stored_at: Instant::now(), read: to, ..standing }))
    }

    /// What cannot be read cannot be reacted to. The screens park its stream; here it can only be said.
    fn tell_unreadable(&self, page: &Page) {
        for bad in &page.unreadable {
            let policy = self.rule.name;
            tracing::error!(
                policy,
                position = bad.position,
                cause = bad.why,
                "a policy passed an event that cannot be read"
            );
            metrics::counter!("karnay_policy_unreadable_total", "policy" => policy).increment(1);
        }
    }
}

impl Standing {
    fn of(policy: crate::journal::effects::Policy) -> Self {
        let (stored, read) = (policy.checkpoint, policy.checkpoint);
        Self { stored, stored_at: Instant::now(), state: policy.state, read }
    }

    /// Whether a stretch without intents is to be stored by now.
    fn is_due(&self, read: Position) -> bool {
        let unstored = read - self.stored;
        unstored >= UNSTORED_MAX || (unstored > 0 && self.stored_at.elapsed() >= UNSTORED_FOR)
    }
}

impl Rule {
    /// An effect is named after what caused it, so that the same cause never makes a second one.
    fn effects(&self, fact: &Fact) -> impl Iterator<Item = NewEffect> {
        let cause = format!("{}/{}/{}", self.name, fact.stream, fact.sequence);
        let circumstances = Circumstances {
            organization: fact.circumstances.organization.clone(),
            actor: format!("policy {}", self.name),
            correlation: fact.circumstances.correlation.clone(),
            causation: format!("{}/{}", fact.stream, fact.sequence),
        };
        (self.react)(fact).into_iter().enumerate().map(move |(index, intent)| {
            let id = if index == 0 { cause.clone() } else { format!("{cause}/{index}") };
            NewEffect { id, intent, circumstances: circumstances.clone() }
        })
    }
}
