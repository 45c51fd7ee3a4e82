//! A voice agent that rings nobody: what people say is made up, decided by the seed, the number and how often it was asked to ring it.
//! It says in every summary that it is simulated, and whoever starts it says so too. Its books are in memory: after a restart it knows of no call.

mod books;
mod fate;
mod faults;
mod report;
mod told;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::conversation::answer::Answer;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::time::Instant;

use crate::ports::{AgentCall, AgentKind, Clock, Spoken, Trouble, Unclear, VoiceAgent};
use books::Books;

pub use super::post::{Proof, Webhook};
pub use books::{Known, Taken};
pub use faults::{BadFaults, Fault, Faults};
pub use report::Reporter;

/// A campaign of a hundred is over in about a minute, where a few are called at a time.
pub const SPEED: u32 = 50;
/// A slow agent takes so many times longer.
const SLOWER: u32 = 5;

#[derive(Debug, Clone)]
pub struct Options {
    pub seed: u64,
    /// How many times faster than life calls go. What people ask to be rung at comes sooner in the same way.
    pub speed: u32,
    pub faults: Faults,
    pub clock: Arc<dyn Clock>,
}

/// Cheap to clone; every clone has the same books.
#[derive(Debug, Clone)]
pub struct SimulatedAgent(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: Options,
    books: Mutex<Books>,
}

impl SimulatedAgent {
    pub fn new(options: Options) -> Self {
        Self(Arc::new(Inner { options, books: Mutex::default() }))
    }

    /// Begins a call, or finds the one that began under this name before. It ends by itself.
    pub fn take(&self, effect: &str, phone: &str, custom_data: &Value) -> Taken {
        let Options { seed, speed, faults, clock } = &self.0.options;
        let mut books = self.books();
        if let Some(taken) = books.taken(effect) {
            return taken;
        }
        let attempt = books.attempt(*seed, phone);
        let fate = fate::fate(*seed, phone, attempt);
        let fault = faults.draw(*seed, phone, attempt);
        let lasts = Duration::from_secs(fate.secs().into()) / (*speed).max(1);
        let lasts = if fault == Some(Fault::Slow) { lasts * SLOWER } else { lasts };
        let call_id = fate::call_id(*seed, effect);
        let answer = told::answer(&fate, custom_data, clock.now() + lasts, *speed);
        let taken = Taken { call_id, fault, ends: Instant::now() + lasts, answer };
        books.keep(effect, taken.clone());
        taken
    }

    /// What the books say about a call, by either of its names.
    pub fn known(&self, effect: Option<&str>, call_id: Option<&str>) -> Known {
        self.books().known(effect, call_id)
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ring(&self, effect: &str, call: &AgentCall) -> Result<Spoken, Trouble> {
        let began = Instant::now();
        let Taken { call_id, fault, ends, answer } =
            self.take(effect, call.phone.as_str(), &call.custom_data);
        match fault {
            Some(Fault::Error) => {
                return Err(Trouble::Never { why: "HTTP 500: a simulated fault".to_owned() });
            }
            Some(Fault::Callback) => return Ok(Spoken::Accepted { reference: call_id }),
            Some(Fault::Slow | Fault::Dead | Fault::Half | Fault::Twice | Fault::Late) | None => {}
        }
        tokio::time::sleep_until(ends).await;
        let silent = Unclear::Silent { within: began.elapsed() };
        Ok(match fault {
            Some(Fault::Dead | Fault::Late) => Spoken::Unclear { why: silent },
            Some(Fault::Half) => Spoken::Unclear { why: Unclear::BrokenOff },
            Some(Fault::Error | Fault::Callback | Fault::Slow | Fault::Twice) | None => {
                Spoken::Answered(read(answer)?)
            }
        })
    }

    fn tell(&self, effect: &str, reference: Option<&str>) -> Result<Option<Answer>, Trouble> {
        match self.known(Some(effect), reference) {
            Known::Nothing => Ok(None),
            Known::Going { left, .. } => Err(Trouble::Later { after: left }),
            Known::Over(answer) => read(answer).map(Some),
        }
    }
}

/// What comes of a call that begins at an instant, without anybody waiting for it: after how many seconds, and the answer then.
/// `attempt` is how often the number was rung before.
pub fn foretold(
    seed: u64,
    (phone, custom_data): (&str, &Value),
    attempt: u32,
    begins: DateTime<Utc>,
) -> Result<(u32, Answer), Trouble> {
    let fate = fate::fate(seed, phone, attempt);
    let ends = begins + TimeDelta::seconds(fate.secs().into());
    Ok((fate.secs(), read(told::answer(&fate, custom_data, ends, 1))?))
}

/// As it would have come over the wire.
fn read(answer: Value) -> Result<Answer, Trouble> {
    serde_json::from_value(answer)
        .map_err(|why| Trouble::Never { why: format!("the simulated agent's answer cannot be read: {why}") })
}

impl VoiceAgent for SimulatedAgent {
    fn kind(&self) -> AgentKind {
        AgentKind::Simulated
    }

    fn call<'a>(&'a self, effect: &'a str, request: AgentCall) -> BoxFuture<'a, Result<Spoken, Trouble>> {
        async move { self.ring(effect, &request).await }.boxed()
    }

    fn ask<'a>(
        &'a self,
        effect: &'a str,
        reference: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Option<Answer>, Trouble>> {
        async move { self.tell(effect, reference) }.boxed()
    }
}
