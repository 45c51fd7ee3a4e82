//! The events of what is played, one after the other as they were recorded, each with its words. Some are read ahead, so that a story
//! of any length fits.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::call;
use domain::fact::{Circumstances, Event, Fact, Position};

use super::super::when::{When, cut};
use super::subject::Subject;
use crate::http::audit::{self, Teller};
use crate::journal::feed::Unreadable;
use crate::journal::keys::Keyring;
use crate::journal::verify::Reader;
use crate::journal::{self, Stored, from_micros};

const READ_AHEAD: usize = 512;

/// One event that is played.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) position: Position,
    pub(super) recorded_at: DateTime<Utc>,
    pub(super) occurred_at: DateTime<Utc>,
    pub(super) kind: String,
    pub(super) event_type: String,
    pub(super) stream: String,
    pub(super) actor: String,
    pub(super) words: String,
    /// Whom it is about, where that may be told.
    pub(super) phone: Option<String>,
    pub(super) facts: Vec<Arc<Fact>>,
    pub(super) unreadable: Option<Unreadable>,
}

/// How the events are told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Telling<'a> {
    pub(super) teller: Teller,
    /// None where numbers are not to be told.
    pub(super) keyring: Option<&'a Keyring>,
}

#[derive(Debug)]
pub(super) struct Reel<'a> {
    reader: &'a Reader,
    subject: &'a Subject,
    telling: Telling<'a>,
    positions: VecDeque<Position>,
    ahead: VecDeque<Scene>,
    /// All there are, and those that were taken.
    pub(super) total: usize,
    pub(super) taken: usize,
}

impl<'a> Reel<'a> {
    pub(super) async fn open(
        reader: &'a Reader,
        subject: &'a Subject,
        telling: Telling<'a>,
        until: Option<When>,
    ) -> Result<Self, journal::Error> {
        let mut positions = reader.positions(&subject.story).await?;
        if let Some(until) = until {
            cut(reader, until, &mut positions).await?;
        }
        let total = positions.len();
        let positions = positions.into();
        Ok(Self { reader, subject, telling, positions, ahead: VecDeque::new(), total, taken: 0 })
    }

    /// When the next one was recorded.
    pub(super) async fn due(&mut self) -> Result<Option<&Scene>, journal::Error> {
        while self.ahead.is_empty() && !self.positions.is_empty() {
            let some: Vec<_> = self.positions.drain(..READ_AHEAD.min(self.positions.len())).collect();
            let stored = self.reader.at(&some).await?;
            let mut page = self.reader.decode(&stored, self.telling.keyring).await?;
            let mut facts: HashMap<Position, Vec<Arc<Fact>>> = HashMap::with_capacity(page.facts.len());
            for fact in page.facts.drain(..) {
                facts.entry(fact.position).or_default().push(fact);
            }
            for event in stored {
                let known = facts.remove(&event.position).unwrap_or_default();
                let bad = page.unreadable.iter().find(|bad| bad.position == event.position).cloned();
                if self.is_its_own(&known) {
                    self.ahead.push_back(self.telling.scene(event, known, bad));
                } else {
                    self.total -= 1;
                }
            }
        }
        Ok(self.ahead.front())
    }

    pub(super) fn take(&mut self) -> Option<Scene> {
        let scene = self.ahead.pop_front()?;
        self.taken += 1;
        Some(scene)
    }

    fn is_its_own(&self, facts: &[Arc<Fact>]) -> bool {
        self.subject
            .call
            .is_none_or(|call| facts.iter().any(|fact| audit::call_of(&fact.event) == Some(call)))
    }
}

impl Telling<'_> {
    fn scene(&self, stored: Stored, facts: Vec<Arc<Fact>>, unreadable: Option<Unreadable>) -> Scene {
        let circumstances: Circumstances = serde_json::from_str(&stored.metadata).unwrap_or_default();
        Scene {
            position: stored.position,
            recorded_at: from_micros(stored.recorded_at),
            occurred_at: from_micros(stored.occurred_at),
            words: self.teller.told(facts.iter().map(|fact| &fact.event)),
            phone: facts.iter().find_map(|fact| phone(&fact.event)),
            kind: stored.kind,
            event_type: stored.event_type,
            stream: stored.stream,
            actor: circumstances.actor,
            facts,
            unreadable,
        }
    }
}

/// Sealed it is none.
fn phone(event: &Event) -> Option<String> {
    let Event::Call(event) = event else { return None };
    let personal = match event {
        call::Event::Reported(told) | call::Event::Strengthened(told) | call::Event::Overtaken(told) => {
            &told.personal
        }
        call::Event::Amended(amendment) => &amendment.personal,
    };
    personal.clear().map(|details| details.phone.clone()).filter(|phone| !phone.is_empty())
}

impl Scene {
    /// What it is about beneath the thing that is played: a line of the list, a number that is on none, a contact.
    pub(super) fn about(&self) -> String {
        let last = self.stream.splitn(3, '/').nth(2).unwrap_or_default();
        match last.strip_prefix('~') {
            Some(fingerprint) => format!("~{}", shortened(fingerprint)),
            None if self.kind == "call" => format!("line {}", last.trim_start_matches('0')),
            None if last.is_empty() => String::new(),
            None if self.kind == "pbx_call" => format!("call {last}"),
            None => format!("contact {}", shortened(last)),
        }
    }
}

/// Enough of it to tell one from another: ids made at one time begin alike.
fn shortened(text: &str) -> &str {
    text.get(text.len().saturating_sub(8)..).unwrap_or(text)
}
