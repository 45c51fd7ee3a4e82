//! The keys' screen: one row a key, without what it is checked by. Fed by every event of `api_key`; table `api_keys`,
//! for operators of PostgreSQL the view `engine_api_keys`. Nobody is let in by it: that is asked of the key's own stream.

use chrono::{DateTime, Utc};
use domain::access::{Role, Scopes};
use domain::api_key;
use domain::fact::{Event, Fact, Position};
use domain::ids::Organization;
use uuid::Uuid;

use crate::error::Error;
use crate::projection::{Index, Projection, Touch, Unfoldable};
use crate::row::{Cell, row};
use crate::screens::Screens;

row! {
    /// A key that was made.
    #[derive(Debug)]
    pub struct KeyRow {
        pub stream: String,
        pub id: Uuid,
        pub organization: String,
        pub name: String,
        pub role: Role,
        pub scopes: Scopes,
        pub made_at: DateTime<Utc>,
        pub expires_at: DateTime<Utc>,
        pub revoked_at: Option<DateTime<Utc>>,
        /// Where it was made: the order of the list, and a page's cursor.
        pub position: Position,
    }
}

#[derive(Debug, Clone, Copy)]
pub struct ApiKeys;

impl Projection for ApiKeys {
    const NAME: &'static str = "api_keys";
    const VERSION: i64 = 1;
    const PERSONAL: bool = false;
    const KINDS: &'static [&'static str] = &["api_key"];
    const KEY: &'static str = "stream";
    const INDEXES: &'static [Index] = &[Index { name: "of_organization", columns: "organization, position" }];
    const VIEW: &'static str = "engine_api_keys";
    const CACHED: usize = 1_024;

    type Key = String;
    type Row = KeyRow;

    fn key(row: &KeyRow) -> String {
        row.stream.clone()
    }

    fn touches(fact: &Fact) -> Option<Touch<String>> {
        let key = || fact.stream.as_str().to_owned();
        match &fact.event {
            Event::ApiKey(api_key::Event::Made { .. }) => Some(Touch::New(key())),
            Event::ApiKey(api_key::Event::Revoked { .. }) => Some(Touch::Existing(key())),
            Event::Session(_)
            | Event::Call(_)
            | Event::Quarantine(_)
            | Event::NumberList(_)
            | Event::Remote(_)
            | Event::Contact(_)
            | Event::Import(_)
            | Event::Person(_)
            | Event::Campaign(_)
            | Event::Target(_)
            | Event::Promise(_)
            | Event::User(_)
            | Event::WebhookEndpoint(_)
            | Event::Settings(_)
            | Event::Pbx(_)
            | Event::PbxCall(_)
            | Event::Disclosure(_)
            | Event::Denial(_) => None,
        }
    }

    fn fold(row: &mut Option<KeyRow>, fact: &Fact) -> Result<(), Unfoldable> {
        let Event::ApiKey(event) = &fact.event else { return Ok(()) };
        match (event, row.as_mut()) {
            (api_key::Event::Made { .. }, Some(_)) => return Err(Unfoldable("the key was made before")),
            (api_key::Event::Made { name, grant, expires_at, at, .. }, None) => {
                *row = Some(made(fact, name, *grant, (*at, *expires_at))?);
            }
            (api_key::Event::Revoked { .. }, None) => return Err(Unfoldable("the key has no row")),
            (api_key::Event::Revoked { at }, Some(row)) => row.revoked_at = Some(*at),
        }
        Ok(())
    }
}

fn made(
    fact: &Fact,
    name: &str,
    grant: api_key::Grant,
    (made_at, expires_at): (DateTime<Utc>, DateTime<Utc>),
) -> Result<KeyRow, Unfoldable> {
    let id = Uuid::parse_str(fact.stream.session_name());
    Ok(KeyRow {
        stream: fact.stream.as_str().to_owned(),
        id: id.map_err(|_| Unfoldable("the stream's name holds no id"))?,
        organization: fact.stream.organization().to_owned(),
        name: name.to_owned(),
        role: grant.role,
        scopes: grant.scopes,
        made_at,
        expires_at,
        revoked_at: None,
        position: fact.position,
    })
}

/// An organization's keys after a place, those that were made first coming first. Revoked ones stay.
pub async fn list(
    screens: &Screens,
    organization: &Organization,
    after: Position,
    limit: u32,
) -> Result<Vec<KeyRow>, Error> {
    let args = vec![Cell::text(organization.as_str()), Cell::position(after), Cell::int(i64::from(limit))];
    let rest = "where organization = $1 and position > $2 order by position limit $3";
    screens.query(ApiKeys::NAME, rest, args, false).await
}

#[cfg(test)]
mod tests;
