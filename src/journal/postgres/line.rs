//! The writer's one connection: made with its own settings, judged by its errors, made again when it is lost.
//! Before it is used again, the backend that it was lost with is ended: what that one did or did not commit is then settled.

use std::time::Duration;

use domain::fact::Position;
use sqlx::Row;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgDatabaseError, PgSeverity};
use tokio::time::timeout;

use super::read;
use super::schema::{Address, connect, plainly};

/// Longer than any of the server's own limits on the statement.
pub(super) const WRITE_WAIT: Duration = Duration::from_secs(10);

const BACKOFF_MIN: Duration = Duration::from_millis(50);
const BACKOFF_MAX: Duration = Duration::from_secs(1);

/// Sorting and materialising a batch happens in memory. The plan is made once, and looks events up by index however few
/// they were when it was made.
const SETTINGS: [(&str, &str); 10] = [
    ("synchronous_commit", "on"),
    ("lock_timeout", "5s"),
    ("statement_timeout", "8s"),
    ("idle_in_transaction_session_timeout", "8s"),
    // Every batch sees what was committed before it, whatever the server's default is.
    ("default_transaction_isolation", r"read\ committed"),
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("jit", "off"),
    ("work_mem", "32MB"),
];

/// One process of the server, told apart from a later one with the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Backend {
    pid: i32,
    started: i64,
}

#[derive(Debug)]
pub(super) struct Line {
    pub(super) connection: PgConnection,
    pub(super) backend: Backend,
    /// Where the journal ended when the connection was made.
    pub(super) head: Position,
}

/// How the writer makes its connections.
#[derive(Debug, Clone)]
pub(super) struct Dialer(PgConnectOptions);

impl Dialer {
    pub(super) fn new(address: &Address) -> Self {
        Self(address.with(SETTINGS))
    }

    pub(super) async fn dial(&self) -> sqlx::Result<Line> {
        let mut connection = connect(&self.0).await?;
        let me = "SELECT pid, (extract(epoch FROM backend_start) * 1000000)::int8
                  FROM pg_stat_activity WHERE pid = pg_backend_pid()";
        let row = sqlx::query(me).fetch_one(&mut connection).await?;
        let backend = Backend { pid: row.try_get(0)?, started: row.try_get(1)? };
        let head = read::head(&mut connection).await?;
        Ok(Line { connection, backend, head })
    }

    /// Dials until somebody answers and the old backend is gone.
    pub(super) async fn redial(&self, old: Option<Backend>) -> Line {
        let mut pause = BACKOFF_MIN;
        loop {
            match timeout(WRITE_WAIT, self.dial_after(old)).await {
                Ok(Ok(line)) => return line,
                Ok(Err(why)) => tracing::debug!(cause = %plainly(&why), "the journal is still away"),
                Err(_) => tracing::debug!("the journal accepts connections and does not answer"),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(BACKOFF_MAX);
        }
    }

    async fn dial_after(&self, old: Option<Backend>) -> sqlx::Result<Line> {
        let mut line = self.dial().await?;
        if let Some(old) = old {
            let end = "SELECT coalesce(bool_and(pg_terminate_backend(pid, 1000)), true) FROM pg_stat_activity
                       WHERE pid = $1 AND (extract(epoch FROM backend_start) * 1000000)::int8 = $2";
            let gone: bool = sqlx::query_scalar(end)
                .bind(old.pid)
                .bind(old.started)
                .fetch_one(&mut line.connection)
                .await?;
            if !gone {
                let why = "the server still works for the connection that was lost";
                return Err(sqlx::Error::Io(std::io::Error::other(why)));
            }
            line.head = read::head(&mut line.connection).await?;
        }
        Ok(line)
    }
}

/// What an error means for the batch that met it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Not stored: another node was at the same streams or commands in the same moment.
    Raced,
    /// Not stored: one of the units holds something that the store does not take.
    Faulty,
    /// Not stored: the server had a reason that has nothing to do with these units.
    TurnedAway,
    /// Nobody knows.
    Lost,
}

pub(super) fn judge(why: &sqlx::Error) -> Verdict {
    let sqlx::Error::Database(said) = why else { return Verdict::Lost };
    let Some(said) = said.try_downcast_ref::<PgDatabaseError>() else { return Verdict::Lost };
    if matches!(said.severity(), PgSeverity::Fatal | PgSeverity::Panic) {
        return Verdict::Lost;
    }
    match said.code() {
        "23505" | "40P01" | "40001" => Verdict::Raced,
        // A server that only reads, or that forgot or outgrew the prepared statement: another connection may help.
        "25006" | "26000" | "0A000" => Verdict::Lost,
        code if code.starts_with("22") || code.starts_with("23") => Verdict::Faulty,
        _ => Verdict::TurnedAway,
    }
}
