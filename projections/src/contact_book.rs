//! The contacts' screen: one row a contact, with whether it was ever called. Fed by every event of `contact` and by `target`'s
//! dialling; table `contact_book`, for operators of PostgreSQL the view `auto_call_contacts`.
//! A contact that was removed keeps its row without anything of the person, so that what it once was in still finds it.

mod numbers;
mod queries;

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use domain::contact::{self, Details, Status};
use domain::fact::{Event, Fact, Position};
use domain::personal::Personal;
use domain::phone::spelling;
use domain::target;
use uuid::Uuid;

use crate::projection::{Index, Projection, Touch, Unfoldable};
use crate::row::{Cell, Field, Kind, row};

pub use numbers::{ending, phones};
pub use queries::{Filter, Imported, count, find, known, list, of_import, of_numbers, several};

row! {
    /// A contact as it is shown.
    pub struct ContactRow {
        pub stream: String,
        pub id: Uuid,
        pub organization: String,
        pub first_name: String,
        pub last_name: String,
        /// E.164.
        pub phone: String,
        /// Its digits from the last to the first: what numbers are found by.
        pub phone_backwards: String,
        /// What names are found by: all of them in small letters.
        pub sought: String,
        /// `1990-01-15`
        pub date_of_birth: Option<String>,
        /// JSON as it was given.
        pub custom_data: Option<String>,
        pub notes: Option<String>,
        pub last_outcome: Option<String>,
        pub zone: Option<String>,
        pub status: Status,
        /// 1 once a call to it was begun.
        pub is_called: i64,
        /// 1 where it was removed.
        pub removed: i64,
        /// The upload that it came with.
        pub import_id: Option<Uuid>,
        pub created_at: DateTime<Utc>,
        pub updated_at: DateTime<Utc>,
        /// Of its first event.
        pub position: Position,
    }
}

impl fmt::Debug for ContactRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stream, status, position, .. } = self;
        write!(f, "ContactRow({stream}, {status:?}, at {position}, personal ***)")
    }
}

impl Field for Status {
    const KIND: Kind = Kind::Text;

    fn cell(&self) -> Cell<'_> {
        Cell::Text(Some(self.as_str().into()))
    }

    fn read(cell: Cell<'_>) -> Option<Self> {
        Self::parse(&String::read(cell)?)
    }
}

impl ContactRow {
    /// A number is what every contact has; one without it is known by nobody any more.
    pub fn is_forgotten(&self) -> bool {
        self.removed == 0 && self.phone.is_empty()
    }

    fn created(fact: &Fact, id: Uuid, import: Option<Uuid>, at: DateTime<Utc>) -> Self {
        Self {
            stream: fact.stream.as_str().to_owned(),
            id,
            organization: fact.stream.organization().to_owned(),
            first_name: String::new(),
            last_name: String::new(),
            phone: String::new(),
            phone_backwards: String::new(),
            sought: String::new(),
            date_of_birth: None,
            custom_data: None,
            notes: None,
            last_outcome: None,
            zone: None,
            status: Status::Active,
            is_called: 0,
            removed: 0,
            import_id: import,
            created_at: at,
            updated_at: at,
            position: fact.position,
        }
    }

    fn know(&mut self, details: &Details) {
        self.first_name.clone_from(&details.first_name);
        self.last_name.clone_from(&details.last_name);
        self.phone.clone_from(&details.phone);
        self.phone_backwards = spelling::backwards(&details.phone);
        self.sought = format!("{} {}", details.first_name, details.last_name).trim().to_lowercase();
        self.date_of_birth = details.date_of_birth.map(|day: NaiveDate| day.to_string());
        self.custom_data = details.custom_data.as_ref().map(ToString::to_string);
        self.notes.clone_from(&details.notes);
        self.last_outcome.clone_from(&details.last_outcome);
        self.zone.clone_from(&details.zone);
    }
}

#[derive(Debug, Clone, Copy)]
pub struct ContactBook;

impl Projection for ContactBook {
    const NAME: &'static str = "contact_book";
    const VERSION: i64 = 1;
    const PERSONAL: bool = true;
    /// Whether it was ever called, the campaigns' streams tell.
    const ALONE: bool = false;
    const KINDS: &'static [&'static str] = &["contact", "target"];
    const KEY: &'static str = "stream";
    const INDEXES: &'static [Index] = &[
        Index { name: "latest", columns: "organization, removed, position" },
        Index { name: "of_status", columns: "organization, removed, status, position" },
        Index { name: "of_number", columns: "organization, phone_backwards, position" },
        Index { name: "of_import", columns: "organization, import_id, position" },
    ];
    const VIEW: &'static str = "auto_call_contacts";
    const FORMER_VIEWS: &'static [&'static str] = &["auto_contacts"];
    const CACHED: usize = 2_048;

    type Key = String;
    type Row = ContactRow;

    fn key(row: &ContactRow) -> String {
        row.stream.clone()
    }

    fn touches(fact: &Fact) -> Option<Touch<String>> {
        let own = || fact.stream.as_str().to_owned();
        match &fact.event {
            Event::Contact(contact::Event::Created { .. }) => Some(Touch::New(own())),
            Event::Contact(
                contact::Event::Changed { .. }
                | contact::Event::StatusSet { .. }
                | contact::Event::Removed { .. }
                | contact::Event::Forgotten { .. },
            ) => Some(Touch::Existing(own())),
            Event::Target(target::Event::Dialled { .. }) => {
                let (_, contact) = fact.stream.of_target()?;
                Some(Touch::Existing(format!("{}/{contact}", fact.stream.organization())))
            }
            Event::Target(
                target::Event::Enlisted { .. }
                | target::Event::Accepted { .. }
                | target::Event::Ended { .. }
                | target::Event::Corrected { .. }
                | target::Event::Withdrawn { .. }
                | target::Event::Deferred { .. }
                | target::Event::Dropped { .. },
            )
            | Event::Session(_)
            | Event::Call(_)
            | Event::Quarantine(_)
            | Event::NumberList(_)
            | Event::Remote(_)
            | Event::User(_)
            | Event::Promise(_)
            | Event::Import(_)
            | Event::ApiKey(_)
            | Event::WebhookEndpoint(_)
            | Event::Settings(_)
            | Event::Pbx(_)
            | Event::PbxCall(_)
            | Event::Disclosure(_)
            | Event::Denial(_)
            | Event::Person(_)
            | Event::Campaign(_) => None,
        }
    }

    fn fold(row: &mut Option<ContactRow>, fact: &Fact) -> Result<(), Unfoldable> {
        let known = row.as_mut().ok_or(Unfoldable("the contact has no row"));
        match &fact.event {
            Event::Contact(contact::Event::Created { id, import, at, personal }) => {
                if known.is_ok() {
                    return Err(Unfoldable("the contact was created before"));
                }
                let mut created = ContactRow::created(fact, *id, *import, *at);
                created.know(&readable(personal)?);
                *row = Some(created);
            }
            Event::Contact(contact::Event::Changed { at, personal }) => {
                let (known, details) = (known?, readable(personal)?);
                known.know(&details);
                known.updated_at = *at;
            }
            Event::Contact(contact::Event::StatusSet { status, at }) => {
                let known = known?;
                (known.status, known.updated_at) = (*status, *at);
            }
            Event::Contact(contact::Event::Removed { at }) => {
                let known = known?;
                known.know(&Details::default());
                (known.removed, known.updated_at) = (1, *at);
            }
            Event::Contact(contact::Event::Forgotten { at, .. }) => {
                // One that a journal restored from a backup has never heard of.
                let Ok(known) = known else { return Ok(()) };
                known.know(&Details::default());
                (known.status, known.updated_at) = (Status::Inactive, *at);
            }
            Event::Target(_) => known?.is_called = 1,
            Event::Session(_)
            | Event::Call(_)
            | Event::Quarantine(_)
            | Event::NumberList(_)
            | Event::Remote(_)
            | Event::User(_)
            | Event::Promise(_)
            | Event::Import(_)
            | Event::ApiKey(_)
            | Event::WebhookEndpoint(_)
            | Event::Settings(_)
            | Event::Pbx(_)
            | Event::PbxCall(_)
            | Event::Disclosure(_)
            | Event::Denial(_)
            | Event::Person(_)
            | Event::Campaign(_) => {}
        }
        Ok(())
    }
}

/// What is left of somebody who was forgotten is nothing.
fn readable(personal: &Personal<Details>) -> Result<Details, Unfoldable> {
    match personal {
        Personal::Clear(details) => Ok(details.clone()),
        Personal::Forgotten => Ok(Details::default()),
        Personal::Sealed(_) => Err(Unfoldable("its personal data is sealed")),
    }
}

#[cfg(test)]
mod tests;
