//! How contacts in campaigns are asked for: a campaign's, page by page.

use domain::fact::Position;
use domain::ids::Organization;
use uuid::Uuid;

use super::{TargetRow, Targets};
use crate::error::Error;
use crate::projection::Projection;
use crate::row::Cell;
use crate::screens::Screens;

/// A campaign's contacts in the order in which they joined, from after a cursor (0: from the beginning).
pub async fn of_campaign(
    screens: &Screens,
    organization: &Organization,
    campaign: Uuid,
    (after, limit): (Position, u32),
) -> Result<Vec<TargetRow>, Error> {
    let args = vec![
        Cell::text(organization.as_str()),
        Cell::text(campaign.to_string()),
        Cell::position(after),
        Cell::int(i64::from(limit)),
    ];
    let rest = "where organization = $1 and campaign = $2 and position > $3 and state <> 'dropped' \
                order by position limit $4";
    screens.query(Targets::NAME, rest, args, false).await
}
