//! Connections that only read, beside the writer's.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;

use super::{Error, schema};

/// Idle reading connections kept open.
const IDLE_READERS_MAX: usize = 4;

/// Reading connections, opened as needed.
#[derive(Debug, Clone)]
pub(super) struct Readers {
    file: PathBuf,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    pub(super) fn new(file: PathBuf) -> Self {
        Self { file, idle: Arc::default() }
    }

    pub(super) async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let readers = self.clone();
        let work = move || {
            let idle = readers.lock().pop();
            let connection = match idle {
                Some(connection) => connection,
                None => schema::open_for_reading(&readers.file)?,
            };
            let answer =
                at_one_moment(&connection, query).map_err(|why| Error::Unavailable(why.to_string()))?;
            let mut idle = readers.lock();
            if idle.len() < IDLE_READERS_MAX {
                idle.push(connection);
            }
            Ok(answer)
        };
        let done = tokio::task::spawn_blocking(work).await;
        done.unwrap_or_else(|why| Err(Error::Unavailable(why.to_string())))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// However many statements it has: each of its own would take and leave the file's locks, which costs more than to find a key.
fn at_one_moment<T>(
    connection: &Connection,
    query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let moment = connection.unchecked_transaction()?;
    let answer = query(&moment)?;
    moment.finish()?;
    Ok(answer)
}
