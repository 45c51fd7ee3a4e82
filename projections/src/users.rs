//! The users' screen: one row a user, without passwords and sessions. Fed by every event of `user`; table `users`,
//! for operators of PostgreSQL the view `engine_users`. Nobody is let in by it: that is asked of the user's own stream.

use chrono::{DateTime, Utc};
use domain::access::Role;
use domain::fact::{Event, Fact, Position};
use domain::ids::Organization;
use domain::user;
use uuid::Uuid;

use crate::error::Error;
use crate::projection::{Index, Projection, Touch, Unfoldable};
use crate::row::{Cell, row};
use crate::screens::Screens;

row! {
    /// Somebody who may sign in, or might once.
    #[derive(Debug)]
    pub struct UserRow {
        pub stream: String,
        pub id: Uuid,
        pub organization: String,
        pub name: String,
        pub role: Role,
        pub created_at: DateTime<Utc>,
        /// Since when nobody signs in by that name; none while somebody may.
        pub disabled_at: Option<DateTime<Utc>>,
        pub password_set_at: DateTime<Utc>,
        pub signed_in_at: Option<DateTime<Utc>>,
        /// Where it was created: the order of the list, and a page's cursor.
        pub position: Position,
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Users;

impl Projection for Users {
    const NAME: &'static str = "users";
    const VERSION: i64 = 1;
    const PERSONAL: bool = false;
    const KINDS: &'static [&'static str] = &["user"];
    const KEY: &'static str = "stream";
    const INDEXES: &'static [Index] = &[Index { name: "of_organization", columns: "organization, position" }];
    const VIEW: &'static str = "engine_users";
    const CACHED: usize = 1_024;

    type Key = String;
    type Row = UserRow;

    fn key(row: &UserRow) -> String {
        row.stream.clone()
    }

    fn touches(fact: &Fact) -> Option<Touch<String>> {
        let key = || fact.stream.as_str().to_owned();
        match &fact.event {
            Event::User(user::Event::Created { .. }) => Some(Touch::New(key())),
            Event::User(
                user::Event::PasswordSet { .. }
                | user::Event::RoleSet { .. }
                | user::Event::Disabled { .. }
                | user::Event::Enabled { .. }
                | user::Event::SignedIn { .. },
            ) => Some(Touch::Existing(key())),
            Event::User(user::Event::SignedOut { .. })
            | Event::Session(_)
            | Event::Call(_)
            | Event::Quarantine(_)
            | Event::NumberList(_)
            | Event::Remote(_)
            | Event::Contact(_)
            | Event::Person(_)
            | Event::Campaign(_)
            | Event::Target(_)
            | Event::Promise(_)
            | Event::Import(_)
            | Event::ApiKey(_)
            | Event::WebhookEndpoint(_)
            | Event::Settings(_)
            | Event::Pbx(_)
            | Event::PbxCall(_)
            | Event::Disclosure(_)
            | Event::Denial(_) => None,
        }
    }

    fn fold(row: &mut Option<UserRow>, fact: &Fact) -> Result<(), Unfoldable> {
        let Event::User(event) = &fact.event else { return Ok(()) };
        match (event, row.as_mut()) {
            (user::Event::Created { .. }, Some(_)) => {
                return Err(Unfoldable("the user was created before"));
            }
            (user::Event::Created { id, name, role, at, .. }, None) => {
                *row = Some(UserRow {
                    stream: fact.stream.as_str().to_owned(),
                    id: *id,
                    organization: fact.stream.organization().to_owned(),
                    name: name.to_string(),
                    role: *role,
                    created_at: *at,
                    disabled_at: None,
                    password_set_at: *at,
                    signed_in_at: None,
                    position: fact.position,
                });
            }
            (_, None) => return Err(Unfoldable("the user has no row")),
            (user::Event::PasswordSet { at, .. }, Some(row)) => row.password_set_at = *at,
            (user::Event::RoleSet { role, .. }, Some(row)) => row.role = *role,
            (user::Event::Disabled { at }, Some(row)) => row.disabled_at = Some(*at),
            (user::Event::Enabled { .. }, Some(row)) => row.disabled_at = None,
            (user::Event::SignedIn { at, .. }, Some(row)) => row.signed_in_at = Some(*at),
            (user::Event::SignedOut { .. }, Some(_)) => {}
        }
        Ok(())
    }
}

/// An organization's users after a place, those who were created first coming first.
pub async fn list(
    screens: &Screens,
    organization: &Organization,
    after: Position,
    limit: u32,
) -> Result<Vec<UserRow>, Error> {
    let args = vec![Cell::text(organization.as_str()), Cell::position(after), Cell::int(i64::from(limit))];
    let rest = "where organization = $1 and position > $2 order by position limit $3";
    screens.query(Users::NAME, rest, args, false).await
}

#[cfg(test)]
mod tests;
