//! One command over several streams: each is looked at and decided on, and what they say is stored whole or not at all.
//! No keeper has streams that are written so: what they are is read from the journal each time, and its versions see to it
//! that whoever was slower looks again.

use std::sync::Arc;

use cqrs_es::Aggregate;
use domain::fact::{Position, Recorded};
use domain::ids::{Fingerprint, StreamId};

use super::draft::{decide, seal};
use super::{Dispatch, Failure, Meta};
use crate::journal::keys::PersonKey;
use crate::journal::{Append, Journal, Refused, Unit};

/// An aggregate as it stands, or as it will once the unit is stored.
#[derive(Debug, Clone)]
pub struct Drawn<A> {
    pub stream: StreamId,
    pub state: A,
    version: u64,
}

impl<A> Drawn<A> {
    /// As it stands, or will once the unit is stored.
    pub fn version(&self) -> u64 {
        self.version
    }
}

impl<A: Recorded> Drawn<A> {
    fn of(stream: StreamId, events: Vec<A::Event>, version: u64) -> Self {
        let mut state = A::default();
        for event in events {
            state.apply(event);
        }
        Self { stream, state, version }
    }

    /// One that is taken for new without a look. Where it is not, storing is refused as a conflict.
    pub fn unseen(stream: StreamId) -> Self {
        Self { stream, state: A::default(), version: 0 }
    }
}

/// What is to be stored together.
pub struct Together {
    journal: Journal,
    meta: Meta,
    appends: Vec<Append>,
    keys: Vec<PersonKey>,
}

impl std::fmt::Debug for Together {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Together").field("appends", &self.appends.len()).finish_non_exhaustive()
    }
}

impl Dispatch {
    /// Reads a stream anew.
    pub async fn draw<A: Recorded>(&self, stream: StreamId) -> Result<Drawn<A>, Refused> {
        let loaded = self.journal.load::<A>(&stream).await;
        let (events, version, _) = loaded.map_err(|why| Refused::Unavailable(why.to_string()))?;
        Ok(Drawn::of(stream, events, version))
    }

    /// Two in one look.
    pub async fn draw_both<A: Recorded, B: Recorded>(
        &self,
        (one, other): (StreamId, StreamId),
    ) -> Result<(Drawn<A>, Drawn<B>), Refused> {
        let loaded = self.journal.load_both::<A, B>(&one, &other).await;
        let (of_one, of_other) = loaded.map_err(|why| Refused::Unavailable(why.to_string()))?;
        Ok((Drawn::of(one, of_one.0, of_one.1), Drawn::of(other, of_other.0, of_other.1)))
    }

    /// Several streams in their order, each with everything that was said of it.
    pub async fn draw_all<A: Recorded>(
        &self,
        streams: Vec<StreamId>,
    ) -> Result<Vec<(Drawn<A>, Vec<A::Event>)>, Refused> {
        let loaded = self.journal.load_all::<A>(&streams).await;
        let mut loaded = loaded.map_err(|why| Refused::Unavailable(why.to_string()))?;
        let drawn = streams.into_iter().map(|stream| {
            let (events, version) = loaded.remove(&stream).unwrap_or_default();
            (Drawn::of(stream, events.clone(), version), events)
        });
        Ok(drawn.collect())
    }

    pub fn together(&self, meta: Meta) -> Together {
        Together { journal: self.journal.clone(), meta, appends: vec![], keys: vec![] }
    }
}

impl Together {
    /// Decides, and notes what is said. `person` is whose data the command carries. True where anything happens.
    pub fn say<A: Recorded>(
        &mut self,
        drawn: &mut Drawn<A>,
        person: Option<Fingerprint>,
        command: A::Command,
    ) -> Result<bool, Failure<<A as Aggregate>::Error>> {
        let waits = || Failure::Unavailable("the aggregate waits for something".into());
        let (decided, events) = decide(&mut drawn.state, command).ok_or_else(waits)?;
        decided.map_err(Failure::Refused)?;
        if events.is_empty() {
            return Ok(false);
        }
        let (keyring, organization) = (self.journal.keyring(), drawn.stream.organization());
        let unavailable = |why: &dyn std::fmt::Display| Failure::Unavailable(why.to_string());
        let key = person.map(|person| keyring.person(organization, person)).transpose();
        let key = key.map_err(|why| unavailable(&why))?;
        let sealed = events.into_iter().map(|event| seal::<A>(event, keyring, key.as_ref()));
        let entries = sealed.collect::<Result<Vec<_>, _>>().map_err(|why| unavailable(&why))?;
        let expected = drawn.version;
        drawn.version += u64::try_from(entries.len()).unwrap_or(0);
        self.keys.extend(key);
        match self.appends.iter_mut().find(|known| known.stream == drawn.stream && known.kind == A::TYPE) {
            Some(known) => known.events.extend(entries),
            None => self.appends.push(Append {
                kind: A::TYPE,
                stream: drawn.stream.clone(),
                expected,
                events: entries,
            }),
        }
        Ok(true)
    }

    /// Brings what was drawn anew to where this unit has brought its stream already.
    pub fn catch_up<A: Recorded>(&self, drawn: &mut Drawn<A>) {
        let known = self.appends.iter().find(|known| known.stream == drawn.stream && known.kind == A::TYPE);
        for entry in known.iter().flat_map(|known| &known.events) {
            if let Some(event) = A::from_fact(entry.fact.clone()) {
                drawn.state.apply(event);
                drawn.version += 1;
            }
        }
    }

    /// Where the newest of it stands. What says nothing is stored already.
    pub async fn store(self) -> Result<Position, Refused> {
        if self.appends.is_empty() {
            return Ok(self.journal.position());
        }
        let unit = Unit {
            command: self.meta.command.clone(),
            circumstances: Arc::clone(&self.meta.circumstances),
            appends: self.appends,
            keys: self.keys.iter().filter_map(PersonKey::to_store).collect(),
        };
        let appended = self.journal.append(unit).await?;
        self.keys.iter().for_each(PersonKey::stored);
        Ok(appended.last)
    }
}
