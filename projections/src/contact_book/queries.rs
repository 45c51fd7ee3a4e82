//! How contacts are asked for: one, several by their ids, whoever has a number, and a filtered list by page or by cursor.

use domain::contact::Status;
use domain::fact::Position;
use domain::ids::Organization;
use domain::phone::spelling;
use uuid::Uuid;

use super::{ContactBook, ContactRow};
use crate::error::Error;
use crate::projection::Projection;
use crate::row::Cell;
use crate::screens::Screens;
use crate::text::{Text, pattern};

/// Ids that are asked for together.
const TOGETHER: usize = 500;

/// Which contacts of an organization; all that were not removed by default.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub status: Option<Status>,
    /// A part of the name, or of the number's digits.
    pub text: Option<String>,
    pub import: Option<Uuid>,
}

/// Which of those, the newest first.
#[derive(Debug, Clone, Copy)]
pub enum Page {
    /// Those that came before this one; none means from the newest on.
    Before(Option<Position>),
    /// So many are left out.
    Skip(u64),
}

/// One contact that was not removed.
pub async fn find(
    screens: &Screens,
    organization: &Organization,
    contact: Uuid,
) -> Result<Option<ContactRow>, Error> {
    let stream = Cell::text(format!("{organization}/{contact}"));
    let found =
        screens.query(ContactBook::NAME, "where stream = $1 and removed = 0", vec![stream], true).await?;
    Ok(found.into_iter().next())
}

/// Those of these that there are, in no order.
pub async fn some(
    screens: &Screens,
    organization: &Organization,
    contacts: &[Uuid],
) -> Result<Vec<ContactRow>, Error> {
    let mut rows = Vec::with_capacity(contacts.len());
    for together in contacts.chunks(TOGETHER) {
        let mut text = Text::new("where removed = 0 and stream in ");
        text.list(together.iter().map(|contact| Cell::text(format!("{organization}/{contact}"))));
        let (rest, args) = text.into_parts();
        rows.extend(screens.query::<ContactRow>(ContactBook::NAME, &rest, args, false).await?);
    }
    Ok(rows)
}

/// Whose number it is.
pub async fn of_phone(
    screens: &Screens,
    organization: &Organization,
    phone: &str,
) -> Result<Option<ContactRow>, Error> {
    let args = vec![Cell::text(organization.as_str()), Cell::text(spelling::backwards(phone))];
    let rest = "where organization = $1 and phone_backwards = $2 and removed = 0";
    let found = screens.query(ContactBook::NAME, rest, args, true).await?;
    Ok(found.into_iter().next())
}

pub async fn list(
    screens: &Screens,
    organization: &Organization,
    filter: &Filter,
    (page, limit): (Page, u32),
) -> Result<Vec<ContactRow>, Error> {
    let mut text = filtered(organization, filter);
    if let Page::Before(Some(before)) = page {
        text.push(" and position < ").arg(Cell::position(before));
    }
    text.push(" order by position desc limit ").arg(Cell::int(i64::from(limit)));
    if let Page::Skip(skip) = page {
        text.push(" offset ").arg(Cell::position(skip));
    }
    let (rest, args) = text.into_parts();
    screens.query(ContactBook::NAME, &rest, args, false).await
}

/// How many there are.
pub async fn count(screens: &Screens, organization: &Organization, filter: &Filter) -> Result<u64, Error> {
    let (rest, args) = filtered(organization, filter).into_parts();
    screens.count(ContactBook::NAME, &rest, args).await
}

fn filtered(organization: &Organization, filter: &Filter) -> Text {
    let mut text = Text::new("where organization = ");
    text.arg(Cell::text(organization.as_str())).push(" and removed = 0");
    if let Some(status) = filter.status {
        text.push(" and status = ").arg(Cell::text(status.as_str()));
    }
    if let Some(import) = filter.import {
        text.push(" and import_id = ").arg(Cell::text(import.to_string()));
    }
    if let Some(part) = &filter.text {
        text.push(" and (sought like ").arg(Cell::text(pattern(&part.to_lowercase()))).push(" escape '\\'");
        let digits = spelling::backwards(part);
        let digits = digits.trim_end_matches('+');
        if !digits.is_empty() && !part.chars().any(char::is_alphabetic) {
            text.push(" or phone_backwards like ").arg(Cell::text(pattern(digits)));
        }
        text.push(")");
    }
    text
}
