//! Has the journal signed when it is time for it: of several nodes the one that holds the lease.
//! It owns a tick and nothing else: what was not signed when it dies is signed at the next look.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{
    Actor, ActorFutureExt as _, ArbiterHandle, AsyncContext as _, Context, Handler, Recipient,
    WrapFuture as _,
};
use uuid::Uuid;

use super::guardian::{Pulse, Tick, Ward};
use super::turn::Turn;
use crate::journal::signer::{Signer, Unsigned};
use crate::journal::signing::Checkpoint;
use crate::ports::Ids;

const NAME: &str = "signer";
const MAILBOX_LEN_MAX: usize = 16;
/// At full load some ten thousand events are recorded in that time.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Another node signs when this one was silent for so long.
const LEASE: Duration = Duration::from_secs(30);
/// What cannot be signed is told to the log so often, and not at every look.
const COMPLAIN_EVERY: Duration = Duration::from_mins(10);

#[derive(Debug, Clone)]
pub struct Options {
    pub signer: Signer,
    pub ids: Arc<dyn Ids>,
}

struct Watch {
    signer: Signer,
    owner: Uuid,
    pulse: Pulse,
    turn: Turn,
    looked: Option<Instant>,
    complained: Option<Instant>,
}

/// The signer as the guardian's ward.
pub fn ward(options: Options) -> Ward {
    let start = move |arbiter: &ArbiterHandle, pulse| start(arbiter, &options, pulse);
    Ward { name: NAME, start: Box::new(start) }
}

fn start(arbiter: &ArbiterHandle, options: &Options, pulse: Pulse) -> Recipient<Tick> {
    let (signer, owner) = (options.signer.clone(), options.ids.uuid());
    let watch = Watch { signer, owner, pulse, turn: Turn::default(), looked: None, complained: None };
    Watch::start_in_arbiter(arbiter, move |_| watch).recipient()
}

impl Actor for Watch {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_LEN_MAX);
    }
}

impl Handler<Tick> for Watch {
    type Result = ();

    fn handle(&mut self, _: Tick, ctx: &mut Context<Self>) {
        self.pulse.beat();
        let due = self.looked.is_none_or(|at| at.elapsed() >= LOOK_EVERY);
        if !due || !self.turn.begin() {
            return;
        }
        self.looked = Some(Instant::now());
        let (signer, owner, work) = (self.signer.clone(), self.owner, self.pulse.work());
        let look = async move {
            let _work = work;
            sign(&signer, owner).await
        };
        ctx.spawn(look.into_actor(self).map(|signed, watch, _| {
            watch.turn.end();
            watch.note(signed);
        }));
    }
}

/// A node without the key leaves the lease to those who have it.
async fn sign(signer: &Signer, owner: Uuid) -> Result<Option<Checkpoint>, Unsigned> {
    if !signer.is_due().await? {
        return Ok(None);
    }
    signer.key().await?;
    if signer.journal().lease(NAME, owner, LEASE).await? { signer.sign().await } else { Ok(None) }
}

impl Watch {
    fn note(&mut self, signed: Result<Option<Checkpoint>, Unsigned>) {
        match signed {
            Ok(None) => {}
            Ok(Some(newest)) => {
                self.pulse.show("checkpoint", newest.number);
                self.complained = None;
            }
            Err(why) => {
                self.pulse.count("failures", 1);
                if self.complained.is_none_or(|at| at.elapsed() >= COMPLAIN_EVERY) {
                    self.complained = Some(Instant::now());
                    tracing::warn!(cause = %why, "the journal is not signed at the moment");
                }
            }
        }
    }
}
