//! What a command says: read to the end so that it never waits for us, kept as far as there is room for it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::task::JoinHandle;

use crate::adapters::kept::Kept;

/// A command that left something running in the background holds its output open; what it said itself is there by then.
const LINGER: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub(super) struct Output {
    said: Arc<Mutex<Kept>>,
    reader: JoinHandle<()>,
}

impl Output {
    /// Reads on even when nobody asks any more: whoever is left in the background must not die of a closed pipe.
    pub(super) fn read(mut from: impl AsyncRead + Send + Unpin + 'static) -> Self {
        let said = Arc::new(Mutex::new(Kept::default()));
        let into = Arc::clone(&said);
        let reader = tokio::spawn(async move {
            let mut buffer = vec![0; 8 << 10];
            while let Ok(read @ 1..) = from.read(&mut buffer).await {
                lock(&into).take(buffer.get(..read).unwrap_or_default());
            }
        });
        Self { said, reader }
    }

    pub(super) async fn text(output: Option<Self>) -> String {
        let Some(Self { said, reader }) = output else { return String::new() };
        // Either it has ended or it lingers; what was said is there in both cases.
        let _ = tokio::time::timeout(LINGER, reader).await;
        lock(&said).text()
    }
}

fn lock(said: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    said.lock().unwrap_or_else(PoisonError::into_inner)
}
