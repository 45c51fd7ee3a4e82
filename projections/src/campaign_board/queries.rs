//! How campaigns are asked for: one, and an organization's by page or by cursor.

use domain::campaign::Kind as Purpose;
use domain::ids::Organization;
use uuid::Uuid;

use super::{CampaignBoard, CampaignRow, Status};
use crate::error::Error;
use crate::projection::Projection;
use crate::row::Cell;
use crate::screens::Screens;
use crate::text::{Page, Text, pattern};

/// Which campaigns of an organization; all that were not removed by default.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub status: Option<Status>,
    /// A part of the name, as it is written.
    pub name: Option<String>,
    pub purpose: Option<Purpose>,
}

/// One campaign that was not removed.
pub async fn find(
    screens: &Screens,
    organization: &Organization,
    campaign: Uuid,
) -> Result<Option<CampaignRow>, Error> {
    let stream = Cell::text(format!("{organization}/{campaign}"));
    let rest = "where stream = $1 and removed = 0";
    let found = screens.query(CampaignBoard::NAME, rest, vec![stream], true).await?;
    Ok(found.into_iter().next())
}

/// Every campaign that runs, whosever it is.
pub async fn running(screens: &Screens) -> Result<Vec<CampaignRow>, Error> {
    let status = Cell::text(Status::Running.as_str());
    screens.query(CampaignBoard::NAME, "where status = $1 and removed = 0", vec![status], false).await
}

pub async fn list(
    screens: &Screens,
    organization: &Organization,
    filter: &Filter,
    (page, limit): (Page, u32),
) -> Result<Vec<CampaignRow>, Error> {
    let mut text = filtered(organization, filter);
    text.newest((page, limit));
    let (rest, args) = text.into_parts();
    screens.query(CampaignBoard::NAME, &rest, args, false).await
}

/// How many there are.
pub async fn count(screens: &Screens, organization: &Organization, filter: &Filter) -> Result<u64, Error> {
    let (rest, args) = filtered(organization, filter).into_parts();
    screens.count(CampaignBoard::NAME, &rest, args).await
}

fn filtered(organization: &Organization, filter: &Filter) -> Text {
    let mut text = Text::new("where organization = ");
    text.arg(Cell::text(organization.as_str())).push(" and removed = 0");
    if let Some(status) = filter.status {
        text.push(" and status = ").arg(Cell::text(status.as_str()));
    }
    if let Some(purpose) = filter.purpose {
        text.push(" and purpose = ").arg(Cell::text(purpose.as_str()));
    }
    if let Some(name) = &filter.name {
        text.push(" and name like ").arg(Cell::text(pattern(name))).push(" escape '\\'");
    }
    text
}
