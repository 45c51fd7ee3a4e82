//! Forgetting: which events a person's keys sealed, their destruction, and what is at hand of them in memory.
//! What was sealed stays where it is and opens to nobody; that somebody is to be forgotten is an event, which every node obeys that
//! reads it. What has to be rewritten elsewhere is not decided here.

use std::collections::{BTreeSet, HashSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate as _;
use domain::contact::{self, Contact};
use domain::fact::{Event, Fact, Position};
use domain::ids::{Fingerprint, Organization};
use domain::policy::Policy as _;
use domain::policy::forgetting::Forgetting;
use uuid::Uuid;

use super::bounds::Bounds;
use super::effects::caused_by;
use super::feed::{Decoding, Keys};
use super::keys::Keyring;
use super::lists::{Chunks, ListName};
use super::verify::Reader;
use super::{Error, Journal, Named, Store};

/// Effects, by their ids.
pub(super) type Heard = Arc<Mutex<BTreeSet<String>>>;

/// Events looked through in one read.
const LOOKED_THROUGH: u64 = 20_000;
const LISTING: Bounds = Bounds { events: 20_000, bytes: 16 << 20 };

/// An event whose personal part needs one of the keys that were asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedEvent {
    pub position: Position,
    pub kind: String,
    pub stream: String,
    pub key: Uuid,
}

/// That somebody was forgotten: nothing of it is about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub organization: Organization,
    pub contact: Uuid,
    pub numbers: Vec<Fingerprint>,
    pub at: DateTime<Utc>,
    /// Who asked for it.
    pub by: String,
}

impl Said {
    pub(super) fn of(fact: &Fact) -> Option<Self> {
        let Event::Contact(contact::Event::Forgotten { numbers, at, .. }) = &fact.event else { return None };
        let organization = Organization::parse(fact.stream.organization()).ok()?;
        let contact = fact.stream.session_name().parse().ok()?;
        let by = fact.circumstances.actor.clone();
        Some(Self { organization, contact, numbers: numbers.clone(), at: *at, by })
    }
}

impl Reader {
    /// Everybody who was forgotten, the oldest first.
    pub async fn forgotten(&self) -> Result<Vec<Said>, Error> {
        let (mut all, mut after) = (vec![], 0);
        loop {
            let mut page = self.stored_within(after, LISTING).await?;
            let Some(last) = page.last() else { return Ok(all) };
            after = last.position;
            page.retain(|event| event.kind == Contact::TYPE && event.event_type == "forgotten");
            if !page.is_empty() {
                let told = self.decode(&page, None).await?;
                all.extend(told.facts.iter().filter_map(|fact| Said::of(fact)));
            }
        }
    }
}

/// An event that may be one of them, as its store finds it.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) position: Position,
    pub(super) kind: String,
    pub(super) stream: String,
    pub(super) payload: String,
}

impl Journal {
    /// Drops what is in memory of whoever a fact tells to forget.
    pub(super) fn obey(&self, fact: &Fact) {
        if let Event::Contact(contact::Event::Forgotten { numbers, .. }) = &fact.event {
            self.forget_at_hand(fact.stream.organization(), numbers, fact.position);
            self.hear([caused_by(Forgetting::NAME, fact)]);
        }
    }

    /// Effects by which somebody is forgotten, on whichever node: this one has to follow them.
    pub fn hear(&self, effects: impl IntoIterator<Item = String>) {
        // Where there is one node, whoever forgets somebody leaves nothing to follow.
        if self.is_shared() {
            self.heard().extend(effects);
        }
    }

    /// Whether nothing of these is left to do for this node.
    pub fn has_followed(&self, effects: &[String]) -> bool {
        let heard = self.heard();
        !effects.iter().any(|effect| heard.contains(effect))
    }

    fn heard(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those that were heard of, are not followed, and are carried out by now.
    pub async fn forgettings_done(&self) -> Result<Vec<String>, Error> {
        let heard: Vec<String> = self.heard().iter().cloned().collect();
        let mut done = vec![];
        for effect in heard {
            if self.effect_done(&effect).await? == Some(true) {
                done.push(effect);
            }
        }
        Ok(done)
    }

    /// What was kept on this node of those is gone.
    pub fn forgettings_followed(&self, effects: &[String]) {
        self.heard().retain(|heard| !effects.contains(heard));
    }

    /// The same for whoever has just said it. Nothing sealed from here on needs a key of before.
    pub fn forget_at_hand(&self, organization: &str, numbers: &[Fingerprint], said: Position) {
        let mut new = false;
        for number in numbers {
            new |= self.keyring.forget(organization, *number, said);
        }
        if new {
            self.drop_at_hand();
        }
    }

    /// Facts and aggregates that are kept in clear are read again from the store.
    pub fn drop_at_hand(&self) {
        self.tail.clear();
        self.forgettings.fetch_add(1, Ordering::AcqRel);
    }

    /// Moves whenever what is kept in memory may say something of somebody who was forgotten.
    pub fn forgettings(&self) -> u64 {
        self.forgettings.load(Ordering::Acquire)
    }

    /// The keys of these persons, all that there are.
    pub async fn keys_of(&self, organization: &str, persons: &[Fingerprint]) -> Result<Vec<Uuid>, Error> {
        match &self.store {
            Store::Sqlite(store) => store.keys_of(organization, persons).await,
            Store::Postgres(store) => store.keys_of(organization, persons).await,
        }
    }

    /// Looks through the events after a position for what these keys sealed: there is no index of it, since forgetting is rare.
    pub async fn sealed_with(&self, keys: &[Uuid], after: Position) -> Result<Vec<SealedEvent>, Error> {
        let beginnings: Vec<(Uuid, String)> =
            keys.iter().map(|key| (*key, Keyring::beginning(*key))).collect();
        let (mut found, mut from, head) = (vec![], after, self.position());
        while from < head && !keys.is_empty() {
            let to = head.min(from + LOOKED_THROUGH);
            for candidate in self.candidates(&beginnings, (from, to)).await? {
                let Candidate { position, kind, stream, payload } = candidate;
                let used = beginnings.iter().filter(|(_, begins)| payload.contains(begins.as_str()));
                found.extend(used.map(|(key, _)| SealedEvent {
                    position,
                    kind: kind.clone(),
                    stream: stream.clone(),
                    key: *key,
                }));
            }
            from = to;
        }
        Ok(found)
    }

    async fn candidates(
        &self,
        beginnings: &[(Uuid, String)],
        between: (Position, Position),
    ) -> Result<Vec<Candidate>, Error> {
        let texts = beginnings.iter().map(|(_, begins)| begins.clone()).collect();
        match &self.store {
            Store::Sqlite(store) => store.sealed_with(texts, between).await,
            Store::Postgres(store) => store.sealed_with(texts, between).await,
        }
    }

    /// What they sealed reads here from now on as it will once they are destroyed, which comes last: until then it can be found what they
    /// sealed, whoever begins anew after a crash.
    pub fn close_keys(&self, keys: &[Uuid]) {
        self.keyring.close(keys);
        self.drop_at_hand();
    }

    /// What was said in these streams under keys that are closed and not destroyed yet: it tells what lies elsewhere and has to go first.
    pub async fn said_under(&self, keys: &[Uuid], streams: &[Named]) -> Result<Vec<Arc<Fact>>, Error> {
        let stored = self.streams(streams).await?;
        let mut decoding = Decoding::begin(0, &stored);
        decoding.clear(&Keys::of(&self.keyring, self.key_rows(keys).await?));
        Ok(decoding.page().facts)
    }

    /// From here on nobody reads what they sealed, here or on another node.
    pub async fn destroy_keys(&self, keys: &[Uuid]) -> Result<(), Error> {
        match &self.store {
            Store::Sqlite(store) => store.destroy_keys(keys.to_vec()).await,
            Store::Postgres(store) => store.destroy_keys(keys).await,
        }?;
        self.drop_at_hand();
        Ok(())
    }

    /// Leaves nothing in the store's own files of what was removed, as far as the store lets anybody. False where it is to be tried again.
    pub async fn wipe(&self) -> Result<bool, Error> {
        match &self.store {
            Store::Sqlite(store) => store.wipe().await,
            // Its files are the server's own, and are told of in docs/personal-data.md.
            Store::Postgres(_) => Ok(true),
        }
    }

    /// Everything of an organization that chunks are stored of, lists and imports alike.
    pub async fn stored_lists(&self, organization: &Organization) -> Result<Vec<ListName>, Error> {
        let lists: HashSet<Uuid> = match &self.store {
            Store::Sqlite(store) => store.stored_lists(organization.clone()).await,
            Store::Postgres(store) => store.stored_lists(organization).await,
        }?
        .into_iter()
        .collect();
        Ok(lists.into_iter().map(|list| ListName { organization: organization.clone(), list }).collect())
    }

    /// Puts chunks in the place of those of the same number, all or none.
    pub async fn replace_chunks(&self, chunks: Chunks) -> Result<(), Error> {
        match &self.store {
            Store::Sqlite(store) => store.replace_chunks(chunks).await,
            Store::Postgres(store) => store.replace_chunks(&chunks).await,
        }
    }

    /// Whether an effect was carried out; none where there is no such effect yet.
    pub async fn effect_done(&self, id: &str) -> Result<Option<bool>, Error> {
        match &self.store {
            Store::Sqlite(store) => store.effect_done(id.to_owned()).await,
            Store::Postgres(store) => store.effect_done(id).await,
        }
    }
}
