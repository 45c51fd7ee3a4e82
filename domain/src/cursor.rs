//! How far a reader of the feed has come, under a name of its own: a bookmark beside the journal, and no event of it.
//! It goes forward, and back only where that is meant: a reader that was forgotten somewhere must not undo what another has done.

use chrono::{DateTime, Utc};

use crate::fact::Position;
use crate::ids::CursorName;

/// An organization has at most so many.
pub const CURSORS_MAX: usize = 100;
/// Where nothing was read yet.
pub const BEGINNING: Position = 1;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub name: CursorName,
    /// Where its reader goes on: everything before it was read.
    pub position: Position,
    pub moved_at: DateTime<Utc>,
}

/// Where a reader wants its cursor to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    pub to: Position,
    /// Only from there. One that is not there yet stands at the beginning.
    pub expected: Option<Position>,
    /// Back as well.
    pub force: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no cursor of that name")]
    Unknown,
    #[error("the cursor stands at {at} and not where it was expected")]
    Elsewhere { at: Position },
    #[error("the cursor stands at {at}, and goes back only where force says so")]
    Back { at: Position },
    #[error("has to be from 1 to {last}, where the journal goes on")]
    Outside { last: Position },
    #[error("there are {CURSORS_MAX} cursors; delete one that nobody uses")]
    TooMany,
}

/// Whether a cursor may be moved, among all that its organization has. `head` is the journal's newest position.
pub fn decide(known: &[Cursor], name: &CursorName, wanted: Move, head: Position) -> Result<(), Error> {
    let standing = known.iter().find(|cursor| cursor.name == *name).map(|cursor| cursor.position);
    let (at, last) = (standing.unwrap_or(BEGINNING), head.saturating_add(1));
    if wanted.expected.is_some_and(|expected| expected != at) {
        return Err(Error::Elsewhere { at });
    }
    if wanted.to < BEGINNING || wanted.to > last {
        return Err(Error::Outside { last });
    }
    if wanted.to < at && !wanted.force {
        return Err(Error::Back { at });
    }
    if standing.is_none() && known.len() >= CURSORS_MAX {
        return Err(Error::TooMany);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TO: Move = Move { to: 5, expected: None, force: false };

    fn named(name: &str) -> CursorName {
        CursorName::parse(name).unwrap()
    }

    fn at(position: Position) -> Vec<Cursor> {
        vec![Cursor { name: named("mine"), position, moved_at: DateTime::UNIX_EPOCH }]
    }

    fn decided(position: Position, wanted: Move) -> Result<(), Error> {
        decide(&at(position), &named("mine"), wanted, 9)
    }

    #[test]
    fn a_cursor_goes_forward_and_back_only_by_force() {
        assert_eq!(decided(3, TO), Ok(()));
        assert_eq!(decided(5, TO), Ok(()));
        assert_eq!(decided(6, TO), Err(Error::Back { at: 6 }));
        assert_eq!(decided(6, Move { force: true, ..TO }), Ok(()));
    }

    #[test]
    fn a_cursor_is_moved_from_where_it_was_expected() {
        let from = |expected| Move { expected: Some(expected), ..TO };
        assert_eq!((decided(3, from(3)), decided(3, from(4))), (Ok(()), Err(Error::Elsewhere { at: 3 })));
        assert_eq!(decided(3, Move { force: true, ..from(4) }), Err(Error::Elsewhere { at: 3 }));
        assert_eq!(decide(&[], &named("new"), from(BEGINNING), 9), Ok(()));
        assert_eq!(decide(&[], &named("new"), from(2), 9), Err(Error::Elsewhere { at: BEGINNING }));
    }

    #[test]
    fn a_cursor_stands_inside_the_journal() {
        for to in [1, 10] {
            assert_eq!(decided(1, Move { to, ..TO }), Ok(()));
        }
        for to in [0, 11, Position::MAX] {
            assert_eq!(decided(1, Move { to, ..TO }), Err(Error::Outside { last: 10 }));
        }
    }

    #[test]
    fn there_are_only_so_many() {
        let one = |number| Cursor { name: named(&format!("c{number}")), ..at(1).remove(0) };
        let known: Vec<Cursor> = (0..CURSORS_MAX).map(one).collect();
        assert_eq!(decide(&known, &named("one-more"), TO, 9), Err(Error::TooMany));
        assert_eq!(decide(&known, &named("c7"), TO, 9), Ok(()));
        assert_eq!(decide(&known[1..], &named("one-more"), TO, 9), Ok(()));
    }
}
