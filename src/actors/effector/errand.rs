//! One effect from taken to done: what a policy wants is carried out, and the session is told the outcome.
//! Every step may be repeated after a crash save one: a launch that may have left is never sent again, only asked about (`errand/launch.rs`).

mod call;
mod forget;
mod launch;
mod place;
mod stop;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::fact::Circumstances;
use domain::ids::{Organization, SessionId, StreamId};
use domain::policy::Intent;
use domain::remote::Holder;
use domain::session::{self, Phase};
use uuid::Uuid;

use super::NAME;
use super::carrier::{Carrier, Hold};
use crate::actors::backoff::Backoff;
use crate::actors::guardian::named;
use crate::dispatch::dialling::Case;
use crate::dispatch::far_ends::{self, Ends};
use crate::dispatch::named::hashed;
use crate::dispatch::{Failure, Meta};
use crate::journal::effects::Taken;
use crate::journal::{CommandId, Error, chain};
use crate::ports::Trouble;

/// The step that only looks.
const LOOK: &str = "look";

pub(super) struct Errand {
    carrier: Arc<Carrier>,
    hold: Arc<Hold>,
    taken: Taken,
}

/// The session that it is about.
struct Whose {
    organization: Organization,
    session: SessionId,
}

impl Whose {
    fn holder(&self) -> Holder {
        Holder::Session { organization: self.organization.clone(), session: self.session.clone() }
    }
}

enum Done {
    Finished,
    /// Nothing left: another try at that time.
    Postponed(DateTime<Utc>),
}

/// What became of a port's work.
enum Abroad<T> {
    Answered(Result<T, Trouble>),
    Broke,
    Silent,
}

/// The effect is no longer ours, and nothing was sent.
struct Lost;

impl Errand {
    pub(super) fn new(carrier: Arc<Carrier>, hold: Arc<Hold>, taken: Taken) -> Self {
        Self { carrier, hold, taken }
    }

    pub(super) async fn run(self) {
        let done = match self.taken.intent.clone() {
            Intent::LaunchSession { organization, session, list } => {
                self.launch(&Whose { organization, session }, list).await
            }
            Intent::PlaceList { organization, list } => {
                self.place_list(&organization, list).await;
                Ok(Done::Finished)
            }
            Intent::StopSession { organization, session } => {
                self.stop(&Whose { organization, session }).await;
                Ok(Done::Finished)
            }
            Intent::CompleteSession { organization, session } => {
                self.say(&Whose { organization, session }, "complete", |at| session::Command::Complete {
                    at,
                })
                .await;
                Ok(Done::Finished)
            }
            Intent::ReopenSession { organization, session } => {
                self.reopen(&Whose { organization, session }).await;
                Ok(Done::Finished)
            }
            Intent::PlaceCall { organization, campaign, contact, call } => {
                Ok(self.place_call(&Case { organization, campaign, contact }, call).await)
            }
            Intent::Forget { organization, contact, numbers, position } => {
                self.forget(&forget::Person { organization, contact, numbers, position }).await;
                Ok(Done::Finished)
            }
            Intent::AwaitCall { organization, campaign, contact, call } => {
                Ok(self.await_call(&Case { organization, campaign, contact }, call).await)
            }
        };
        match done {
            Ok(Done::Finished) => self.finish().await,
            Ok(Done::Postponed(until)) => self.postpone(until).await,
            Err(Lost) => tracing::warn!(
                effect = self.taken.id,
                "an effect was lost to somebody else before it was sent"
            ),
        }
    }

    /// It is dialling again, so it has the host again, unless somebody else has it by now.
    async fn reopen(&self, whose: &Whose) {
        self.say(whose, "reopen", |at| session::Command::Reopen { at }).await;
        if !self.carrier.options.parallel && self.take_remote(&whose.holder()).await.is_err() {
            tracing::info!(effect = self.taken.id, "a session goes on while another one has the remote host");
        }
    }

    /// Says something that a session may well refuse.
    async fn say(&self, whose: &Whose, step: &str, command: impl Fn(DateTime<Utc>) -> session::Command) {
        if let Err(why) = self.tell(whose, step, command).await {
            tracing::info!(
                effect = self.taken.id,
                step,
                cause = why,
                "a session did not take what it was told"
            );
        }
    }

    /// The far ends of an organization, however long the store is away; why there are none that can be used.
    async fn ends(&self, organization: &Organization) -> Result<Arc<Ends>, String> {
        let mut backoff = Backoff::default();
        loop {
            match self.carrier.options.ends.of(organization).await {
                Ok(ends) => return Ok(ends),
                Err(far_ends::Error::Unavailable(why)) => self.wait(&mut backoff, "far ends", &why).await,
                Err(why @ far_ends::Error::Unusable(_)) => return Err(why.to_string()),
            }
        }
    }

    /// Foreign code runs in a task of its own, whose panic is none of ours. None where it did not come back.
    async fn abroad<T: Send + 'static>(
        &self,
        patience: Duration,
        work: impl Future<Output = Result<T, Trouble>> + Send + 'static,
    ) -> Abroad<T> {
        let mut task = self.carrier.options.runtime.spawn(named(NAME, work));
        match tokio::time::timeout(patience, &mut task).await {
            Ok(Ok(answer)) => Abroad::Answered(answer),
            Ok(Err(_)) => Abroad::Broke,
            Err(_) => {
                task.abort();
                Abroad::Silent
            }
        }
    }

    /// Says one thing to the session, however long the store is away; said twice it is heard once.
    /// Gives the session's phase, or why it does not take it.
    async fn tell(
        &self,
        whose: &Whose,
        step: &str,
        command: impl Fn(DateTime<Utc>) -> session::Command,
    ) -> Result<Phase, String> {
        let stream = StreamId::session(&whose.organization, &whose.session);
        let mut backoff = Backoff::default();
        loop {
            let command = command(self.now()).masked(self.carrier.options.home);
            let why =
                match self.carrier.options.dispatch.session(stream.clone(), command, self.meta(step)).await {
                    Ok(done) => return Ok(done.state.phase()),
                    Err(Failure::Busy | Failure::Conflict) => "the engine is busy".to_owned(),
                    Err(Failure::Unavailable(why)) => why,
                    Err(
                        refused @ (Failure::Refused(_) | Failure::CommandReused | Failure::TooLarge { .. }),
                    ) => {
                        return Err(refused.to_string());
                    }
                };
            self.wait(&mut backoff, step, &why).await;
        }
    }

    /// The same step of the same effect has the same id, whoever takes it. A look changes nothing and needs none.
    fn meta(&self, step: &str) -> Meta {
        let (id, body) = self.name(step);
        let command = (step != LOOK).then_some(CommandId { id, body });
        Meta { circumstances: self.circumstances(), command }
    }

    /// What this effect's step is called, whoever takes it.
    fn name(&self, step: &str) -> (Uuid, [u8; 32]) {
        let name = format!("{}/{step}", self.taken.id);
        (hashed(&name), chain::of(name.as_bytes()))
    }

    fn circumstances(&self) -> Arc<Circumstances> {
        let known = self.taken.circumstances.clone();
        Arc::new(Circumstances { actor: NAME.to_owned(), causation: self.taken.id.clone(), ..known })
    }

    async fn postpone(&self, until: DateTime<Utc>) {
        let journal = &self.carrier.options.journal;
        let back = || self.hold.fenced(|id, fence| journal.postpone(id, fence, until));
        if !self.persist("postponed", back).await {
            tracing::warn!(
                effect = self.taken.id,
                "an effect that was to be postponed is somebody else's by now"
            );
        }
    }

    async fn finish(&self) {
        let journal = &self.carrier.options.journal;
        let done = || self.hold.fenced(|id, fence| journal.finish(id, fence, self.now()));
        if !self.persist("finished", done).await {
            tracing::warn!(effect = self.taken.id, "an effect was finished by somebody else");
        }
    }

    /// Tries until the store answers.
    async fn persist<F: Future<Output = Result<bool, Error>>>(
        &self,
        what: &str,
        attempt: impl Fn() -> F,
    ) -> bool {
        let mut backoff = Backoff::default();
        loop {
            match attempt().await {
                Ok(answer) => return answer,
                Err(why) => self.wait(&mut backoff, what, &why.to_string()).await,
            }
        }
    }

    async fn wait(&self, backoff: &mut Backoff, step: &str, why: &str) {
        let pause: Duration = backoff.pause();
        if backoff.failures() == 1 {
            tracing::warn!(effect = self.taken.id, step, cause = why, "an effect has to wait for the store");
        }
        tokio::time::sleep(pause).await;
    }

    fn now(&self) -> DateTime<Utc> {
        self.carrier.options.clock.now()
    }
}
