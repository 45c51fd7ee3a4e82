//! A campaign as it would run: the aggregates and the policies that dial, on a clock that jumps to whatever comes next.
//! There is no rule here and no chance: what may be dialled the policies say, what is said in a call whoever is asked,
//! so that the same answers give the same events. It is one campaign alone; between several, lines are shared by `pacing`.

mod agenda;
mod cast;
pub mod report;

use std::num::NonZeroU32;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::campaign::{self, Phase, Settings};
use crate::contact::Details;
use crate::conversation::Path;
use crate::conversation::answer::Answer;
use crate::policy::dialling::{Terms, Whole, aftermath, noted};
use crate::policy::eligible::Decision;
use crate::policy::pacing::{self, Bucket};
use crate::policy::retry::Next;
use crate::policy::tally::{Standing, Tally};
use crate::{contact, person, target};

use agenda::{Agenda, Due, Over, Turn};
use cast::Cast;
use report::{Ledger, Report};

pub use cast::{ORGANIZATION, Whose};

/// What is simulated.
#[derive(Debug, Clone)]
pub struct Plan {
    pub settings: Settings,
    pub terms: Terms,
    /// Calls at once where the settings allow no fewer.
    pub lines: NonZeroU32,
    pub begins: DateTime<Utc>,
    /// No call begins from here on.
    pub ends: DateTime<Utc>,
}

/// A call that begins.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub details: &'a Details,
    /// From 1.
    pub attempt: u32,
    pub at: DateTime<Utc>,
}

/// How it will end.
#[derive(Debug, Clone, PartialEq)]
pub struct Spoken {
    pub secs: u32,
    pub answer: Answer,
}

/// An event, as it would be recorded.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    pub whose: Whose,
    /// In its stream, from 1.
    pub sequence: u64,
    pub at: DateTime<Utc>,
    pub event: Event<'a>,
}

#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    Campaign(&'a campaign::Event),
    Contact(&'a contact::Event),
    Person(&'a person::Event),
    Target(&'a target::Event),
}

/// Who takes the calls, and who is told of the events.
#[expect(missing_debug_implementations, reason = "closures cannot be printed")]
pub struct World<'a> {
    pub agent: &'a mut dyn FnMut(Asked) -> Result<Spoken, String>,
    pub hear: &'a mut dyn FnMut(&Told),
}

/// Mostly an aggregate that refused what the policies allowed: they disagree, which is a bug.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("a simulated campaign: {0}")]
    Campaign(#[from] campaign::Error),
    #[error("a simulated contact: {0}")]
    Contact(#[from] contact::Error),
    #[error("a simulated person: {0}")]
    Person(#[from] person::Error),
    #[error("a simulated contact of the campaign: {0}")]
    Target(#[from] target::Error),
    #[error("contact {0} of a simulated campaign is missing")]
    Missing(u32),
    #[error("contact {0} of a simulated campaign is put off until an instant that is not ahead")]
    NotAhead(u32),
    #[error("the simulated agent has no answer: {0}")]
    Agent(String),
}

#[derive(Debug)]
pub struct Simulation {
    plan: Plan,
    now: DateTime<Utc>,
    cast: Cast,
    agenda: Agenda,
    tally: Tally,
    bucket: Option<Bucket>,
    /// When the next call may begin, where only that is waited for.
    paced: Option<DateTime<Utc>>,
    ledger: Ledger,
}

impl Simulation {
    /// Everybody joins the campaign, and it starts.
    pub fn begin(plan: Plan, contacts: Vec<Details>, world: &mut World) -> Result<Self, Error> {
        let at = plan.begins;
        let bucket = plan.settings.calls_per_second.map(|rate| Bucket::new(rate, TimeDelta::zero()));
        let mut simulation = Self {
            now: at,
            cast: Cast::default(),
            agenda: Agenda::default(),
            tally: Tally::default(),
            bucket,
            paced: None,
            ledger: Ledger::new(plan.terms.zone.unwrap_or(crate::zone::Zone::UTC)),
            plan,
        };
        simulation.assemble(contacts, world)?;
        Ok(simulation)
    }

    /// Goes to the next instant at which anything happens; whether there was one.
    pub fn step(&mut self, world: &mut World) -> Result<bool, Error> {
        let Some(now) = self.next() else { return Ok(false) };
        self.now = now;
        while let Some(over) = self.agenda.over(now) {
            self.end(over, world)?;
        }
        self.agenda.ripen(now);
        self.dial(world)?;
        Ok(true)
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    pub fn report(&self) -> Report {
        self.ledger.report()
    }

    fn assemble(&mut self, contacts: Vec<Details>, world: &mut World) -> Result<(), Error> {
        let (at, id) = (self.now, cast::CAMPAIGN);
        let plan = campaign::Plan {
            name: "simulated".to_owned(),
            description: None,
            kind: campaign::Kind::General,
            settings: self.plan.settings.clone(),
        };
        self.campaign(campaign::Command::Create { id, plan: Box::new(plan), at }, world)?;
        let count = u32::try_from(contacts.len()).unwrap_or(u32::MAX);
        self.campaign(campaign::Command::Enlist { count, at }, world)?;
        for (who, details) in (0..count).zip(contacts) {
            self.cast.join();
            let id = cast::contact_id(who);
            self.contact(who, contact::Command::Create { id, details, import: None, at }, world)?;
            self.person(who, person::Command::Claim { contact: id, at }, world)?;
            self.target(who, target::Command::Enlist { at }, world)?;
            self.agenda.wait(Due { at, turn: Turn::First, who });
        }
        self.campaign(campaign::Command::Start { contacts: count, open: self.tally.open, at }, world)
    }

    fn next(&self) -> Option<DateTime<Utc>> {
        let dials = self.is_running() && self.now < self.plan.ends;
        let due = self.paced.or_else(|| self.agenda.next_due());
        let due = due.filter(|at| dials && *at < self.plan.ends);
        self.agenda.next_over().into_iter().chain(due).min()
    }

    fn is_running(&self) -> bool {
        self.cast.campaign.state.phase() == Phase::Running
    }

    /// As many calls as may begin now.
    fn dial(&mut self, world: &mut World) -> Result<(), Error> {
        self.paced = None;
        let (at, concurrency) = (self.now, self.plan.settings.concurrency);
        let lines = concurrency.map_or(self.plan.lines, |most| most.min(self.plan.lines));
        while self.is_running() {
            match self.tally.standing(&self.plan.settings) {
                Standing::Pauses(why) => self.campaign(campaign::Command::Pause { why, at }, world)?,
                Standing::Completes => self.campaign(campaign::Command::Complete { at }, world)?,
                Standing::Waits | Standing::Goes { calls: 0 } => break,
                Standing::Goes { .. } if at >= self.plan.ends => break,
                Standing::Goes { .. } if pacing::free(lines, self.tally.live) == 0 => break,
                Standing::Goes { .. } => {
                    self.paced = self.bucket.and_then(|bucket| bucket.ready_at(at));
                    let next = if self.paced.is_none() { self.agenda.next_ready() } else { None };
                    let Some(due) = next else { break };
                    self.consider(due, world)?;
                }
            }
        }
        // Nobody waits for a place in the row.
        self.paced = self.paced.filter(|_| self.agenda.is_anybody_ready());
        Ok(())
    }

    /// Dials, or notes why not.
    fn consider(&mut self, due: Due, world: &mut World) -> Result<(), Error> {
        let whole = Whole { spent: self.tally.spent, tripped: self.tally.breaker().tripped() };
        let parties = self.cast.member(due.who)?.parties();
        let decision: Decision = self.plan.terms.weigh(&parties, whole, self.now).decision;
        let Some(decision) = noted(decision) else { return self.call(due.who, world) };
        self.target(due.who, target::Command::Defer { decision, at: self.now }, world)?;
        if let Some(until) = decision.until {
            // Else the clock would stand still.
            if until <= self.now {
                return Err(Error::NotAhead(due.who));
            }
            self.agenda.wait(Due { at: until, ..due });
        }
        Ok(())
    }

    fn call(&mut self, who: u32, world: &mut World) -> Result<(), Error> {
        let (at, call) = (self.now, self.cast.next_call());
        self.person(who, person::Command::Ring { call, campaign: cast::CAMPAIGN, at }, world)?;
        let number = cast::number_of(who);
        self.target(who, target::Command::Dial { call, number, at }, world)?;
        if let Some(bucket) = &mut self.bucket {
            bucket.take(1, at);
        }
        let member = self.cast.member_mut(who)?;
        let (attempt, details) = (member.next_attempt(), member.contact.state.details());
        let Spoken { secs, answer } = (world.agent)(Asked { details, attempt, at }).map_err(Error::Agent)?;
        self.agenda.begin(at + TimeDelta::seconds(secs.into()), Over { who, call, answer });
        Ok(())
    }

    /// What a call came to, for the contact in the campaign and for the number.
    fn end(&mut self, over: Over, world: &mut World) -> Result<(), Error> {
        let Over { who, call, answer } = over;
        let (at, member) = (self.now, self.cast.member(who)?);
        let (contact, target) = (&member.contact.state, &member.target.state);
        let outcome = answer.read(Path::Answer, self.plan.terms.clock(contact, at));
        let words = target::Words::from(&answer);
        let ending = self.plan.terms.ending((contact, target, call), outcome, words, at);
        let (counts, next) = (ending.outcome.counts(), ending.next);
        let phone = contact.details().phone.clone();
        let after = aftermath(&ending, cast::CAMPAIGN, || person::Number { phone, note: None }, at);
        self.target(who, target::Command::End { call, ending: Box::new(ending), at }, world)?;
        self.person(who, person::Command::LetGo { call, counts, at }, world)?;
        if let Some(command) = after {
            self.person(who, command, world)?;
        }
        match next {
            Next::Again { at } => self.agenda.wait(Due { at, turn: Turn::Retry, who }),
            Next::Callback { at } => self.agenda.wait(Due { at, turn: Turn::Callback, who }),
            Next::Promised { .. } | Next::Retired | Next::OptedOut | Next::Final => {}
        }
        Ok(())
    }

    fn campaign(&mut self, command: campaign::Command, world: &mut World) -> Result<(), Error> {
        let decided = self.cast.campaign.state.decide(command)?;
        let Self { cast, ledger, now, .. } = self;
        cast.campaign.record(Whose::Campaign, *now, decided, &mut |told| {
            ledger.hear(told);
            (world.hear)(told);
        });
        Ok(())
    }

    fn contact(&mut self, who: u32, command: contact::Command, world: &mut World) -> Result<(), Error> {
        let kept = &mut self.cast.member_mut(who)?.contact;
        let decided = kept.state.decide(command)?;
        kept.record(Whose::Contact(who), self.now, decided, world.hear);
        Ok(())
    }

    fn person(&mut self, who: u32, command: person::Command, world: &mut World) -> Result<(), Error> {
        let kept = &mut self.cast.member_mut(who)?.person;
        let decided = kept.state.decide(command)?;
        kept.record(Whose::Person(who), self.now, decided, world.hear);
        Ok(())
    }

    fn target(&mut self, who: u32, command: target::Command, world: &mut World) -> Result<(), Error> {
        let Self { cast, ledger, tally, plan, now, .. } = self;
        let kept = &mut cast.member_mut(who)?.target;
        let decided = kept.state.decide(command)?;
        kept.record(Whose::Target(who), *now, decided, &mut |told| {
            if let Event::Target(event) = told.event {
                tally.hear(event, &plan.settings, *now);
            }
            ledger.hear(told);
            (world.hear)(told);
        });
        Ok(())
    }
}

/// The id of what has this place among its kind.
fn name(kind: u64, place: u64) -> Uuid {
    Uuid::from_u64_pair(kind, place)
}

#[cfg(test)]
mod tests;
