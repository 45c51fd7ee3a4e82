//! Launching a session: its list is put in place, the session is told that it is launched, the port launches, the session is told the outcome.
//! Until the session is told, everything may be done again; after it, what may have left is only asked about.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use domain::number_list;
use domain::session::{self, Exit, Phase};
use uuid::Uuid;

use super::place::NotPlaced;
use super::{Abroad, Done, Errand, LOOK, Lost, Whose};
use crate::journal::effects;
use crate::ports::{Known, Trouble};

/// What a session shows whose command's fate nobody knows.
const UNKNOWN: &str = "The engine stopped while the remote command was running. What became of it is unknown, and it is not run again: \
     look on the remote host whether it is dialling, and start a new session if it is not.";

/// What a session shows that was to be launched before that.
const HELD: &str = "The engine was restored from a backup, and nobody has confirmed yet that it may dial: nothing was started.";

/// How long the screens are asked whether a session was heard of.
const HEARD_MAX: Duration = Duration::from_secs(10);

/// Sessions that run beside each other look for their turn this often.
const TURN_AGAIN: Duration = Duration::from_millis(200);
/// A remote command has read its list by then.
const READ_WITHIN: Duration = Duration::from_secs(10);

/// What the session is to be told.
enum Outcome {
    Returned(Exit),
    Failed(String),
    /// Nothing left: another try at that time.
    Postponed(DateTime<Utc>),
}

/// What became of an attempt to launch.
struct Attempt {
    /// None where there is nothing to launch any more, or nothing to be told.
    outcome: Option<Outcome>,
    /// Whether the host is to be given back: nobody puts a list there any more, and no session of ours may be dialling there.
    done_with_host: bool,
}

impl Errand {
    pub(super) async fn launch(&self, whose: &Whose, list: Option<Uuid>) -> Result<Done, Lost> {
        let phase = self.tell(whose, LOOK, |_| session::Command::Look).await;
        let attempt = match (self.taken.errand, phase) {
            (effects::Errand::Doubt, Ok(Phase::Pending)) => self.take_up(whose, list).await,
            (effects::Errand::Send, Ok(Phase::Pending)) if self.is_held().await => {
                Attempt { outcome: Some(Outcome::Failed(HELD.to_owned())), done_with_host: true }
            }
            // Not told that it is launched yet, or told so before the remote host asked for patience: nothing has left.
            (_, Ok(Phase::Pending)) | (effects::Errand::Send, Ok(Phase::Running)) => {
                self.send(whose, list).await?
            }
            (effects::Errand::Ask | effects::Errand::Doubt, Ok(Phase::Running)) => {
                self.ask_after(whose, list).await
            }
            (effects::Errand::Send | effects::Errand::Ask | effects::Errand::Doubt, _) => {
                Attempt { outcome: None, done_with_host: true }
            }
        };
        let done = match attempt.outcome {
            None => Done::Finished,
            Some(Outcome::Postponed(until)) => Done::Postponed(until),
            Some(Outcome::Returned(exit)) => {
                self.tell_return(whose, exit).await;
                Done::Finished
            }
            Some(Outcome::Failed(reason)) => {
                self.tell_failure(whose, reason).await;
                Done::Finished
            }
        };
        if attempt.done_with_host || self.carrier.options.parallel {
            self.release_remote(whose.holder()).await;
        }
        Ok(done)
    }

    /// The backup does not know whether it was launched afterwards: it counts as launched, and the remote host is asked.
    async fn take_up(&self, whose: &Whose, list: Option<Uuid>) -> Attempt {
        let launched = self.tell(whose, "launch", |at| session::Command::Launch { at }).await;
        if launched.is_ok_and(|phase| phase == Phase::Running) {
            self.ask_after(whose, list).await
        } else {
            Attempt { outcome: None, done_with_host: true }
        }
    }

    async fn is_held(&self) -> bool {
        let journal = &self.carrier.options.journal;
        self.persist("held", || async { Ok(journal.held().await?.is_some()) }).await
    }

    async fn send(&self, whose: &Whose, list: Option<Uuid>) -> Result<Attempt, Lost> {
        let over = |outcome| Ok(Attempt { outcome, done_with_host: true });
        if let Err(reason) = self.have_host(whose).await {
            return over(Some(Outcome::Failed(reason)));
        }
        // The pinned list replaces whatever lies there: it may be another session's, or another organization's.
        if let Some(list) = list {
            match self.place(&whose.organization, list).await {
                Ok(()) => {
                    self.tell_list(&whose.organization, list, |at| number_list::Command::Place { at }).await;
                }
                Err(NotPlaced::Trouble(trouble)) => return over(Some(self.troubled(trouble))),
                Err(NotPlaced::Impossible(reason)) => return over(Some(Outcome::Failed(reason))),
                Err(NotPlaced::Stuck(reason)) => {
                    return Ok(Attempt { outcome: Some(Outcome::Failed(reason)), done_with_host: false });
                }
            }
        }
        let launch = |at| session::Command::Launch { at };
        let launched = self.tell(whose, "launch", launch).await;
        if !launched.is_ok_and(|phase| phase == Phase::Running) {
            return over(None);
        }
        // The last look before something leaves: an effect that is another's by now is asked about there.
        let ours = self.persist("renewed", || self.carrier.renew(&self.hold)).await;
        if !ours {
            return Err(Lost);
        }
        let outcome = self.beside_others(whose, self.run_command(whose)).await;
        Ok(Attempt { outcome: Some(outcome), done_with_host: false })
    }

    /// The session took the host before it was opened, unless it may run beside others: those take turns while they put their
    /// lists there and are launched.
    async fn have_host(&self, whose: &Whose) -> Result<(), String> {
        loop {
            match self.take_remote(&whose.holder()).await {
                Ok(()) => return Ok(()),
                Err(_) if self.carrier.options.parallel => tokio::time::sleep(TURN_AGAIN).await,
                Err(_) => return Err("Another session has the remote host; nothing was started.".to_owned()),
            }
        }
    }

    /// The command reads its list when it begins. Then the next session may put its own there.
    async fn beside_others(&self, whose: &Whose, end: impl Future<Output = Outcome>) -> Outcome {
        let mut end = pin!(end);
        if !self.carrier.options.parallel {
            return end.await;
        }
        if let Ok(outcome) = tokio::time::timeout(READ_WITHIN, &mut end).await {
            return outcome;
        }
        self.release_remote(whose.holder()).await;
        end.await
    }

    /// What is not known any more does no harm where numbers report: they, or the watchdog, end the session.
    async fn ask_after(&self, whose: &Whose, list: Option<Uuid>) -> Attempt {
        let outcome = match self.beside_others(whose, self.ask(whose)).await {
            Outcome::Failed(_) if list.is_some() && self.heard(whose).await => None,
            outcome @ (Outcome::Returned(_) | Outcome::Failed(_) | Outcome::Postponed(_)) => Some(outcome),
        };
        Attempt { outcome, done_with_host: false }
    }

    async fn run_command(&self, whose: &Whose) -> Outcome {
        let ends = match self.ends(&whose.organization).await {
            Ok(ends) => ends,
            Err(why) => return Outcome::Failed(why),
        };
        let (remote, id, name) = (Arc::clone(&ends.remote), self.taken.id.clone(), whose.session.clone());
        let patience = self.carrier.options.limits.patience;
        match self.abroad(patience, async move { remote.launch(&id, &name).await }).await {
            Abroad::Answered(Ok(exit)) => Outcome::Returned(exit),
            Abroad::Answered(Err(trouble)) => self.troubled(trouble),
            Abroad::Broke => Outcome::Failed(
                "The engine failed while it ran the remote command. What became of it is unknown, and it is not run again.".into(),
            ),
            Abroad::Silent => too_long(patience),
        }
    }

    fn troubled(&self, trouble: Trouble) -> Outcome {
        match trouble {
            Trouble::Later { after } if self.taken.tries < self.carrier.options.limits.tries_max => {
                Outcome::Postponed(self.now() + after)
            }
            Trouble::Later { .. } => Outcome::Failed(format!(
                "The remote host was not ready for the command, {} times in a row.",
                self.taken.tries
            )),
            Trouble::Never { why } => Outcome::Failed(why),
        }
    }

    /// A command that still runs is waited for as long as if it had never been out of sight.
    async fn ask(&self, whose: &Whose) -> Outcome {
        let limits = self.carrier.options.limits;
        let ends = match self.ends(&whose.organization).await {
            Ok(ends) => ends,
            Err(why) => return Outcome::Failed(format!("{UNKNOWN} ({why})")),
        };
        let (began, mut unanswered) = (Instant::now(), 0);
        while unanswered < limits.tries_max {
            let (remote, id) = (Arc::clone(&ends.remote), self.taken.id.clone());
            match self.abroad(limits.patience, async move { remote.ask(&id).await }).await {
                Abroad::Answered(Ok(Known::Ended(exit))) => return Outcome::Returned(exit),
                Abroad::Answered(Ok(Known::Running { .. })) if began.elapsed() >= limits.patience => {
                    return too_long(limits.patience);
                }
                Abroad::Answered(Ok(Known::Running { again })) => {
                    unanswered = 0;
                    tokio::time::sleep(again).await;
                }
                Abroad::Answered(Err(Trouble::Later { after })) => {
                    unanswered += 1;
                    tokio::time::sleep(after).await;
                }
                Abroad::Answered(Ok(Known::Untold)) | Abroad::Broke | Abroad::Silent => break,
                Abroad::Answered(Err(Trouble::Never { why })) => {
                    return Outcome::Failed(format!("{UNKNOWN} ({why})"));
                }
            }
        }
        Outcome::Failed(UNKNOWN.to_owned())
    }

    async fn tell_return(&self, whose: &Whose, exit: Exit) {
        let heard = self.heard(whose).await;
        let back = |at| session::Command::Return { exit: exit.clone(), heard, at };
        if let Err(why) = self.tell(whose, "return", back).await {
            let reason = format!("The remote command came back, but its answer cannot be stored: {why}");
            self.tell_failure(whose, reason).await;
        }
    }

    /// The outcome must not be lost over this question: where nobody knows, nothing was heard.
    async fn heard(&self, whose: &Whose) -> bool {
        let question = (self.carrier.options.heard)(&whose.organization, &whose.session);
        if let Abroad::Answered(Ok(heard)) = self.abroad(HEARD_MAX, async move { Ok(question.await) }).await {
            return heard;
        }
        tracing::warn!(effect = self.taken.id, "nobody knows whether a session's numbers have reported");
        false
    }

    async fn tell_failure(&self, whose: &Whose, reason: String) {
        // A session that has ended has nothing to fail any more.
        self.say(whose, "fail", |at| session::Command::Fail { reason: reason.clone(), at }).await;
    }
}

fn too_long(patience: Duration) -> Outcome {
    Outcome::Failed(format!(
        "The remote command has not come back within {} s. What became of it is unknown, and it is not run again.",
        patience.as_secs()
    ))
}
