//! A journal carried from one store to the other, row by row and byte for byte: what backups of PostgreSQL, restores into it and moves
//! to it are made of. Every table is named here with its columns; a test compares them with the migrations.

use std::path::Path;

use tokio::sync::mpsc;

use super::restores::Restored;
use super::{Error, postgres, sqlite};

/// How a value is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Int,
    Text,
    Json,
    Bytes,
    Uuid,
}

#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: &'static [(&'static str, Kind)],
    /// In which order its rows are read.
    pub(super) order: &'static str,
}

/// As SQLite has it; PostgreSQL's types are made of these.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

pub(super) type Row = Vec<Value>;

/// Some rows of one table, or the word that these were all: without it nothing is kept of what came.
#[derive(Debug)]
pub(super) enum Carried {
    Rows(&'static Table, Vec<Row>),
    End,
}

/// At most so many rows, or about so many bytes, travel together, and so many such loads wait.
pub(super) const ROWS_MAX: usize = 1_000;
pub(super) const BYTES_MAX: usize = 4 << 20;
const LOADS_MAX: usize = 4;

/// What is not here is made anew: the probe's filler, leases, and the head, which is what the last batch says.
pub(super) const TABLES: [Table; 14] = [
    Table {
        name: "events",
        columns: &[
            ("position", Kind::Int),
            ("aggregate_type", Kind::Text),
            ("aggregate_id", Kind::Text),
            ("sequence", Kind::Int),
            ("event_type", Kind::Text),
            ("event_version", Kind::Text),
            ("payload", Kind::Json),
            ("metadata", Kind::Json),
            ("occurred_at", Kind::Int),
            ("recorded_at", Kind::Int),
            ("hash", Kind::Bytes),
        ],
        order: "position",
    },
    Table {
        name: "batches",
        columns: &[
            ("last", Kind::Int),
            ("first", Kind::Int),
            ("recorded_at", Kind::Int),
            ("digest", Kind::Bytes),
        ],
        order: "last",
    },
    Table {
        name: "commands",
        columns: &[
            ("organization", Kind::Text),
            ("id", Kind::Uuid),
            ("body", Kind::Bytes),
            ("first", Kind::Int),
            ("last", Kind::Int),
            ("recorded_at", Kind::Int),
        ],
        order: "organization, id",
    },
    Table {
        name: "person_keys",
        columns: &[
            ("id", Kind::Uuid),
            ("organization", Kind::Text),
            ("person", Kind::Bytes),
            ("wrapped", Kind::Bytes),
        ],
        order: "id",
    },
    Table { name: "data_key", columns: &[("mark", Kind::Bytes)], order: "mark" },
    Table {
        name: "policies",
        columns: &[("name", Kind::Text), ("checkpoint", Kind::Int), ("state", Kind::Text)],
        order: "name",
    },
    Table {
        name: "effects",
        columns: &[
            ("id", Kind::Text),
            ("state", Kind::Text),
            ("intent", Kind::Text),
            ("circumstances", Kind::Text),
            ("fence", Kind::Int),
            ("tries", Kind::Int),
            ("owner", Kind::Uuid),
            ("due_at", Kind::Int),
            ("done_at", Kind::Int),
            ("doubted", Kind::Int),
        ],
        order: "id",
    },
    Table {
        name: "list_chunks",
        columns: &[
            ("organization", Kind::Text),
            ("list", Kind::Uuid),
            ("number", Kind::Int),
            ("fingerprints", Kind::Bytes),
            ("sealed", Kind::Bytes),
            ("stored_at", Kind::Int),
        ],
        order: "organization, list, number",
    },
    Table {
        name: "signing_keys",
        columns: &[
            ("number", Kind::Int),
            ("key", Kind::Bytes),
            ("made_at", Kind::Int),
            ("first_checkpoint", Kind::Int),
            ("vouched_by", Kind::Bytes),
            ("signature", Kind::Bytes),
        ],
        order: "number",
    },
    Table {
        name: "checkpoints",
        columns: &[
            ("number", Kind::Int),
            ("position", Kind::Int),
            ("digest", Kind::Bytes),
            ("signed_at", Kind::Int),
            ("key", Kind::Bytes),
            ("signature", Kind::Bytes),
        ],
        order: "number",
    },
    Table {
        name: "cursors",
        columns: &[
            ("organization", Kind::Text),
            ("name", Kind::Text),
            ("position", Kind::Int),
            ("moved_at", Kind::Int),
        ],
        order: "organization, name",
    },
    Table {
        name: "webhook_standings",
        columns: &[
            ("organization", Kind::Text),
            ("endpoint", Kind::Text),
            ("position", Kind::Int),
            ("failing_since", Kind::Int),
            ("moved_at", Kind::Int),
        ],
        order: "organization, endpoint",
    },
    Table {
        name: "webhook_deliveries",
        columns: &[
            ("organization", Kind::Text),
            ("endpoint", Kind::Text),
            ("position", Kind::Int),
            ("message", Kind::Text),
            ("event_type", Kind::Text),
            ("lane", Kind::Int),
            ("state", Kind::Text),
            ("tries", Kind::Int),
            ("first_at", Kind::Int),
            ("due_at", Kind::Int),
            ("tried_at", Kind::Int),
            ("status", Kind::Int),
            ("took_ms", Kind::Int),
            ("answer", Kind::Text),
        ],
        order: "organization, endpoint, position",
    },
    Table {
        name: "restores",
        columns: &[
            ("number", Kind::Int),
            ("position", Kind::Int),
            ("taken_at", Kind::Int),
            ("restored_at", Kind::Int),
            ("applied_at", Kind::Int),
            ("applied_by", Kind::Text),
            ("confirmed_at", Kind::Int),
            ("confirmed_by", Kind::Text),
        ],
        order: "number",
    },
];

impl Table {
    /// Its columns' names with commas between.
    pub(super) fn names(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        names.join(", ")
    }
}

impl Value {
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Null => 1,
            Self::Int(_) => 8,
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
        }
    }
}

/// Rows in the making, until they are worth sending.
#[derive(Debug)]
pub(super) struct Load {
    table: &'static Table,
    rows: Vec<Row>,
    bytes: usize,
}

impl Load {
    pub(super) fn of(table: &'static Table) -> Self {
        Self { table, rows: vec![], bytes: 0 }
    }

    /// What is to be sent now, where it is enough.
    pub(super) fn add(&mut self, row: Row) -> Option<Carried> {
        self.bytes += row.iter().map(Value::size).sum::<usize>();
        self.rows.push(row);
        (self.rows.len() >= ROWS_MAX || self.bytes >= BYTES_MAX).then(|| self.take())
    }

    pub(super) fn take(&mut self) -> Carried {
        self.bytes = 0;
        Carried::Rows(self.table, std::mem::take(&mut self.rows))
    }
}

/// From the database into a file that is not there yet.
pub(super) async fn into_file(url: &str, file: &Path) -> Result<(), Error> {
    let (sender, receiver) = mpsc::channel(LOADS_MAX);
    let file = file.to_owned();
    let keep = tokio::task::spawn_blocking(move || sqlite::load(&file, receiver));
    let read = postgres::dump(url, sender).await;
    let kept = keep.await.unwrap_or_else(|why| Err(broken(&why)));
    // Whoever reads ends without a word where nobody listens any more: the keeper has said why.
    read.and(kept)
}

/// From a file into a database that holds nothing, in one transaction.
pub(super) async fn into_database(file: &Path, url: &str, restored: Option<Restored>) -> Result<(), Error> {
    let (sender, receiver) = mpsc::channel(LOADS_MAX);
    let file = file.to_owned();
    let read = tokio::task::spawn_blocking(move || sqlite::dump(&file, &sender));
    let kept = postgres::load(url, receiver, restored).await;
    let read = read.await.unwrap_or_else(|why| Err(broken(&why)));
    read.and(kept)
}

fn broken(why: &tokio::task::JoinError) -> Error {
    Error::Unavailable(why.to_string())
}
