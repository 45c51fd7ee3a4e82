//! What an aggregate says when it decides on a draft of itself, and that made ready for the journal.
//! Keepers use it for one stream, and `together.rs` for several.

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use domain::fact::Recorded;
use futures_util::FutureExt;
use tokio::task::unconstrained;

use crate::journal::Entry;
use crate::journal::keys::{CipherRefused, Keyring, PersonKey};

/// What an aggregate said, and the events it said it with.
pub(super) type Decision<A> = (Result<(), <A as Aggregate>::Error>, Vec<<A as Aggregate>::Event>);

/// Runs the aggregate's `handle`, which never waits: none would mean that it does.
/// Unconstrained, because the sink's lock counts as waiting once tokio's budget for this turn is spent.
pub(super) fn decide<A: Recorded>(draft: &mut A, command: A::Command) -> Option<Decision<A>> {
    let sink = EventSink::default();
    let decided = unconstrained(draft.handle(command, &(), &sink)).now_or_never()?;
    Some((decided, unconstrained(sink.collect()).now_or_never()?))
}

#[derive(Debug, thiserror::Error)]
pub(super) enum Unsealed {
    #[error(transparent)]
    Cipher(#[from] CipherRefused),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// An event as it will be stored, beside the same event in clear.
pub(super) fn seal<A: Recorded>(
    mut event: A::Event,
    keyring: &Keyring,
    key: Option<&PersonKey>,
) -> Result<Entry, Unsealed> {
    let occurred_at = A::occurred_at(&event);
    let fact = A::fact(event.clone());
    let (event_type, event_version) = (event.event_type(), event.event_version());
    if let (Some(personal), Some(key)) = (A::personal(&mut event), key) {
        let mut refused = None;
        personal.seal(&mut |clear| {
            keyring.seal(key, clear).unwrap_or_else(|why| {
                refused = Some(why);
                String::new()
            })
        })?;
        if let Some(why) = refused {
            return Err(why.into());
        }
    }
    let payload = serde_json::to_string(&event)?;
    Ok(Entry { event_type, event_version, payload, occurred_at, fact })
}
