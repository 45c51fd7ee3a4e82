//! One effect from taken to done: the session is told that it is launched, the port launches, the session is told the outcome.
//! Every step may be repeated after a crash save one: a launch that may have left is never sent again, only asked about.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use chrono::{DateTime, Utc};
use domain::fact::Circumstances;
use domain::ids::{Organization, SessionId, StreamId};
use domain::policy::Intent;
use domain::session::{self, Exit, Phase};

use super::NAME;
use super::carrier::{Carrier, Hold};
use crate::actors::backoff::Backoff;
use crate::actors::guardian::named;
use crate::dispatch::{Failure, Meta};
use crate::journal::effects::{self, Taken};
use crate::journal::{CommandId, Error};
use crate::ports::Trouble;

/// What a session shows whose command's fate nobody knows.
const UNKNOWN: &str = "The engine stopped while the remote command was running. What became of it is unknown, and it is not run again: \
     look on the remote host whether it is dialling, and start a new session if it is not.";

/// How long the screens are asked whether a session was heard of.
const HEARD_MAX: Duration = Duration::from_secs(10);

pub(super) struct Errand {
    carrier: Arc<Carrier>,
    hold: Arc<Hold>,
    taken: Taken,
}

/// What the session is to be told.
enum Outcome {
    Returned(Exit),
    Failed(String),
    /// Nothing left: another try at that time.
    Postponed(DateTime<Utc>),
}

/// The effect is no longer ours, and nothing was sent.
struct Lost;

impl Errand {
    pub(super) fn new(carrier: Arc<Carrier>, hold: Arc<Hold>, taken: Taken) -> Self {
        Self { carrier, hold, taken }
    }

    pub(super) async fn run(self) {
        let Intent::LaunchSession { organization, session } = self.taken.intent.clone();
        let outcome = match self.taken.errand {
            effects::Errand::Send => self.send(&organization, &session).await,
            effects::Errand::Ask => Ok(Some(self.ask().await)),
        };
        match outcome {
            Err(Lost) => tracing::warn!(
                effect = self.taken.id,
                "an effect was lost to somebody else before it was sent"
            ),
            Ok(None) => self.finish().await,
            Ok(Some(Outcome::Postponed(until))) => self.postpone(until).await,
            Ok(Some(Outcome::Returned(exit))) => {
                self.tell_return(&organization, &session, exit).await;
                self.finish().await;
            }
            Ok(Some(Outcome::Failed(reason))) => {
                self.tell_failure(&organization, &session, reason).await;
                self.finish().await;
            }
        }
    }

    /// None where there is nothing to launch any more.
    async fn send(&self, organization: &Organization, session: &SessionId) -> Result<Option<Outcome>, Lost> {
        let launch = |at| session::Command::Launch { at };
        let launched = self.tell(organization, session, "launch", launch).await;
        if !launched.is_ok_and(|phase| phase == Phase::Running) {
            tracing::warn!(
                effect = self.taken.id,
                "a session that is to be launched is not running; it is left alone"
            );
            return Ok(None);
        }
        // The last look before something leaves: an effect that is another's by now is asked about there.
        let ours = self.persist("renewed", || self.carrier.renew(&self.hold)).await;
        if !ours {
            return Err(Lost);
        }
        Ok(Some(self.launch(session).await))
    }

    /// Foreign code runs in a task of its own, whose panic is an error here.
    async fn launch(&self, session: &SessionId) -> Outcome {
        let (remote, id, name) =
            (Arc::clone(&self.carrier.options.remote), self.taken.id.clone(), session.clone());
        let task =
            self.carrier.options.runtime.spawn(named(NAME, async move { remote.launch(&id, &name).await }));
        let patience = self.carrier.options.limits.patience;
        let answer = match tokio::time::timeout(patience, task).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => return Outcome::Failed(
                "The engine failed while it ran the remote command. What became of it is unknown, and it is not run again.".into(),
            ),
            Err(_) => return Outcome::Failed(format!(
                "The remote command has not come back within {} s. What became of it is unknown, and it is not run again.",
                patience.as_secs()
            )),
        };
        match answer {
            Ok(exit) => Outcome::Returned(exit),
            Err(Trouble::Later { after }) if self.taken.tries < self.carrier.options.limits.tries_max => {
                Outcome::Postponed(self.now() + after)
            }
            Err(Trouble::Later { .. }) => Outcome::Failed(format!(
                "The remote host was not ready for the command, {} times in a row.",
                self.taken.tries
            )),
            Err(Trouble::Never { why }) => Outcome::Failed(why),
        }
    }

    async fn ask(&self) -> Outcome {
        for _ in 0..self.carrier.options.limits.tries_max {
            let (remote, id) = (Arc::clone(&self.carrier.options.remote), self.taken.id.clone());
            let task = self.carrier.options.runtime.spawn(named(NAME, async move { remote.ask(&id).await }));
            match task.await {
                Ok(Ok(Some(exit))) => return Outcome::Returned(exit),
                Ok(Err(Trouble::Later { after })) => tokio::time::sleep(after).await,
                Ok(Ok(None)) | Err(_) => break,
                Ok(Err(Trouble::Never { why })) => return Outcome::Failed(format!("{UNKNOWN} ({why})")),
            }
        }
        Outcome::Failed(UNKNOWN.to_owned())
    }

    async fn tell_return(&self, organization: &Organization, session: &SessionId, exit: Exit) {
        let heard = self.heard(organization, session).await;
        let back = |at| session::Command::Return { exit: exit.clone(), heard, at };
        if let Err(why) = self.tell(organization, session, "return", back).await {
            self.tell_failure(
                organization,
                session,
                format!("The remote command came back, but its answer cannot be stored: {why}"),
            )
            .await;
        }
    }

    /// The outcome must not be lost over this question: where nobody knows, nothing was heard.
    async fn heard(&self, organization: &Organization, session: &SessionId) -> bool {
        let question = (self.carrier.options.heard)(organization, session);
        let asked = self.carrier.options.runtime.spawn(named(NAME, question));
        if let Ok(Ok(heard)) = tokio::time::timeout(HEARD_MAX, asked).await {
            return heard;
        }
        tracing::warn!(effect = self.taken.id, "nobody knows whether a session's numbers have reported");
        false
    }

    async fn tell_failure(&self, organization: &Organization, session: &SessionId, reason: String) {
        let fail = |at| session::Command::Fail { reason: reason.clone(), at };
        // A session that has ended has nothing to fail any more.
        if let Err(why) = self.tell(organization, session, "fail", fail).await {
            tracing::info!(effect = self.taken.id, cause = why, "a session did not take its failure");
        }
    }

    /// Says one thing to the session, however long the store is away; said twice it is heard once.
    /// Gives the session's phase, or why it does not take it.
    async fn tell(
        &self,
        organization: &Organization,
        session: &SessionId,
        step: &str,
        command: impl Fn(DateTime<Utc>) -> session::Command,
    ) -> Result<Phase, String> {
        let stream = StreamId::session(organization, session);
        let mut backoff = Backoff::default();
        loop {
            let command = command(self.now());
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

    /// The same step of the same effect has the same id, whoever takes it.
    fn meta(&self, step: &str) -> Meta {
        let body = hash(&format!("{}/{step}", self.taken.id));
        let mut id = [0; 16];
        id.iter_mut().zip(body).for_each(|(to, from)| *to = from);
        let id = uuid::Builder::from_custom_bytes(id).into_uuid();
        let circumstances = Circumstances {
            actor: NAME.to_owned(),
            causation: self.taken.id.clone(),
            ..self.taken.circumstances.clone()
        };
        Meta { circumstances: Arc::new(circumstances), command: Some(CommandId { id, body }) }
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

fn hash(text: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    hash
}
