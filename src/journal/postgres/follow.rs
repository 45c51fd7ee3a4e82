//! How nodes hear of one another's commits: a notification at most every few milliseconds, and a look now and then in case one was missed.
//! A notification only says that looking is worth while; the head always comes from the table.
//! It is sent outside the commit, since a notifying transaction takes a lock that all databases of a server share.

use std::sync::Arc;
use std::time::Duration;

use domain::fact::Position;
use sqlx::postgres::{PgListener, PgPool, PgPoolOptions};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::read;
use super::schema::{Address, plainly};

const CHANNEL: &str = "karnay_journal";

/// How often the head is looked at without being told.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Commits within this share one notification.
const NOTIFY_EVERY: Duration = Duration::from_millis(10);

/// After a lost connection, before the next try.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// One connection listens, one looks, one notifies.
const CONNECTIONS: u32 = 3;

/// Moves the head forward, never back.
pub(super) fn advance(head: &watch::Sender<Position>, to: Position) {
    head.send_if_modified(|head| to > *head && std::mem::replace(head, to) != to);
}

/// Nothing durable is written here, so that notifying waits for no disk.
pub(super) fn pool(address: &Address) -> PgPool {
    let settings = [("synchronous_commit", "off"), ("statement_timeout", "5s")];
    let options = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(Duration::from_secs(2));
    options.connect_lazy_with(address.with(settings))
}

/// Follows other nodes until it is dropped.
pub(super) async fn follow(pool: PgPool, head: Arc<watch::Sender<Position>>) {
    tokio::join!(listen(&pool, &head), look_again(&pool, &head));
}

async fn listen(pool: &PgPool, head: &watch::Sender<Position>) {
    loop {
        if let Err(why) = hear(pool, head).await {
            tracing::debug!(cause = %plainly(&why), "not listening for other nodes' appends");
        }
        sleep(RETRY_AFTER).await;
    }
}

async fn hear(pool: &PgPool, head: &watch::Sender<Position>) -> sqlx::Result<()> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    loop {
        let notified = listener.try_recv().await?;
        let said = notified.and_then(|notification| notification.payload().parse::<Position>().ok());
        if said.is_none_or(|position| position > *head.borrow()) {
            look(pool, head).await?;
        }
    }
}

async fn look_again(pool: &PgPool, head: &watch::Sender<Position>) {
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(why) = look(pool, head).await {
            tracing::debug!(cause = %plainly(&why), "the journal's head cannot be looked at");
        }
    }
}

async fn look(pool: &PgPool, head: &watch::Sender<Position>) -> sqlx::Result<()> {
    advance(head, read::head(pool).await?);
    Ok(())
}

/// Tells other nodes of our own commits until there are no more.
pub(super) async fn notify(pool: PgPool, mut own: watch::Receiver<Position>) {
    while own.changed().await.is_ok() {
        let position = *own.borrow_and_update();
        let tell = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(position.to_string());
        if let Err(why) = tell.execute(&pool).await {
            tracing::debug!(cause = %plainly(&why), "other nodes were not notified and will look by themselves");
        }
        sleep(NOTIFY_EVERY).await;
    }
}
