//! What can go wrong with a screen. One enum, for a screen has one boundary: its store.

use domain::fact::Position;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store cannot be used as it is. One line that says what to do; nothing was changed.
    #[error("{0}")]
    Open(String),
    #[error("there is no screen {0}")]
    Unknown(String),
    #[error("the screens' writer has stopped")]
    Closed,
    /// A building generation was given up for a newer one.
    #[error("this generation of {name} was replaced by another")]
    Superseded { name: &'static str },
    /// A page that does not begin where the follower stands would skip events or count them twice.
    #[error("the page begins after {fed}, the screen stands at {expected}")]
    Misfed { expected: Position, fed: Position },
    /// A row that was taken for new is in the table.
    #[error("the row is there already")]
    AlreadyThere,
    #[error("column {column} holds what this program cannot read")]
    Unreadable { column: &'static str },
    #[error("sqlite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("postgresql: {0}")]
    Postgres(#[from] sqlx::Error),
}
