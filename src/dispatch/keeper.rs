//! A keeper owns the aggregates of one shard: it decides on a draft, sends the events to the journal, and swaps the draft in after the commit.
//! Commands for one stream go one after another; different streams share commits.
//! Sent to by dispatch and by the journal's writer. What is lost when it dies is a cache.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroUsize;
use std::sync::Arc;

use actix::{Actor, AsyncContext, Context, Handler, Message, WeakAddr};
use domain::fact::{Position, Recorded};
use domain::ids::{Fingerprint, StreamId};
use lru::LruCache;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tracing::Span;

use super::draft::{Unsealed, decide, seal};
use super::seen::Seen;
use super::shards::Answer;
use super::{Done, Failure, Meta, UNDER_WAY_MAX};
use crate::journal::keys::PersonKey;
use crate::journal::{Append, Appended, Error, Journal, Refused, Settle, Submission, Ticket, Unit};

/// Aggregates kept at hand; the least recently used leave first and cost a load when they return.
const KEPT_MAX: NonZeroUsize = NonZeroUsize::new(16_384).unwrap();

/// Each command under way is in the mailbox once, and each needs at most one message back.
const MAILBOX_LEN_MAX: usize = 1_024;
const _: () = assert!(MAILBOX_LEN_MAX >= 2 * UNDER_WAY_MAX, "an answer must always find room");

/// Somebody else wrote first: tried again, this often in all.
const TRIES_MAX: u8 = 3;

/// Carry out a command.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Execute<A: Recorded> {
    pub(super) stream: StreamId,
    /// Where the stream has to stand. What is kept may be older than that.
    pub(super) seen: Seen,
    pub(super) person: Option<Fingerprint>,
    pub(super) command: A::Command,
    pub(super) meta: Meta,
    pub(super) tell: oneshot::Sender<Answer<A>>,
    pub(super) permit: OwnedSemaphorePermit,
    pub(super) tries: u8,
    /// Of whoever asks, for this runs elsewhere.
    pub(super) span: Span,
}

/// Units came back from the journal.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Settled(Vec<(Ticket, Result<Appended, Refused>)>);

/// A stream came back from the journal.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Loaded<A: Recorded> {
    stream: StreamId,
    kept: Result<Kept<A>, Error>,
}

/// An aggregate at hand.
#[derive(Debug)]
struct Kept<A> {
    state: Arc<A>,
    version: u64,
    position: Position,
    /// False for a stream that nobody looked at yet: it is tried as new, and only a commit proves it.
    seen: bool,
}

impl<A: Recorded> Kept<A> {
    fn unseen() -> Self {
        Self { state: Arc::new(A::default()), version: 0, position: 0, seen: false }
    }
}

/// What a stream is waiting for.
struct Busy<A: Recorded> {
    /// The command whose stream is being loaded.
    loading: Option<Loading<A>>,
    waiting: VecDeque<Execute<A>>,
}

struct Loading<A: Recorded> {
    execute: Execute<A>,
    /// Set where the journal knew the command's id: nothing is to be decided any more.
    repeated: Option<Appended>,
}

/// A unit on its way to the journal.
struct Flight<A: Recorded> {
    execute: Execute<A>,
    draft: A,
    before: Kept<A>,
    events: u64,
    key: Option<PersonKey>,
}

pub(super) struct Keeper<A: Recorded> {
    journal: Journal,
    settler: Arc<Settler<A>>,
    idle: LruCache<StreamId, Kept<A>>,
    busy: HashMap<StreamId, Busy<A>>,
    flights: HashMap<Ticket, Flight<A>>,
    next_ticket: Ticket,
    /// What the journal said of forgetting when the aggregates at hand were last known to be fit.
    forgettings: u64,
}

/// How the journal's writer reaches the keeper.
struct Settler<A: Recorded>(WeakAddr<Keeper<A>>);

impl<A: Recorded> std::fmt::Debug for Settler<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Settler")
    }
}

impl<A: Recorded> Settle for Settler<A> {
    fn settle(&self, results: Vec<(Ticket, Result<Appended, Refused>)>) {
        // A keeper that is gone has dropped everybody who waited, which told them.
        let Some(keeper) = self.0.upgrade() else { return };
        if let Err(why) = keeper.try_send(Settled(results)) {
            tracing::error!(cause = %why, "a keeper cannot be told what was stored");
        }
    }
}

impl<A: Recorded> Actor for Keeper<A> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_LEN_MAX);
    }
}

impl<A: Recorded> Handler<Execute<A>> for Keeper<A> {
    type Result = ();

    fn handle(&mut self, execute: Execute<A>, ctx: &mut Context<Self>) {
        if let Some(busy) = self.busy.get_mut(&execute.stream) {
            busy.waiting.push_back(execute);
            return;
        }
        self.forget();
        let mut kept = self.idle.pop(&execute.stream).unwrap_or_else(Kept::unseen);
        // Another node may have written since: only a commit, or another look, proves what is kept.
        kept.seen &= !self.journal.is_shared();
        self.run(execute, kept, ctx);
    }
}

impl<A: Recorded> Handler<Settled> for Keeper<A> {
    type Result = ();

    fn handle(&mut self, Settled(results): Settled, ctx: &mut Context<Self>) {
        for (ticket, result) in results {
            if let Some(flight) = self.flights.remove(&ticket) {
                self.land(flight, result, ctx);
            }
        }
    }
}

impl<A: Recorded> Handler<Loaded<A>> for Keeper<A> {
    type Result = ();

    fn handle(&mut self, Loaded { stream, kept }: Loaded<A>, ctx: &mut Context<Self>) {
        let Some(busy) = self.busy.get_mut(&stream) else { return };
        let Some(Loading { execute, repeated }) = busy.loading.take() else { return };
        match (kept, repeated) {
            (Ok(kept), None) if !execute.seen.allows(kept.version) => {
                execute.answer(Err(Failure::Conflict));
                self.free(stream, Some(kept), ctx);
            }
            (Ok(kept), None) => self.run(execute, kept, ctx),
            (Ok(kept), Some(earlier)) => {
                let done = Done {
                    state: Arc::clone(&kept.state),
                    version: kept.version,
                    position: earlier.last,
                    changed: false,
                    repeated: true,
                };
                execute.answer(Ok(done));
                self.free(stream, Some(kept), ctx);
            }
            (Err(why), _) => {
                execute.answer(Err(Failure::Unavailable(why.to_string())));
                self.free(stream, None, ctx);
            }
        }
    }
}

impl<A: Recorded> Keeper<A> {
    pub(super) fn new(journal: Journal, ctx: &Context<Self>) -> Self {
        Self {
            journal,
            settler: Arc::new(Settler(ctx.address().downgrade())),
            idle: LruCache::new(KEPT_MAX),
            busy: HashMap::new(),
            flights: HashMap::new(),
            next_ticket: 0,
            forgettings: 0,
        }
    }

    /// What is kept may say something of somebody who is to be forgotten: it is read again.
    fn forget(&mut self) {
        let forgettings = self.journal.forgettings();
        if self.forgettings != forgettings {
            self.forgettings = forgettings;
            self.idle.clear();
        }
    }

    /// Decides on a draft. What an unseen stream refuses or ignores is not believed before it was read.
    fn run(&mut self, execute: Execute<A>, kept: Kept<A>, ctx: &mut Context<Self>) {
        if !execute.seen.allows(kept.version) {
            // Others write to some streams as well: what is kept may be old.
            return self.load(execute, None, ctx);
        }
        let mut draft = A::clone(&kept.state);
        let Some((decided, events)) = decide(&mut draft, execute.command.clone()) else {
            let stream = execute.stream.clone();
            execute.answer(Err(Failure::Unavailable("the aggregate waits for something".into())));
            return self.free(stream, Some(kept), ctx);
        };
        match decided {
            Err(_) if !kept.seen => self.load(execute, None, ctx),
            Ok(()) if events.is_empty() && !kept.seen => self.load(execute, None, ctx),
            Err(why) => {
                let stream = execute.stream.clone();
                execute.answer(Err(Failure::Refused(why)));
                self.free(stream, Some(kept), ctx);
            }
            Ok(()) if events.is_empty() => {
                let stream = execute.stream.clone();
                let Kept { state, version, position, .. } = &kept;
                let (state, version, position) = (Arc::clone(state), *version, *position);
                execute.answer(Ok(Done { state, version, position, changed: false, repeated: false }));
                self.free(stream, Some(kept), ctx);
            }
            Ok(()) => self.send(execute, kept, draft, events, ctx),
        }
    }

    fn send(
        &mut self,
        execute: Execute<A>,
        kept: Kept<A>,
        draft: A,
        events: Vec<A::Event>,
        ctx: &mut Context<Self>,
    ) {
        let stream = execute.stream.clone();
        let count = u64::try_from(events.len()).unwrap_or(0);
        let (unit, key) = match self.unit(&execute, kept.version, events) {
            Ok(ready) => ready,
            Err(why) => {
                execute.answer(Err(Failure::Unavailable(why.to_string())));
                self.free(stream, Some(kept), ctx);
                return;
            }
        };
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.hold(stream);
        let (settle, span) = (Arc::<Settler<A>>::clone(&self.settler), execute.span.clone());
        let submission = Submission { unit, ticket, settle, span };
        let flight = Flight { execute, draft, before: kept, events: count, key };
        match self.journal.submit(submission) {
            Ok(()) => drop(self.flights.insert(ticket, flight)),
            Err(refused) => self.land(flight, Err(refused), ctx),
        }
    }

    fn land(&mut self, flight: Flight<A>, result: Result<Appended, Refused>, ctx: &mut Context<Self>) {
        let Flight { mut execute, draft, before, events, key } = flight;
        let stream = execute.stream.clone();
        match result {
            Ok(appended) if appended.repeated => self.load(execute, Some(appended), ctx),
            Ok(appended) => {
                if let Some(key) = key {
                    key.stored();
                }
                let (state, position) = (Arc::new(draft), appended.last);
                let version = before.version + events;
                let kept = Kept { state: Arc::clone(&state), version, position, seen: true };
                execute.answer(Ok(Done { state, version, position, changed: true, repeated: false }));
                self.free(stream, Some(kept), ctx);
            }
            Err(Refused::Conflict) if execute.tries + 1 < TRIES_MAX => {
                // An unseen stream that turns out to exist is no lost race.
                execute.tries += u8::from(before.seen);
                self.load(execute, None, ctx);
            }
            Err(refused) => {
                execute.answer(Err(failure(refused)));
                self.free(stream, None, ctx);
            }
        }
    }

    /// Reads the stream anew; the command waits at its head.
    fn load(&mut self, execute: Execute<A>, repeated: Option<Appended>, ctx: &Context<Self>) {
        let stream = execute.stream.clone();
        self.hold(stream.clone()).loading = Some(Loading { execute, repeated });
        let (journal, me) = (self.journal.clone(), ctx.address());
        actix::spawn(async move {
            let loaded = journal.load::<A>(&stream).await;
            let kept = loaded.map(|(events, version, position)| {
                let mut state = A::default();
                for event in events {
                    state.apply(event);
                }
                Kept { state: Arc::new(state), version, position, seen: true }
            });
            // The keeper may have died meanwhile, and with it whoever waited here.
            let _ = me.try_send(Loaded { stream, kept });
        });
    }

    fn hold(&mut self, stream: StreamId) -> &mut Busy<A> {
        self.busy.entry(stream).or_insert_with(|| Busy { loading: None, waiting: VecDeque::new() })
    }

    /// The stream's turn is over: the next command runs, or the aggregate rests.
    fn free(&mut self, stream: StreamId, kept: Option<Kept<A>>, ctx: &mut Context<Self>) {
        let next = self.busy.get_mut(&stream).and_then(|busy| busy.waiting.pop_front());
        if let Some(execute) = next {
            return self.run(execute, kept.unwrap_or_else(Kept::unseen), ctx);
        }
        self.busy.remove(&stream);
        if let Some(kept) = kept {
            self.idle.put(stream, kept);
        }
    }

    fn unit(
        &self,
        execute: &Execute<A>,
        expected: u64,
        events: Vec<A::Event>,
    ) -> Result<(Unit, Option<PersonKey>), Unsealed> {
        let keyring = self.journal.keyring();
        let organization = execute.stream.organization();
        let key = execute.person.map(|person| keyring.person(organization, person)).transpose()?;
        let seal = |event| seal::<A>(event, keyring, key.as_ref());
        let events = events.into_iter().map(seal).collect::<Result<_, _>>()?;
        let unit = Unit {
            command: execute.meta.command.clone(),
            circumstances: Arc::clone(&execute.meta.circumstances),
            appends: vec![Append { kind: A::TYPE, stream: execute.stream.clone(), expected, events }],
            keys: key.as_ref().and_then(PersonKey::to_store).into_iter().collect(),
        };
        Ok((unit, key))
    }
}

impl<A: Recorded> Execute<A> {
    fn answer(self, answer: Answer<A>) {
        // Whoever asked is not to be over before this is.
        drop(self.span);
        // A caller who gave up is not told; what was stored stands all the same.
        let _ = self.tell.send(answer);
        drop(self.permit);
    }
}

pub(super) fn failure<E: std::error::Error>(refused: Refused) -> Failure<E> {
    match refused {
        Refused::Conflict => Failure::Conflict,
        Refused::CommandReused => Failure::CommandReused,
        Refused::TooLarge { size } => Failure::TooLarge { size },
        Refused::Busy => Failure::Busy,
        Refused::Unavailable(why) => Failure::Unavailable(why),
    }
}
