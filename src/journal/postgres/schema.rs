//! The database itself: how it is reached, its tables, its format, and whether they are whole.
//! Whatever is wrong is said in one line without the password, and nothing is changed before the database is known to be ours.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions, Postgres as Server};
use sqlx::{ConnectOptions, Connection, Executor, Row, Transaction};

use crate::journal::Error;

/// The format this program writes; a higher one belongs to a newer program.
pub const FORMAT: i32 = 7;

/// Journals of an older format were never signed.
pub(super) const SIGNED_SINCE: i32 = 4;
/// Those of an older format were never restored by `karnay restore`.
pub(super) const RESTORES_SINCE: i32 = 6;

/// "karn", the lock that nodes starting at the same time meet in.
const STARTING: i64 = 0x6b61_726e;

/// The oldest server whose functions suffice.
const SERVER_MIN: i32 = 140_000;

/// What leads from each format to the next.
const MIGRATIONS: [&str; 7] = [
    include_str!("../../../migrations/postgres/0001_journal.sql"),
    include_str!("../../../migrations/postgres/0002_lists.sql"),
    include_str!("../../../migrations/postgres/0003_leases.sql"),
    include_str!("../../../migrations/postgres/0004_proof.sql"),
    include_str!("../../../migrations/postgres/0005_cursors.sql"),
    include_str!("../../../migrations/postgres/0006_restores.sql"),
    include_str!("../../../migrations/postgres/0007_webhooks.sql"),
];

/// A server that does not answer within this is away.
pub(super) const CONNECT_WAIT: Duration = Duration::from_secs(3);

/// Reads share this many connections.
const POOL_LEN_MAX: u32 = 8;

/// Reads wait no longer for a connection.
const ACQUIRE_WAIT: Duration = Duration::from_secs(5);

/// Where the database is, without the secret.
#[derive(Clone)]
pub(super) struct Address(PgConnectOptions);

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = &self.0;
        let database = options.get_database().unwrap_or_else(|| options.get_username());
        match options.get_socket() {
            Some(socket) => write!(f, "database {database} at {}", socket.display()),
            None => write!(f, "database {database} at {}:{}", options.get_host(), options.get_port()),
        }
    }
}

impl Address {
    pub(super) fn parse(url: &str) -> Result<Self, Error> {
        let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
        if !matches!(scheme, "postgres" | "postgresql") {
            return Err(Error::Open("DATABASE_URL: it must begin with postgres://".into()));
        }
        // What the parser says may quote the URL, so it is left out.
        let options = PgConnectOptions::from_str(url).map_err(|_| {
            Error::Open(
                "DATABASE_URL: it is not of the form postgres://user:password@host:port/database".into(),
            )
        })?;
        let options = options.application_name("karnay").options([("search_path", "public")]);
        Ok(Self(options.disable_statement_logging()))
    }

    /// The same place with other settings of the session.
    pub(super) fn with<'a>(
        &self,
        settings: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> PgConnectOptions {
        self.0.clone().options(settings)
    }

    /// Commits wait for the disk whatever the server's default is.
    pub(super) fn durable(&self) -> PgConnectOptions {
        self.with([("synchronous_commit", "on"), ("statement_timeout", "60s"), ("lock_timeout", "10s")])
    }

    pub(super) fn read_only(&self) -> PgConnectOptions {
        self.with([("default_transaction_read_only", "on")])
    }

    /// A session of its own there, with such settings.
    pub(super) async fn connect(&self, options: &PgConnectOptions) -> Result<PgConnection, Error> {
        connect(options).await.map_err(|why| self.refused(plainly(&why)))
    }

    pub(super) fn refused(&self, why: impl fmt::Display) -> Error {
        Error::Open(format!("DATABASE_URL: {self}: {why}"))
    }
}

pub(super) async fn connect(options: &PgConnectOptions) -> sqlx::Result<PgConnection> {
    let connecting = PgConnection::connect_with(options);
    let late = |_| sqlx::Error::Io(std::io::ErrorKind::TimedOut.into());
    tokio::time::timeout(CONNECT_WAIT, connecting).await.map_err(late)?
}

pub(super) fn pool(options: PgConnectOptions) -> PgPool {
    PgPoolOptions::new()
        .max_connections(POOL_LEN_MAX)
        .acquire_timeout(ACQUIRE_WAIT)
        .connect_lazy_with(options)
}

/// Makes the tables where there are none, in one transaction, one node at a time.
pub(super) async fn prepare(address: &Address) -> Result<(), Error> {
    let mut connection = address.connect(&address.durable()).await?;
    let done = migrate(&mut connection).await.map_err(|why| address.refused(why));
    // Whatever is still open is rolled back by the server.
    let _ = connection.close().await;
    done
}

/// Whether there is a journal that this program understands. Only looks.
pub(super) async fn check(address: &Address) -> Result<(), Error> {
    let mut connection = address.connect(&address.read_only()).await?;
    let found = find(&mut connection).await;
    let _ = connection.close().await;
    match found {
        Ok(Found::Ours { .. }) => Ok(()),
        Ok(Found::Nothing) => Err(address.refused("there is no journal in it")),
        Err(why) => Err(address.refused(why)),
    }
}

/// The same, where every column is needed that this program knows.
pub(super) async fn check_newest(address: &Address) -> Result<(), Error> {
    check(address).await?;
    let mut connection = address.connect(&address.read_only()).await?;
    let found = find(&mut connection).await;
    let _ = connection.close().await;
    match found {
        Ok(Found::Ours { format }) if format < FORMAT => {
            Err(address.refused("it was written by an older karnay: start this one on it once"))
        }
        Ok(_) => Ok(()),
        Err(why) => Err(address.refused(why)),
    }
}

/// Makes the tables in a database that holds nothing: no journal that was begun, and no screens of another one.
pub(super) async fn make(transaction: &mut Transaction<'_, Server>, address: &Address) -> Result<(), Error> {
    refuse_begun(transaction, address).await?;
    bring_up(transaction).await.map_err(|why| address.refused(why))
}

pub(super) async fn refuse_begun(connection: &mut PgConnection, address: &Address) -> Result<(), Error> {
    let begun = "SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = 'screens')";
    let refuse = |why: sqlx::Error| address.refused(plainly(&why));
    let begun: bool = sqlx::query_scalar(begun).fetch_one(&mut *connection).await.map_err(refuse)?;
    let found = find(connection).await.map_err(|why| address.refused(why))?;
    if begun || found != Found::Nothing {
        return Err(address.refused("it holds a journal or its screens already; an empty database is needed"));
    }
    Ok(())
}

async fn migrate(connection: &mut PgConnection) -> Result<(), Unfit> {
    let mut transaction = connection.begin().await?;
    bring_up(&mut transaction).await?;
    transaction.commit().await?;
    Ok(())
}

async fn bring_up(transaction: &mut Transaction<'_, Server>) -> Result<(), Unfit> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(STARTING).execute(&mut **transaction).await?;
    let known = match find(transaction).await? {
        Found::Nothing => 0,
        Found::Ours { format } => usize::try_from(format).unwrap_or(MIGRATIONS.len()),
    };
    for missing in MIGRATIONS.iter().skip(known) {
        (&mut **transaction).execute(sqlx::raw_sql(missing)).await?;
    }
    Ok(())
}

#[derive(Debug, PartialEq)]
enum Found {
    Nothing,
    Ours { format: i32 },
}

/// Why a database cannot hold a journal.
#[derive(Debug, thiserror::Error)]
enum Unfit {
    #[error("it holds a table `{0}` that is not karnay's; give the journal a database of its own")]
    Foreign(String),
    #[error(
        "it has format {0} and this karnay knows {FORMAT}: it was written by a newer karnay, use that one"
    )]
    Newer(i32),
    #[error("its server is too old; PostgreSQL 14 or newer is needed")]
    OldServer,
    #[error("its encoding is {0}; the journal needs UTF8")]
    Encoding(String),
    #[error("{}", plainly(.0))]
    Sql(#[from] sqlx::Error),
}

const TABLES: [&str; 11] = [
    "journal_head",
    "events",
    "batches",
    "commands",
    "person_keys",
    "data_key",
    "policies",
    "effects",
    "list_chunks",
    "signing_keys",
    "checkpoints",
];

async fn find(connection: &mut PgConnection) -> Result<Found, Unfit> {
    let server = "SELECT current_setting('server_version_num')::int4, current_setting('server_encoding')";
    let row = sqlx::query(server).fetch_one(&mut *connection).await?;
    if row.try_get::<i32, _>(0)? < SERVER_MIN {
        return Err(Unfit::OldServer);
    }
    let encoding: String = row.try_get(1)?;
    if encoding != "UTF8" {
        return Err(Unfit::Encoding(encoding));
    }
    let tables = "SELECT relname::text FROM pg_class
                 WHERE relnamespace = 'public'::regnamespace AND relname = ANY ($1) ORDER BY relname";
    let names: Vec<String> =
        sqlx::query_scalar(tables).bind(TABLES.as_slice()).fetch_all(&mut *connection).await?;
    let Some(first) = names.first() else { return Ok(Found::Nothing) };
    if !has_our_head(connection).await? {
        return Err(Unfit::Foreign(first.clone()));
    }
    let format: i32 =
        sqlx::query_scalar("SELECT format FROM public.journal_head").fetch_one(connection).await?;
    if format > FORMAT { Err(Unfit::Newer(format)) } else { Ok(Found::Ours { format }) }
}

/// A table of that name with another program's columns is another program's table.
async fn has_our_head(connection: &mut PgConnection) -> sqlx::Result<bool> {
    let columns = "SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('public.journal_head')
                   AND attname IN ('format', 'position', 'recorded_at', 'digest') AND NOT attisdropped";
    Ok(sqlx::query_scalar::<_, i64>(columns).fetch_one(connection).await? == 4)
}

/// What is cheap to see of damage: one look, in one snapshot.
pub(super) async fn damage(pool: &PgPool) -> sqlx::Result<Vec<String>> {
    let look = "SELECT h.position = coalesce((SELECT max(position) FROM events), 0),
                       (h.position, h.recorded_at, h.digest) IS NOT DISTINCT FROM (b.last, b.recorded_at, b.digest)
                       OR (b.last IS NULL AND h.position = 0),
                       (SELECT count(*) FROM pg_trigger WHERE tgenabled = 'O' AND NOT tgisinternal
                        AND tgrelid IN ('events'::regclass, 'batches'::regclass)) >= 4
                FROM journal_head h
                LEFT JOIN (SELECT * FROM batches ORDER BY last DESC LIMIT 1) b ON true";
    let Some(row) = sqlx::query(look).fetch_optional(pool).await? else {
        return Ok(vec!["the journal's head is missing".into()]);
    };
    let says = [
        "the journal's head is not at its last event",
        "the journal's head is not its last batch's",
        "the triggers that keep the journal append-only are missing or off",
    ];
    let mut found = vec![];
    for (column, what) in says.into_iter().enumerate() {
        if !row.try_get::<bool, _>(column)? {
            found.push(what.to_owned());
        }
    }
    Ok(found)
}

/// One line for people; sqlx's own lines name its insides.
pub(in crate::journal) fn plainly(why: &sqlx::Error) -> String {
    let text = if let sqlx::Error::Database(said) = why {
        said.message().to_owned()
    } else if let sqlx::Error::Io(why) = why {
        format!("the server cannot be reached: {why}")
    } else if matches!(why, sqlx::Error::PoolTimedOut) {
        "the server cannot be reached, or all connections are busy".to_owned()
    } else {
        why.to_string()
    };
    text.replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_migration_says_which_format_it_makes() {
        for (migration, format) in MIGRATIONS.into_iter().zip(1..=FORMAT).skip(1) {
            assert!(migration.contains(&format!("journal_head SET format = {format};")), "{migration}");
        }
        assert_eq!(i32::try_from(MIGRATIONS.len()), Ok(FORMAT));
    }
}
