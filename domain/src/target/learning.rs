//! What becomes known of calls, and what of it is news: of those that are over as well, for an agent may report more than once.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Ending, Event, Past, Phase, Target, Was, Words};
use crate::conversation::Outcome;
use crate::ids::Fingerprint;
use crate::personal::Personal;

impl Target {
    /// When a call began and which number it rang.
    pub fn rang(&self, call: Uuid) -> Option<(DateTime<Utc>, Option<Fingerprint>)> {
        let live = self.live.as_ref().filter(|live| live.call == call).map(|live| (live.began, live.number));
        live.or_else(|| self.past(call).map(|past| (past.began, past.number)))
    }

    /// A call that is over.
    pub fn past(&self, call: Uuid) -> Option<&Past> {
        self.last.iter().chain(&self.earlier).find(|past| past.call == call)
    }

    /// What is known of a call once this was said of it; none where that is no news.
    pub fn learns(&self, call: Uuid, outcome: Outcome, words: Words) -> Option<(Outcome, Words)> {
        match self.past(call) {
            Some(past) => past.and(&outcome, &words),
            None => self.rang(call).map(|_| (outcome, words)),
        }
    }

    /// What follows on a call changes with its outcome, where no other came since.
    pub(super) fn correct(
        &self,
        call: Uuid,
        Ending { outcome, words, next }: &Ending,
        at: DateTime<Utc>,
    ) -> Option<Event> {
        let past = self.past(call)?;
        let (outcome, words) = past.and(outcome, words)?;
        let rests = matches!(self.phase, Phase::Waiting | Phase::Over);
        let is_last = rests && self.last.as_ref().is_some_and(|last| last.call == call);
        let next = Some(*next).filter(|_| is_last && outcome.reach != past.outcome.reach);
        Some(Event::Corrected {
            call,
            outcome,
            next,
            was: Some(Box::new(Was { outcome: past.outcome.clone(), ended_at: past.ended })),
            was_skipped: next.is_some() && self.phase == Phase::Waiting && self.is_skipped(),
            counted: next.and_then(|_| self.counted()),
            at,
            personal: Personal::Clear(words),
        })
    }

    pub(super) fn come_to_know(&mut self, call: Uuid, outcome: Outcome, personal: Personal<Words>) {
        let mut all = self.last.iter_mut().chain(&mut self.earlier);
        if let Some(past) = all.find(|past| past.call == call) {
            (past.outcome, past.words) = (outcome, readable(personal));
        }
    }
}

/// Of somebody who was forgotten nothing is left to compare with.
pub(super) fn readable(personal: Personal<Words>) -> Words {
    match personal {
        Personal::Clear(words) => words,
        Personal::Forgotten | Personal::Sealed(_) => Words::default(),
    }
}
