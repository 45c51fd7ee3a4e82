//! Having the voice agent ring somebody, once. Before anything leaves, everything that may have changed since the call was wanted is
//! looked at again; once it may have left, it is only asked about. How a call ends is stored whole, with what follows on it.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::campaign::{Phase, Settings};
use domain::conversation::{Outcome, Path, Reach};
use domain::phone::Phone;
use domain::policy::dialling::{Terms, Whole};
use domain::target::Words;
use uuid::Uuid;

use super::{Abroad, Done, Errand, LOOK};
use crate::actors::backoff::Backoff;
use crate::dispatch::dialling::{Case, Concerned, Step, Told};
use crate::dispatch::far_ends::Ends;
use crate::journal::Refused;
use crate::journal::effects;
use crate::ports::{AgentCall, Spoken, Trouble};

/// An agent that asks for patience is tried so often in all; then the rules of trying again hold.
const TRIES_MAX: u32 = 3;

/// A longer pause than this is a refusal: neither the line nor the person is kept for it.
const HELD_MAX: Duration = Duration::from_secs(30);

/// What came of asking the agent for a call.
enum Said {
    Over(Told),
    Accepted {
        reference: String,
    },
    /// Nothing left: another try at that time.
    Postponed(DateTime<Utc>),
    /// It may have been placed.
    Unclear,
}

impl Errand {
    pub(super) async fn place_call(&self, case: &Case, call: Uuid) -> Done {
        let ends = self.ends(&case.organization).await.ok();
        let (terms, running) = self.terms(case, ends.as_deref()).await;
        let Some(all) = self.insist("look", || self.dispatch().concerned(case)).await else {
            return Done::Finished;
        };
        let Some(live) = all.target.state.live().filter(|live| live.call == call) else {
            return Done::Finished;
        };
        match self.taken.errand {
            // Whoever took it will report, or is waited for by another effect.
            effects::Errand::Ask | effects::Errand::Doubt if live.accepted => Done::Finished,
            effects::Errand::Ask | effects::Errand::Doubt => {
                let until = live.began + terms.call_max;
                let key = (case.key(call), None);
                let told = self.inquire(ends.as_deref(), key, (until, Path::NeverLearnt)).await;
                self.end(case, call, &terms, &told).await
            }
            effects::Errand::Send => {
                let may = running && may_still(&all, &terms, self.now());
                match ends.filter(|_| may) {
                    Some(ends) => self.ask_agent(case, call, (&ends, &terms), &all).await,
                    None => self.withdraw(case, call).await,
                }
            }
        }
    }

    async fn withdraw(&self, case: &Case, call: Uuid) -> Done {
        let withdraw = || async { self.dispatch().withdraw_call(case, call, &self.step()).await };
        self.insist("withdraw", withdraw).await;
        Done::Finished
    }

    /// What an agent took and does not report on is asked about in the end, or given up.
    pub(super) async fn await_call(&self, case: &Case, call: Uuid) -> Done {
        let ends = self.ends(&case.organization).await.ok();
        let (terms, _) = self.terms(case, ends.as_deref()).await;
        let Some(all) = self.insist("look", || self.dispatch().concerned(case)).await else {
            return Done::Finished;
        };
        let Some(live) = all.target.state.live().filter(|live| live.call == call) else {
            return Done::Finished;
        };
        let until = live.began + terms.call_max;
        if self.now() < until {
            return Done::Postponed(until);
        }
        let key = (case.key(call), live.reference.as_deref());
        let told = self.inquire(ends.as_deref(), key, (until, Path::TimedOut)).await;
        self.end(case, call, &terms, &told).await
    }

    async fn ask_agent(
        &self,
        case: &Case,
        call: Uuid,
        (ends, terms): (&Ends, &Terms),
        all: &Concerned,
    ) -> Done {
        // The last look before something leaves: an effect that is another's by now is asked about there.
        if !self.persist("renewed", || self.carrier.renew(&self.hold)).await {
            return Done::Finished;
        }
        match self.request_call((case, call), (ends, terms), all).await {
            Said::Postponed(until) => Done::Postponed(until),
            Said::Over(told) => self.end(case, call, terms, &told).await,
            Said::Accepted { reference } => {
                let accept = || async {
                    self.dispatch().accept_call(case, call, reference.clone(), &self.step()).await
                };
                self.insist("accept", accept).await;
                Done::Finished
            }
            Said::Unclear => {
                let until = self.now() + terms.call_max;
                let told = self.inquire(Some(ends), (case.key(call), None), (until, Path::TimedOut)).await;
                self.end(case, call, terms, &told).await
            }
        }
    }

    async fn request_call(
        &self,
        (case, call): (&Case, Uuid),
        (ends, terms): (&Ends, &Terms),
        all: &Concerned,
    ) -> Said {
        let (agent, key) = (Arc::clone(&ends.agent), case.key(call));
        let details = all.contact.state.details();
        let request = AgentCall {
            phone: Phone::stored(&details.phone),
            first_name: details.first_name.clone(),
            last_name: details.last_name.clone(),
            custom_data: details.custom_data.clone().unwrap_or_default(),
        };
        let patience = terms.call_max.to_std().unwrap_or(Duration::MAX);
        match self.abroad(patience, async move { agent.call(&key, request).await }).await {
            Abroad::Answered(Ok(Spoken::Answered(answer))) => {
                let words = Words::from(&answer);
                Said::Over(Told::new(Box::new(move |zone| answer.read(Path::Answer, zone)), words))
            }
            Abroad::Answered(Ok(Spoken::Accepted { reference })) => Said::Accepted { reference },
            Abroad::Answered(Ok(Spoken::Unclear { .. })) | Abroad::Broke | Abroad::Silent => Said::Unclear,
            Abroad::Answered(Err(Trouble::Later { after }))
                if after <= HELD_MAX && self.taken.tries < TRIES_MAX =>
            {
                Said::Postponed(self.now() + after)
            }
            Abroad::Answered(Err(why)) => Said::Over(self.refused(&why, &case.key(call))),
        }
    }

    /// Nobody was rung. Whoever asks for patience is not asked again before it is over.
    fn refused(&self, why: &Trouble, key: &str) -> Told {
        let not_before = match why {
            Trouble::Later { after } => {
                tracing::warn!(call = key, "the voice agent asks for patience of {} s", after.as_secs());
                Some(self.now() + *after)
            }
            Trouble::Never { .. } => None,
        };
        let words = Words { cause: Some(why.to_string()), ..Words::default() };
        let refused =
            Outcome { reach: Reach::AgentRefused, path: Path::Answer, talk_secs: None, cause: None };
        Told { not_before, ..Told::new(Box::new(move |_| refused.clone()), words) }
    }

    /// What the agent's books say about a call that may have been placed. Who cannot be told about is not rung again.
    async fn inquire(
        &self,
        ends: Option<&Ends>,
        (key, reference): (String, Option<&str>),
        (until, unknown): (DateTime<Utc>, Path),
    ) -> Told {
        let nobody_knows = || Told::new(Box::new(move |_| Outcome::unconfirmed(unknown)), Words::default());
        let Some(ends) = ends else { return nobody_knows() };
        loop {
            match ends.agent.ask(&key, reference).await {
                Ok(Some(answer)) => {
                    let words = Words::from(&answer);
                    return Told::new(Box::new(move |zone| answer.read(Path::Asked, zone)), words);
                }
                Err(Trouble::Later { after }) if self.now() + after < until => {
                    tokio::time::sleep(after).await;
                }
                Ok(None) | Err(Trouble::Later { .. } | Trouble::Never { .. }) => return nobody_knows(),
            }
        }
    }

    async fn end(&self, case: &Case, call: Uuid, terms: &Terms, told: &Told) -> Done {
        let end = || async { self.dispatch().end_call(case, call, (terms, told), &self.step()).await };
        self.insist("end", end).await;
        Done::Finished
    }

    /// What the campaign's calls go by, and whether it runs. One that is gone says nothing more: what holds for all holds.
    async fn terms(&self, case: &Case, ends: Option<&Ends>) -> (Terms, bool) {
        let campaign = self.insist(LOOK, || self.dispatch().campaign_now(case)).await.unwrap_or_default();
        let settings = campaign.plan().map_or_else(Settings::default, |plan| plan.settings.clone());
        let ends = ends.unwrap_or_else(|| self.carrier.options.ends.house());
        let terms = ends.campaigns.terms(&settings);
        (terms, campaign.phase() == Phase::Running)
    }

    /// Tries until the store answers; none where it never will otherwise.
    async fn insist<T, F: Future<Output = Result<T, Refused>>>(
        &self,
        step: &str,
        attempt: impl Fn() -> F,
    ) -> Option<T> {
        let mut backoff = Backoff::default();
        loop {
            match attempt().await {
                Ok(answer) => return Some(answer),
                Err(why @ (Refused::Conflict | Refused::Busy | Refused::Unavailable(_))) => {
                    self.wait(&mut backoff, step, &why.to_string()).await;
                }
                Err(why @ (Refused::CommandReused | Refused::TooLarge { .. })) => {
                    tracing::error!(effect = self.taken.id, step, cause = %why, "a call's step cannot be stored");
                    return None;
                }
            }
        }
    }

    fn step(&self) -> Step {
        Step { at: self.now(), circumstances: self.circumstances() }
    }

    fn dispatch(&self) -> &crate::dispatch::Dispatch {
        &self.carrier.options.dispatch
    }
}

/// Whether the rules that allowed the call allow it still, for the number that was to be rung.
fn may_still(all: &Concerned, terms: &Terms, now: DateTime<Utc>) -> bool {
    let same = all.target.state.live().is_some_and(|live| live.number == Some(all.number));
    same && all.weigh(terms, Whole::default(), now).against_placing().is_none()
}
