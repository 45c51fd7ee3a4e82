//! The two stores behind one small surface: steps in a transaction, rows in bulk, rows back.
//! It knows tables and texts, and nothing of what a screen means.

pub(crate) mod postgres;
pub(crate) mod schema;
pub(crate) mod sqlite;

use crate::error::Error;
use crate::projection::Spec;
use crate::row::{Cell, Column, Kind, Row, names};

use postgres::Postgres;
use sqlite::Sqlite;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// What a table's name begins with.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => "screens.",
        }
    }

    fn type_of(self, kind: Kind) -> &'static str {
        match (self, kind) {
            (_, Kind::Text) => "text",
            (Self::Sqlite, Kind::Int | Kind::Time) => "integer",
            (Self::Postgres, Kind::Int | Kind::Time) => "bigint",
        }
    }

    /// How a table ends. A keyed table in SQLite is one B-tree.
    fn table_options(self) -> &'static str {
        match self {
            Self::Sqlite => " strict, without rowid",
            Self::Postgres => "",
        }
    }
}

/// One statement of a transaction. Its parameters appear in the text in ascending order.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) sql: String,
    pub(crate) args: Vec<Cell<'static>>,
    /// How many rows it must touch; else the whole transaction is undone.
    pub(crate) expect: Option<u64>,
}

impl Step {
    pub(crate) fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), args: Vec::new(), expect: None }
    }

    pub(crate) fn with(mut self, args: Vec<Cell<'static>>) -> Self {
        self.args = args;
        self
    }

    pub(crate) fn expecting(mut self, rows: u64) -> Self {
        self.expect = Some(rows);
        self
    }
}

/// A query for rows of one type.
#[derive(Debug)]
pub(crate) struct Select {
    pub(crate) sql: String,
    pub(crate) args: Vec<Cell<'static>>,
    /// A lookup by key, quick enough for the embedded store to answer on the spot.
    pub(crate) point: bool,
}

/// A table with the texts that read and write it.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) columns: &'static [Column],
    pub(crate) insert: String,
    pub(crate) upsert: String,
    pub(crate) load: String,
    pub(crate) copy: String,
}

impl Table {
    pub(crate) fn new(dialect: Dialect, spec: &Spec, generation: i64) -> Self {
        let name = schema::table_name(dialect, spec, generation);
        let (key, all) = (spec.key, names(spec.columns));
        let insert = format!("insert into {name} ({all}) {}", values(dialect, spec.columns));
        let renewed: Vec<String> = spec
            .columns
            .iter()
            .filter(|column| column.name != key)
            .map(|Column { name, .. }| format!("{name} = excluded.{name}"))
            .collect();
        let found = match dialect {
            Dialect::Sqlite => "= $1",
            Dialect::Postgres => "= any($1)",
        };
        Self {
            upsert: format!("{insert} on conflict ({key}) do update set {}", renewed.join(", ")),
            load: format!("select {all} from {name} where {key} {found}"),
            copy: format!("copy {name} ({all}) from stdin (format binary)"),
            columns: spec.columns,
            insert,
        }
    }
}

/// One row of parameters, or all rows as one array a column.
fn values(dialect: Dialect, columns: &[Column]) -> String {
    let numbered = columns.iter().zip(1..);
    match dialect {
        Dialect::Sqlite => {
            let marks: Vec<String> = numbered.map(|(_, at)| format!("${at}")).collect();
            format!("values ({})", marks.join(", "))
        }
        Dialect::Postgres => {
            let arrays: Vec<String> =
                numbered.map(|(column, at)| format!("${at}::{}[]", dialect.type_of(column.kind))).collect();
            // `where true` keeps the text parseable before an `on conflict`.
            format!("select * from unnest({}) where true", arrays.join(", "))
        }
    }
}

/// Rows to write: those that are surely new, and those that were there before. Keys travel along for the follower's cache.
#[derive(Debug)]
pub(crate) struct Changes<K, R> {
    pub(crate) fresh: Vec<(K, R)>,
    pub(crate) known: Vec<(K, R)>,
}

impl<K, R> Changes<K, R> {
    pub(crate) fn is_empty(&self) -> bool {
        self.fresh.is_empty() && self.known.is_empty()
    }
}

#[derive(Debug, Clone)]
pub(crate) enum Backend {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Backend {
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// All steps or none. False where a step touched another number of rows than it expected: nothing was changed then.
    pub(crate) async fn transact(&self, steps: Vec<Step>) -> Result<bool, Error> {
        match self {
            Self::Sqlite(store) => store.transact(steps).await,
            Self::Postgres(store) => store.at_home(store.transact(&steps)).await,
        }
    }

    /// The guarding steps and the rows in one transaction; hands the rows back.
    pub(crate) async fn write<K: Send + Sync + 'static, R: Row>(
        &self,
        guard: Vec<Step>,
        table: &std::sync::Arc<Table>,
        changes: Changes<K, R>,
    ) -> Result<(bool, Changes<K, R>), Error> {
        match self {
            Self::Sqlite(store) => store.write(guard, table.clone(), changes).await,
            Self::Postgres(store) => {
                let won = store.at_home(store.write(&guard, table, &changes)).await?;
                Ok((won, changes))
            }
        }
    }

    pub(crate) async fn select<R: Row>(&self, select: Select) -> Result<Vec<R>, Error> {
        match self {
            Self::Sqlite(store) => store.select(select).await,
            Self::Postgres(store) => store.at_home(store.select(select)).await,
        }
    }

    pub(crate) async fn load<R: Row>(&self, table: &Table, keys: Vec<String>) -> Result<Vec<R>, Error> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        match self {
            Self::Sqlite(store) => store.load(&table.load, keys).await,
            Self::Postgres(store) => store.at_home(store.load(&table.load, keys)).await,
        }
    }
}
