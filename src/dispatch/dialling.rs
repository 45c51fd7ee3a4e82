//! Calls of campaigns: wanted, placed, ended. Each step is one unit over everybody it concerns, decided on as they stand at that very
//! moment: the number, the contact, the contact's place in the campaign. Whoever was slower looks again; nobody is rung by two.

mod remembering;
mod told;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use domain::campaign::{Campaign, Settings};
use domain::contact::Contact;
use domain::conversation::{Counts, Reach, Upshot};
use domain::fact::{Circumstances, Position};
use domain::ids::{Fingerprint, Organization, StreamId};
use domain::person::{self, Person};
use domain::phone::Phone;
use domain::policy::dialling::{Parties, Terms, Whole, aftermath, anew, noted};
use domain::policy::eligible::{Decision, List, Weighed};
use domain::promise::{self, Promises};
use domain::rules::Pack;
use domain::target::{self, Phase, Target, Words};
use domain::zone::Zone;
use uuid::Uuid;

use super::together::{Drawn, Together};
use super::{Dispatch, Failure, Meta};
pub use crate::journal::Refused;
use remembering::{News, remember};
pub use told::{Heard, Told};

/// Somebody else wrote first: looked at again, this often in all.
const TRIES_MAX: usize = 8;
/// The agent's last word may come a little after it should.
const GRACE: TimeDelta = TimeDelta::minutes(1);

/// What holds for every campaign of this engine.
#[derive(Debug, Clone)]
pub struct House {
    pub pack: Pack,
    pub zone: Zone,
    /// How long the agent may take for a call.
    pub patience: TimeDelta,
}

impl House {
    pub fn terms(&self, settings: &Settings) -> Terms {
        Terms::of(settings, &self.pack, self.zone, self.call_max())
    }

    /// Longer than a call lasts.
    pub fn call_max(&self) -> TimeDelta {
        self.patience + GRACE
    }
}

/// One contact in one campaign.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Case {
    pub organization: Organization,
    pub campaign: Uuid,
    pub contact: Uuid,
}

/// A step of a case: when, and why.
#[derive(Debug, Clone)]
pub struct Step {
    pub at: DateTime<Utc>,
    pub circumstances: Arc<Circumstances>,
}

/// Everybody a call concerns, drawn at one moment.
#[derive(Debug)]
pub struct Concerned {
    pub contact: Drawn<Contact>,
    pub person: Drawn<Person>,
    pub target: Drawn<Target>,
    pub listed: Option<List>,
    /// Of the contact's number as it is now.
    pub number: Fingerprint,
    /// Drawn only where something is promised.
    pub promises: Option<Drawn<Promises>>,
}

/// What became of wanting a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialled {
    Wanted(Position),
    /// Not now; what was noted stands there.
    PutOff(Position),
    /// It may be called, and no line is left.
    NoLine,
    /// It is called already, through, or gone; or the whole campaign has to stop. Nothing was stored.
    Nothing,
}

/// How many calls more may be wanted, shared by those that are weighed at the same time.
#[derive(Debug)]
pub struct Lines(AtomicU32);

impl Lines {
    pub fn new(free: u32) -> Self {
        Self(AtomicU32::new(free))
    }

    pub fn left(&self) -> u32 {
        self.0.load(Ordering::Acquire)
    }

    fn take(&self) -> bool {
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(1)).is_ok()
    }
}

impl Concerned {
    /// As people see it. One that is the contact's no longer is known by its fingerprint alone.
    fn number_that_is(&self, rung: Fingerprint) -> person::Number {
        let ours = (rung == self.number).then(|| self.contact.state.details().phone.clone());
        person::Number { phone: ours.unwrap_or_default(), note: None }
    }

    pub fn weigh(&self, terms: &Terms, whole: Whole, at: DateTime<Utc>) -> Weighed {
        let (contact, person, target) = (&self.contact.state, &self.person.state, &self.target.state);
        terms.weigh(&Parties { contact, person, listed: self.listed, target }, whole, at)
    }
}

impl Case {
    /// What a call is called where it is asked for and reported.
    pub fn key(&self, call: Uuid) -> String {
        let Self { organization, campaign, contact } = self;
        format!("{organization}/{campaign}/{contact}/{call}")
    }

    /// None where it is no such name.
    pub fn of_key(key: &str) -> Option<(Self, Uuid)> {
        let mut parts = key.split('/');
        let organization = Organization::parse(parts.next()?).ok()?;
        let mut id = || parts.next().and_then(|part| Uuid::parse_str(part).ok());
        let (campaign, contact, call) = (id()?, id()?, id()?);
        parts.next().is_none().then_some((Self { organization, campaign, contact }, call))
    }

    fn streams(&self) -> (StreamId, StreamId) {
        let Self { organization, campaign, contact } = self;
        (StreamId::contact(organization, *contact), StreamId::target(organization, *campaign, *contact))
    }
}

impl Dispatch {
    /// The campaign as it stands in the journal, whichever node wrote to it last.
    pub async fn campaign_now(&self, case: &Case) -> Result<Campaign, Refused> {
        Ok(self.draw(StreamId::campaign(&case.organization, case.campaign)).await?.state)
    }

    pub async fn concerned(&self, case: &Case) -> Result<Concerned, Refused> {
        let (contact, target) = self.draw_both::<Contact, Target>(case.streams()).await?;
        let phone = Phone::stored(&contact.state.details().phone);
        let number = self.fingerprint(&case.organization, &phone);
        let (person, global) = self.number_with_list(&case.organization, &phone).await?;
        let listed = global.map(|_| List::Global);
        Ok(Concerned { contact, person, target, listed, number, promises: None })
    }

    /// Wants a call where a line is left for it, or notes why not, whichever the rules say at this moment.
    pub async fn dial(
        &self,
        case: &Case,
        (terms, whole, lines): (&Terms, Whole, &Lines),
        call: Uuid,
        step: &Step,
    ) -> Result<Dialled, Refused> {
        let mut has_line = false;
        for _ in 0..TRIES_MAX {
            let mut all = self.concerned(case).await?;
            if all.target.state.phase() != Phase::Waiting {
                return Ok(Dialled::Nothing);
            }
            let mut unit = self.together(step.meta());
            let done = match wish(&all, terms, whole, step.at) {
                Wish::Nothing => return Ok(Dialled::Nothing),
                Wish::Say(command) => {
                    say(&mut unit, &mut all.target, None, command)?;
                    Dialled::PutOff
                }
                Wish::Call if !has_line && !lines.take() => return Ok(Dialled::NoLine),
                Wish::Call => {
                    has_line = true;
                    let (number, at) = (all.number, step.at);
                    let ring = person::Command::Ring { call, campaign: case.campaign, at };
                    say(&mut unit, &mut all.person, None, ring)?;
                    say(&mut unit, &mut all.target, None, target::Command::Dial { call, number, at })?;
                    Dialled::Wanted
                }
            };
            match unit.store().await {
                Ok(position) => return Ok(done(position)),
                Err(Refused::Conflict) => {}
                Err(why) => return Err(why),
            }
        }
        Ok(Dialled::Nothing)
    }

    /// Looks again at somebody who was put off, or is gone; who may be called after all is due at once.
    pub async fn reconsider(&self, case: &Case, terms: &Terms, step: &Step) -> Result<bool, Refused> {
        for _ in 0..TRIES_MAX {
            let mut all = self.concerned(case).await?;
            if all.target.state.phase() != Phase::Waiting {
                return Ok(false);
            }
            let (at, gone) = (step.at, all.contact.state.status().is_none());
            let decision = all.weigh(terms, Whole::default(), at).decision;
            let command = match anew(&all.target.state, decision, at) {
                _ if gone => target::Command::Drop { at },
                Some(decision) => target::Command::Defer { decision, at },
                None => return Ok(false),
            };
            let mut unit = self.together(step.meta());
            let changed = say(&mut unit, &mut all.target, None, command).unwrap_or(false);
            match unit.store().await {
                Ok(_) => return Ok(changed),
                Err(Refused::Conflict) => {}
                Err(why) => return Err(why),
            }
        }
        Ok(false)
    }

    /// The agent took the call and will report.
    pub async fn accept_call(
        &self,
        case: &Case,
        call: Uuid,
        reference: String,
        step: &Step,
    ) -> Result<(), Refused> {
        let reference = Some(reference);
        self.on_target(case, step, |at| target::Command::Accept { call, reference: reference.clone(), at })
            .await
    }

    /// The call was wanted, and nobody was asked to place it.
    pub async fn withdraw_call(&self, case: &Case, call: Uuid, step: &Step) -> Result<(), Refused> {
        self.settle(case, (call, false), step, |unit, all, _, _| {
            let withdraw = target::Command::Withdraw { call, at: step.at };
            let go = person::Command::LetGo { call, counts: Counts::Nothing, at: step.at };
            say(unit, &mut all.target, None, withdraw)?;
            say(unit, &mut all.person, None, go)?;
            Ok(true)
        })
        .await
        .map(drop)
    }

    /// The call is over, or more is known of one that was. False where that was known, or nobody wanted that call.
    pub async fn end_call(
        &self,
        case: &Case,
        call: Uuid,
        (terms, Told { heard, words, not_before }): (&Terms, &Told),
        step: &Step,
    ) -> Result<bool, Refused> {
        let at = step.at;
        let promised = matches!(heard(Zone::UTC).reach, Reach::Reached(Upshot::PromiseToPay(_)));
        self.settle(case, (call, promised), step, |unit, all, rung, since| {
            let (contact, target) = (&all.contact.state, &all.target.state);
            let outcome = heard(terms.clock(contact, at));
            // What was said comes too late for somebody who was forgotten meanwhile.
            let words = if contact.forgotten().is_some() { Words::default() } else { words.clone() };
            let Some((outcome, words)) = target.learns(call, outcome, words) else {
                return Ok(false);
            };
            let news = News::of(target, call, &outcome, &words);
            let counts = outcome.counts();
            let ending = terms.ending((contact, target, call), outcome, words, at).not_before(*not_before);
            say(unit, &mut all.person, None, person::Command::LetGo { call, counts, at })?;
            // Where it was over already, it had counted as something else.
            say(unit, &mut all.person, None, person::Command::Recount { call, since, counts, at })?;
            if news.turned {
                let number = || all.number_that_is(rung);
                if let Some(command) = aftermath(&ending, case.campaign, number, at) {
                    say(unit, &mut all.person, Some(rung), command)?;
                }
            }
            remember(unit, all, &ending, news, at)?;
            if let (Some(promises), Some(made)) =
                (&mut all.promises, promise::heard((call, case.campaign), &ending, at))
            {
                say(unit, promises, None, made)?;
            }
            let end = target::Command::End { call, ending: Box::new(ending), at };
            say(unit, &mut all.target, Some(rung), end)?;
            Ok(true)
        })
        .await
    }

    /// One step of a call for everybody it concerns, with the number that it rang, and what the contact has promised where that matters.
    /// False where nobody wanted that call, or nothing is told.
    async fn settle(
        &self,
        case: &Case,
        (call, promised): (Uuid, bool),
        step: &Step,
        tell: impl Fn(&mut Together, &mut Concerned, Fingerprint, DateTime<Utc>) -> Result<bool, Refused>,
    ) -> Result<bool, Refused> {
        loop {
            let mut all = self.concerned(case).await?;
            let Some((since, rung)) = all.target.state.rang(call) else { return Ok(false) };
            let rung = rung.unwrap_or(all.number);
            // The contact may have another number by now.
            if rung != all.number {
                all.person = self.draw(StreamId::person(&case.organization, &rung)).await?;
            }
            if promised {
                let stream = StreamId::promises(&case.organization, case.contact);
                all.promises = Some(self.draw(stream).await?);
            }
            let mut unit = self.together(step.meta());
            if !tell(&mut unit, &mut all, rung, since)? {
                return Ok(false);
            }
            match unit.store().await {
                Ok(_) => return Ok(true),
                Err(Refused::Conflict) => {}
                Err(why) => return Err(why),
            }
        }
    }

    async fn on_target(
        &self,
        case: &Case,
        step: &Step,
        command: impl Fn(DateTime<Utc>) -> target::Command,
    ) -> Result<(), Refused> {
        loop {
            let mut target: Drawn<Target> = self.draw(case.streams().1).await?;
            let mut unit = self.together(step.meta());
            say(&mut unit, &mut target, None, command(step.at))?;
            match unit.store().await {
                Ok(_) => return Ok(()),
                Err(Refused::Conflict) => {}
                Err(why) => return Err(why),
            }
        }
    }
}

enum Wish {
    Call,
    Say(target::Command),
    Nothing,
}

fn wish(all: &Concerned, terms: &Terms, whole: Whole, at: DateTime<Utc>) -> Wish {
    if all.contact.state.status().is_none() {
        return Wish::Say(target::Command::Drop { at });
    }
    let decision = all.weigh(terms, whole, at).decision;
    match (noted(decision), decision) {
        (_, Decision::Suppressed { rule, .. }) if rule.is_the_campaigns() => Wish::Nothing,
        (Some(decision), _) => Wish::Say(target::Command::Defer { decision, at }),
        (None, _) => Wish::Call,
    }
}

impl Step {
    fn meta(&self) -> Meta {
        Meta { circumstances: Arc::clone(&self.circumstances), command: None }
    }
}

/// What an aggregate refuses here it refuses because somebody else was faster, or for good: the store tells which.
fn say<A: domain::fact::Recorded>(
    unit: &mut Together,
    drawn: &mut Drawn<A>,
    person: Option<Fingerprint>,
    command: A::Command,
) -> Result<bool, Refused> {
    match unit.say(drawn, person, command) {
        Ok(said) => Ok(said),
        Err(Failure::Refused(why)) => {
            tracing::debug!(stream = %drawn.stream, %why, "a step of a call was refused");
            Ok(false)
        }
        Err(why) => Err(Refused::Unavailable(why.to_string())),
    }
}
