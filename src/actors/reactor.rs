//! A reactor runs one pure policy over the facts and stores what it wants together with how far it has read.
//! It is nudged when the journal's head moves and looks by itself at every tick. What is lost when it dies is read again:
//! a stretch read twice names the same effects, and of two reactors one finds the checkpoint moved and reads on from there.
//! What it cannot read it leaves to other nodes for a while: a newer program may be among them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{
    Actor, ActorFutureExt as _, ArbiterHandle, AsyncContext, Context, Handler, Message, Recipient,
    WrapFuture as _,
};
use domain::fact::{Circumstances, Fact, Position};
use domain::policy::Policy;
use tokio::runtime;

use super::backoff::Backoff;
use super::effector;
use super::guardian::{Pulse, Tick, Ward};
use super::turn::Turn;
use crate::journal::effects::{self, NewEffect, Reaction};
use crate::journal::feed::{Page, Reading, Unreadable};
use crate::journal::{Error, Journal};

/// One nudge and one tick at a time.
const MAILBOX_LEN_MAX: usize = 16;
const PAGE_LEN_MAX: usize = 4_096;

/// A stretch that wants nothing is stored lazily: reading it again after a crash is harmless, and a commit for each page is not free.
const UNSTORED_MAX: u64 = 10_000;
const UNSTORED_FOR: Duration = Duration::from_secs(1);

/// So long the first event that cannot be read is left to other nodes. Whoever could read it would have gone on by then.
const LEFT_TO_OTHERS: Duration = Duration::from_secs(30);

#[derive(Debug, Clone)]
pub struct Options {
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

struct Reactor<P: Policy> {
    options: Arc<Options>,
    pulse: Pulse,
    standing: Option<Standing<P>>,
    backoff: Backoff,
    turn: Turn,
}

/// How far it has read, and how much of that is stored.
#[derive(Debug)]
struct Standing<P> {
    stored: Position,
    stored_at: Instant,
    policy: P,
    read: Position,
    /// The event that it cannot read and stands before, and since when.
    left: Option<(Position, Instant)>,
}

/// One page's worth of reacting.
struct Step<P> {
    standing: Option<Standing<P>>,
    read: u64,
    wanted: usize,
    /// There may be more to read.
    more: bool,
}

/// The reactor as the guardian's ward.
pub fn ward<P: Policy>(name: &'static str, options: Options) -> Ward {
    let options = Arc::new(options);
    Ward { name, start: Box::new(move |arbiter, pulse| start::<P>(arbiter, Arc::clone(&options), pulse)) }
}

fn start<P: Policy>(arbiter: &ArbiterHandle, options: Arc<Options>, pulse: Pulse) -> Recipient<Tick> {
    let (runtime, mut head) = (options.runtime.clone(), options.journal.head());
    let reactor = Reactor::<P>::start_in_arbiter(arbiter, move |_| Reactor {
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

impl<P: Policy> Actor for Reactor<P> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_LEN_MAX);
        metrics::counter!("karnay_policy_unreadable_total", "policy" => P::NAME).increment(0);
        self.go(ctx);
    }
}

impl<P: Policy> Handler<Nudge> for Reactor<P> {
    type Result = ();

    fn handle(&mut self, _: Nudge, ctx: &mut Context<Self>) {
        self.pulse.beat();
        self.go(ctx);
    }
}

impl<P: Policy> Handler<Tick> for Reactor<P> {
    type Result = ();

    fn handle(&mut self, _: Tick, ctx: &mut Context<Self>) {
        self.pulse.beat();
        self.go(ctx);
    }
}

impl<P: Policy> Reactor<P> {
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

    fn done(&mut self, done: Result<Step<P>, Error>, ctx: &mut Context<Self>) {
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
                    tracing::warn!(policy = P::NAME, cause = %why, "a policy cannot go on for the moment");
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
    /// Whatever fails, the standing is lost with it and read again from the journal: a policy never remembers what is not stored.
    async fn step<P: Policy>(&self, standing: Option<Standing<P>>) -> Result<Step<P>, Error> {
        let mut standing = self.standing(standing).await?;
        let mut page = self.journal.facts(standing.read, PAGE_LEN_MAX, Reading::Sealed).await?;
        if self.journal.is_shared() {
            standing.leave_to_others(&mut page);
        }
        tell_unreadable(P::NAME, &page);
        let read = page.last - standing.read;
        let effects: Vec<_> =
            page.facts.iter().flat_map(|fact| effects(&mut standing.policy, fact)).collect();
        let wanted = effects.len();
        standing.read = page.last;
        let standing = if effects.is_empty() && !standing.is_due() {
            Some(standing)
        } else {
            self.store(standing, effects).await?
        };
        Ok(Step { more: standing.is_none() || read > 0, standing, read, wanted })
    }

    /// Whoever stands before what it cannot read looks whether another one has gone on.
    async fn standing<P: Policy>(&self, known: Option<Standing<P>>) -> Result<Standing<P>, Error> {
        match known {
            Some(standing) if standing.left.is_none() => Ok(standing),
            Some(standing) => {
                let stored = self.journal.policy(P::NAME).await?;
                if stored.checkpoint > standing.stored { Standing::of(&stored) } else { Ok(standing) }
            }
            None => Standing::of(&self.journal.policy(P::NAME).await?),
        }
    }

    /// None where somebody else moved the checkpoint: then nothing was stored, and one reads on from there.
    async fn store<P: Policy>(
        &self,
        standing: Standing<P>,
        effects: Vec<NewEffect>,
    ) -> Result<Option<Standing<P>>, Error> {
        let wanted = effects.len();
        let (policy, from, to) = (P::NAME, standing.stored, standing.read);
        let state =
            serde_json::to_string(&standing.policy).map_err(|why| Error::Unavailable(why.to_string()))?;
        if !self.journal.react(Reaction { policy, from, to, state, effects }).await? {
            tracing::info!(policy, from, "a policy's checkpoint was moved by another reactor");
            return Ok(None);
        }
        if wanted > 0 {
            self.effector.nudge();
        }
        Ok(Some(Standing { stored: to, stored_at: Instant::now(), ..standing }))
    }
}

/// What cannot be read cannot be reacted to. The screens park its stream; here it can only be said.
fn tell_unreadable(policy: &'static str, page: &Page) {
    for bad in &page.unreadable {
        tracing::error!(
            policy,
            position = bad.position,
            cause = bad.why,
            "a policy passed an event that cannot be read"
        );
        metrics::counter!("karnay_policy_unreadable_total", "policy" => policy).increment(1);
    }
}

impl<P: Policy> Standing<P> {
    fn of(known: &effects::Policy) -> Result<Self, Error> {
        let unreadable = |why| Error::Unavailable(format!("what the policy {} remembers: {why}", P::NAME));
        let policy = match known.state.as_str() {
            "" => P::default(),
            state => serde_json::from_str(state).map_err(unreadable)?,
        };
        let (stored, read) = (known.checkpoint, known.checkpoint);
        Ok(Self { stored, stored_at: Instant::now(), policy, read, left: None })
    }

    /// Ends the page before what this program cannot read. Passing it would take from a newer program what it makes of it.
    fn leave_to_others(&mut self, page: &mut Page) {
        let waited_for = self.left.filter(|(_, since)| since.elapsed() >= LEFT_TO_OTHERS);
        let is_new = |bad: &&Unreadable| waited_for.is_none_or(|(position, _)| position != bad.position);
        let Some(bad) = page.unreadable.iter().find(is_new) else {
            self.left = None;
            return;
        };
        let (position, last) = (bad.position, bad.position.saturating_sub(1));
        if self.left.is_none_or(|(known, _)| known != position) {
            let cause = &bad.why;
            tracing::warn!(
                policy = P::NAME,
                position,
                cause,
                "an event cannot be read here: it is left to a newer node"
            );
            self.left = Some((position, Instant::now()));
        }
        page.facts.retain(|fact| fact.position <= last);
        page.unreadable.retain(|bad| bad.position <= last);
        page.last = last;
    }

    /// Whether a stretch without intents is to be stored by now.
    fn is_due(&self) -> bool {
        let unstored = self.read - self.stored;
        unstored >= UNSTORED_MAX || (unstored > 0 && self.stored_at.elapsed() >= UNSTORED_FOR)
    }
}

fn effects<P: Policy>(policy: &mut P, fact: &Fact) -> impl Iterator<Item = NewEffect> + use<P> {
    let (cause, causation) =
        (effects::caused_by(P::NAME, fact), format!("{}/{}", fact.stream, fact.sequence));
    let (known, position) = (Arc::clone(&fact.circumstances), fact.position);
    policy.react(fact).into_iter().enumerate().map(move |(index, intent)| {
        let circumstances = Circumstances {
            organization: known.organization.clone(),
            actor: format!("policy {}", P::NAME),
            correlation: known.correlation.clone(),
            causation: causation.clone(),
        };
        let id = if index == 0 { cause.clone() } else { format!("{cause}/{index}") };
        NewEffect { id, intent, circumstances, cause: position }
    })
}
