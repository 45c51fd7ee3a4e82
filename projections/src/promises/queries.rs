//! How promises are asked for: one, a filtered list, those whose time is over, and what a campaign's come to.

use chrono::{DateTime, NaiveDate, Utc};
use domain::ids::Organization;
use domain::promise::Phase;
use uuid::Uuid;

use super::{PromiseRow, Promises};
use crate::error::Error;
use crate::projection::Projection;
use crate::row::{Cell, row};
use crate::screens::Screens;
use crate::text::{Page, Text};

/// Which promises of an organization.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// None of them means any.
    pub statuses: Vec<Phase>,
    pub campaign: Option<Uuid>,
    pub contact: Option<Uuid>,
    /// Due on that day or later.
    pub due_from: Option<NaiveDate>,
    /// Due on that day or earlier.
    pub due_to: Option<NaiveDate>,
}

/// What comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Newest(Page),
    /// What is due soonest, what has no day last; so many are left out.
    Due(u64),
}

pub async fn find(
    screens: &Screens,
    organization: &Organization,
    promise: Uuid,
) -> Result<Option<PromiseRow>, Error> {
    let args = vec![Cell::text(promise.to_string()), Cell::text(organization.as_str())];
    let found = screens.query(Promises::NAME, "where id = $1 and organization = $2", args, true).await?;
    Ok(found.into_iter().next())
}

pub async fn list(
    screens: &Screens,
    organization: &Organization,
    filter: &Filter,
    (order, limit): (Order, u32),
) -> Result<Vec<PromiseRow>, Error> {
    let mut text = filtered(organization, filter);
    match order {
        Order::Newest(page) => {
            text.newest((page, limit));
        }
        Order::Due(skip) => {
            text.push(" order by due is null, due, position limit ").arg(Cell::int(i64::from(limit)));
            text.push(" offset ").arg(Cell::position(skip));
        }
    }
    let (rest, args) = text.into_parts();
    screens.query(Promises::NAME, &rest, args, false).await
}

/// How many there are.
pub async fn count(screens: &Screens, organization: &Organization, filter: &Filter) -> Result<u64, Error> {
    let (rest, args) = filtered(organization, filter).into_parts();
    screens.count(Promises::NAME, &rest, args).await
}

/// Open ones whose time is over, whosever they are, the longest over first.
pub async fn overdue(screens: &Screens, now: DateTime<Utc>, limit: u32) -> Result<Vec<PromiseRow>, Error> {
    let args = vec![
        Cell::text(Phase::Open.as_str()),
        Cell::int(now.timestamp_micros()),
        Cell::int(i64::from(limit)),
    ];
    let rest = "where status = $1 and until <= $2 order by until limit $3";
    screens.query(Promises::NAME, rest, args, false).await
}

row! {
    /// What the promises of one status come to. Amounts are in hundredths.
    #[derive(Debug)]
    pub struct Count {
        pub status: Phase,
        pub count: i64,
        pub promised: i64,
        pub paid: i64,
        pub rescheduled: i64,
    }
}

/// What a campaign's promises come to, status by status.
pub async fn of_campaign(
    screens: &Screens,
    organization: &Organization,
    campaign: Uuid,
) -> Result<Vec<Count>, Error> {
    let sums = "select status, count(*) as count, cast(coalesce(sum(amount), 0) as bigint) as promised, \
                cast(sum(paid) as bigint) as paid, cast(sum(rescheduled) as bigint) as rescheduled";
    let mut text = Text::new("where organization = ");
    text.arg(Cell::text(organization.as_str())).push(" and campaign = ");
    text.arg(Cell::text(campaign.to_string())).push(" group by status order by status");
    let (rest, args) = text.into_parts();
    screens.sum(sums, Promises::NAME, &rest, args).await
}

fn filtered(organization: &Organization, filter: &Filter) -> Text {
    let mut text = Text::new("where organization = ");
    text.arg(Cell::text(organization.as_str()));
    if !filter.statuses.is_empty() {
        let statuses = filter.statuses.iter().map(|status| Cell::text(status.as_str()));
        text.push(" and status in ").list(statuses);
    }
    for (column, id) in [("campaign", filter.campaign), ("contact", filter.contact)] {
        if let Some(id) = id {
            text.push(&format!(" and {column} = ")).arg(Cell::text(id.to_string()));
        }
    }
    for (condition, day) in [("due >= ", filter.due_from), ("due <= ", filter.due_to)] {
        if let Some(day) = day {
            text.push(" and ").push(condition).arg(Cell::text(day.to_string()));
        }
    }
    text
}
