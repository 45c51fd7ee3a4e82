//! How contacts in campaigns are asked for: a campaign's, page by page, and which of several are in any.

use std::collections::HashSet;

use domain::fact::Position;
use domain::ids::Organization;
use uuid::Uuid;

use super::{TargetRow, Targets};
use crate::error::Error;
use crate::projection::Projection;
use crate::row::{Cell, row};
use crate::screens::Screens;
use crate::text::Text;

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

row! {
    /// All that has to be read of a contact in a campaign to know that it is in one.
    struct Member {
        pub contact: Uuid,
    }
}

/// Those of these contacts that are in a campaign. As many as a query may name.
pub async fn in_campaigns(
    screens: &Screens,
    organization: &Organization,
    contacts: &[Uuid],
) -> Result<HashSet<Uuid>, Error> {
    if contacts.is_empty() {
        return Ok(HashSet::new());
    }
    let mut text = Text::new("where organization = ");
    text.arg(Cell::text(organization.as_str())).push(" and state <> 'dropped' and contact in ");
    text.list(contacts.iter().map(|contact| Cell::text(contact.to_string())));
    let (rest, args) = text.into_parts();
    let members: Vec<Member> = screens.query(Targets::NAME, &rest, args, false).await?;
    Ok(members.into_iter().map(|member| member.contact).collect())
}
