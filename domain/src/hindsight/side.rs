//! Everybody a campaign concerns, as they stood at a moment: one side of a comparison.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate as _;
use uuid::Uuid;

use super::Number;
use super::report::Open;
use crate::campaign::Settings;
use crate::contact::Contact;
use crate::conversation::Outcome;
use crate::fact::{Event, Fact};
use crate::ids::{Fingerprint, Organization, StreamId};
use crate::person::{self, Person};
use crate::phone::Phone;
use crate::policy::dialling::{Parties, Terms, Whole};
use crate::policy::eligible::{Decision, List, Weighed};
use crate::policy::retry::Next;
use crate::policy::tally::Tally;
use crate::target::{self, Ending, Phase, Target, Words};

#[derive(Debug, Default)]
pub(super) struct Side {
    contacts: HashMap<StreamId, Contact>,
    persons: HashMap<StreamId, Person>,
    targets: HashMap<Uuid, Target>,
    pub(super) tally: Tally,
}

/// By which names those are known whom a call concerns.
#[derive(Debug)]
pub(super) struct Names {
    contact: StreamId,
    person: StreamId,
    /// The same number on the list that holds for everyone.
    everyone: StreamId,
}

impl Names {
    /// The number is the one that was rung, or else the one that the contact has.
    pub(super) fn of(
        side: &Side,
        organization: &Organization,
        who: Uuid,
        rung: Option<Fingerprint>,
        number: Number<'_>,
    ) -> Self {
        let contact = StreamId::contact(organization, who);
        let phone = side.contacts.get(&contact).map(|contact| contact.details().phone.clone());
        let phone = Phone::stored(&phone.unwrap_or_default());
        let named = |of: &Organization| StreamId::person(of, &number(of, &phone));
        let person = rung.map_or_else(|| named(organization), |rung| StreamId::person(organization, &rung));
        Self { contact, person, everyone: named(&Organization::everyone()) }
    }
}

impl Side {
    /// `next` is what follows here on the call that this is about.
    pub(super) fn take(&mut self, fact: &Fact, next: Option<Next>, settings: &Settings) {
        match &fact.event {
            Event::Contact(event) => {
                self.contacts.entry(fact.stream.clone()).or_default().apply(event.clone());
            }
            Event::Person(event) => {
                self.persons.entry(fact.stream.clone()).or_default().apply(quiet(event, next));
            }
            Event::Target(event) => {
                let Some((_, who)) = fact.stream.of_target() else { return };
                let event = following(event.clone(), next);
                self.tally.hear(&event, settings, fact.occurred_at);
                self.targets.entry(who).or_default().apply(event);
            }
            Event::Session(_)
            | Event::Call(_)
            | Event::Quarantine(_)
            | Event::NumberList(_)
            | Event::Remote(_)
            | Event::Import(_)
            | Event::Campaign(_)
            | Event::Promise(_)
            | Event::User(_)
            | Event::ApiKey(_)
            | Event::WebhookEndpoint(_)
            | Event::Settings(_)
            | Event::Pbx(_)
            | Event::PbxCall(_)
            | Event::Disclosure(_)
            | Event::Denial(_) => {}
        }
    }

    pub(super) fn weigh(&self, terms: &Terms, who: Uuid, names: &Names, at: DateTime<Utc>) -> Weighed {
        let (contact, person, target) = (Contact::default(), Person::default(), Target::default());
        let everyone = self.persons.get(&names.everyone).is_some_and(Person::opted_out);
        let parties = Parties {
            contact: self.contacts.get(&names.contact).unwrap_or(&contact),
            person: self.persons.get(&names.person).unwrap_or(&person),
            listed: everyone.then_some(List::Global),
            target: self.targets.get(&who).unwrap_or(&target),
        };
        let whole = Whole { spent: self.tally.spent, tripped: self.tally.breaker().tripped() };
        terms.weigh(&parties, whole, at)
    }

    /// What a call that ended comes to here.
    pub(super) fn ending(
        &self,
        terms: &Terms,
        (who, call): (Uuid, Uuid),
        names: &Names,
        (outcome, at): (&Outcome, DateTime<Utc>),
    ) -> Ending {
        let (contact, target) = (Contact::default(), Target::default());
        let contact = self.contacts.get(&names.contact).unwrap_or(&contact);
        let target = self.targets.get(&who).unwrap_or(&target);
        terms.ending((contact, target, call), outcome.clone(), Words::default(), at)
    }

    pub(super) fn phase(&self, who: Uuid) -> Phase {
        self.targets.get(&who).map(Target::phase).unwrap_or_default()
    }

    pub(super) fn contacts_len(&self) -> u32 {
        let in_it =
            self.targets.values().filter(|target| !matches!(target.phase(), Phase::New | Phase::Dropped));
        u32::try_from(in_it.count()).unwrap_or(u32::MAX)
    }

    /// Who would still be called, and from when on.
    pub(super) fn left(
        &self,
        terms: &Terms,
        at: DateTime<Utc>,
        names: impl Fn(Uuid, Option<Fingerprint>) -> Names,
    ) -> Open {
        let mut open = Open::default();
        for (who, target) in &self.targets {
            match target.phase() {
                Phase::New | Phase::Over | Phase::Dropped => {}
                Phase::Calling(_) => open.contacts += 1,
                Phase::Waiting => match self.weigh(terms, *who, &names(*who, None), at).decision {
                    // Its own limits stop the campaign, and say nothing against the contact.
                    Decision::Suppressed { rule, .. } => open.contacts += u32::from(rule.is_the_campaigns()),
                    Decision::Dial => open.may_be_called(at),
                    Decision::Deferred { until, .. } => open.may_be_called(until),
                },
            }
        }
        open
    }
}

/// What was put off by one set of rules is not put off by another: only what both know is heard.
fn following(event: target::Event, other: Option<Next>) -> target::Event {
    match (event, other) {
        (target::Event::Ended { call, outcome, at, personal, .. }, Some(next)) => {
            target::Event::Ended { call, outcome, next, at, personal }
        }
        (
            target::Event::Corrected {
                call,
                outcome,
                next: Some(_),
                was,
                was_skipped,
                counted,
                at,
                personal,
            },
            Some(other),
        ) => target::Event::Corrected {
            call,
            outcome,
            next: Some(other),
            was,
            was_skipped,
            counted,
            at,
            personal,
        },
        (event, _) => event,
    }
}

/// For how long nobody is rung after a promise.
fn quiet(event: &person::Event, next: Option<Next>) -> person::Event {
    match (event, next) {
        (person::Event::KeptQuiet { campaign, at, .. }, Some(Next::Promised { until })) => {
            person::Event::KeptQuiet { until, campaign: *campaign, at: *at }
        }
        (event, _) => event.clone(),
    }
}
