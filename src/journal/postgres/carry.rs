//! A journal's tables read whole in one snapshot, and written whole in one transaction into a database that holds nothing.

use futures_util::TryStreamExt as _;
use sqlx::postgres::{PgArguments, PgConnection, PgRow, Postgres as Server};
use sqlx::query::Query;
use sqlx::{Connection as _, Executor as _, Row as _, Transaction};
use tokio::sync::mpsc;

use super::read::unavailable;
use super::restores;
use super::schema::{self, Address};
use crate::journal::Error;
use crate::journal::carry::{Carried, Kind, Load, Row, TABLES, Table, Value};
use crate::journal::restores::Restored;

/// What a transaction may take that carries everything there is.
const PATIENT: [(&str, &str); 3] =
    [("synchronous_commit", "on"), ("statement_timeout", "0"), ("idle_in_transaction_session_timeout", "0")];

/// Sends every row there is, as it stands at one moment; ends without a word where nobody listens.
pub(in crate::journal) async fn dump(url: &str, to: mpsc::Sender<Carried>) -> Result<(), Error> {
    let address = Address::parse(url)?;
    schema::check_newest(&address).await?;
    let mut connection = address.connect(&address.with(PATIENT)).await?;
    let sent = send_all(&mut connection, &to).await;
    let _ = connection.close().await;
    sent.map(drop).map_err(|why| unavailable(&why))
}

/// None where nobody listens any more.
async fn send_all(connection: &mut PgConnection, to: &mpsc::Sender<Carried>) -> sqlx::Result<Option<()>> {
    let mut transaction = connection.begin().await?;
    transaction.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?;
    for table in &TABLES {
        if send_table(&mut transaction, table, to).await?.is_none() {
            return Ok(None);
        }
    }
    Ok(to.send(Carried::End).await.ok())
}

async fn send_table(
    transaction: &mut Transaction<'_, Server>,
    table: &'static Table,
    to: &mpsc::Sender<Carried>,
) -> sqlx::Result<Option<()>> {
    let columns: Vec<String> = table.columns.iter().map(|(name, kind)| kind.read(name)).collect();
    let sql = format!("SELECT {} FROM public.{} ORDER BY {}", columns.join(", "), table.name, table.order);
    let (mut rows, mut load) = (sqlx::query(&sql).fetch(&mut **transaction), Load::of(table));
    while let Some(row) = rows.try_next().await? {
        let values: sqlx::Result<Row> =
            table.columns.iter().enumerate().map(|(at, (_, kind))| kind.value(&row, at)).collect();
        if let Some(full) = load.add(values?)
            && to.send(full).await.is_err()
        {
            return Ok(None);
        }
    }
    Ok(to.send(load.take()).await.ok())
}

impl Kind {
    fn read(self, name: &str) -> String {
        match self {
            Self::Int => format!("{name}::int8"),
            Self::Json => format!("{name}::text"),
            Self::Uuid => format!("uuid_send({name})"),
            Self::Text | Self::Bytes => name.to_owned(),
        }
    }

    fn value(self, row: &PgRow, at: usize) -> sqlx::Result<Value> {
        let value = match self {
            Self::Int => row.try_get::<Option<i64>, _>(at)?.map(Value::Int),
            Self::Text | Self::Json => row.try_get::<Option<String>, _>(at)?.map(Value::Text),
            Self::Bytes | Self::Uuid => row.try_get::<Option<Vec<u8>>, _>(at)?.map(Value::Bytes),
        };
        Ok(value.unwrap_or(Value::Null))
    }

    /// As it travels.
    fn array(self) -> &'static str {
        match self {
            Self::Int => "int8[]",
            Self::Text | Self::Json => "text[]",
            Self::Bytes | Self::Uuid => "bytea[]",
        }
    }

    fn written(self, name: &str) -> String {
        match self {
            Self::Json => format!("{name}::json"),
            Self::Uuid => format!("encode({name}, 'hex')::uuid"),
            Self::Int | Self::Text | Self::Bytes => name.to_owned(),
        }
    }
}

/// Looks whether a journal could be put there, changing nothing.
pub(in crate::journal) async fn check_empty(url: &str) -> Result<(), Error> {
    let address = Address::parse(url)?;
    let mut connection = address.connect(&address.read_only()).await?;
    let empty = schema::refuse_begun(&mut connection, &address).await;
    let _ = connection.close().await;
    empty
}

/// Makes the tables and fills them with what comes. Whatever breaks leaves the database as it was.
pub(in crate::journal) async fn load(
    url: &str,
    from: mpsc::Receiver<Carried>,
    restored: Option<Restored>,
) -> Result<(), Error> {
    let address = Address::parse(url)?;
    let mut connection = address.connect(&address.with(PATIENT)).await?;
    let mut transaction = connection.begin().await.map_err(|why| unavailable(&why))?;
    schema::make(&mut transaction, &address).await?;
    let filled = fill(&mut transaction, from, restored).await;
    match filled.map_err(|why| unavailable(&why))? {
        None => Err(Error::Unavailable("the rows ended before their end".into())),
        Some(()) => transaction.commit().await.map_err(|why| unavailable(&why)),
    }
}

/// None where not all of it came.
async fn fill(
    connection: &mut PgConnection,
    mut from: mpsc::Receiver<Carried>,
    restored: Option<Restored>,
) -> sqlx::Result<Option<()>> {
    while let Some(carried) = from.recv().await {
        match carried {
            Carried::Rows(table, rows) => insert(connection, table, rows).await?,
            Carried::End => {
                end(connection, restored).await?;
                return Ok(Some(()));
            }
        }
    }
    Ok(None)
}

/// The head is where the last batch ends.
async fn end(connection: &mut PgConnection, restored: Option<Restored>) -> sqlx::Result<()> {
    let head = "UPDATE journal_head SET (position, recorded_at, digest) = (b.last, b.recorded_at, b.digest)
                FROM (SELECT last, recorded_at, digest FROM batches ORDER BY last DESC LIMIT 1) b";
    sqlx::query(head).execute(&mut *connection).await?;
    if let Some(restored) = restored {
        restores::mark(connection, &restored).await?;
    }
    // The planner has never seen these tables.
    connection.execute("ANALYZE events, batches, person_keys, commands, list_chunks, effects").await.map(drop)
}

async fn insert(connection: &mut PgConnection, table: &Table, rows: Vec<Row>) -> sqlx::Result<()> {
    let columns = table.columns.iter().enumerate();
    let arrays: Vec<String> =
        columns.clone().map(|(at, (_, kind))| format!("${}::{}", at + 1, kind.array())).collect();
    let written: Vec<String> = table.columns.iter().map(|(name, kind)| kind.written(name)).collect();
    let (names, arrays, written) = (table.names(), arrays.join(", "), written.join(", "));
    // The one row of the data key has its place here.
    let (also, its) = if table.name == "data_key" { (", one", ", true") } else { ("", "") };
    let sql = format!(
        "INSERT INTO {} ({names}{also}) SELECT {written}{its} FROM unnest({arrays}) AS carried ({names})",
        table.name
    );
    let mut by_column: Vec<Vec<Value>> =
        table.columns.iter().map(|_| Vec::with_capacity(rows.len())).collect();
    for row in rows {
        by_column.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    }
    let mut query = sqlx::query(&sql);
    for ((_, kind), values) in table.columns.iter().zip(by_column) {
        query = bind(query, *kind, values);
    }
    query.execute(connection).await.map(drop)
}

fn bind(
    query: Query<'_, Server, PgArguments>,
    kind: Kind,
    values: Vec<Value>,
) -> Query<'_, Server, PgArguments> {
    match kind {
        Kind::Int => {
            let number = |value| if let Value::Int(number) = value { Some(number) } else { None };
            query.bind(values.into_iter().map(number).collect::<Vec<_>>())
        }
        Kind::Text | Kind::Json => {
            let text = |value| if let Value::Text(text) = value { Some(text) } else { None };
            query.bind(values.into_iter().map(text).collect::<Vec<_>>())
        }
        Kind::Bytes | Kind::Uuid => {
            let bytes = |value| if let Value::Bytes(bytes) = value { Some(bytes) } else { None };
            query.bind(values.into_iter().map(bytes).collect::<Vec<_>>())
        }
    }
}
