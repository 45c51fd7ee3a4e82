//! The store on PostgreSQL: the schema `screens` of the journal's database. Many new rows go in by COPY, the rest as arrays.

mod copy;

use std::borrow::Cow;

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{PgConnection, PgPool, Row as _};
use tokio::runtime::Handle;
use tokio_util::context::TokioContext;

use super::{Changes, Select, Step, Table, schema};
use crate::error::Error;
use crate::row::{Cell, Column, Kind, Row, Source};

/// From here on a COPY is quicker than arrays.
const COPY_MIN: usize = 64;
const UNIQUE_VIOLATION: &str = "23505";
const NOT_PERMITTED: &str = "42501";
const OTHER_COLUMNS: &str = "42P16";
const NO_VIEW: &str = "42809";

#[derive(Debug, Clone)]
pub(crate) struct Postgres {
    pool: PgPool,
    /// The runtime that connections are opened on, whoever asks: they end with their runtime, and those who ask come and go.
    home: Handle,
}

impl Postgres {
    /// Looks before it touches: screens of a newer format are left as they are.
    pub(crate) async fn open(pool: PgPool) -> Result<Self, Error> {
        let there: bool = sqlx::query_scalar("select to_regclass('screens.format') is not null")
            .fetch_one(&pool)
            .await
            .map_err(|error| unusable(&error))?;
        if there {
            let version: i64 =
                sqlx::query_scalar("select version from screens.format").fetch_one(&pool).await?;
            schema::known(version, "the schema screens of the database")?;
        }
        Ok(Self { pool, home: Handle::current() })
    }

    pub(crate) fn at_home<F: Future>(&self, work: F) -> TokioContext<F> {
        TokioContext::new(work, self.home.clone())
    }

    pub(crate) async fn transact(&self, steps: &[Step]) -> Result<bool, Error> {
        let mut transaction = self.pool.begin().await?;
        let won = take_steps(&mut transaction, steps).await?;
        if won {
            transaction.commit().await?;
        } else {
            transaction.rollback().await?;
        }
        Ok(won)
    }

    pub(crate) async fn write<K: Sync, R: Row>(
        &self,
        guard: &[Step],
        table: &Table,
        changes: &Changes<K, R>,
    ) -> Result<bool, Error> {
        let mut transaction = self.pool.begin().await?;
        if !take_steps(&mut transaction, guard).await? {
            transaction.rollback().await?;
            return Ok(false);
        }
        if changes.fresh.len() >= COPY_MIN {
            copy::put(&mut transaction, table, &changes.fresh).await.map_err(told)?;
        } else {
            put(&mut transaction, &table.insert, table.columns, &changes.fresh).await.map_err(told)?;
        }
        put(&mut transaction, &table.upsert, table.columns, &changes.known).await?;
        transaction.commit().await?;
        Ok(true)
    }

    pub(crate) async fn select<R: Row>(&self, select: Select) -> Result<Vec<R>, Error> {
        let found = match self.fetch(&select).await {
            // The generation was replaced while it was looked for: its view leads to the next one.
            Err(error) if matches!(refusal(&error).as_deref(), Some("42P01" | "XX000")) => {
                self.fetch(&select).await
            }
            found => found,
        };
        let found = found?;
        found.iter().map(|row| R::read(row)).collect()
    }

    async fn fetch(&self, select: &Select) -> Result<Vec<PgRow>, Error> {
        Ok(bind(sqlx::query(&select.sql), &select.args).fetch_all(&self.pool).await?)
    }

    pub(crate) async fn load<R: Row>(&self, sql: &str, keys: Vec<String>) -> Result<Vec<R>, Error> {
        let found = sqlx::query(sql).bind(keys).fetch_all(&self.pool).await?;
        found.iter().map(|row| R::read(row)).collect()
    }

    /// Shows a screen to operators in the schema `public`. A database may well forbid that: the screen works without.
    pub(crate) async fn publish(&self, view: &str, definition: &str) -> Result<(), Error> {
        let create = Step::new(format!("create or replace view public.{view} as {definition}"));
        let Err(error) = self.transact(&[Step::new(schema::LOCK), create]).await else { return Ok(()) };
        match refusal(&error).as_deref() {
            Some(NOT_PERMITTED) => {
                tracing::warn!(view, "the view was not made: this role may not create in the schema public");
                Ok(())
            }
            Some(OTHER_COLUMNS) => {
                let drop = Step::new(format!("drop view if exists public.{view}"));
                let create = Step::new(format!("create view public.{view} as {definition}"));
                self.transact(&[Step::new(schema::LOCK), drop, create]).await.map(|_| ())
            }
            Some(NO_VIEW) => Err(Error::Open(format!(
                "public.{view} exists and is no view: rename it, or use a database of its own (DATABASE_URL)"
            ))),
            _ => Err(error),
        }
    }

    /// Takes a view away under a name that it had before, where it is ours: one that shows this very screen.
    /// What operators built on it keeps it, and the database may forbid it: the screen works all the same.
    pub(crate) async fn withdraw(&self, former: &str, screen: &str) -> Result<(), Error> {
        let ours = "select exists (select from pg_views where schemaname = 'public' and viewname = $1 \
                    and definition like '%FROM screens.' || $2 || ';')";
        let ours: bool = sqlx::query_scalar(ours).bind(former).bind(screen).fetch_one(&self.pool).await?;
        if !ours {
            return Ok(());
        }
        let drop = Step::new(format!("drop view if exists public.{former}"));
        match self.transact(&[Step::new(schema::LOCK), drop]).await {
            Err(error) if refusal(&error).is_some() => {
                tracing::warn!(view = former, "the view stays beside its new name: {error}");
                Ok(())
            }
            done => done.map(|_| ()),
        }
    }
}

fn unusable(error: &sqlx::Error) -> Error {
    Error::Open(format!("the database cannot be used for screens: {error}"))
}

/// The code of the database's own refusal.
fn refusal(error: &Error) -> Option<String> {
    let Error::Postgres(error) = error else { return None };
    error.as_database_error()?.code().map(Cow::into_owned)
}

fn told(error: Error) -> Error {
    if refusal(&error).as_deref() == Some(UNIQUE_VIOLATION) { Error::AlreadyThere } else { error }
}

type Bound<'q> = Query<'q, sqlx::Postgres, PgArguments>;

fn bind<'q>(query: Bound<'q>, args: &'q [Cell<'static>]) -> Bound<'q> {
    args.iter().fold(query, |query, cell| match cell {
        Cell::Text(text) => query.bind(text.as_deref()),
        Cell::Int(number) => query.bind(*number),
    })
}

async fn take_steps(connection: &mut PgConnection, steps: &[Step]) -> Result<bool, Error> {
    for step in steps {
        let done = bind(sqlx::query(&step.sql), &step.args).execute(&mut *connection).await?;
        if step.expect.is_some_and(|expected| done.rows_affected() != expected) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// One column of many rows.
enum Many<'a> {
    Text(Vec<Option<Cow<'a, str>>>),
    Int(Vec<Option<i64>>),
}

impl<'a> Many<'a> {
    fn new(column: &Column, rows: usize) -> Self {
        match column.kind {
            Kind::Text => Self::Text(Vec::with_capacity(rows)),
            Kind::Int | Kind::Time => Self::Int(Vec::with_capacity(rows)),
        }
    }

    fn push(&mut self, cell: Cell<'a>) {
        match (self, cell) {
            (Self::Text(all), Cell::Text(text)) => all.push(text),
            (Self::Int(all), Cell::Int(number)) => all.push(number),
            // A field's cell is of its own kind: `row!` derives both from one type.
            (Self::Text(_), Cell::Int(_)) | (Self::Int(_), Cell::Text(_)) => {}
        }
    }
}

async fn put<K: Sync, R: Row>(
    connection: &mut PgConnection,
    sql: &str,
    columns: &[Column],
    changed: &[(K, R)],
) -> Result<(), Error> {
    if changed.is_empty() {
        return Ok(());
    }
    let mut many: Vec<Many<'_>> = columns.iter().map(|column| Many::new(column, changed.len())).collect();
    for (_, row) in changed {
        let mut column = many.iter_mut();
        row.each(&mut |cell| {
            if let Some(column) = column.next() {
                column.push(cell);
            }
        });
    }
    let query = many.into_iter().fold(sqlx::query(sql), |query, column| match column {
        Many::Text(all) => query.bind(all),
        Many::Int(all) => query.bind(all),
    });
    query.execute(connection).await?;
    Ok(())
}

impl Source for PgRow {
    fn cell(&self, column: usize, kind: Kind) -> Option<Cell<'_>> {
        match kind {
            Kind::Text => {
                let text: Option<&str> = self.try_get(column).ok()?;
                Some(Cell::Text(text.map(Cow::Borrowed)))
            }
            Kind::Int | Kind::Time => self.try_get(column).ok().map(Cell::Int),
        }
    }
}
