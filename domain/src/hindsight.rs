//! A campaign's past through other rules: which of its calls those would not have allowed, at the very moments at which they were made.
//! There is no rule here: what may be called is asked of the policies, twice, once as it was and once as it would have been. A call that
//! would not have been made is taken out of what comes after it; what would have come in its place is not made up, but left unknown.

pub mod report;
mod side;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::campaign::{self, Settings};
use crate::conversation::Outcome;
use crate::fact::{Event, Fact};
use crate::ids::{Fingerprint, Organization};
use crate::person;
use crate::phone::Phone;
use crate::policy::dialling::Terms;
use crate::policy::eligible::{Decision, Figures, Rule};
use crate::policy::pacing::Bucket;
use crate::policy::retry::Next;
use crate::rules::Pack;
use crate::target::{self, Phase};
use crate::zone::Zone;

use report::{Freed, Refused, Report, Stopped, Why};
use side::{Names, Side};

/// Under which rules it is looked at.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The organization's, as they are said to have been.
    pub pack: Pack,
    pub other_pack: Pack,
    /// The campaign's own; where there are no others, those that it had at each moment.
    pub other: Option<Settings>,
    pub zone: Zone,
    pub call_max: TimeDelta,
}

/// The name of a number within an organization.
pub type Number<'a> = &'a dyn Fn(&Organization, &Phone) -> Fingerprint;

/// One call, as far as it counts.
#[derive(Debug, Clone)]
struct Call {
    contact: Uuid,
    began: DateTime<Utc>,
    ended: Option<DateTime<Utc>>,
    outcome: Option<Outcome>,
    made: bool,
}

/// Goes through a campaign's past, event by event.
#[expect(missing_debug_implementations, reason = "a closure cannot be printed")]
pub struct Hindsight<'a> {
    plan: Plan,
    number: Number<'a>,
    organization: Organization,
    campaign: Uuid,
    /// As the campaign had them then, and the others.
    settings: Settings,
    others: Settings,
    then: Terms,
    other: Terms,
    was: Side,
    would: Side,
    bucket: Option<Bucket>,
    /// In the order in which they were made.
    order: Vec<Uuid>,
    calls: HashMap<Uuid, Call>,
    /// Whose past is not what it was.
    changed: HashSet<Uuid>,
    /// What was stored together, so far.
    unit: Vec<Arc<Fact>>,
    report: Report,
    refused: BTreeMap<usize, Refused>,
}

impl<'a> Hindsight<'a> {
    pub fn new(plan: Plan, (organization, campaign): (Organization, Uuid), number: Number<'a>) -> Self {
        let settings = Settings::default();
        let others = plan.other.clone().unwrap_or_default();
        let then = Terms::of(&settings, &plan.pack, plan.zone, plan.call_max);
        let other = Terms::of(&others, &plan.other_pack, plan.zone, plan.call_max);
        Self {
            bucket: bucket(&others),
            plan,
            number,
            organization,
            campaign,
            settings,
            others,
            then,
            other,
            was: Side::default(),
            would: Side::default(),
            order: vec![],
            calls: HashMap::new(),
            changed: HashSet::new(),
            unit: vec![],
            report: Report::default(),
            refused: BTreeMap::new(),
        }
    }

    /// The next event of the campaign, its contacts, or their numbers, in the order of the journal.
    pub fn hear(&mut self, fact: &Arc<Fact>) {
        if self.unit.last().is_some_and(|last| !together(last, fact)) {
            self.settle();
        }
        self.unit.push(Arc::clone(fact));
        // What goes with a contact's event is stored before it; what comes after it tells of which call it is.
        if let Event::Target(_) = fact.event {
            self.settle();
        }
    }

    /// What it came to.
    pub fn report(mut self) -> Report {
        self.settle();
        let until = self.report.until.unwrap_or(DateTime::UNIX_EPOCH);
        let left =
            |side: &Side, terms: &Terms| side.left(terms, until, |who, target| self.names(side, who, target));
        (self.report.was.open, self.report.would.open) =
            (left(&self.was, &self.then), left(&self.would, &self.other));
        let calls: Vec<&Call> = self.order.iter().filter_map(|call| self.calls.get(call)).collect();
        self.report.was.count(calls.iter().copied());
        self.report.would.count(calls.iter().copied().filter(|call| call.made));
        self.report.was.contacts = self.was.contacts_len();
        self.report.would.contacts = self.was.contacts_len();
        self.report.unreached = unreached(&calls);
        self.report.refused = std::mem::take(&mut self.refused).into_values().collect();
        self.report
    }

    fn settle(&mut self) {
        let unit = std::mem::take(&mut self.unit);
        if let Some(last) = unit.last() {
            self.report.until = Some(last.recorded_at);
        }
        let mut next = None;
        let mut call = None;
        for fact in &unit {
            if let Event::Target(event) = &fact.event
                && let Some((campaign, who)) = fact.stream.of_target()
                && campaign == self.campaign
            {
                call = call.or_else(|| event.call());
                next = next.or_else(|| self.look(who, event));
            }
        }
        let unmade =
            |call: Option<Uuid>| call.and_then(|call| self.calls.get(&call)).is_some_and(|call| !call.made);
        let gone = unmade(call);
        let gone: Vec<bool> = unit.iter().map(|fact| gone || unmade(person_of(&fact.event))).collect();
        for (fact, gone) in unit.iter().zip(gone) {
            self.was.take(fact, None, &self.settings);
            if !gone {
                self.would.take(fact, next, &self.others);
            }
            self.after(fact);
        }
    }

    /// Before an event of a contact of the campaign counts: what the rules say of it. The answer is what follows on a call that ended.
    fn look(&mut self, who: Uuid, event: &target::Event) -> Option<Next> {
        match event {
            target::Event::Dialled { call, attempt, number, at, .. } => {
                self.judge(who, (*call, *attempt), *number, *at);
                None
            }
            target::Event::Ended { call, outcome, next, at, .. } => {
                self.known(*call, outcome, *at);
                Some(self.follows(who, *call, (outcome, *next), *at))
            }
            target::Event::Corrected { call, outcome, next, at, .. } => {
                let ended = self.calls.get(call).and_then(|call| call.ended).unwrap_or(*at);
                self.known(*call, outcome, ended);
                next.map(|next| self.follows(who, *call, (outcome, next), *at))
            }
            target::Event::Withdrawn { call, .. } => {
                // Nobody was rung.
                self.order.retain(|known| known != call);
                self.refused.retain(|_, refused| refused.call != *call);
                None
            }
            target::Event::Deferred { decision, at, .. } => {
                self.put_off(who, decision, *at);
                None
            }
            target::Event::Enlisted { .. }
            | target::Event::Accepted { .. }
            | target::Event::Dropped { .. } => None,
        }
    }

    fn judge(
        &mut self,
        who: Uuid,
        (call, attempt): (Uuid, u32),
        number: Option<Fingerprint>,
        at: DateTime<Utc>,
    ) {
        let names = self.names(&self.was, who, number);
        let was = self.was.weigh(&self.then, who, &names, at).decision;
        let against = self.against(who, number, at);
        let made = match (&against, against_of(was)) {
            (None, _) => true,
            // The engine knew less than the journal by then, or its rules were others than they are now.
            (Some((why, _, _)), Some(rule)) if *why == Why::Rule(rule) => {
                *self.report.unexplained.entry(rule.as_str()).or_default() += 1;
                true
            }
            (Some(_), _) => false,
        };
        if let Some((why, figures, earliest)) = against.filter(|_| !made) {
            let exact = !self.changed.contains(&who) && (self.refused.is_empty() || !why.is_the_campaigns());
            let refused =
                Refused { contact: who, call, attempt, at, why, figures, earliest, exact, outcome: None };
            if let Some(rule) = why.is_the_campaigns().then_some(why) {
                self.report.stopped.get_or_insert(Stopped { at, why: rule });
            }
            self.refused.insert(self.order.len(), refused);
            self.changed.insert(who);
        } else {
            self.line(at);
        }
        self.order.push(call);
        self.calls.insert(call, Call { contact: who, began: at, ended: None, outcome: None, made });
    }

    /// What the other rules have against a call at that moment.
    fn against(
        &self,
        who: Uuid,
        number: Option<Fingerprint>,
        at: DateTime<Utc>,
    ) -> Option<(Why, Figures, Option<DateTime<Utc>>)> {
        if self.would.phase(who) == Phase::Over {
            return Some((Why::Through, Figures::Nothing, None));
        }
        let names = self.names(&self.would, who, number);
        match self.would.weigh(&self.other, who, &names, at).decision {
            Decision::Dial => None,
            Decision::Deferred { until, rule, figures } => Some((Why::Rule(rule), figures, Some(until))),
            Decision::Suppressed { rule, figures } => Some((Why::Rule(rule), figures, None)),
        }
    }

    /// Whether a call that would have been made would have had to wait.
    fn line(&mut self, at: DateTime<Utc>) {
        let full = self.would.tally.live >= self.others.lines().get();
        self.report.no_line += u32::from(full);
        let throttled = self.bucket.as_mut().is_some_and(|bucket| bucket.take(1, at) == 0);
        self.report.throttled += u32::from(throttled && !full);
    }

    fn known(&mut self, call: Uuid, outcome: &Outcome, ended: DateTime<Utc>) {
        if let Some(known) = self.calls.get_mut(&call) {
            (known.ended, known.outcome) = (Some(ended), Some(outcome.clone()));
        }
        if let Some(refused) = self.refused.values_mut().find(|refused| refused.call == call) {
            refused.outcome = Some(outcome.shown().status.as_str());
        }
    }

    /// What would have followed on a call that was made. Where both rules say the same it is what was recorded, which may be later:
    /// an agent that asks to be left alone for a while is listened to under any rules.
    fn follows(
        &mut self,
        who: Uuid,
        call: Uuid,
        (outcome, recorded): (&Outcome, Next),
        at: DateTime<Utc>,
    ) -> Next {
        if self.calls.get(&call).is_none_or(|call| !call.made) {
            return recorded;
        }
        let names = self.names(&self.was, who, None);
        let was = self.was.ending(&self.then, (who, call), &names, (outcome, at));
        let would = self.would.ending(&self.other, (who, call), &names, (outcome, at));
        if was.next == would.next {
            return recorded;
        }
        let asked = due(recorded).filter(|recorded| due(was.next).is_none_or(|was| was < *recorded));
        let next = would.not_before(asked).next;
        if !self.changed.contains(&who) {
            self.report.retries.compare(recorded, next);
        }
        next
    }

    /// Somebody was put off, or given up for the time being: whether that need not have been.
    fn put_off(&mut self, who: Uuid, decision: &target::Decision, at: DateTime<Utc>) {
        // One that only says that the wait is over puts nobody off.
        let waits = decision.until.is_none_or(|until| until > at);
        let names = self.names(&self.was, who, None);
        let was = self.was.weigh(&self.then, who, &names, at).decision;
        if waits && was != Decision::Dial && self.against(who, None, at).is_none() {
            let exact = !self.changed.contains(&who);
            let until = decision.until;
            self.report.freed.push(Freed { contact: who, at, rule: decision.rule, until, exact });
        }
    }

    fn names(&self, side: &Side, who: Uuid, number: Option<Fingerprint>) -> Names {
        Names::of(side, &self.organization, who, number, self.number)
    }

    fn after(&mut self, fact: &Fact) {
        self.report.was.busiest = self.report.was.busiest.max(self.was.tally.live);
        self.report.would.busiest = self.report.would.busiest.max(self.would.tally.live);
        let Event::Campaign(event) = &fact.event else { return };
        match event {
            campaign::Event::Created { plan, .. } | campaign::Event::Changed { plan, .. } => {
                self.settings = plan.settings.clone();
                self.then = Terms::of(&self.settings, &self.plan.pack, self.plan.zone, self.plan.call_max);
                if self.plan.other.is_none() {
                    self.others = self.settings.clone();
                    self.other =
                        Terms::of(&self.others, &self.plan.other_pack, self.plan.zone, self.plan.call_max);
                    self.bucket = bucket(&self.others);
                }
            }
            campaign::Event::Started { at } => {
                self.report.started.get_or_insert(*at);
                self.report.ended = None;
                self.was.tally.begin();
                self.would.tally.begin();
            }
            campaign::Event::Completed { at } => self.report.ended = Some(*at),
            campaign::Event::Enlisted { .. }
            | campaign::Event::Paused { .. }
            | campaign::Event::Failed { .. }
            | campaign::Event::Removed { .. } => {}
        }
    }
}

/// Contacts that were called, and would not have been at all.
fn unreached(calls: &[&Call]) -> u32 {
    let all: HashSet<Uuid> = calls.iter().map(|call| call.contact).collect();
    let made: HashSet<Uuid> = calls.iter().filter(|call| call.made).map(|call| call.contact).collect();
    u32::try_from(all.difference(&made).count()).unwrap_or(u32::MAX)
}

/// Whether two events that follow one another were stored by one step.
fn together(one: &Fact, other: &Fact) -> bool {
    one.recorded_at == other.recorded_at && one.circumstances == other.circumstances
}

fn bucket(settings: &Settings) -> Option<Bucket> {
    settings.calls_per_second.map(|rate| Bucket::new(rate, TimeDelta::seconds(1)))
}

fn against_of(decision: Decision) -> Option<Rule> {
    match decision {
        Decision::Dial => None,
        Decision::Deferred { rule, .. } | Decision::Suppressed { rule, .. } => Some(rule),
    }
}

fn due(next: Next) -> Option<DateTime<Utc>> {
    match next {
        Next::Again { at } | Next::Callback { at } => Some(at),
        Next::Promised { .. } | Next::Retired | Next::OptedOut | Next::Final => None,
    }
}

/// The call that a number was rung by, or is let go from.
fn person_of(event: &Event) -> Option<Uuid> {
    let Event::Person(person::Event::Rung { call, .. } | person::Event::LetGo { call, .. }) = event else {
        return None;
    };
    Some(*call)
}
