//! The terms on which a campaign calls, put to everybody it concerns: may this contact be called now, and what follows on a call that ended.
//! Whoever dials, explains, looks ahead or simulates brings the same aggregates here.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::campaign::Settings;
use crate::contact::{Contact, Status};
use crate::conversation::Outcome;
use crate::person::{self, Person, Wish};
use crate::phone::Phone;
use crate::policy::breaker::Tripped;
use crate::policy::eligible::{
    CampaignView, ContactView, Decision, Known, List, Live, PersonView, Rule, Standing, Weighed, weigh,
};
use crate::policy::pacing::{Budget, Spent};
use crate::policy::retry::{Ended, Next};
use crate::rules::{Pack, PackName};
use crate::target::{self, Ending, Target, Words};
use crate::zone::{Clocks, Whereabouts, Zone};

/// What a campaign's calls go by.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The organization's rules, tightened by the campaign.
    pub pack: Pack,
    /// Whose clock holds where neither the contact nor the number tells.
    pub zone: Option<Zone>,
    pub budget: Budget,
    /// Longer than a call lasts.
    pub call_max: TimeDelta,
}

/// Everybody a call concerns, as they stand.
#[derive(Debug, Clone, Copy)]
pub struct Parties<'a> {
    pub contact: &'a Contact,
    pub person: &'a Person,
    /// The do-not-call list that the number is on.
    pub listed: Option<List>,
    pub target: &'a Target,
}

/// How the campaign as a whole stands.
#[derive(Debug, Clone, Copy, Default)]
pub struct Whole {
    pub spent: Spent,
    pub tripped: Option<Tripped>,
}

impl Terms {
    /// `house` is what holds where the campaign says nothing.
    pub fn of(settings: &Settings, pack: &Pack, house: Zone, call_max: TimeDelta) -> Self {
        let named = settings.rules_pack.as_ref().and_then(PackName::pack);
        let pack = named.iter().fold(pack.clone(), Pack::and);
        let pack = settings.rules.iter().fold(pack, Pack::tightened);
        Self { pack, zone: settings.zone.or(Some(house)), budget: settings.budget, call_max }
    }

    /// Tries every rule.
    pub fn weigh(&self, parties: &Parties, whole: Whole, now: DateTime<Utc>) -> Weighed {
        let Parties { contact, person, listed, target } = *parties;
        let live = person.live().map(|live| Live { since: live.since, until: live.since + self.call_max });
        let known = Known {
            contact: ContactView {
                standing: standing(contact.status()),
                whereabouts: self.whereabouts(contact),
            },
            person: PersonView {
                listed: listed.or_else(|| person.opted_out().then_some(List::Organization)),
                retired: person.retired(),
                live,
                promised_until: person.quiet_until(),
                tried: person.tried(),
            },
            target: target.view(),
            campaign: CampaignView {
                pack: &self.pack,
                budget: self.budget,
                spent: whole.spent,
                tripped: whole.tripped,
            },
        };
        weigh(&known, now)
    }

    /// By whose clock the contact lives. Where nobody knows, what an agent says of times is taken as said here.
    pub fn clock(&self, contact: &Contact, now: DateTime<Utc>) -> Zone {
        let told = self.whereabouts(contact).zone(now).map(|(zone, _)| zone);
        told.or(self.zone).unwrap_or(Zone::UTC)
    }

    /// How a call ended for its contact: what it came to, what was said, and what follows on it.
    pub fn ending(
        &self,
        (contact, target, call): (&Contact, &Target, Uuid),
        outcome: Outcome,
        words: Words,
        at: DateTime<Utc>,
    ) -> Ending {
        // Of a call that was over and is heard of again, the attempt was counted when it was over.
        let counted = target.past(call).is_some();
        let dialled_at = target.rang(call).map_or(at, |(began, _)| began);
        let ended = Ended { outcome: &outcome, dialled_at, ended_at: at };
        let mut tries = target.tries().clone();
        if !counted {
            tries.count(ended);
        }
        let next = tries.next(ended, &self.pack, self.clock(contact, at));
        Ending { outcome, words, next }
    }

    fn whereabouts(&self, contact: &Contact) -> Whereabouts {
        let details = contact.details();
        Whereabouts {
            contact: details.zone.as_deref().and_then(|zone| Zone::parse(zone).ok()),
            country: Clocks::of(&Phone::stored(&details.phone)),
            campaign: self.zone,
        }
    }
}

/// A contact that is gone is not called, like one that is not active.
fn standing(status: Option<Status>) -> Standing {
    match status {
        Some(Status::Active) => Standing::Active,
        Some(Status::Completed) => Standing::Completed,
        Some(Status::DoNotCall) => Standing::DoNotCall,
        Some(Status::Inactive) | None => Standing::Inactive,
    }
}

/// What is noted with the contact of the campaign where it is not called now.
pub fn noted(decision: Decision) -> Option<target::Decision> {
    match decision {
        Decision::Dial => None,
        Decision::Deferred { until, rule, figures } => {
            Some(target::Decision { until: Some(until), rule, figures })
        }
        Decision::Suppressed { rule, figures } => Some(target::Decision { until: None, rule, figures }),
    }
}

/// What is noted anew where the rules say otherwise than when it was put off; none where that stands.
/// A campaign's own limits put nobody off: they stop all of it.
pub fn anew(target: &Target, decision: Decision, now: DateTime<Utc>) -> Option<target::Decision> {
    let known = target.decision();
    match (noted(decision), known) {
        (None, Some(known)) if known.until.is_some_and(|until| until <= now) => None,
        (None, Some(known)) => Some(target::Decision { until: Some(now), ..*known }),
        (None, None) => None,
        (Some(new), _) if new.rule.is_the_campaigns() => None,
        (Some(new), Some(known)) if (new.rule, new.until) == (known.rule, known.until) => None,
        // It waits for its next attempt by itself.
        (Some(new), None) if matches!(new.rule, Rule::RetryDue | Rule::CallbackDue) => None,
        (Some(new), _) => Some(new),
    }
}

/// What a call that ended means for the number, whatever campaign it was of.
pub fn aftermath(
    ending: &Ending,
    campaign: Uuid,
    number: impl FnOnce() -> person::Number,
    at: DateTime<Utc>,
) -> Option<person::Command> {
    match ending.next {
        Next::OptedOut => Some(person::Command::OptOut { by: Wish::Conversation, number: number(), at }),
        Next::Promised { until } => Some(person::Command::KeepQuiet { until, campaign, at }),
        Next::Retired => Some(person::Command::Retire { at }),
        Next::Again { .. } | Next::Callback { .. } | Next::Final => None,
    }
}

#[cfg(test)]
mod tests;
