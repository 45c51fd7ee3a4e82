//! What was recorded of a simulated campaign, and everything that is wrong with it.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Days, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use super::law::{Law, Rang};
use crate::contact;
use crate::conversation::{Counts, Outcome, Reach, Upshot};
use crate::person;
use crate::policy::retry::Next;
use crate::simulation::{Event, Told, Whose};
use crate::target;

/// What waits for an opening is called so soon after it.
const TOLERANCE: TimeDelta = TimeDelta::minutes(10);

pub(super) struct Record {
    laws: Vec<Law>,
    /// What was meant by who asked to be called.
    pub(super) asked: HashMap<(String, DateTime<Utc>), DateTime<Utc>>,
    people: BTreeMap<u32, Person>,
    offences: Vec<String>,
    began: Vec<DateTime<Utc>>,
    live: u32,
    most: u32,
    /// When it ended, where nothing but the rules held anybody back.
    ends: Option<DateTime<Utc>>,
}

#[derive(Default)]
struct Person {
    zone: Option<Tz>,
    phone: String,
    live: Option<(Uuid, DateTime<Utc>)>,
    tried: Vec<Rang>,
    calls: Vec<DateTime<Utc>>,
    waits: Option<Waits>,
    quiet_until: Option<DateTime<Utc>>,
    over: Option<&'static str>,
    /// Ends of conversations that asked for a call, and for when that was taken.
    callbacks: Vec<(DateTime<Utc>, DateTime<Utc>)>,
}

/// The next call that is owed.
#[derive(Clone, Copy)]
struct Waits {
    from: DateTime<Utc>,
    asked_for: bool,
}

impl Record {
    pub(super) fn new(laws: Vec<Law>, ends: Option<DateTime<Utc>>) -> Self {
        Self {
            laws,
            asked: HashMap::new(),
            people: BTreeMap::new(),
            offences: vec![],
            began: vec![],
            live: 0,
            most: 0,
            ends,
        }
    }

    pub(super) fn hear(&mut self, told: &Told) {
        match (told.whose, told.event) {
            (Whose::Contact(who), Event::Contact(event)) => self.contact(who, event),
            (Whose::Person(who), Event::Person(event)) => self.person(who, event),
            (Whose::Target(who), Event::Target(event)) => self.target(who, event),
            (Whose::Campaign, Event::Campaign(_)) => {}
            (whose, event) => panic!("{whose:?} has no {event:?}"),
        }
    }

    /// Everything that is wrong.
    pub(super) fn offences(&self) -> Vec<String> {
        let mut offences = self.offences.clone();
        for (who, person) in &self.people {
            offences.extend(
                self.ends.and_then(|ends| self.is_late(person, ends)).map(|why| format!("{who}: {why}")),
            );
            let wrong = person.callbacks.iter().filter_map(|(ended, taken)| {
                let meant = *self.asked.get(&(person.phone.clone(), *ended))?;
                (meant > *ended && meant != *taken)
                    .then(|| format!("{who}: meant {meant}, taken for {taken}"))
            });
            offences.extend(wrong);
        }
        offences
    }

    pub(super) fn dialled(&self) -> u32 {
        u32::try_from(self.began.len()).unwrap()
    }

    pub(super) fn at_once(&self) -> u32 {
        self.most
    }

    /// The shortest time between the beginnings of two calls.
    pub(super) fn closest(&self) -> TimeDelta {
        self.began.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap()
    }

    pub(super) fn calls_in(&self, zone: &str) -> impl Iterator<Item = DateTime<Utc>> {
        let zone: Tz = zone.parse().unwrap();
        self.people
            .values()
            .filter(move |person| person.zone == Some(zone))
            .flat_map(|person| person.calls.clone())
    }

    fn contact(&mut self, who: u32, event: &contact::Event) {
        let contact::Event::Created { personal, at, .. } = event else { panic!("{event:?}") };
        let details = personal.clear().unwrap();
        let zone = details.zone.as_deref().map(|zone| zone.parse().unwrap());
        let waits = Some(Waits { from: *at, asked_for: false });
        let person = Person { zone, phone: details.phone.clone(), waits, ..Person::default() };
        self.people.insert(who, person);
    }

    fn person(&mut self, who: u32, event: &person::Event) {
        match event {
            person::Event::Rung { call, at, .. } => self.rung(who, *call, *at),
            person::Event::Recounted { .. } => unreachable!("no call is given up here"),
            person::Event::LetGo { call, counts, .. } => self.let_go(who, *call, *counts),
            person::Event::OptedOut { .. } => self.people.get_mut(&who).unwrap().over = Some("opted out"),
            person::Event::Retired { .. } => self.people.get_mut(&who).unwrap().over = Some("retired"),
            person::Event::KeptQuiet { until, .. } => self.kept_quiet(who, *until),
            person::Event::Claimed { .. } => {}
            person::Event::Released { .. } | person::Event::OptedIn { .. } => panic!("{event:?}"),
        }
    }

    fn rung(&mut self, who: u32, call: Uuid, at: DateTime<Utc>) {
        let person = &self.people[&who];
        let mut wrong = vec![];
        wrong.extend(person.live.map(|_| "while a call went on".to_owned()));
        wrong.extend(person.over.map(|why| format!("though it {why}")));
        wrong.extend(
            person.quiet_until.filter(|until| at < *until).map(|_| "before a promise was due".to_owned()),
        );
        let asked_for = person.waits.is_some_and(|waits| waits.asked_for);
        wrong.extend(person.waits.is_none().then(|| "though no call was owed".to_owned()));
        wrong.extend(
            person.waits.filter(|waits| at < waits.from).map(|waits| format!("before {}", waits.from)),
        );
        let forbids = |law: &Law| law.forbids(at, person.zone.unwrap(), &person.tried, asked_for);
        wrong.extend(self.laws.iter().filter_map(forbids).map(|rule| format!("against {rule}")));
        wrong.extend(self.ends.and_then(|_| self.is_late(person, at)));
        self.offences.extend(wrong.into_iter().map(|wrong| format!("{who}: rung at {at} {wrong}")));
        let person = self.people.get_mut(&who).unwrap();
        person.calls.push(at);
        (person.live, person.waits) = (Some((call, at)), None);
        self.began.push(at);
        self.live += 1;
        self.most = self.most.max(self.live);
    }

    /// Whether the call that is owed was allowed well before `at`. The very instant that was asked for is looked at first.
    fn is_late(&self, person: &Person, at: DateTime<Utc>) -> Option<String> {
        let Waits { from, asked_for } = person.waits.filter(|_| person.over.is_none())?;
        let mut moment = from;
        while moment < at {
            let forbids =
                |law: &Law| law.forbids(moment, person.zone.unwrap(), &person.tried, asked_for).is_some();
            let quiet = person.quiet_until.is_some_and(|until| moment < until);
            if !quiet && !self.laws.iter().any(forbids) {
                return Some(format!("late: it was allowed at {moment}"));
            }
            moment += TOLERANCE;
        }
        None
    }

    fn let_go(&mut self, who: u32, call: Uuid, counts: Counts) {
        let person = self.people.get_mut(&who).unwrap();
        let (known, at) = person.live.take().unwrap();
        assert_eq!(known, call);
        if counts != Counts::Nothing {
            person.tried.push(Rang { at, spoke: counts == Counts::Conversation });
        }
        self.live -= 1;
    }

    fn kept_quiet(&mut self, who: u32, until: DateTime<Utc>) {
        let person = self.people.get_mut(&who).unwrap();
        // Worked out from the promise itself, when it was made.
        let owed = person.quiet_until.replace(until);
        if owed.is_none_or(|owed| until < owed) {
            self.offences.push(format!("{who}: quiet until {until}, and {owed:?} was promised"));
        }
    }

    fn target(&mut self, who: u32, event: &target::Event) {
        match event {
            target::Event::Ended { outcome, next, at, .. } => self.ended(who, outcome, *next, *at),
            target::Event::Dialled { call, at, .. } => {
                let live = self.people[&who].live;
                assert_eq!(live, Some((*call, *at)), "a person is asked before the contact is dialled");
            }
            target::Event::Enlisted { .. } | target::Event::Deferred { .. } => {}
            target::Event::Accepted { .. }
            | target::Event::Corrected { .. }
            | target::Event::Withdrawn { .. }
            | target::Event::Dropped { .. } => panic!("{event:?}"),
        }
    }

    fn ended(&mut self, who: u32, outcome: &Outcome, next: Next, at: DateTime<Utc>) {
        let grace = self.laws[0].grace;
        let person = self.people.get_mut(&who).unwrap();
        person.waits = match next {
            Next::Again { at } => Some(Waits { from: at, asked_for: false }),
            Next::Callback { at } => Some(Waits { from: at, asked_for: true }),
            Next::Promised { .. } | Next::Retired | Next::OptedOut | Next::Final => None,
        };
        match (&outcome.reach, next) {
            (Reach::Reached(Upshot::OptedOut), _) => person.over = Some("opted out"),
            (Reach::InvalidNumber, _) => person.over = Some("does not exist"),
            (Reach::Reached(Upshot::PromiseToPay(promise)), _) => {
                let zone = person.zone.unwrap();
                let today = at.with_timezone(&zone).date_naive();
                let after = promise.due.unwrap().max(today) + Days::new(1);
                let over = zone.from_local_datetime(&after.and_time(NaiveTime::MIN)).earliest().unwrap();
                person.quiet_until = Some(over.to_utc() + grace);
            }
            (Reach::Reached(Upshot::CallbackRequested { .. }), Next::Callback { at: taken }) => {
                person.callbacks.push((at, taken));
            }
            _ => {}
        }
    }
}
