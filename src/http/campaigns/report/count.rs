//! A report's figures, counted together from what the screens hold.

use std::collections::BTreeMap;

use chrono::Timelike;
use csv::{Terminator, WriterBuilder};
use domain::conversation::status::{Class, Reason, Status};
use domain::decimal::Amount;
use domain::promise::Phase;
use domain::zone::Zone;
use projections::campaign_hours::HourRow;
use projections::promises::Count;
use projections::targets::{Standing, State};

use super::{Attempts, ByRule, Calls, Contacts, Figures, HourOfDay, Outcomes, PromiseCount, PromiseFigures};
use crate::http::promises::number;
use crate::http::times::Stamp;

/// Hours, how contacts stand, promises by status.
pub(super) type Counted<'a> = (&'a [HourRow], &'a [Standing], &'a [Count]);

const HOURS: usize = 24;

impl Outcomes {
    /// With a place for everything that a call can come to.
    fn empty() -> Self {
        let over = Status::ALL.into_iter().filter(|status| status.class() != Class::Open);
        Self { by_status: over.map(|status| (status.as_str(), 0)).collect(), by_reason: BTreeMap::new() }
    }

    fn add(&mut self, status: Status, reason: Option<&str>, more: i64) {
        if more != 0 {
            *self.by_status.entry(status.as_str()).or_default() += more;
            if let Some(reason) = reason {
                *self.by_reason.entry(reason.to_owned()).or_default() += more;
            }
        }
    }
}

pub(super) fn contacts(standings: &[Standing]) -> Contacts {
    let mut all = Contacts { outcomes: Outcomes::empty(), ..Contacts::default() };
    for standing in standings {
        let count = standing.contacts;
        all.total += count;
        match standing.state {
            State::Waiting => all.waiting += count,
            State::Calling => all.calling += count,
            State::Skipped => all.skipped += count,
            State::Over => {
                all.called += count;
                all.outcomes.add(standing.call_status, standing.reason.as_deref(), count);
            }
            State::Dropped => all.total -= count,
        }
    }
    all
}

pub(super) fn calls(hours: &[HourRow]) -> Calls {
    let mut all = Calls { outcomes: Outcomes::empty(), ..Calls::default() };
    for hour in hours {
        all.total += hour.calls;
        all.conversations += hour.conversations;
        all.successes += hour.successes;
        all.talk_seconds += hour.talk_secs;
        for (status, reason, calls) in hour.outcomes() {
            all.outcomes.add(status, reason.map(Reason::as_str), calls);
        }
    }
    all.outcomes.by_reason.retain(|_, calls| *calls != 0);
    all.average_talk_seconds = all.talk_seconds.checked_div(all.conversations);
    all.first_call_at = hours.iter().filter_map(|hour| hour.first_call_at).min().map(Stamp);
    all.last_call_at = hours.iter().filter_map(|hour| hour.last_call_at).max().map(Stamp);
    all
}

/// How many contacts were called how often.
pub(super) fn attempts(standings: &[Standing]) -> Vec<Attempts> {
    let mut counted: BTreeMap<i64, i64> = BTreeMap::new();
    for standing in standings {
        *counted.entry(standing.attempts).or_default() += standing.contacts;
    }
    counted.into_iter().map(|(attempts, contacts)| Attempts { attempts, contacts }).collect()
}

/// An hour that began before a call was taken back, or corrected in another, is not shown below nothing.
pub(super) fn figures(hour: &HourRow) -> Figures {
    Figures { calls: hour.calls.max(0), conversations: hour.conversations, successes: hour.successes }
}

pub(super) fn hours_of_day(hours: &[HourRow], zone: Zone) -> Vec<HourOfDay> {
    let mut day = [Figures::default(); HOURS];
    for row in hours {
        let hour = usize::try_from(zone.wall(row.hour).hour()).unwrap_or(0);
        if let Some(figures) = day.get_mut(hour) {
            let more = self::figures(row);
            figures.calls += more.calls;
            figures.conversations += more.conversations;
            figures.successes += more.successes;
        }
    }
    day.into_iter().enumerate().map(|(hour, figures)| HourOfDay { hour, figures }).collect()
}

pub(super) fn promises(counts: &[Count]) -> PromiseFigures {
    let of = |phase: Phase| {
        let found = counts.iter().find(|count| count.status == phase);
        found.map_or_else(|| sum(&[]), |count| sum(std::slice::from_ref(count)))
    };
    let by_status: BTreeMap<_, _> = Phase::ALL.into_iter().map(|phase| (phase.as_str(), of(phase))).collect();
    let settled = |phase: Phase| by_status.get(phase.as_str()).map_or(0, |count| count.count);
    let (kept, broken) = (settled(Phase::Kept), settled(Phase::Broken));
    PromiseFigures {
        all: sum(counts),
        rescheduled: counts.iter().map(|count| count.rescheduled).sum(),
        fulfilment_percentage: (100 * kept).checked_div(kept + broken),
        by_status,
    }
}

fn sum(counts: &[Count]) -> PromiseCount {
    let hundredths = |of: fn(&Count) -> i64| number(Amount::of_hundredths(counts.iter().map(of).sum()));
    PromiseCount {
        count: counts.iter().map(|count| count.count).sum(),
        amount: hundredths(|count| count.promised),
        paid_amount: hundredths(|count| count.paid),
    }
}

/// Contacts that a rule holds back, those of most contacts first.
pub(super) fn by_rule(standings: &[Standing], state: State) -> Vec<ByRule> {
    let mut counted: BTreeMap<&str, i64> = BTreeMap::new();
    for standing in standings.iter().filter(|standing| standing.state == state) {
        if let Some(rule) = &standing.rule {
            *counted.entry(rule).or_default() += standing.contacts;
        }
    }
    let mut rules: Vec<ByRule> =
        counted.into_iter().map(|(rule, contacts)| ByRule { rule: rule.to_owned(), contacts }).collect();
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.contacts));
    rules
}

/// The hours as CSV, one a line.
pub(super) fn table(hours: &[HourRow]) -> Vec<u8> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(vec![]);
    let named = |(status, reason, _): (Status, Option<Reason>, i64)| {
        reason.map_or(status.as_str(), Reason::as_str).to_owned()
    };
    let first = ["hour", "calls", "conversations", "successes", "talkSeconds"].map(str::to_owned);
    // Every hour has the same columns, and writing to memory cannot fail.
    if let Some(any) = hours.first() {
        let _ = writer.write_record(first.into_iter().chain(any.outcomes().map(named)));
    } else {
        let _ = writer.write_record(first);
    }
    for hour in hours {
        let figures = [hour.calls, hour.conversations, hour.successes, hour.talk_secs];
        let outcomes = hour.outcomes().map(|(.., calls)| calls);
        let cells = figures.into_iter().chain(outcomes).map(|count| count.to_string());
        let _ = writer.write_record([Stamp(hour.hour).to_string()].into_iter().chain(cells));
    }
    writer.into_inner().unwrap_or_default()
}
