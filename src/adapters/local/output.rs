//! What a command says: read to the end so that it never waits for us, kept up to a limit, the rest only counted.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::task::JoinHandle;

/// Kept of each of the two outputs. With the rest of an event they stay far below what the journal takes.
pub(super) const KEPT_LEN_MAX: usize = 64 << 10;
/// A command that left something running in the background holds its output open; what it said itself is there by then.
const LINGER: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub(super) struct Output {
    said: Arc<Mutex<Said>>,
    reader: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Said {
    kept: Vec<u8>,
    dropped: u64,
}

impl Output {
    /// Reads on even when nobody asks any more: whoever is left in the background must not die of a closed pipe.
    pub(super) fn read(mut from: impl AsyncRead + Send + Unpin + 'static) -> Self {
        let said = Arc::new(Mutex::new(Said::default()));
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

impl Said {
    fn take(&mut self, bytes: &[u8]) {
        let room = KEPT_LEN_MAX.saturating_sub(self.kept.len()).min(bytes.len());
        let (kept, dropped) = bytes.split_at(room);
        self.kept.extend_from_slice(kept);
        self.dropped += u64::try_from(dropped.len()).unwrap_or(0);
    }

    /// As text that every store takes.
    fn text(&self) -> String {
        let text = String::from_utf8_lossy(&self.kept).replace('\0', "\u{fffd}");
        if self.dropped > 0 { format!("{text}\n… and {} bytes more", self.dropped) } else { text }
    }
}

fn lock(said: &Mutex<Said>) -> MutexGuard<'_, Said> {
    said.lock().unwrap_or_else(PoisonError::into_inner)
}
