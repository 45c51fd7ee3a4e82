//! Rows of somebody who was forgotten: folded anew from their streams, whose personal parts open to nobody any more. What comes out
//! is what a rebuild would make of them, and the follower is told that its rows are no longer as it remembers them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::fact::{Fact, Position};

use super::Follower;
use crate::error::Error;
use crate::projection::{Projection, Touch};
use crate::registry::{self, Generation, State};
use crate::screens::Screens;
use crate::store::Changes;

/// What became of the rewriting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rewritten {
    Done {
        rows: usize,
    },
    /// The screen moved on meanwhile: try again.
    Lost,
}

/// Folds these streams anew in every generation of the screen, also in one that is still being built. `facts` are all that the streams
/// say, in the journal's order, as they read by now; where they say more by the time that this is done, it is to be done again.
/// May be called on any node, beside the follower.
pub async fn rewrite<P: Projection>(screens: &Screens, facts: &[Arc<Fact>]) -> Result<Rewritten, Error> {
    let mut rewritten = 0;
    for generation in registry::generations(screens.backend(), Some(P::NAME)).await? {
        if generation.state == State::Retired || generation.version != P::VERSION {
            continue;
        }
        match rewrite_one::<P>(screens, generation, facts).await? {
            Rewritten::Done { rows } => rewritten += rows,
            Rewritten::Lost => return Ok(Rewritten::Lost),
        }
    }
    Ok(Rewritten::Done { rows: rewritten })
}

async fn rewrite_one<P: Projection>(
    screens: &Screens,
    generation: Generation,
    facts: &[Arc<Fact>],
) -> Result<Rewritten, Error> {
    let held = registry::parked(screens.backend(), P::NAME, generation.generation).await?;
    let held: HashMap<(String, String), Position> =
        held.into_iter().map(|held| ((held.kind, held.stream), held.first_position)).collect();
    let follower = Follower::<P>::attach(screens, generation).await?;
    let shown = |fact: &Fact| {
        let stream = (fact.event.kind().to_owned(), fact.stream.as_str().to_owned());
        fact.position <= follower.position() && held.get(&stream).is_none_or(|first| fact.position < *first)
    };
    let rows = folded::<P>(facts.iter().filter(|fact| shown(fact)));
    let changes = Changes { fresh: vec![], known: rows };
    // Where nothing of these streams is still to be folded, the rows are the same however far the screen has come by now.
    let settled = facts.iter().all(|fact| fact.position <= follower.position());
    let guard = vec![follower.move_epoch(settled)];
    let (won, changes) = screens.backend().write(guard, &follower.table, changes).await?;
    Ok(if won { Rewritten::Done { rows: changes.known.len() } } else { Rewritten::Lost })
}

/// The rows that the facts make out of nothing. What makes no sense was given up by the follower too.
fn folded<'a, P: Projection>(facts: impl Iterator<Item = &'a Arc<Fact>>) -> Vec<(P::Key, P::Row)> {
    let mut rows: BTreeMap<P::Key, Option<P::Row>> = BTreeMap::new();
    for fact in facts {
        if let Some(Touch::New(key) | Touch::Existing(key)) = P::touches(fact) {
            let given_up = P::fold(rows.entry(key).or_default(), fact).is_err();
            if given_up {
                tracing::debug!(screen = P::NAME, position = fact.position, "an event was passed over again");
            }
        }
    }
    rows.into_iter().filter_map(|(key, row)| Some((key, row?))).collect()
}
