//! How screens are read: rows, their number, and what they come to. What is asked stands with each screen's own queries.

use super::Screens;
use crate::error::Error;
use crate::row::{Cell, Row, names, row};
use crate::store::Select;

impl Screens {
    /// Reads a screen by its view: `rest` is what follows the table's name.
    pub(crate) async fn query<R: Row>(
        &self,
        view: &str,
        rest: &str,
        args: Vec<Cell<'static>>,
        point: bool,
    ) -> Result<Vec<R>, Error> {
        let (columns, prefix) = (names(R::COLUMNS), self.inner.backend.dialect().prefix());
        let sql = format!("select {columns} from {prefix}{view} {rest}");
        self.inner.backend.select(Select { sql, args, point }).await
    }

    /// What rows come to: `sums` says it column by column, in the order of the answer's.
    pub(crate) async fn sum<R: Row>(
        &self,
        sums: &str,
        view: &str,
        rest: &str,
        args: Vec<Cell<'static>>,
    ) -> Result<Vec<R>, Error> {
        let sql = format!("{sums} from {}{view} {rest}", self.inner.backend.dialect().prefix());
        self.inner.backend.select(Select { sql, args, point: false }).await
    }

    /// How many rows a query would find.
    pub(crate) async fn count(&self, view: &str, rest: &str, args: Vec<Cell<'static>>) -> Result<u64, Error> {
        let prefix = self.inner.backend.dialect().prefix();
        let sql = format!("select count(*) from {prefix}{view} {rest}");
        let found: Vec<Counted> = self.inner.backend.select(Select { sql, args, point: false }).await?;
        Ok(found.first().map_or(0, |counted| u64::try_from(counted.count).unwrap_or(0)))
    }
}

row! {
    struct Counted {
        pub count: i64,
    }
}
