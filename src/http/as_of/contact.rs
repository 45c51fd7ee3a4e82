//! Contacts as they were.

use cqrs_es::Aggregate as _;
use domain::contact::Contact;
use domain::fact::Position;
use domain::ids::{Organization, StreamId};
use domain::target::Target;
use projections::contact_book::{ContactBook, ContactRow};
use projections::targets;
use projections::then::Then;
use uuid::Uuid;

use super::{fold, missing};
use crate::dispatch::audit::Named;
use crate::http::Engine;
use crate::http::problem::Problem;

/// One that had not been removed. `unknown` is said of one that nobody ever knew, and of one that was.
pub(in crate::http) async fn contact(
    engine: &Engine,
    organization: &Organization,
    contact: Uuid,
    (until, unknown): (Position, Problem),
) -> Result<ContactRow, Problem> {
    match contacts(engine, organization, &[contact], until).await?.rows().next() {
        Some(row) if row.removed == 0 => Ok(row),
        Some(_) => Err(unknown),
        None => {
            let own = (Contact::TYPE, StreamId::contact(organization, contact));
            Err(missing(engine, own, unknown).await)
        }
    }
}

/// Several of them. Whether one was ever called is told by the campaigns that it is or was in.
pub(super) async fn contacts(
    engine: &Engine,
    organization: &Organization,
    contacts: &[Uuid],
    until: Position,
) -> Result<Then<ContactBook>, Problem> {
    let own = contacts.iter().map(|contact| (Contact::TYPE, StreamId::contact(organization, *contact)));
    let mut streams: Vec<Named> = own.collect();
    let places = targets::of_contacts(&engine.screens, organization, contacts).await?;
    streams.extend(places.into_iter().map(|stream| (Target::TYPE, stream)));
    Ok(fold(engine, &streams, until).await?)
}
