//! Whose words nobody can read any more: what is personal in an event is sealed with a key of its person, and that key is not there. Of
//! whoever was forgotten that is meant; of anybody else it is a loss, which no digest shows, since keys lie beside the journal.

use std::collections::{BTreeSet, HashMap, HashSet};

use cqrs_es::Aggregate as _;
use domain::call::Call;
use domain::contact::Contact;
use domain::fact::Event;
use domain::ids::{Fingerprint, Organization, StreamId};
use domain::person::{self, Person};
use domain::promise::Promises;
use domain::target::Target;
use uuid::Uuid;

use super::Reader;
use crate::journal::forgetting::Said;
use crate::journal::keys::Keyring;
use crate::journal::story::Story;
use crate::journal::{Error, Stored, micros};

/// Keys that were found are not looked for again; beyond so many all of them are.
const FOUND_MAX: usize = 1 << 20;
/// The base64 of a key's id, before the point that follows it.
const ID_LEN: usize = 22;
/// Whoever sealed something so soon after somebody was forgotten may not have heard of it yet: an hour, in microseconds.
const HEARD_WITHIN: i64 = 3_600_000_000;

/// What cannot be opened in a journal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lost {
    /// Whose keys are gone though nobody asked to forget them. Somebody who is told of under several names may be counted as several.
    pub persons: u64,
    /// Keys that are gone and may have been those of somebody who was forgotten: what they sealed names nobody.
    pub unclear: u64,
}

/// Who an event is about, as far as it says without its keys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Name {
    Number(Fingerprint),
    Contact(Uuid),
}

/// What a key sealed that is gone.
#[derive(Debug)]
struct Used {
    organization: String,
    names: BTreeSet<Name>,
    stream: String,
    /// When it last did.
    last: i64,
}

#[derive(Debug, Default)]
struct Forgotten {
    names: HashSet<(String, Name)>,
    /// When somebody of an organization last was.
    last: HashMap<String, i64>,
}

/// Everything of the kind that was met so far.
#[derive(Debug, Default)]
pub(super) struct Gone {
    found: HashSet<Uuid>,
    missing: HashMap<Uuid, Used>,
    forgotten: Forgotten,
}

impl Gone {
    pub(super) async fn look(&mut self, reader: &Reader, events: &[Stored]) -> Result<(), Error> {
        self.forgotten.hear(reader, events).await?;
        let seals: Vec<(Uuid, &Stored)> =
            events.iter().flat_map(|event| seals(&event.payload).map(move |key| (key, event))).collect();
        let mut unknown: Vec<Uuid> = seals.iter().map(|(key, _)| *key).collect();
        unknown.retain(|key| !self.found.contains(key) && !self.missing.contains_key(key));
        unknown.sort_unstable();
        unknown.dedup();
        if self.found.len() > FOUND_MAX {
            self.found.clear();
        }
        let found: HashSet<Uuid> = reader.keys(&unknown).await?.into_iter().map(|row| row.id).collect();
        unknown.retain(|key| !found.contains(key));
        self.found.extend(found);
        let is_gone = |key: &Uuid| self.missing.contains_key(key) || unknown.binary_search(key).is_ok();
        for (key, event) in seals.into_iter().filter(|(key, _)| is_gone(key)).collect::<Vec<_>>() {
            // A text may look like what is sealed.
            if sealed_with(reader, event).await? == Some(key) {
                self.miss(key, event);
            }
        }
        Ok(())
    }

    fn miss(&mut self, key: Uuid, event: &Stored) {
        let stream = StreamId::stored(event.stream.clone());
        let used = self.missing.entry(key).or_insert_with(|| Used {
            organization: stream.organization().to_owned(),
            names: BTreeSet::new(),
            stream: event.stream.clone(),
            last: event.recorded_at,
        });
        used.names.extend(name(&event.kind, &stream));
        used.last = used.last.max(event.recorded_at);
    }

    pub(super) async fn end(mut self, reader: &Reader) -> Result<Lost, Error> {
        if self.missing.is_empty() {
            return Ok(Lost::default());
        }
        self.forgotten.complete(reader).await?;
        let (mut persons, mut unclear) = (HashSet::new(), 0);
        for used in self.missing.into_values() {
            match self.forgotten.has(&used) {
                Some(true) => {}
                Some(false) => drop(
                    persons.insert((used.organization, used.names.into_iter().next().ok_or(used.stream))),
                ),
                None => unclear += 1,
            }
        }
        Ok(Lost { persons: u64::try_from(persons.len()).unwrap_or(u64::MAX), unclear })
    }
}

impl Forgotten {
    async fn hear(&mut self, reader: &Reader, events: &[Stored]) -> Result<(), Error> {
        let told = |event: &&Stored| event.kind == Contact::TYPE && event.event_type == "forgotten";
        let told: Vec<Stored> = events.iter().filter(told).cloned().collect();
        for fact in reader.decode(&told, None).await?.facts {
            let Some(Said { organization, contact, numbers, at, by: _ }) = Said::of(&fact) else { continue };
            let organization = organization.to_string();
            let names = numbers.into_iter().map(Name::Number).chain([Name::Contact(contact)]);
            self.names.extend(names.map(|name| (organization.clone(), name)));
            let last = self.last.entry(organization).or_insert(i64::MIN);
            *last = micros(at).max(*last);
        }
        Ok(())
    }

    /// A number that was forgotten may have been another contact's before.
    async fn complete(&mut self, reader: &Reader) -> Result<(), Error> {
        let mut contacts = vec![];
        for (organization, name) in &self.names {
            let (Name::Number(number), Ok(parsed)) = (name, Organization::parse(organization)) else {
                continue;
            };
            let stream = StreamId::person(&parsed, number);
            let positions =
                reader.positions(&Story { streams: vec![(Person::TYPE, stream)], beneath: None }).await?;
            let stored = reader.at(&positions).await?;
            for fact in reader.decode(&stored, None).await?.facts {
                if let Event::Person(person::Event::Claimed { contact, .. }) = &fact.event {
                    contacts.push((organization.clone(), Name::Contact(*contact)));
                }
            }
        }
        self.names.extend(contacts);
        Ok(())
    }

    /// Whether the key was somebody's who was forgotten; none where nobody can tell.
    fn has(&self, used: &Used) -> Option<bool> {
        let named = |name: &Name| self.names.contains(&(used.organization.clone(), name.clone()));
        if !used.names.is_empty() {
            return Some(used.names.iter().any(named));
        }
        let since = self.last.get(&used.organization).map(|last| last.saturating_add(HEARD_WITHIN));
        since.is_none_or(|since| used.last > since).then_some(false)
    }
}

/// Keys that a payload seems to be sealed with: a text that begins with a key's id and a point.
fn seals(payload: &str) -> impl Iterator<Item = Uuid> {
    payload.match_indices('.').filter_map(|(point, _)| {
        let begin = point.checked_sub(ID_LEN)?;
        let quote = payload.as_bytes().get(begin.checked_sub(1)?)?;
        if *quote == b'"' { Keyring::key_id(payload.get(begin..=point)?) } else { None }
    })
}

async fn sealed_with(reader: &Reader, event: &Stored) -> Result<Option<Uuid>, Error> {
    let page = reader.decode(std::slice::from_ref(event), None).await?;
    Ok(page.facts.iter().find_map(|fact| {
        let mut event = fact.event.clone();
        event.personal().and_then(|personal| personal.sealed().and_then(Keyring::key_id))
    }))
}

fn name(kind: &str, stream: &StreamId) -> Option<Name> {
    match kind {
        Contact::TYPE | Promises::TYPE => stream.session_name().parse().ok().map(Name::Contact),
        Target::TYPE => stream.of_target().map(|(_, contact)| Name::Contact(contact)),
        Person::TYPE | Call::TYPE => {
            let (_, last) = stream.as_str().rsplit_once('/')?;
            last.strip_prefix('~').and_then(Fingerprint::parse).map(Name::Number)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_is_seen_and_what_is_not_is_not() {
        let key = Uuid::from_u128(0x0199_b9f4_6f00_7000_8000_0000_0000_00c1);
        let sealed = format!(
            r#"{{"reported":{{"personal":"{}AbCd_-09","url":"https://a.b/c.wav"}}}}"#,
            Keyring::beginning(key)
        );
        assert_eq!(seals(&sealed).collect::<Vec<_>>(), [key]);
        for clear in
            ["", ".", r#"{"a":"b.c"}"#, r#"{"a":"ўзбекча ўзбекча ўзбекча.а"}"#, r#""AAAAAAAAAAAAAAAAAAAAA.""#]
        {
            assert_eq!(seals(clear).count(), 0, "{clear}");
        }
    }
}
