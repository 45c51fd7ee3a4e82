//! May this person be called now, for this campaign? Every rule is tried, in order, whatever those before it said, and tells its figures.
//! Whoever dials and whoever explains ask the same function, so that they cannot disagree. What is known arrives as views.

mod rules;
mod words;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::policy::breaker::Tripped;
use crate::policy::caps::Tried;
use crate::policy::pacing::{Budget, Spent};
use crate::policy::windows::Calendar;
use crate::rules::Pack;
use crate::rules::caps::Cap;
use crate::rules::span::Span;
use crate::zone::{Source, Whereabouts, Zone};

/// The rules there are, in the order in which they are tried. The names are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    ContactStatus,
    DoNotCall,
    NumberRetired,
    ZoneKnown,
    CallUnderWay,
    Promise,
    QuietTime,
    Caps,
    RetryDue,
    CallbackDue,
    Window,
    Holiday,
    Budget,
    Breaker,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Pass,
    /// Not by waiting: something has to change first.
    Suppress,
    Defer {
        until: DateTime<Utc>,
    },
    /// It could not be tried: nobody knows what time it is there.
    Untried,
}

/// What a rule looked at. Stored with a decision for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figures {
    Nothing,
    Contact(Standing),
    List(List),
    Clock { zone: Zone, by: Source },
    Live { since: DateTime<Utc> },
    Due { at: DateTime<Utc> },
    Silence { spoke_at: DateTime<Utc>, after_conversation: Span },
    Cap { cap: Cap, found: u32 },
    Wall { time: NaiveDateTime, zone: Zone },
    Holiday { date: NaiveDate },
    Budget { budget: Budget, spent: Spent },
    Failures(Tripped),
}

/// One rule as it was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tested {
    pub rule: Rule,
    pub verdict: Verdict,
    pub figures: Figures,
}

/// The sum of all rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Dial,
    /// Not before then, when it is open there; `rule` is the one that defers longest.
    Deferred {
        until: DateTime<Utc>,
        rule: Rule,
        figures: Figures,
    },
    Suppressed {
        rule: Rule,
        figures: Figures,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weighed {
    pub tested: [Tested; 14],
    pub decision: Decision,
}

/// How the contact was marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Active,
    Inactive,
    Completed,
    DoNotCall,
}

/// Whose list a number is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum List {
    Organization,
    Global,
}

#[derive(Debug, Clone, Copy)]
pub struct ContactView {
    pub standing: Standing,
    pub whereabouts: Whereabouts,
}

#[derive(Debug, Clone, Copy, Default)]
pub struct PersonView<'a> {
    pub listed: Option<List>,
    pub retired: bool,
    pub live: Option<Live>,
    pub promised_until: Option<DateTime<Utc>>,
    /// Calls that counted, in the order of time.
    pub tried: &'a [Tried],
}

/// A call under way, whichever campaign it is of.
#[derive(Debug, Clone, Copy)]
pub struct Live {
    pub since: DateTime<Utc>,
    /// When it is over at the latest, or asked for.
    pub until: DateTime<Utc>,
}

/// What the campaign waits for with this contact.
#[derive(Debug, Clone, Copy, Default)]
pub struct TargetView {
    pub retry_at: Option<DateTime<Utc>>,
    pub callback_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy)]
pub struct CampaignView<'a> {
    /// The organization's, tightened by the campaign.
    pub pack: &'a Pack,
    pub budget: Budget,
    pub spent: Spent,
    pub tripped: Option<Tripped>,
}

/// All that is known when it is decided.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    pub contact: ContactView,
    pub person: PersonView<'a>,
    pub target: TargetView,
    pub campaign: CampaignView<'a>,
}

impl Rule {
    pub const ALL: [Self; 14] = [
        Self::ContactStatus,
        Self::DoNotCall,
        Self::NumberRetired,
        Self::ZoneKnown,
        Self::CallUnderWay,
        Self::Promise,
        Self::QuietTime,
        Self::Caps,
        Self::RetryDue,
        Self::CallbackDue,
        Self::Window,
        Self::Holiday,
        Self::Budget,
        Self::Breaker,
    ];

    /// Its stored name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ContactStatus => "contact_status",
            Self::DoNotCall => "do_not_call",
            Self::NumberRetired => "number_retired",
            Self::ZoneKnown => "zone_known",
            Self::CallUnderWay => "call_under_way",
            Self::Promise => "promise",
            Self::QuietTime => "quiet_time",
            Self::Caps => "caps",
            Self::RetryDue => "retry_due",
            Self::CallbackDue => "callback_due",
            Self::Window => "window",
            Self::Holiday => "holiday",
            Self::Budget => "budget",
            Self::Breaker => "breaker",
        }
    }

    /// Whether it stops the whole campaign, and says nothing against this person.
    pub fn is_the_campaigns(self) -> bool {
        match self {
            Self::Budget | Self::Breaker => true,
            Self::ContactStatus
            | Self::DoNotCall
            | Self::NumberRetired
            | Self::ZoneKnown
            | Self::CallUnderWay
            | Self::Promise
            | Self::QuietTime
            | Self::Caps
            | Self::RetryDue
            | Self::CallbackDue
            | Self::Window
            | Self::Holiday => false,
        }
    }
}

impl Weighed {
    /// The first rule against a call that was decided on and is about to be placed: its own being under way is none.
    pub fn against_placing(&self) -> Option<Tested> {
        let against = |one: &&Tested| one.rule != Rule::CallUnderWay && one.verdict != Verdict::Pass;
        self.tested.iter().find(against).copied()
    }
}

/// Tries every rule and sums up.
pub fn weigh(known: &Known, now: DateTime<Utc>) -> Weighed {
    let clock = known.contact.whereabouts.zone(now);
    let calendar = clock.map(|(zone, _)| Calendar::of(known.campaign.pack, zone));
    let tested = Rule::ALL.map(|rule| rules::test(rule, known, clock, now));
    Weighed { tested, decision: sum(&tested, calendar.as_ref(), now) }
}

/// What suppresses, suppresses first; else the rule that defers longest, moved on to when it is open there.
fn sum(tested: &[Tested], calendar: Option<&Calendar>, now: DateTime<Utc>) -> Decision {
    if let Some(Tested { rule, figures, .. }) = tested.iter().find(|one| one.verdict == Verdict::Suppress) {
        return Decision::Suppressed { rule: *rule, figures: *figures };
    }
    let mut latest: Option<(DateTime<Utc>, &Tested)> = None;
    for one in tested {
        let Verdict::Defer { until } = one.verdict else { continue };
        if latest.is_none_or(|(latest, _)| until > latest) {
            latest = Some((until, one));
        }
    }
    let Some((until, Tested { rule, figures, .. })) = latest else { return Decision::Dial };
    let open = calendar.and_then(|calendar| calendar.next_open(until.max(now)));
    let deferred = |until| Decision::Deferred { until, rule: *rule, figures: *figures };
    open.map_or(Decision::Suppressed { rule: Rule::Window, figures: Figures::Nothing }, deferred)
}

#[cfg(test)]
mod tests;
