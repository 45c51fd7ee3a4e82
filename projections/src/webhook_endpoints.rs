//! The screen of where events are sent: one row an endpoint, without its secrets. Fed by every event of `webhook_endpoint`; table
//! `webhook_endpoints`, for operators of PostgreSQL the view `engine_webhook_endpoints`. Nothing is sent by it alone: how an endpoint
//! stands is asked of its own stream.

use chrono::{DateTime, Utc};
use domain::fact::{Event, Fact, Position};
use domain::ids::{Organization, StreamId};
use domain::webhook_endpoint::{self, Sending, Terms};
use uuid::Uuid;

use crate::error::Error;
use crate::projection::{Index, Projection, Touch, Unfoldable};
use crate::row::{Cell, row};
use crate::screens::Screens;

/// Nobody has nearly as many.
const COUNTED_MAX: u32 = 1_000;
/// What a row says of an endpoint that is no more.
const REMOVED: &str = "removed";

row! {
    /// An endpoint that was registered.
    #[derive(Debug)]
    pub struct EndpointRow {
        pub stream: String,
        pub id: Uuid,
        pub organization: String,
        pub url: String,
        pub description: String,
        /// With blanks between; empty where everything is wanted.
        pub types: String,
        /// active, paused, disabled or removed.
        pub status: String,
        /// Why it is disabled: gone or failing.
        pub why: Option<String>,
        pub created_at: DateTime<Utc>,
        pub updated_at: DateTime<Utc>,
        /// Where it was registered: the order of the list, a page's cursor, and where sending begins.
        pub position: Position,
    }
}

#[derive(Debug, Clone, Copy)]
pub struct WebhookEndpoints;

impl Projection for WebhookEndpoints {
    const NAME: &'static str = "webhook_endpoints";
    const VERSION: i64 = 1;
    const PERSONAL: bool = false;
    const KINDS: &'static [&'static str] = &["webhook_endpoint"];
    const KEY: &'static str = "stream";
    const INDEXES: &'static [Index] = &[
        Index { name: "of_organization", columns: "organization, position" },
        Index { name: "by_status", columns: "status, position" },
    ];
    const VIEW: &'static str = "engine_webhook_endpoints";
    const CACHED: usize = 1_024;

    type Key = String;
    type Row = EndpointRow;

    fn key(row: &EndpointRow) -> String {
        row.stream.clone()
    }

    fn touches(fact: &Fact) -> Option<Touch<String>> {
        let key = || fact.stream.as_str().to_owned();
        match &fact.event {
            Event::WebhookEndpoint(webhook_endpoint::Event::Registered { .. }) => Some(Touch::New(key())),
            Event::WebhookEndpoint(
                webhook_endpoint::Event::Changed { .. }
                | webhook_endpoint::Event::SecretRotated { .. }
                | webhook_endpoint::Event::Paused { .. }
                | webhook_endpoint::Event::Resumed { .. }
                | webhook_endpoint::Event::Disabled { .. }
                | webhook_endpoint::Event::Removed { .. },
            ) => Some(Touch::Existing(key())),
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
            | Event::ApiKey(_)
            | Event::Settings(_)
            | Event::Pbx(_)
            | Event::PbxCall(_)
            | Event::Disclosure(_)
            | Event::Denial(_) => None,
        }
    }

    fn fold(row: &mut Option<EndpointRow>, fact: &Fact) -> Result<(), Unfoldable> {
        use webhook_endpoint::Event as It;
        let Event::WebhookEndpoint(event) = &fact.event else { return Ok(()) };
        let Some(row) = row.as_mut() else {
            let It::Registered { terms, at, .. } = event else {
                return Err(Unfoldable("the endpoint has no row"));
            };
            *row = Some(registered(fact, terms, *at)?);
            return Ok(());
        };
        let (status, why) = match event {
            It::Registered { .. } => return Err(Unfoldable("the endpoint was registered before")),
            It::Changed { terms, .. } => {
                say(row, terms);
                (row.status.clone(), row.why.take())
            }
            It::SecretRotated { .. } => (row.status.clone(), row.why.take()),
            It::Paused { .. } => (Sending::Paused.as_str().to_owned(), None),
            It::Resumed { .. } => (Sending::Active.as_str().to_owned(), None),
            It::Disabled { why, .. } => {
                (Sending::Disabled(*why).as_str().to_owned(), Some(why.as_str().to_owned()))
            }
            It::Removed { .. } => (REMOVED.to_owned(), None),
        };
        (row.status, row.why, row.updated_at) = (status, why, fact.occurred_at);
        Ok(())
    }
}

fn say(row: &mut EndpointRow, terms: &Terms) {
    row.url.clone_from(&terms.url);
    row.description.clone_from(&terms.description);
    row.types = terms.types.names().join(" ");
}

fn registered(fact: &Fact, terms: &Terms, at: DateTime<Utc>) -> Result<EndpointRow, Unfoldable> {
    let id = Uuid::parse_str(fact.stream.session_name());
    let mut row = EndpointRow {
        stream: fact.stream.as_str().to_owned(),
        id: id.map_err(|_| Unfoldable("the stream's name holds no id"))?,
        organization: fact.stream.organization().to_owned(),
        url: String::new(),
        description: String::new(),
        types: String::new(),
        status: Sending::Active.as_str().to_owned(),
        why: None,
        created_at: at,
        updated_at: at,
        position: fact.position,
    };
    say(&mut row, terms);
    Ok(row)
}

/// An organization's endpoints after a place, without those that were removed.
pub async fn list(
    screens: &Screens,
    organization: &Organization,
    after: Position,
    limit: u32,
) -> Result<Vec<EndpointRow>, Error> {
    let args = vec![
        Cell::text(organization.as_str()),
        Cell::position(after),
        Cell::text(REMOVED),
        Cell::int(i64::from(limit)),
    ];
    let rest = "where organization = $1 and position > $2 and status <> $3 order by position limit $4";
    screens.query(WebhookEndpoints::NAME, rest, args, false).await
}

/// How many an organization has.
pub async fn count(screens: &Screens, organization: &Organization) -> Result<u64, Error> {
    let found = list(screens, organization, 0, COUNTED_MAX).await?;
    Ok(u64::try_from(found.len()).unwrap_or(u64::MAX))
}

/// One that was not removed.
pub async fn find(
    screens: &Screens,
    organization: &Organization,
    id: Uuid,
) -> Result<Option<EndpointRow>, Error> {
    let stream = StreamId::webhook_endpoint(organization, id);
    let args = vec![Cell::text(stream.as_str()), Cell::text(REMOVED)];
    let found =
        screens.query(WebhookEndpoints::NAME, "where stream = $1 and status <> $2", args, false).await?;
    Ok(found.into_iter().next())
}

/// Everybody's that are sent to, after a place.
pub async fn active(screens: &Screens, after: Position, limit: u32) -> Result<Vec<EndpointRow>, Error> {
    let args = vec![Cell::text(Sending::Active.as_str()), Cell::position(after), Cell::int(i64::from(limit))];
    let rest = "where status = $1 and position > $2 order by position limit $3";
    screens.query(WebhookEndpoints::NAME, rest, args, false).await
}

#[cfg(test)]
mod tests;
