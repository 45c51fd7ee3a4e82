//! How contacts in campaigns are asked for: one, a campaign's page by page, a contact's over all campaigns, and those who are due.

use chrono::{DateTime, Utc};
use domain::fact::Position;
use domain::ids::Organization;
use uuid::Uuid;

use super::{State, TargetRow, Targets};
use crate::error::Error;
use crate::projection::Projection;
use crate::row::Cell;
use crate::screens::Screens;

/// One contact in one campaign.
pub async fn find(
    screens: &Screens,
    organization: &Organization,
    (campaign, contact): (Uuid, Uuid),
) -> Result<Option<TargetRow>, Error> {
    let stream = Cell::text(format!("{organization}/{campaign}/{contact}"));
    let found = screens.query(Targets::NAME, "where stream = $1", vec![stream], true).await?;
    Ok(found.into_iter().next())
}

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

/// The campaigns that a contact is in, the first it joined first.
pub async fn of_contact(
    screens: &Screens,
    organization: &Organization,
    contact: Uuid,
) -> Result<Vec<TargetRow>, Error> {
    let args = vec![Cell::text(organization.as_str()), Cell::text(contact.to_string())];
    let rest = "where organization = $1 and contact = $2 and state <> 'dropped' order by position";
    screens.query(Targets::NAME, rest, args, false).await
}

/// Who of a campaign is to be looked at by now, the longest due first.
pub async fn due(
    screens: &Screens,
    campaign: Uuid,
    now: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<TargetRow>, Error> {
    let args = vec![
        Cell::text(campaign.to_string()),
        Cell::int(now.timestamp_micros()),
        Cell::int(i64::from(limit)),
    ];
    let rest = "where campaign = $1 and state = 'waiting' and due_at <= $2 order by due_at limit $3";
    screens.query(Targets::NAME, rest, args, false).await
}

/// Who of a campaign is being called.
pub async fn under_way(screens: &Screens, campaign: Uuid) -> Result<Vec<TargetRow>, Error> {
    let args = vec![Cell::text(campaign.to_string())];
    screens.query(Targets::NAME, "where campaign = $1 and state = 'calling'", args, false).await
}

/// How many of a campaign may still be called, without waiting for a change from outside.
pub async fn open(screens: &Screens, campaign: Uuid) -> Result<u64, Error> {
    let mut open = 0;
    for state in [State::Waiting, State::Calling] {
        let args = vec![Cell::text(campaign.to_string()), Cell::text(state.as_str())];
        open += screens.count(Targets::NAME, "where campaign = $1 and state = $2", args).await?;
    }
    Ok(open)
}
