//! Who takes part in a simulated campaign: the aggregates themselves, each with how many of its events were recorded.
//! Their ids are their places, so that the same campaign has the same ones every time.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Error, Event, Told, name};
use crate::campaign::{self, Campaign};
use crate::contact::{self, Contact};
use crate::fact::Recorded;
use crate::ids::{Fingerprint, StreamId};
use crate::person::{self, Person};
use crate::policy::dialling::Parties;
use crate::target::{self, Target};

/// Whom everything belongs to.
pub const ORGANIZATION: &str = "simulated";
pub(super) const CAMPAIGN: Uuid = Uuid::from_u64_pair(1, 0);

const CONTACTS: u64 = 2;
const CALLS: u64 = 3;

/// Whose event it is; contacts by their places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Whose {
    Campaign,
    Contact(u32),
    Person(u32),
    Target(u32),
}

impl Whose {
    /// As the journal names streams, but for the person's, which no key made.
    pub fn stream(self) -> StreamId {
        StreamId::stored(match self {
            Self::Campaign => format!("{ORGANIZATION}/{CAMPAIGN}"),
            Self::Contact(who) => format!("{ORGANIZATION}/{}", contact_id(who)),
            Self::Person(who) => format!("{ORGANIZATION}/~{}", contact_id(who).simple()),
            Self::Target(who) => format!("{ORGANIZATION}/{CAMPAIGN}/{}", contact_id(who)),
        })
    }
}

pub(super) fn contact_id(who: u32) -> Uuid {
    name(CONTACTS, who.into())
}

/// What no key made stands for what a key would have.
pub(super) fn number_of(who: u32) -> Fingerprint {
    Fingerprint(*contact_id(who).as_bytes())
}

/// An aggregate that plays a part.
pub(super) trait Part: Recorded {
    fn told(event: &Self::Event) -> Event<'_>;
}

impl Part for Campaign {
    fn told(event: &campaign::Event) -> Event<'_> {
        Event::Campaign(event)
    }
}

impl Part for Contact {
    fn told(event: &contact::Event) -> Event<'_> {
        Event::Contact(event)
    }
}

impl Part for Person {
    fn told(event: &person::Event) -> Event<'_> {
        Event::Person(event)
    }
}

impl Part for Target {
    fn told(event: &target::Event) -> Event<'_> {
        Event::Target(event)
    }
}

/// An aggregate, and how many of its events there were.
#[derive(Debug, Default)]
pub(super) struct Kept<A> {
    pub(super) state: A,
    recorded: u64,
}

#[derive(Debug, Default)]
pub(super) struct Member {
    pub(super) contact: Kept<Contact>,
    pub(super) person: Kept<Person>,
    pub(super) target: Kept<Target>,
    /// How often it was called.
    calls: u32,
}

#[derive(Debug, Default)]
pub(super) struct Cast {
    pub(super) campaign: Kept<Campaign>,
    members: Vec<Member>,
    calls: u64,
}

impl<A: Part> Kept<A> {
    pub(super) fn record(
        &mut self,
        whose: Whose,
        at: DateTime<Utc>,
        decided: Vec<A::Event>,
        tell: &mut dyn FnMut(&Told),
    ) {
        for event in decided {
            self.recorded += 1;
            tell(&Told { whose, sequence: self.recorded, at, event: A::told(&event) });
            self.state.apply(event);
        }
    }
}

impl Member {
    pub(super) fn parties(&self) -> Parties<'_> {
        let (contact, person, target) = (&self.contact.state, &self.person.state, &self.target.state);
        Parties { contact, person, listed: None, target }
    }

    /// Which call to it is the next.
    pub(super) fn next_attempt(&mut self) -> u32 {
        self.calls += 1;
        self.calls
    }
}

impl Cast {
    pub(super) fn join(&mut self) {
        self.members.push(Member::default());
    }

    pub(super) fn next_call(&mut self) -> Uuid {
        self.calls += 1;
        name(CALLS, self.calls)
    }

    pub(super) fn member(&self, who: u32) -> Result<&Member, Error> {
        let place = usize::try_from(who).ok();
        place.and_then(|place| self.members.get(place)).ok_or(Error::Missing(who))
    }

    pub(super) fn member_mut(&mut self, who: u32) -> Result<&mut Member, Error> {
        let place = usize::try_from(who).ok();
        place.and_then(|place| self.members.get_mut(place)).ok_or(Error::Missing(who))
    }
}
