//! Rows as both stores hold them: a row type declares its columns once, and from them follow the table, the reads and the writes.
//! Only text and whole numbers are stored (times as microseconds), so that both stores hold the same.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use domain::access::{Role, Scope, Scopes};
use domain::call::Listing;
use domain::fact::Position;
use domain::outcome::CallStatus;
use uuid::Uuid;

use crate::error::Error;

/// What a column holds. A time is a number that people are shown as a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Int,
    Time,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    pub nullable: bool,
}

/// One value on its way in or out. Nulls keep their type: PostgreSQL asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell<'a> {
    Text(Option<Cow<'a, str>>),
    Int(Option<i64>),
}

impl Cell<'static> {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(Some(Cow::Owned(text.into())))
    }

    pub(crate) fn int(number: i64) -> Self {
        Self::Int(Some(number))
    }

    pub(crate) fn position(position: u64) -> Self {
        Self::Int(Some(stored(position)))
    }
}

/// A position as it is stored.
pub(crate) fn stored(position: u64) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}

/// Where a row is read from: a result of either store.
pub trait Source {
    /// None where the value is of another kind.
    fn cell(&self, column: usize, kind: Kind) -> Option<Cell<'_>>;
}

/// A type that a column can hold.
pub trait Field: Sized {
    const KIND: Kind;
    const NULLABLE: bool = false;
    fn cell(&self) -> Cell<'_>;
    fn read(cell: Cell<'_>) -> Option<Self>;
}

/// A row type; made by the `row!` macro.
pub trait Row: Clone + Send + Sync + 'static {
    const COLUMNS: &'static [Column];
    /// Hands out the row's cells in the order of its columns.
    fn each<'a>(&'a self, put: &mut dyn FnMut(Cell<'a>));
    fn read(source: &dyn Source) -> Result<Self, Error>;
}

/// Reads the next column of a row.
pub(crate) fn take<T: Field>(source: &dyn Source, at: &mut usize, column: &'static str) -> Result<T, Error> {
    let cell = source.cell(*at, T::KIND).ok_or(Error::Unreadable { column })?;
    *at += 1;
    T::read(cell).ok_or(Error::Unreadable { column })
}

/// Declares a row: a plain struct whose fields are its columns.
macro_rules! row {
    ($(#[$meta:meta])* $reach:vis struct $name:ident { $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq)]
        $reach struct $name { $($(#[$field_meta])* pub $field: $type,)* }

        impl $crate::row::Row for $name {
            const COLUMNS: &'static [$crate::row::Column] = &[$($crate::row::Column {
                name: stringify!($field),
                kind: <$type as $crate::row::Field>::KIND,
                nullable: <$type as $crate::row::Field>::NULLABLE,
            },)*];

            fn each<'a>(&'a self, put: &mut dyn FnMut($crate::row::Cell<'a>)) {
                $(put($crate::row::Field::cell(&self.$field));)*
            }

            fn read(source: &dyn $crate::row::Source) -> Result<Self, $crate::error::Error> {
                let mut at = 0;
                Ok(Self { $($field: $crate::row::take(source, &mut at, stringify!($field))?,)* })
            }
        }
    };
}
pub(crate) use row;

row! {
    /// Where a row began. A row keeps its stream and its position, whatever becomes of it.
    #[derive(Debug)]
    pub struct Begun {
        pub stream: String,
        pub position: Position,
    }
}

/// Names of the columns, as they are written in a query.
pub(crate) fn names(columns: &[Column]) -> String {
    columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
}

impl Field for String {
    const KIND: Kind = Kind::Text;

    /// PostgreSQL holds no NUL character, so that no screen does: one bad character must not stop a screen.
    fn cell(&self) -> Cell<'_> {
        let text = if self.contains('\0') {
            Cow::Owned(self.replace('\0', "\u{fffd}"))
        } else {
            Cow::Borrowed(self.as_str())
        };
        Cell::Text(Some(text))
    }

    fn read(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Text(text) => text.map(Cow::into_owned),
            Cell::Int(_) => None,
        }
    }
}

impl Field for i64 {
    const KIND: Kind = Kind::Int;

    fn cell(&self) -> Cell<'_> {
        Cell::Int(Some(*self))
    }

    fn read(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Int(number) => number,
            Cell::Text(_) => None,
        }
    }
}

impl Field for u64 {
    const KIND: Kind = Kind::Int;

    fn cell(&self) -> Cell<'_> {
        Cell::Int(Some(stored(*self)))
    }

    fn read(cell: Cell<'_>) -> Option<Self> {
        i64::read(cell)?.try_into().ok()
    }
}

impl Field for u32 {
    const KIND: Kind = Kind::Int;

    fn cell(&self) -> Cell<'_> {
        Cell::Int(Some(i64::from(*self)))
    }

    fn read(cell: Cell<'_>) -> Option<Self> {
        i64::read(cell)?.try_into().ok()
    }
}

impl Field for DateTime<Utc> {
    const KIND: Kind = Kind::Time;

    fn cell(&self) -> Cell<'_> {
        Cell::Int(Some(self.timestamp_micros()))
    }

    fn read(cell: Cell<'_>) -> Option<Self> {
        Self::from_timestamp_micros(i64::read(cell)?)
    }
}

impl<T: Field> Field for Option<T> {
    const KIND: Kind = T::KIND;
    const NULLABLE: bool = true;

    fn cell(&self) -> Cell<'_> {
        match (self, T::KIND) {
            (Some(value), _) => value.cell(),
            (None, Kind::Text) => Cell::Text(None),
            (None, Kind::Int | Kind::Time) => Cell::Int(None),
        }
    }

    fn read(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Text(None) | Cell::Int(None) => Some(None),
            Cell::Text(Some(_)) | Cell::Int(Some(_)) => T::read(cell).map(Some),
        }
    }
}

impl Field for Uuid {
    const KIND: Kind = Kind::Text;

    fn cell(&self) -> Cell<'_> {
        Cell::text(self.to_string())
    }

    fn read(cell: Cell<'_>) -> Option<Self> {
        Self::parse_str(&String::read(cell)?).ok()
    }
}

impl Field for CallStatus {
    const KIND: Kind = Kind::Text;

    fn cell(&self) -> Cell<'_> {
        Cell::Text(Some(Cow::Borrowed(self.as_str())))
    }

    fn read(cell: Cell<'_>) -> Option<Self> {
        Self::parse(&String::read(cell)?)
    }
}

impl Field for Role {
    const KIND: Kind = Kind::Text;

    fn cell(&self) -> Cell<'_> {
        Cell::Text(Some(Cow::Borrowed(self.as_str())))
    }

    fn read(cell: Cell<'_>) -> Option<Self> {
        Self::parse(&String::read(cell)?)
    }
}

impl Field for Scopes {
    const KIND: Kind = Kind::Text;

    fn cell(&self) -> Cell<'_> {
        let names: Vec<&str> = self.iter().map(Scope::as_str).collect();
        Cell::text(names.join(" "))
    }

    fn read(cell: Cell<'_>) -> Option<Self> {
        let text = String::read(cell)?;
        let scopes: Option<Vec<Scope>> = text.split_whitespace().map(Scope::parse).collect();
        scopes.map(Self::from)
    }
}

impl Field for Listing {
    const KIND: Kind = Kind::Text;

    fn cell(&self) -> Cell<'_> {
        let text = match self {
            Self::Listed => "listed",
            Self::Unlisted => "unlisted",
            Self::NoList => "no_list",
        };
        Cell::Text(Some(Cow::Borrowed(text)))
    }

    fn read(cell: Cell<'_>) -> Option<Self> {
        match String::read(cell)?.as_str() {
            "listed" => Some(Self::Listed),
            "unlisted" => Some(Self::Unlisted),
            "no_list" => Some(Self::NoList),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_nul_character_is_stored() {
        assert_eq!("a\0b".to_owned().cell(), Cell::text("a\u{fffd}b"));
    }

    #[test]
    fn a_null_keeps_its_type() {
        assert_eq!(None::<String>.cell(), Cell::Text(None));
        assert_eq!(None::<DateTime<Utc>>.cell(), Cell::Int(None));
        assert_eq!(Option::<u32>::read(Cell::Int(Some(-1))), None);
    }
}
