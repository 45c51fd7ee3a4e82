//! What stays of a call beside the call itself: which of it is news for the person, and what the contact is remembered by.

use chrono::{DateTime, Utc};
use domain::contact::{self, Details, Status};
use domain::conversation::Outcome;
use domain::policy::retry::Next;
use domain::target::{self, Target, Words};
use uuid::Uuid;

use super::{Concerned, say};
use crate::dispatch::together::Together;
use crate::journal::Refused;

/// What a report of a call changes beside what is known of the call itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct News {
    /// It came to something, or to something else.
    pub(super) turned: bool,
    /// What the contact is remembered by, where no other call came since.
    named: bool,
}

impl News {
    pub(super) fn of(target: &Target, call: Uuid, outcome: &Outcome, words: &Words) -> Self {
        let Some(past) = target.past(call) else { return Self { turned: true, named: true } };
        let turned = past.outcome.reach != outcome.reach;
        let newest = target.live().is_none() && target.last().is_some_and(|last| last.call == call);
        Self { turned, named: newest && (turned || past.words.outcome != words.outcome) }
    }
}

/// What the contact itself remembers of a conversation.
pub(super) fn remember(
    unit: &mut Together,
    all: &mut Concerned,
    ending: &target::Ending,
    news: News,
    at: DateTime<Utc>,
) -> Result<bool, Refused> {
    let Some(status) = all.contact.state.status().filter(|_| all.contact.state.forgotten().is_none()) else {
        return Ok(false);
    };
    let out = news.turned && ending.next == Next::OptedOut;
    if out && status != Status::DoNotCall {
        let status = Status::DoNotCall;
        say(unit, &mut all.contact, None, contact::Command::SetStatus { status, at })?;
    }
    let Some(told) = ending.leaves().filter(|_| news.named) else { return Ok(false) };
    let details = Details { last_outcome: Some(told), ..all.contact.state.details().clone() };
    say(unit, &mut all.contact, Some(all.number), contact::Command::Change { details, at })
}
