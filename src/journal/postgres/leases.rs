//! Leases on PostgreSQL, by the server's clock.

use std::time::Duration;

use uuid::Uuid;

use super::Postgres;
use super::read::unavailable;
use crate::journal::Error;

const TAKE: &str = "INSERT INTO leases (name, owner, until) VALUES ($1, $2, clock_timestamp() + $3) \
                    ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until \
                    WHERE leases.owner = excluded.owner OR leases.until <= clock_timestamp()";

impl Postgres {
    pub(in crate::journal) async fn lease(
        &self,
        name: &'static str,
        owner: Uuid,
        lasts: Duration,
    ) -> Result<bool, Error> {
        let take = sqlx::query(TAKE).bind(name).bind(owner).bind(lasts).execute(self.pool()?);
        self.at_home(take).await.map(|done| done.rows_affected() == 1).map_err(|why| unavailable(&why))
    }
}
