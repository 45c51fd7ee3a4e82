//! Sends events to receivers outside: of several nodes the one that holds the lease, an endpoint beside the others, so that a slow one
//! holds up nobody else. It owns a tick and the visits under way, which end with it: how far each endpoint has come stands beside the
//! journal, and what was sent and not written down is sent again under the same id.
//! When an event is tried again and when it is given up the domain says; what is sent is made by dispatch.

mod lanes;
mod lease;
mod visit;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{
    Actor, ActorFutureExt as _, ArbiterHandle, AsyncContext as _, Context, Handler, Recipient,
    WrapFuture as _,
};
use chrono::{DateTime, TimeDelta, Utc};
use domain::fact::Position;
use domain::ids::Organization;
use domain::phone::Home;
use projections::Screens;
use projections::webhook_endpoints::{self, EndpointRow};
use uuid::Uuid;

use super::guardian::{Pulse, Tick, Ward};
use super::turn::Turn;
use crate::dispatch::Dispatch;
use crate::dispatch::webhooks::EndpointName;
use crate::journal::{self, Journal};
use crate::ports::receivers::Receivers;
use crate::ports::{Clock, Ids};
use lease::Lease;
use visit::{Memo, Visit};

const NAME: &str = "courier";
const MAILBOX_LEN_MAX: usize = 16;
/// Endpoints that are read of the screen at once.
const PAGE: u32 = 500;
/// An endpoint at which nothing is to be done as far as this node knows is looked at this often all the same: another node may have been
/// asked to send something again.
const LOOK_ANYWAY: Duration = Duration::from_secs(5);
const SWEEP_EVERY: Duration = Duration::from_hours(1);
/// Commits of one sweep: whoever waits for the writer waits for a part of it alone.
const SWEEPS_MAX: usize = 20;

#[derive(Debug, Clone)]
pub struct Options {
    pub journal: Journal,
    pub screens: Screens,
    pub dispatch: Dispatch,
    pub receivers: Arc<dyn Receivers>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    /// Whose numbers are recognised in what receivers answer.
    pub home: Home,
    /// For how long it is kept what became of an event.
    pub log_for: TimeDelta,
}

struct Courier {
    options: Arc<Options>,
    owner: Uuid,
    pulse: Pulse,
    turn: Turn,
    lease: Lease,
    under_way: HashSet<Uuid>,
    memos: HashMap<Uuid, Memo>,
    swept: Option<Instant>,
}

/// The courier as the guardian's ward.
pub fn ward(options: Options) -> Ward {
    let options = Arc::new(options);
    Ward { name: NAME, start: Box::new(move |arbiter, pulse| start(arbiter, Arc::clone(&options), pulse)) }
}

fn start(arbiter: &ArbiterHandle, options: Arc<Options>, pulse: Pulse) -> Recipient<Tick> {
    let courier = Courier {
        owner: options.ids.uuid(),
        options,
        pulse,
        turn: Turn::default(),
        lease: Lease::default(),
        under_way: HashSet::new(),
        memos: HashMap::new(),
        swept: None,
    };
    Courier::start_in_arbiter(arbiter, move |_| courier).recipient()
}

/// Why nothing is sent at the moment.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Journal(#[from] journal::Error),
    #[error(transparent)]
    Screens(#[from] projections::Error),
}

impl Actor for Courier {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_LEN_MAX);
    }
}

impl Handler<Tick> for Courier {
    type Result = ();

    fn handle(&mut self, _: Tick, ctx: &mut Context<Self>) {
        self.pulse.beat();
        if !self.turn.begin() {
            return;
        }
        let (options, lease, owner, work) =
            (Arc::clone(&self.options), self.lease.clone(), self.owner, self.pulse.work());
        let sweep = self.swept.is_none_or(|at| at.elapsed() >= SWEEP_EVERY);
        let look = async move {
            let _work = work;
            let found = options.endpoints(&lease, owner).await;
            // Whoever has the lease sweeps as well.
            let sweeps = sweep && found.is_ok() && lease.holds();
            (found, if sweeps { options.sweep().await } else { Ok(false) })
        };
        ctx.spawn(look.into_actor(self).map(|(found, swept), courier, ctx| {
            courier.turn.end();
            courier.note(swept);
            match found {
                Ok(endpoints) => courier.visit(&endpoints, ctx),
                Err(why) => {
                    courier.pulse.count("failures", 1);
                    tracing::warn!(cause = %why, "where events are to be sent cannot be looked up at the moment");
                }
            }
        }));
    }
}

impl Courier {
    /// Begins a visit wherever something may be to be done and none is under way.
    fn visit(&mut self, endpoints: &[EndpointRow], ctx: &mut Context<Self>) {
        self.memos.retain(|endpoint, _| endpoints.iter().any(|row| row.id == *endpoint));
        let (head, now) = (self.options.dispatch.head(), self.options.clock.now());
        for row in endpoints {
            let Ok(organization) = Organization::parse(&row.organization) else { continue };
            let memo = self.memos.get(&row.id).copied();
            if self.under_way.contains(&row.id) || memo.is_some_and(|memo| !is_worth_it(memo, head, now)) {
                continue;
            }
            let name = EndpointName { organization, endpoint: row.id };
            let visit = Visit {
                options: Arc::clone(&self.options),
                lease: self.lease.clone(),
                name,
                registered: row.position,
                memo: memo.unwrap_or_default(),
            };
            let endpoint = row.id;
            self.under_way.insert(endpoint);
            ctx.spawn(visit.make().into_actor(self).map(move |memo, courier, _| {
                courier.under_way.remove(&endpoint);
                courier.memos.insert(endpoint, memo);
                courier.show();
            }));
        }
        self.pulse.show("endpoints", u64::try_from(endpoints.len()).unwrap_or(u64::MAX));
        self.show();
    }

    /// What could not be removed yet is tried again at the next look.
    fn note(&mut self, swept: Result<bool, journal::Error>) {
        match swept {
            Ok(true) => self.swept = Some(Instant::now()),
            Ok(false) => {}
            Err(why) => {
                self.pulse.count("failures", 1);
                tracing::warn!(cause = %why, "what was sent long ago cannot be removed from the log at the moment");
            }
        }
    }

    fn show(&self) {
        let waiting: u32 = self.memos.values().map(|memo| memo.waiting).sum();
        self.pulse.show("waiting", u64::from(waiting));
        metrics::gauge!("karnay_webhook_waiting").set(f64::from(waiting));
        let full = self.memos.values().filter(|memo| memo.full).count();
        metrics::gauge!("karnay_webhook_full").set(f64::from(u32::try_from(full).unwrap_or(u32::MAX)));
    }
}

fn is_worth_it(memo: Memo, head: Position, now: DateTime<Utc>) -> bool {
    memo.scanned <= head
        || memo.due.is_some_and(|due| due <= now)
        || memo.looked.is_none_or(|looked| looked.elapsed() >= LOOK_ANYWAY)
}

impl Options {
    /// Everybody's endpoints that are to be sent something; none where that is another node's to do.
    async fn endpoints(&self, lease: &Lease, owner: Uuid) -> Result<Vec<EndpointRow>, Error> {
        if !lease.renew(&self.journal, NAME, owner).await? {
            return Ok(vec![]);
        }
        // Whoever restores a backup may do so to look at it, and receivers have been told what comes now.
        if self.journal.held().await?.is_some() {
            return Ok(vec![]);
        }
        let mut all: Vec<EndpointRow> = vec![];
        loop {
            let after = all.last().map_or(0, |last| last.position);
            let page = webhook_endpoints::active(&self.screens, after, PAGE).await?;
            let more = u32::try_from(page.len()).is_ok_and(|len| len == PAGE);
            all.extend(page);
            if !more {
                return Ok(all);
            }
        }
    }

    /// True where nothing is left to be removed.
    async fn sweep(&self) -> Result<bool, journal::Error> {
        let before = self.clock.now() - self.log_for;
        for _ in 0..SWEEPS_MAX {
            if self.journal.webhook_expire(before).await? == 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
