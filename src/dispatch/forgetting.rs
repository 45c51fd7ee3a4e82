//! Forgetting a person: the wish is recorded beside the contact, with every number that it ever had and that is nobody else's; that it may
//! not be called any more is said in the same unit. What lists and imports hold is redacted. Keys and screens are the effector's errand.

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate as _;
use domain::contact::{self, Contact};
use domain::fact::{Event, Position};
use domain::ids::{Fingerprint, StreamId};
use domain::import::{self, Import};
use domain::number_list::{self, NumberList};
use domain::person::{self, Person};
use domain::phone::Phone;
use domain::policy::Policy as _;
use domain::policy::forgetting::Forgetting;
use domain::remote::{self, Holder, RemoteHost};
use domain::session::{self, Session};
use uuid::Uuid;

use super::contacts::{Answer, Asked, TRIES_MAX, say, stored, unread};
use super::lists::{self, Redacted, Whom};
use super::reports;
use super::together::{Drawn, Together};
use super::{Dispatch, Failure, Meta};
use crate::journal::Refused;
use crate::journal::effects::caused_by;
use crate::journal::lists::{Chunks, ListName};

/// A person that was forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forgotten {
    pub numbers: Vec<Fingerprint>,
    /// Where it was said last.
    pub position: Position,
    pub at: DateTime<Utc>,
    /// Contacts that have one of the listed numbers here: it is theirs, and is forgotten with them.
    pub others: Vec<Uuid>,
    /// Whether there was anything here of the contact or of its numbers.
    pub known: bool,
    /// The effects that carry it out.
    effects: Vec<String>,
}

/// What there was of somebody who is to be forgotten.
struct Found {
    others: Vec<Uuid>,
    known: bool,
}

/// Numbers that are forgotten with a contact, and the contacts that others of them belong to.
#[derive(Default)]
struct Theirs {
    numbers: Vec<Fingerprint>,
    others: Vec<Uuid>,
}

impl Forgotten {
    fn since(at: DateTime<Utc>) -> Self {
        Self { numbers: vec![], position: 0, at, others: vec![], known: true, effects: vec![] }
    }

    fn covers(&self, listed: &[Fingerprint]) -> bool {
        listed.iter().all(|number| self.numbers.contains(number))
    }
}

impl Dispatch {
    /// Said twice, it was said the first time. Nobody is forgotten in the middle of a call: what it comes to belongs to somebody.
    /// `listed` are numbers with which it was said in a journal that knew more than this one.
    pub async fn forget_contact(
        &self,
        asked: &Asked,
        listed: Option<&[Fingerprint]>,
        reason: Option<&str>,
    ) -> Answer<Forgotten> {
        for _ in 0..TRIES_MAX {
            let known = self.forgotten(asked).await.map_err(unread)?;
            if let Some(known) = known.as_ref().filter(|known| known.covers(listed.unwrap_or_default())) {
                return Ok(self.obeyed(asked, known.clone(), Found { others: vec![], known: true }));
            }
            let Some(found) = self.say_forgotten(asked, (known, listed), reason).await? else { continue };
            // What was stored is read back: it says where it stands.
            if let Some(known) = self.forgotten(asked).await.map_err(unread)? {
                return Ok(self.obeyed(asked, known, found));
            }
        }
        Err(Failure::Conflict)
    }

    fn obeyed(&self, asked: &Asked, known: Forgotten, found: Found) -> Forgotten {
        self.journal.forget_at_hand(asked.organization.as_str(), &known.numbers, known.position);
        self.journal.hear(known.effects.iter().cloned());
        Forgotten { others: found.others, known: found.known, ..known }
    }

    /// What was found here of them; none where somebody else wrote first.
    async fn say_forgotten(
        &self,
        asked: &Asked,
        (known, listed): (Option<Forgotten>, Option<&[Fingerprint]>),
        reason: Option<&str>,
    ) -> Answer<Option<Found>> {
        let stream = StreamId::contact(&asked.organization, asked.contact);
        let drawn = self.draw_all::<Contact>(vec![stream]).await.map_err(unread)?;
        let unknown = || Failure::Refused(contact::Error::Unknown.into());
        let (mut contact, events) = drawn.into_iter().next().ok_or_else(unknown)?;
        let mut candidates = self.numbers_of(asked, &events);
        candidates.extend(listed.unwrap_or_default());
        let was_there = !events.is_empty() || self.knows(asked, &candidates).await.map_err(unread)?;
        // One that was forgotten before may have a new life.
        candidates.retain(|number| !known.as_ref().is_some_and(|known| known.numbers.contains(number)));
        let mut unit = self.together(asked.meta.clone());
        let Theirs { numbers, others } = self.released(asked, &mut unit, candidates).await?;
        let (reason, at) = (reason.map(str::to_owned), asked.at);
        let forget = match listed {
            None => contact::Command::Forget { numbers, reason, at },
            Some(_) => contact::Command::ForgetAgain { numbers, reason, at },
        };
        say(&mut unit, &mut contact, None, forget)?;
        Ok(stored(unit).await?.map(|_| Found { others, known: was_there }))
    }

    /// Whether anything is sealed for one of these numbers, or one stands on a list.
    async fn knows(&self, asked: &Asked, numbers: &[Fingerprint]) -> Result<bool, Refused> {
        let unavailable = |why: &dyn std::fmt::Display| Refused::Unavailable(why.to_string());
        let organization = &asked.organization;
        let keys = self.journal.keys_of(organization.as_str(), numbers).await;
        if !keys.map_err(|why| unavailable(&why))?.is_empty() {
            return Ok(true);
        }
        let lists = self.journal.stored_lists(organization).await.map_err(|why| unavailable(&why))?;
        for list in lists {
            for number in numbers {
                let line = self.lists.line(organization, list.list, number).await;
                if line.map_err(|why| unavailable(&why))?.is_some() {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Takes those numbers from the contact that nobody else has.
    async fn released(
        &self,
        asked: &Asked,
        unit: &mut Together,
        candidates: Vec<Fingerprint>,
    ) -> Answer<Theirs> {
        let mut theirs = Theirs::default();
        for number in candidates {
            if theirs.numbers.contains(&number) {
                continue;
            }
            let stream = StreamId::person(&asked.organization, &number);
            let mut person: Drawn<Person> = self.draw(stream).await.map_err(unread)?;
            if let Some(other) = person.state.contact().filter(|other| *other != asked.contact) {
                theirs.others.push(other);
                continue;
            }
            if let Some(live) = person.state.live() {
                return Err(Failure::Refused(person::Error::Ringing { call: live.call }.into()));
            }
            theirs.numbers.push(number);
            let release = person::Command::Release { contact: asked.contact, at: asked.at };
            say(unit, &mut person, None, release)?;
        }
        Ok(theirs)
    }

    /// Whether every place is rewritten by now, those of this very node too.
    pub async fn is_carried_out(&self, forgotten: &Forgotten) -> Answer<bool> {
        for effect in &forgotten.effects {
            let done = self.journal.effect_done(effect).await;
            if done.map_err(|why| Failure::Unavailable(why.to_string()))? != Some(true) {
                return Ok(false);
            }
        }
        Ok(self.journal.has_followed(&forgotten.effects))
    }

    async fn forgotten(&self, asked: &Asked) -> Result<Option<Forgotten>, Refused> {
        let stream = StreamId::contact(&asked.organization, asked.contact);
        let facts = self.facts_of(Contact::TYPE, &stream).await;
        let facts = facts.map_err(|why| Refused::Unavailable(why.to_string()))?;
        let mut known: Option<Forgotten> = None;
        for fact in &facts {
            let Event::Contact(contact::Event::Forgotten { numbers, at, .. }) = &fact.event else {
                continue;
            };
            let known = known.get_or_insert_with(|| Forgotten::since(*at));
            known.numbers.extend(numbers);
            known.effects.push(caused_by(Forgetting::NAME, fact));
            known.position = fact.position;
        }
        Ok(known)
    }

    /// Every number that the contact ever had.
    fn numbers_of(&self, asked: &Asked, events: &[contact::Event]) -> Vec<Fingerprint> {
        let mut numbers = vec![];
        for event in events {
            let (contact::Event::Created { personal, .. } | contact::Event::Changed { personal, .. }) = event
            else {
                continue;
            };
            let phone = personal.clear().map(|details| Phone::stored(&details.phone));
            let number = phone.map(|phone| self.fingerprint(&asked.organization, &phone));
            numbers.extend(number.filter(|number| !numbers.contains(number)));
        }
        numbers
    }

    /// Takes them out of every list and every import; tells how many had to be rewritten. May be repeated.
    pub async fn redact(&self, whom: &Whom, at: DateTime<Utc>, meta: &Meta) -> Result<usize, lists::Error> {
        let mut rewritten = 0;
        for name in self.journal.stored_lists(&whom.organization).await? {
            let stream = StreamId::number_list(&name.organization, name.list);
            let (list, import) = self
                .draw_both::<NumberList, Import>((stream.clone(), stream))
                .await
                .map_err(|why| away(&why))?;
            let redacted = match (list.state.digest(), import.state.digest()) {
                (Some(_), _) => self.lists.redacted(&name, whom).await?,
                (None, Some(_)) => self.lists.redacted_import(&name, whom).await?,
                // Nobody has accepted it yet, or ever will.
                (None, None) => None,
            };
            if let Some(redacted) = redacted {
                let is_list = list.state.digest().is_some();
                self.say_redacted(&name, (is_list, &redacted.digest), (at, meta)).await?;
                self.put_redacted(name, redacted, at).await?;
                rewritten += 1;
            }
        }
        Ok(rewritten)
    }

    /// The list that was put on the remote host last, where one of these numbers stands on it.
    pub async fn lying_there(&self, host: &str, whom: &Whom) -> Result<Option<Uuid>, lists::Error> {
        let unavailable = |why: reports::Error| lists::Error::Unavailable(why.to_string());
        let facts = self.facts_of(RemoteHost::TYPE, &StreamId::remote(host)).await.map_err(unavailable)?;
        let holder = facts.iter().rev().find_map(|fact| {
            let Event::Remote(remote::Event::Taken { holder, .. }) = &fact.event else { return None };
            Some(holder)
        });
        let list = match holder {
            Some(Holder::List { organization, list, .. }) if *organization == whom.organization => {
                Some(*list)
            }
            Some(Holder::Session { organization, session }) if *organization == whom.organization => {
                let stream = StreamId::session(organization, session);
                let facts = self.facts_of(Session::TYPE, &stream).await.map_err(unavailable)?;
                facts.iter().find_map(|fact| {
                    let Event::Session(session::Event::Opened { list, .. }) = &fact.event else {
                        return None;
                    };
                    list.as_ref().map(|list| list.id)
                })
            }
            Some(Holder::List { .. } | Holder::Session { .. }) | None => None,
        };
        let Some(list) = list else { return Ok(None) };
        for number in &whom.numbers {
            if self.lists.line(&whom.organization, list, number).await?.is_some() {
                return Ok(Some(list));
            }
        }
        Ok(None)
    }

    /// Said before it is done: whoever verifies the journal in between finds what was stored before, which is right as well.
    async fn say_redacted(
        &self,
        name: &ListName,
        (is_list, digest): (bool, &str),
        (at, meta): (DateTime<Utc>, &Meta),
    ) -> Result<(), lists::Error> {
        let digest = digest.to_owned();
        let said = if is_list {
            let stream = StreamId::number_list(&name.organization, name.list);
            let redact = number_list::Command::Redact { digest, at };
            self.number_list(stream, redact, meta.clone()).await.map(drop).map_err(|why| why.to_string())
        } else {
            let stream = StreamId::import(&name.organization, name.list);
            let redact = import::Command::Redact { digest, at };
            self.import(stream, redact, meta.clone()).await.map(drop).map_err(|why| why.to_string())
        };
        said.map_err(lists::Error::Unavailable)
    }

    async fn put_redacted(
        &self,
        name: ListName,
        Redacted { chunks, key, .. }: Redacted,
        stored_at: DateTime<Utc>,
    ) -> Result<(), lists::Error> {
        let row = key.to_store();
        self.journal.replace_chunks(Chunks { name, chunks, key: row, stored_at }).await?;
        key.stored();
        Ok(())
    }
}

fn away(why: &Refused) -> lists::Error {
    lists::Error::Unavailable(why.to_string())
}
