//! What holds a campaign back from beginning one more call now, whoever it would be to: it does not run, its lines are taken, or its
//! next call is not due yet. It says nothing of a person, so that nothing of it is ever stored with one: it is only told.

use std::num::NonZeroU32;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::decimal::Rate;
use crate::language::Language;
use crate::policy::pacing::{Bucket, free};

/// What may hold it, in the order in which it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    CampaignNotRunning,
    Concurrency,
    CallsPerSecond,
}

/// A campaign's pace as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    pub running: bool,
    /// Calls under way.
    pub live: u32,
    pub lines: NonZeroU32,
    pub rate: Option<Rate>,
    /// When its newest call was begun.
    pub began: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Pass,
    /// Somebody has to start it.
    Stand,
    /// Until a call of it is over, whenever that is, or until then.
    Wait {
        until: Option<DateTime<Utc>>,
    },
}

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Figures {
    Nothing,
    Lines { at_most: NonZeroU32, live: u32 },
    Rate { calls_per_second: Rate, began: Option<DateTime<Utc>> },
}

/// One of them as it was looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Looked {
    pub hold: Hold,
    pub verdict: Verdict,
    pub figures: Figures,
}

impl Hold {
    pub const ALL: [Self; 3] = [Self::CampaignNotRunning, Self::Concurrency, Self::CallsPerSecond];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::CampaignNotRunning => "campaign_not_running",
            Self::Concurrency => "concurrency",
            Self::CallsPerSecond => "calls_per_second",
        }
    }

    /// What it asks, in a sentence for people.
    pub fn description(self, language: Language) -> &'static str {
        language.of(match self {
            Self::CampaignNotRunning => [
                "Kampaniya ishlayaptimi",
                "Кампания ишлаяптими",
                "Идёт ли кампания",
                "Whether the campaign is running",
            ],
            Self::Concurrency => [
                "Bo'sh liniya bormi",
                "Бўш линия борми",
                "Есть ли свободная линия",
                "Whether the campaign has a free line",
            ],
            Self::CallsPerSecond => [
                "Keyingi qo'ng'iroq navbati keldimi",
                "Кейинги қўнғироқ навбати келдими",
                "Пора ли начинать следующий звонок",
                "Whether the campaign's next call is due",
            ],
        })
    }
}

/// Looks at each of them, whatever those before it came to.
pub fn look(pace: &Pace, now: DateTime<Utc>) -> [Looked; 3] {
    Hold::ALL.map(|hold| {
        let (verdict, figures) = match hold {
            Hold::CampaignNotRunning => {
                (if pace.running { Verdict::Pass } else { Verdict::Stand }, Figures::Nothing)
            }
            Hold::Concurrency => concurrency(pace),
            Hold::CallsPerSecond => calls_per_second(pace, now),
        };
        Looked { hold, verdict, figures }
    })
}

fn concurrency(pace: &Pace) -> (Verdict, Figures) {
    let full = free(pace.lines, pace.live) == 0;
    let verdict = if full { Verdict::Wait { until: None } } else { Verdict::Pass };
    (verdict, Figures::Lines { at_most: pace.lines, live: pace.live })
}

fn calls_per_second(pace: &Pace, now: DateTime<Utc>) -> (Verdict, Figures) {
    let Some(rate) = pace.rate else { return (Verdict::Pass, Figures::Nothing) };
    let due = pace.began.and_then(|began| {
        let mut bucket = Bucket::new(rate, TimeDelta::zero());
        bucket.take(1, began);
        bucket.ready_at(now)
    });
    let verdict = due.map_or(Verdict::Pass, |due| Verdict::Wait { until: Some(due) });
    (verdict, Figures::Rate { calls_per_second: rate, began: pace.began })
}

#[cfg(test)]
mod tests;
