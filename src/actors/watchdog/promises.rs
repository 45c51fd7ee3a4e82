//! Promises to pay whose time is over: each is told so, and its own stream says whether it is broken.

use std::sync::Arc;

use domain::fact::Circumstances;
use domain::ids::Organization;
use projections::Error;
use projections::projection::Projection;
use projections::promises::{self, PromiseRow, Promises};

use super::{NAME, Options, SCREEN_WAIT};
use crate::dispatch::Meta;
use crate::dispatch::contacts::Asked;
use crate::dispatch::promises::{Change, News};
use crate::dispatch::seen::Seen;

/// Promises looked at at a time; the next look takes the next ones.
const BROKEN_MAX: u32 = 500;

impl Options {
    /// One that is kept at this very moment is not broken, whatever the screen shows.
    pub(super) async fn break_promises(&self) -> Result<u64, Error> {
        let fresh = self.screens.wait(Promises::NAME, self.dispatch.position(), SCREEN_WAIT).await;
        if fresh.behind > 0 {
            return Ok(0);
        }
        let mut broken = 0;
        for row in promises::overdue(&self.screens, self.clock.now(), BROKEN_MAX).await? {
            broken += u64::from(self.break_promise(&row).await);
        }
        Ok(broken)
    }

    async fn break_promise(&self, row: &PromiseRow) -> bool {
        let Ok(organization) = Organization::parse(&row.organization) else { return false };
        let circumstances = Circumstances {
            organization: organization.to_string(),
            actor: NAME.to_owned(),
            ..Circumstances::default()
        };
        let meta = Meta { circumstances: Arc::new(circumstances), command: None };
        let asked = Asked { organization, contact: row.contact, at: self.clock.now(), meta };
        let change = Change { call: row.id, news: News::Overdue, completes: false };
        let told = self.dispatch.change_promise(&asked, &Seen::Whatever, &change).await;
        if let Err(why) = &told {
            tracing::warn!(promise = %row.id, cause = %why, "a promise whose time is over cannot be settled now");
        }
        told.is_ok()
    }
}
