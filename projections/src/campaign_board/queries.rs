//! How campaigns are asked for: one, an organization's by page or by cursor, and those that run.

use domain::fact::Position;
use domain::ids::Organization;
use uuid::Uuid;

use super::{CampaignBoard, CampaignRow, Status};
use crate::error::Error;
use crate::projection::Projection;
use crate::row::Cell;
use crate::screens::Screens;
use crate::text::{Text, pattern};

/// Which campaigns of an organization; all that were not removed by default.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub status: Option<Status>,
    /// A part of the name, as it is written.
    pub name: Option<String>,
}

/// Which of those, the newest first.
#[derive(Debug, Clone, Copy)]
pub enum Page {
    /// Those that came before this one; none means from the newest on.
    Before(Option<Position>),
    /// So many are left out.
    Skip(u64),
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

pub async fn list(
    screens: &Screens,
    organization: &Organization,
    filter: &Filter,
    (page, limit): (Page, u32),
) -> Result<Vec<CampaignRow>, Error> {
    let mut text = filtered(organization, filter);
    if let Page::Before(Some(before)) = page {
        text.push(" and position < ").arg(Cell::position(before));
    }
    text.push(" order by position desc limit ").arg(Cell::int(i64::from(limit)));
    if let Page::Skip(skip) = page {
        text.push(" offset ").arg(Cell::position(skip));
    }
    let (rest, args) = text.into_parts();
    screens.query(CampaignBoard::NAME, &rest, args, false).await
}

/// How many there are.
pub async fn count(screens: &Screens, organization: &Organization, filter: &Filter) -> Result<u64, Error> {
    let (rest, args) = filtered(organization, filter).into_parts();
    screens.count(CampaignBoard::NAME, &rest, args).await
}

/// Every organization's campaigns that run, the first begun first.
pub async fn running(screens: &Screens) -> Result<Vec<CampaignRow>, Error> {
    let rest = "where status = 'RUNNING' and removed = 0 order by position";
    screens.query(CampaignBoard::NAME, rest, vec![], false).await
}

fn filtered(organization: &Organization, filter: &Filter) -> Text {
    let mut text = Text::new("where organization = ");
    text.arg(Cell::text(organization.as_str())).push(" and removed = 0");
    if let Some(status) = filter.status {
        text.push(" and status = ").arg(Cell::text(status.as_str()));
    }
    if let Some(name) = &filter.name {
        text.push(" and name like ").arg(Cell::text(pattern(name))).push(" escape '\\'");
    }
    text
}
