//! The screens that hold anything of a person, each to be rewritten when somebody is forgotten, and the emptying of their file's log.

use std::sync::Arc;

use domain::fact::Fact;

use crate::call_history::CallHistory;
use crate::campaign_calls::CampaignCalls;
use crate::do_not_call::DoNotCall;
use crate::error::Error;
use crate::follow::{self, Rewritten};
use crate::pbx_calls::PbxCalls;
use crate::projection::Projection;
use crate::quarantine::Quarantine;
use crate::screens::Screens;
use crate::store::Backend;
use crate::targets::Targets;

macro_rules! screens {
    ($($screen:ty),* $(,)?) => {
        /// The screens whose rows are folded anew.
        pub const REWRITTEN: &[&str] = &[$(<$screen>::NAME),*];

        const KINDS: &[&[&str]] = &[$(<$screen>::KINDS),*];

        /// Folds these streams anew on every screen that shows anything of persons; tells how many rows that were. As `follow::rewrite`.
        pub async fn rewrite(screens: &Screens, facts: &[Arc<Fact>]) -> Result<Rewritten, Error> {
            let mut all = 0;
            $(match follow::rewrite::<$screen>(screens, &of::<$screen>(facts)).await? {
                Rewritten::Done { rows } => all += rows,
                Rewritten::Lost => return Ok(Rewritten::Lost),
            })*
            Ok(Rewritten::Done { rows: all })
        }
    };
}

screens![CallHistory, CampaignCalls, DoNotCall, PbxCalls, Quarantine, Targets];

/// One of the kinds of streams that they read.
pub fn kind(text: &str) -> Option<&'static str> {
    KINDS.iter().flat_map(|kinds| kinds.iter()).copied().find(|kind| *kind == text)
}

fn of<P: Projection>(facts: &[Arc<Fact>]) -> Vec<Arc<Fact>> {
    facts.iter().filter(|fact| P::KINDS.contains(&fact.event.kind())).cloned().collect()
}

/// Leaves nothing in the screens' own files of what was rewritten, as far as the store lets anybody. False where it is to be tried again.
pub async fn wipe(screens: &Screens) -> Result<bool, Error> {
    match screens.backend() {
        Backend::Sqlite(store) => store.settle().await,
        Backend::Postgres(_) => Ok(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact_book::ContactBook;

    /// Whoever shows persons is rewritten here, or loses them by the fold of what says that they were forgotten.
    #[test]
    fn every_screen_that_shows_persons_is_rewritten() {
        let mut shown: Vec<&str> =
            Screens::specs().iter().filter(|spec| spec.personal).map(|spec| spec.name).collect();
        let mut known = [REWRITTEN, &[ContactBook::NAME]].concat();
        shown.sort_unstable();
        known.sort_unstable();
        assert_eq!(shown, known);
    }
}
