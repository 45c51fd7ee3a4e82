//! Imports that broke off: nobody stores their contacts any more, and nobody else would say so.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::fact::Circumstances;
use domain::ids::{Organization, StreamId};
use domain::import::Command;
use projections::Error;
use projections::imports::{self, ImportRow, Imports};
use projections::projection::Projection;

use super::{NAME, Options, SCREEN_WAIT};
use crate::dispatch::Meta;

/// Imports looked at at a time; the next look takes the next ones.
const FAILED_MAX: u32 = 100;
/// Another node may be at it still. No import takes nearly as long; one that does is finished all the same.
const SHARED_FOR: TimeDelta = TimeDelta::hours(1);
const REASON: &str = "the engine stopped while the contacts were being stored; those that were are there. \
                      Send the file again, or undo the import";

impl Options {
    /// Whoever is alone with the journal is at none that began before it came.
    pub(super) async fn fail_imports(&self) -> Result<u64, Error> {
        let fresh = self.screens.wait(Imports::NAME, self.dispatch.position(), SCREEN_WAIT).await;
        if fresh.behind > 0 {
            return Ok(0);
        }
        let before = if self.journal.is_shared() { self.clock.now() - SHARED_FOR } else { self.since };
        let mut failed = 0;
        for row in imports::unfinished(&self.screens, before, FAILED_MAX).await? {
            failed += u64::from(self.fail_import(&row).await);
        }
        Ok(failed)
    }

    async fn fail_import(&self, row: &ImportRow) -> bool {
        let Ok(organization) = Organization::parse(&row.organization) else { return false };
        let circumstances = Circumstances {
            organization: organization.to_string(),
            actor: NAME.to_owned(),
            ..Circumstances::default()
        };
        let meta = Meta { circumstances: Arc::new(circumstances), command: None };
        let command = Command::Fail { reason: REASON.to_owned(), at: self.clock.now() };
        let told = self.dispatch.import(StreamId::import(&organization, row.id), command, meta).await;
        match &told {
            Ok(_) => tracing::info!(import = %row.id, "an import has failed: it had broken off"),
            Err(why) => {
                tracing::warn!(import = %row.id, cause = %why, "an import that broke off cannot be told so now");
            }
        }
        told.is_ok()
    }
}
