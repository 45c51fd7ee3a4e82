//! The do-not-call lists' screen: one row a number that ever was on one. Fed by `person`'s opting out and in; table `do_not_call`,
//! for operators of PostgreSQL the view `auto_do_not_call`. The list that holds for every organization is everyone's.
//! Nobody is called because of it: whether a number is on a list now, its stream says.

use std::fmt;

use chrono::{DateTime, Utc};
use domain::fact::{Event, Fact, Position};
use domain::ids::Organization;
use domain::person::{self, Number, Wish};
use domain::personal::Personal;
use domain::phone::spelling;

use crate::error::Error;
use crate::projection::{Index, Projection, Touch, Unfoldable};
use crate::row::{Cell, Field, Kind, row};
use crate::screens::Screens;
use crate::text::{Page, Text};

row! {
    /// A number that is not to be called.
    pub struct ForbiddenRow {
        pub stream: String,
        pub organization: String,
        /// E.164. None where its opting out does not say it, or the person was forgotten.
        pub phone: Option<String>,
        /// Its digits from the last to the first: what numbers are found by.
        pub phone_backwards: String,
        pub note: Option<String>,
        pub source: Wish,
        /// Who has put it there.
        pub actor: String,
        /// 0 once it was taken off; then nothing of the person is left here.
        pub listed: i64,
        pub since: DateTime<Utc>,
        /// Of the last time that it was put there: the order of the list, and a page's cursor.
        pub position: Position,
    }
}

impl fmt::Debug for ForbiddenRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stream, source, listed, position, .. } = self;
        write!(f, "ForbiddenRow({stream}, {source:?}, {listed}, at {position}, personal ***)")
    }
}

impl ForbiddenRow {
    /// What the number is called where it must not be told.
    pub fn id(&self) -> &str {
        self.stream.split_once("/~").map_or("", |(_, id)| id)
    }
}

impl Field for Wish {
    const KIND: Kind = Kind::Text;

    fn cell(&self) -> Cell<'_> {
        Cell::Text(Some(self.as_str().into()))
    }

    fn read(cell: Cell<'_>) -> Option<Self> {
        Self::parse(&String::read(cell)?)
    }
}

#[derive(Debug, Clone, Copy)]
pub struct DoNotCall;

impl Projection for DoNotCall {
    const NAME: &'static str = "do_not_call";
    const VERSION: i64 = 1;
    const PERSONAL: bool = true;
    const KINDS: &'static [&'static str] = &["person"];
    const KEY: &'static str = "stream";
    const INDEXES: &'static [Index] = &[
        Index { name: "latest", columns: "organization, listed, position" },
        Index { name: "of_number", columns: "organization, phone_backwards, position" },
    ];
    const VIEW: &'static str = "auto_do_not_call";
    const CACHED: usize = 1_024;

    type Key = String;
    type Row = ForbiddenRow;

    fn key(row: &ForbiddenRow) -> String {
        row.stream.clone()
    }

    fn touches(fact: &Fact) -> Option<Touch<String>> {
        match &fact.event {
            Event::Person(person::Event::OptedOut { .. } | person::Event::OptedIn { .. }) => {
                Some(Touch::Existing(fact.stream.as_str().to_owned()))
            }
            Event::Person(
                person::Event::Claimed { .. }
                | person::Event::Released { .. }
                | person::Event::Rung { .. }
                | person::Event::LetGo { .. }
                | person::Event::Recounted { .. }
                | person::Event::KeptQuiet { .. }
                | person::Event::Retired { .. },
            )
            | Event::Session(_)
            | Event::Call(_)
            | Event::Quarantine(_)
            | Event::NumberList(_)
            | Event::Remote(_)
            | Event::Contact(_)
            | Event::Campaign(_)
            | Event::Target(_)
            | Event::User(_)
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

    fn fold(row: &mut Option<ForbiddenRow>, fact: &Fact) -> Result<(), Unfoldable> {
        let Event::Person(event) = &fact.event else { return Ok(()) };
        match event {
            person::Event::OptedOut { by, at, personal } => {
                *row = Some(forbidden(fact, *by, *at, personal.as_ref())?);
            }
            person::Event::OptedIn { .. } => {
                let known = row.as_mut().ok_or(Unfoldable("the number was never on the list"))?;
                (known.listed, known.phone, known.note) = (0, None, None);
                known.phone_backwards.clear();
            }
            person::Event::Claimed { .. }
            | person::Event::Released { .. }
            | person::Event::Rung { .. }
            | person::Event::LetGo { .. }
            | person::Event::Recounted { .. }
            | person::Event::KeptQuiet { .. }
            | person::Event::Retired { .. } => {}
        }
        Ok(())
    }
}

fn forbidden(
    fact: &Fact,
    source: Wish,
    since: DateTime<Utc>,
    personal: Option<&Personal<Number>>,
) -> Result<ForbiddenRow, Unfoldable> {
    let number = match personal {
        Some(Personal::Clear(number)) => Some(number.clone()),
        Some(Personal::Forgotten) | None => None,
        Some(Personal::Sealed(_)) => return Err(Unfoldable("its personal data is sealed")),
    };
    let (phone, note) = number.map_or((None, None), |number| (Some(number.phone), number.note));
    Ok(ForbiddenRow {
        stream: fact.stream.as_str().to_owned(),
        organization: fact.stream.organization().to_owned(),
        phone_backwards: phone.as_deref().map(spelling::backwards).unwrap_or_default(),
        phone,
        note,
        source,
        actor: fact.circumstances.actor.clone(),
        listed: 1,
        since,
        position: fact.position,
    })
}

/// A list, or the numbers on it that end with these digits.
pub async fn list(
    screens: &Screens,
    whose: &Organization,
    ending: Option<&str>,
    place: (Page, u32),
) -> Result<Vec<ForbiddenRow>, Error> {
    let mut text = filtered(whose, ending);
    text.newest(place);
    let (rest, args) = text.into_parts();
    screens.query(DoNotCall::NAME, &rest, args, false).await
}

/// How many there are.
pub async fn count(screens: &Screens, whose: &Organization, ending: Option<&str>) -> Result<u64, Error> {
    let (rest, args) = filtered(whose, ending).into_parts();
    screens.count(DoNotCall::NAME, &rest, args).await
}

fn filtered(whose: &Organization, ending: Option<&str>) -> Text {
    let mut text = Text::new("where organization = ");
    text.arg(Cell::text(whose.as_str())).push(" and listed = 1");
    if let Some(digits) = ending {
        text.beginning("phone_backwards", spelling::backwards(digits));
    }
    text
}

#[cfg(test)]
mod tests;
