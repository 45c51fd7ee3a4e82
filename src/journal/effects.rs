//! What is to be done in the world, and how far policies have come: kept in the journal's own file, never dropped or rebuilt.
//! An effect is ready, sent or done. It is marked sent, durably and with a fence, before anything leaves;
//! a lease that expires on a sent one leads to asking, never to sending again.

use chrono::{DateTime, Utc};
use domain::fact::{Circumstances, Fact, Position};
use domain::policy::Intent;
use uuid::Uuid;

use super::{Error, Journal, Store};

/// How far a policy has read, and what it remembers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    pub checkpoint: Position,
    pub state: String,
}

/// One step of a policy: what it read, what it remembers now, what it wants. Stored whole or not at all.
#[derive(Debug, Clone)]
pub struct Reaction {
    pub policy: &'static str,
    pub from: Position,
    pub to: Position,
    pub state: String,
    pub effects: Vec<NewEffect>,
}

#[derive(Debug, Clone)]
pub struct NewEffect {
    /// Made from what caused it, so that a repeated reaction names the same effect.
    pub id: String,
    pub intent: Intent,
    pub circumstances: Circumstances,
    /// Where what caused it stands: what came with a backup may have been done since by the engine that was lost.
    pub cause: Position,
}

/// What the first effect is called that a policy makes of a fact. The same cause never makes a second one.
pub fn caused_by(policy: &str, fact: &Fact) -> String {
    format!("{policy}/{}/{}", fact.stream, fact.sequence)
}

/// Who takes effects, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Take {
    pub owner: Uuid,
    pub now: DateTime<Utc>,
    pub lease_until: DateTime<Utc>,
    pub limit: usize,
}

/// An effect that is the taker's until its lease ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    pub id: String,
    pub intent: Intent,
    pub circumstances: Circumstances,
    pub fence: u64,
    pub errand: Errand,
    pub tries: u32,
}

/// What to do with a taken effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errand {
    /// It was ready: nothing has left yet.
    Send,
    /// It was sent by somebody who did not come back: ask what became of it.
    Ask,
    /// It comes from a backup, and may have left and been answered after that was taken, though nothing here says so.
    Doubt,
}

impl Errand {
    pub(super) fn of(state: &str, doubted: bool) -> Self {
        match (doubted, state) {
            (true, _) => Self::Doubt,
            (false, "ready") => Self::Send,
            (false, _) => Self::Ask,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub ready: u64,
    pub sent: u64,
    pub done: u64,
}

macro_rules! on_either_store {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $type:ty),*) -> $answer:ty;)*) => {
        impl Journal {
            $($(#[$doc])* pub async fn $name(&self, $($arg: $type),*) -> Result<$answer, Error> {
                match &self.store {
                    Store::Sqlite(store) => store.$name($($arg),*).await,
                    Store::Postgres(store) => store.$name($($arg),*).await,
                }
            })*
        }
    };
}

on_either_store! {
    /// Where a policy stands; at the beginning where it is new.
    policy(name: &'static str) -> Policy;
    /// Stores a reaction; false where the policy no longer stood at `from`, because somebody else moved it.
    react(reaction: Reaction) -> bool;
    /// Takes due effects: ready ones become sent, sent ones whose lease ran out are to be asked about.
    take_effects(take: Take) -> Vec<Taken>;
    /// Keeps a taken effect; false where it is no longer the taker's.
    renew(id: String, fence: u64, lease_until: DateTime<Utc>) -> bool;
    /// The effect is done; false where it is no longer the taker's.
    finish(id: String, fence: u64, now: DateTime<Utc>) -> bool;
    /// Back to ready. Only where it is certain that nothing left.
    postpone(id: String, fence: u64, not_before: DateTime<Utc>) -> bool;
    effect_counts() -> Counts;
}
