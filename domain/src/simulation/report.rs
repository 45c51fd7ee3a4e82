//! What a simulated campaign came to: a fold over its events, in the words of the documented statuses.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Timelike, Utc};
use serde::{Serialize, Serializer};

use super::{Event, Told, Whose};
use crate::campaign::{self, Why};
use crate::conversation::status::{Class, Shown};
use crate::conversation::{Counts, Outcome, Reach, Upshot};
use crate::decimal::Amount;
use crate::policy::eligible::Rule;
use crate::policy::retry::Next;
use crate::target;
use crate::zone::Zone;

/// A callback is in time that begins so long after the instant asked for, or after the rules allowed it.
pub const IN_TIME: TimeDelta = TimeDelta::minutes(5);

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub end: End,
    pub contacts: Contacts,
    pub calls: u32,
    pub conversations: u32,
    pub talk_secs: u64,
    /// Calls by what came of them.
    pub outcomes: BTreeMap<String, u32>,
    /// How many contacts were called so often.
    pub attempts: BTreeMap<u32, u32>,
    pub promises: Promises,
    pub callbacks: Callbacks,
    /// Contacts that are not called, by the rule that says so.
    pub skipped: BTreeMap<Rule, u32>,
    /// Calls put off, by the rule that said so.
    pub deferred: BTreeMap<Rule, u32>,
    /// Calls begun, on the house's clock.
    pub days: BTreeMap<NaiveDate, u32>,
    pub busiest: Option<Hour>,
}

/// How the campaign stands at last.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum End {
    Completed {
        at: DateTime<Utc>,
    },
    Paused {
        at: DateTime<Utc>,
        why: Why,
    },
    /// Time was up before everybody was through.
    Running,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Contacts {
    pub total: u32,
    pub success: u32,
    pub failed: u32,
    /// Wanted to be called back, and that came to nothing.
    pub callback_requested: u32,
    pub skipped: u32,
    /// Through with nothing yet.
    pub open: u32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Promises {
    pub made: u32,
    #[serde(serialize_with = "as_text")]
    pub amount: Amount,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Callbacks {
    pub asked_for: u32,
    pub in_time: u32,
    pub late: u32,
}

/// An hour, and how many calls began in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Hour {
    pub begins: NaiveDateTime,
    pub calls: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over like this")]
fn as_text<S: Serializer>(amount: &Amount, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(amount)
}

/// One contact so far.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    calls: u32,
    skipped: Option<Rule>,
    /// None while it is open.
    class: Option<Class>,
    callback: Option<Wanted>,
}

/// A callback that was asked for and not had.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    due: DateTime<Utc>,
    late: bool,
}

#[derive(Debug)]
pub(super) struct Ledger {
    zone: Zone,
    entries: BTreeMap<u32, Entry>,
    hours: BTreeMap<NaiveDateTime, u32>,
    sums: Report,
}

impl Ledger {
    /// Days and hours are counted on this clock.
    pub(super) fn new(zone: Zone) -> Self {
        let sums = Report {
            end: End::Running,
            contacts: Contacts::default(),
            calls: 0,
            conversations: 0,
            talk_secs: 0,
            outcomes: BTreeMap::new(),
            attempts: BTreeMap::new(),
            promises: Promises::default(),
            callbacks: Callbacks::default(),
            skipped: BTreeMap::new(),
            deferred: BTreeMap::new(),
            days: BTreeMap::new(),
            busiest: None,
        };
        Self { zone, entries: BTreeMap::new(), hours: BTreeMap::new(), sums }
    }

    pub(super) fn hear(&mut self, told: &Told) {
        match (told.whose, told.event) {
            (Whose::Target(who), Event::Target(event)) => self.target(who, event, told.at),
            (_, Event::Campaign(event)) => self.campaign(event, told.at),
            (_, Event::Contact(_) | Event::Person(_) | Event::Target(_)) => {}
        }
    }

    pub(super) fn report(&self) -> Report {
        let mut report = self.sums.clone();
        for entry in self.entries.values() {
            *report.attempts.entry(entry.calls).or_default() += 1;
            report.contacts.count(entry);
            if let (None, Some(rule)) = (entry.class, entry.skipped) {
                *report.skipped.entry(rule).or_default() += 1;
            }
        }
        for (hour, calls) in &self.hours {
            *report.days.entry(hour.date()).or_default() += calls;
        }
        // The first of the busiest ones.
        let busiest = self.hours.iter().rev().max_by_key(|(_, calls)| **calls);
        report.busiest = busiest.map(|(begins, calls)| Hour { begins: *begins, calls: *calls });
        report
    }

    fn campaign(&mut self, event: &campaign::Event, at: DateTime<Utc>) {
        match event {
            campaign::Event::Completed { .. } => self.sums.end = End::Completed { at },
            campaign::Event::Paused { why, .. } => self.sums.end = End::Paused { at, why: why.clone() },
            campaign::Event::Created { .. }
            | campaign::Event::Changed { .. }
            | campaign::Event::Enlisted { .. }
            | campaign::Event::Started { .. }
            | campaign::Event::Failed { .. }
            | campaign::Event::Removed { .. } => {}
        }
    }

    fn target(&mut self, who: u32, event: &target::Event, at: DateTime<Utc>) {
        match event {
            target::Event::Enlisted { .. } => drop(self.entries.insert(who, Entry::default())),
            target::Event::Dialled { .. } => self.dialled(who, at),
            target::Event::Ended { outcome, next, .. } => self.ended(who, outcome, *next),
            target::Event::Deferred { decision, .. } => self.deferred(who, decision, at),
            // A simulated agent answers at once, and nobody changes anything meanwhile.
            target::Event::Accepted { .. }
            | target::Event::Corrected { .. }
            | target::Event::Withdrawn { .. }
            | target::Event::Dropped { .. } => {}
        }
    }

    fn dialled(&mut self, who: u32, at: DateTime<Utc>) {
        let wall = self.zone.wall(at);
        let hour = wall.date().and_hms_opt(wall.hour(), 0, 0).unwrap_or(wall);
        *self.hours.entry(hour).or_default() += 1;
        self.sums.calls += 1;
        let Some(entry) = self.entries.get_mut(&who) else { return };
        entry.calls += 1;
        entry.skipped = None;
        if let Some(wanted) = entry.callback.take() {
            let late = wanted.late || at > wanted.due + IN_TIME;
            self.sums.callbacks.late += u32::from(late);
            self.sums.callbacks.in_time += u32::from(!late);
        }
    }

    fn ended(&mut self, who: u32, outcome: &Outcome, next: Next) {
        let sums = &mut self.sums;
        let shown = outcome.shown();
        *sums.outcomes.entry(named(shown)).or_default() += 1;
        sums.conversations += u32::from(outcome.counts() == Counts::Conversation);
        sums.talk_secs += u64::from(outcome.talk_secs.unwrap_or(0));
        if let Reach::Reached(Upshot::PromiseToPay(promise)) = &outcome.reach {
            let amount = promise.amount.map_or(0, Amount::hundredths);
            sums.promises.made += 1;
            sums.promises.amount = Amount::of_hundredths(sums.promises.amount.hundredths() + amount);
        }
        let asked = matches!(outcome.reach, Reach::Reached(Upshot::CallbackRequested { .. }));
        sums.callbacks.asked_for += u32::from(asked);
        let Some(entry) = self.entries.get_mut(&who) else { return };
        match next {
            Next::Callback { at } if asked => entry.callback = Some(Wanted { due: at, late: false }),
            Next::Callback { .. } | Next::Again { .. } => {}
            Next::Promised { .. } | Next::Retired | Next::OptedOut | Next::Final => {
                entry.class = Some(shown.status.class());
            }
        }
    }

    fn deferred(&mut self, who: u32, decision: &target::Decision, at: DateTime<Utc>) {
        let Some(entry) = self.entries.get_mut(&who) else { return };
        let Some(until) = decision.until else {
            entry.skipped = Some(decision.rule);
            return;
        };
        *self.sums.deferred.entry(decision.rule).or_default() += 1;
        if let Some(wanted) = &mut entry.callback {
            wanted.late |= at > wanted.due + IN_TIME;
            wanted.due = until;
        }
    }
}

impl Contacts {
    fn count(&mut self, entry: &Entry) {
        self.total += 1;
        let place = match (entry.class, entry.skipped) {
            (Some(Class::Success), _) => &mut self.success,
            (Some(Class::Failed), _) => &mut self.failed,
            (Some(Class::Callback), _) => &mut self.callback_requested,
            (Some(Class::Open) | None, Some(_)) => &mut self.skipped,
            (Some(Class::Open) | None, None) => &mut self.open,
        };
        *place += 1;
    }
}

/// The status, and the reason where it has none of its own.
fn named(shown: Shown) -> String {
    let reason = shown.reason.and_then(|reason| serde_json::to_value(reason).ok());
    let reason = reason.as_ref().and_then(serde_json::Value::as_str);
    let status = shown.status.as_str();
    reason.map_or_else(|| status.to_owned(), |reason| format!("{status} {reason}"))
}
