//! Which number a contact has, and which contacts have one that ends so: for whoever shows calls, which hold no numbers.

use std::collections::HashMap;

use domain::ids::Organization;
use domain::phone::spelling;
use uuid::Uuid;

use super::ContactBook;
use crate::error::Error;
use crate::projection::Projection;
use crate::row::{Cell, row};
use crate::screens::Screens;
use crate::text::Text;

/// Ids that are asked for together.
const TOGETHER: usize = 500;

row! {
    /// All that has to be read of a contact to call it.
    struct Called {
        pub id: Uuid,
        pub phone: String,
    }
}

/// The numbers of these contacts, in E.164; of those that there are.
pub async fn phones(
    screens: &Screens,
    organization: &Organization,
    contacts: &[Uuid],
) -> Result<HashMap<Uuid, String>, Error> {
    let mut phones = HashMap::with_capacity(contacts.len());
    for together in contacts.chunks(TOGETHER) {
        let mut text = Text::new("where removed = 0 and stream in ");
        text.list(together.iter().map(|contact| Cell::text(format!("{organization}/{contact}"))));
        let (rest, args) = text.into_parts();
        let rows: Vec<Called> = screens.query(ContactBook::NAME, &rest, args, false).await?;
        phones.extend(rows.into_iter().map(|row| (row.id, row.phone)));
    }
    Ok(phones)
}

/// Numbers of contacts that end with these digits, at most so many.
pub async fn ending(
    screens: &Screens,
    organization: &Organization,
    digits: &str,
    limit: u32,
) -> Result<Vec<String>, Error> {
    let mut text = Text::new("where organization = ");
    text.arg(Cell::text(organization.as_str()));
    text.beginning("phone_backwards", spelling::backwards(digits));
    text.push(" and removed = 0 order by phone_backwards limit ").arg(Cell::int(i64::from(limit)));
    let (rest, args) = text.into_parts();
    let rows: Vec<Called> = screens.query(ContactBook::NAME, &rest, args, false).await?;
    Ok(rows.into_iter().map(|row| row.phone).collect())
}
