//! What a campaign's contacts come to, counted in one pass over its rows: for reports, which are asked for now and then.

use domain::conversation::status::Status;
use domain::ids::Organization;
use uuid::Uuid;

use super::{State, Targets};
use crate::error::Error;
use crate::projection::Projection;
use crate::row::{Cell, row};
use crate::screens::Screens;
use crate::store::Dialect;
use crate::text::Text;

row! {
    /// So many contacts of a campaign stand like this.
    #[derive(Debug)]
    pub struct Standing {
        pub state: State,
        pub call_status: Status,
        pub reason: Option<String>,
        /// By which they are not called for the moment, or not at all.
        pub rule: Option<String>,
        pub attempts: i64,
        pub contacts: i64,
    }
}

/// How the contacts of a campaign stand. Those who left it are not among them.
pub async fn standings(
    screens: &Screens,
    organization: &Organization,
    campaign: Uuid,
) -> Result<Vec<Standing>, Error> {
    let mut text = Text::new("where ");
    match screens.backend().dialect() {
        // Its rows lie side by side in the order of their streams.
        Dialect::Sqlite => {
            text.push("stream > ").arg(Cell::text(format!("{organization}/{campaign}/")));
            text.push(" and stream < ").arg(Cell::text(format!("{organization}/{campaign}0")));
        }
        Dialect::Postgres => {
            text.push("organization = ").arg(Cell::text(organization.as_str()));
            text.push(" and campaign = ").arg(Cell::text(campaign.to_string()));
        }
    }
    text.push(" and state <> 'dropped' group by state, call_status, reason, rule, attempts");
    let (rest, args) = text.into_parts();
    let sums = "select state, call_status, reason, rule, attempts, count(*)";
    screens.sum(sums, Targets::NAME, &rest, args).await
}
