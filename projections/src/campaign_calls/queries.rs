//! How calls of campaigns are asked for: one, and the history of an organization, the newest first.
//! A page is a merge of stretches of an index, one a status, as in the history of call servers' calls.

use chrono::{DateTime, Utc};
use domain::ids::{Fingerprint, Organization};
use domain::outcome::CallStatus;
use uuid::Uuid;

use super::{CallRow, CampaignCalls};
use crate::call_history::Place;
use crate::error::Error;
use crate::projection::Projection;
use crate::row::{Cell, stored};
use crate::screens::Screens;
use crate::text::Text;

/// Which calls of campaigns.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// None of them means any.
    pub statuses: Vec<CallStatus>,
    pub campaign: Option<Uuid>,
    /// Only calls to these numbers; to none of them is to nobody.
    pub numbers: Option<Vec<Fingerprint>>,
    pub from: Option<DateTime<Utc>>,
    /// Calls of this instant are not among them.
    pub to: Option<DateTime<Utc>>,
}

impl CallRow {
    pub fn place(&self) -> Place {
        Place { at: self.created_at, position: self.position }
    }
}

/// One call that has ended.
pub async fn find(
    screens: &Screens,
    organization: &Organization,
    call: Uuid,
) -> Result<Option<CallRow>, Error> {
    let args = vec![Cell::text(call.to_string()), Cell::text(organization.as_str())];
    let rest = "where id = $1 and organization = $2 and status is not null";
    Ok(screens.query(CampaignCalls::NAME, rest, args, true).await?.into_iter().next())
}

/// An organization's calls that have ended, the newest first, from below a place on.
pub async fn history(
    screens: &Screens,
    organization: &Organization,
    filter: &Filter,
    (below, limit): (Option<Place>, u32),
) -> Result<Vec<CallRow>, Error> {
    let view = format!("{}{}", screens.backend().dialect().prefix(), CampaignCalls::NAME);
    let end = format!("order by created_at desc, position desc limit {limit}");
    let branches = branches(filter);
    if branches.is_empty() {
        return Ok(vec![]);
    }
    let mut text = Text::new("where id in (select id from (");
    for (number, branch) in branches.into_iter().enumerate() {
        text.push(if number == 0 { "select * from (" } else { " union all select * from (" });
        text.push(&format!("select id, created_at, position from {view} where organization = "));
        text.arg(Cell::text(organization.as_str()));
        branch.narrow(&mut text, filter);
        within(&mut text, filter, below);
        text.push(&format!(" {end}) as branch_{number}"));
    }
    text.push(&format!(") as found {end}) order by created_at desc, position desc"));
    let (rest, args) = text.into_parts();
    screens.query(CampaignCalls::NAME, &rest, args, false).await
}

/// A stretch of an index.
enum Branch {
    Status(CallStatus),
    Number(Fingerprint),
}

fn branches(filter: &Filter) -> Vec<Branch> {
    match &filter.numbers {
        Some(numbers) => numbers.iter().copied().map(Branch::Number).collect(),
        None if filter.statuses.is_empty() => CallStatus::ALL.into_iter().map(Branch::Status).collect(),
        None => filter.statuses.iter().copied().map(Branch::Status).collect(),
    }
}

impl Branch {
    fn narrow(self, text: &mut Text, filter: &Filter) {
        match self {
            Self::Status(status) => {
                if let Some(campaign) = filter.campaign {
                    text.push(" and campaign = ").arg(Cell::text(campaign.to_string()));
                }
                text.push(" and status = ").arg(Cell::text(status.as_str()));
            }
            // The calls to a number are few: the rest of the filter looks at each of them.
            Self::Number(number) => {
                text.push(" and number = ").arg(Cell::text(number.to_string()));
                text.push(" and status is not null");
                if let Some(campaign) = filter.campaign {
                    text.push(" and campaign || '' = ").arg(Cell::text(campaign.to_string()));
                }
                if !filter.statuses.is_empty() {
                    let statuses = filter.statuses.iter().map(|status| Cell::text(status.as_str()));
                    text.push(" and status || '' in ").list(statuses);
                }
            }
        }
    }
}

fn within(text: &mut Text, filter: &Filter, below: Option<Place>) {
    let from = filter.from.map_or(i64::MIN, |from| from.timestamp_micros());
    let to = filter.to.map_or(i64::MAX, |to| to.timestamp_micros());
    let below = below.map_or((i64::MAX, 0), |place| (place.at.timestamp_micros(), stored(place.position)));
    let (at, position) = below.min((to, 0));
    text.push(" and created_at >= ").arg(Cell::int(from));
    text.push(" and (created_at, position) < (")
        .arg(Cell::int(at))
        .push(", ")
        .arg(Cell::int(position))
        .push(")");
}
