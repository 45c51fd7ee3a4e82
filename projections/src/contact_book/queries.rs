//! How contacts are asked for: one, which of several there are, and a filtered list by page or by cursor.

use std::collections::{HashMap, HashSet};

use domain::contact::Status;
use domain::fact::Position;
use domain::ids::Organization;
use domain::phone::spelling;
use uuid::Uuid;

use super::{ContactBook, ContactRow};
use crate::error::Error;
use crate::projection::Projection;
use crate::row::{Cell, row};
use crate::screens::Screens;
use crate::targets;
use crate::text::{Page, Text, pattern};

/// Ids that are asked for together.
const TOGETHER: usize = 500;

/// Which contacts of an organization; all that were not removed by default.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub status: Option<Status>,
    /// A part of the name, or of the number's digits.
    pub text: Option<String>,
    pub is_called: Option<bool>,
    /// The upload that it came with.
    pub import: Option<Uuid>,
    /// A campaign that it is in.
    pub campaign: Option<Uuid>,
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

row! {
    /// All that has to be read of a contact to know that it is there.
    struct Named {
        pub id: Uuid,
    }
}

row! {
    /// What is asked about a contact that came with an import.
    #[derive(Debug)]
    pub struct Imported {
        pub id: Uuid,
        pub is_called: i64,
        /// Of its first event.
        pub position: Position,
    }
}

/// Contacts of an import that were not removed, in the order in which they came, from after a cursor (0: from the beginning).
pub async fn of_import(
    screens: &Screens,
    organization: &Organization,
    import: Uuid,
    (after, limit): (Position, u32),
) -> Result<Vec<Imported>, Error> {
    let args = vec![
        Cell::text(organization.as_str()),
        Cell::text(import.to_string()),
        Cell::position(after),
        Cell::int(i64::from(limit)),
    ];
    let rest = "where organization = $1 and import_id = $2 and position > $3 and removed = 0 \
                order by position limit $4";
    screens.query(ContactBook::NAME, rest, args, false).await
}

/// Of these, those that there are.
pub async fn several(
    screens: &Screens,
    organization: &Organization,
    contacts: &[Uuid],
) -> Result<HashMap<Uuid, ContactRow>, Error> {
    let mut found = HashMap::with_capacity(contacts.len());
    for together in contacts.chunks(TOGETHER) {
        let (rest, args) = named(organization, together).into_parts();
        let rows: Vec<ContactRow> = screens.query(ContactBook::NAME, &rest, args, false).await?;
        found.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    Ok(found)
}

/// The ids of these that there are.
pub async fn known(
    screens: &Screens,
    organization: &Organization,
    contacts: &[Uuid],
) -> Result<HashSet<Uuid>, Error> {
    let mut known = HashSet::with_capacity(contacts.len());
    for together in contacts.chunks(TOGETHER) {
        let (rest, args) = named(organization, together).into_parts();
        let rows: Vec<Named> = screens.query(ContactBook::NAME, &rest, args, false).await?;
        known.extend(rows.into_iter().map(|row| row.id));
    }
    Ok(known)
}

fn named(organization: &Organization, contacts: &[Uuid]) -> Text {
    let mut text = Text::new("where removed = 0 and stream in ");
    text.list(contacts.iter().map(|contact| Cell::text(format!("{organization}/{contact}"))));
    text
}

row! {
    /// All that has to be read of a contact to know whose a number is.
    struct Reached {
        pub id: Uuid,
        pub phone: String,
    }
}

/// Which contacts have these numbers, in E.164.
pub async fn of_numbers(
    screens: &Screens,
    organization: &Organization,
    phones: &[&str],
) -> Result<HashMap<String, Uuid>, Error> {
    let mut found = HashMap::with_capacity(phones.len());
    for together in phones.chunks(TOGETHER) {
        let mut text = Text::new("where organization = ");
        text.arg(Cell::text(organization.as_str())).push(" and removed = 0 and phone_backwards in ");
        text.list(together.iter().map(|phone| Cell::text(spelling::backwards(phone))));
        let (rest, args) = text.into_parts();
        let rows: Vec<Reached> = screens.query(ContactBook::NAME, &rest, args, false).await?;
        found.extend(rows.into_iter().map(|row| (row.phone, row.id)));
    }
    Ok(found)
}

pub async fn list(
    screens: &Screens,
    organization: &Organization,
    filter: &Filter,
    (page, limit): (Page, u32),
) -> Result<Vec<ContactRow>, Error> {
    let mut text = filtered(screens, organization, filter);
    text.newest((page, limit));
    let (rest, args) = text.into_parts();
    screens.query(ContactBook::NAME, &rest, args, false).await
}

/// How many there are.
pub async fn count(screens: &Screens, organization: &Organization, filter: &Filter) -> Result<u64, Error> {
    let (rest, args) = filtered(screens, organization, filter).into_parts();
    screens.count(ContactBook::NAME, &rest, args).await
}

fn filtered(screens: &Screens, organization: &Organization, filter: &Filter) -> Text {
    let mut text = Text::new("where organization = ");
    text.arg(Cell::text(organization.as_str())).push(" and removed = 0");
    if let Some(status) = filter.status {
        text.push(" and status = ").arg(Cell::text(status.as_str()));
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
    if let Some(is_called) = filter.is_called {
        text.push(" and is_called = ").arg(Cell::int(i64::from(is_called)));
    }
    if let Some(import) = filter.import {
        text.push(" and import_id = ").arg(Cell::text(import.to_string()));
    }
    if let Some(campaign) = filter.campaign {
        text.push(" and id in (");
        targets::members(&mut text, screens, (organization, campaign));
        text.push(")");
    }
    text
}
