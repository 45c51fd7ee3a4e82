//! What a command says that outlives the engine: a small process of its own reads each of its outputs to the end, so that
//! the command never waits for anybody and never dies of a closed pipe, and keeps the beginning in a file.

use std::fs;
use std::io::{self, PipeWriter};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::time::Instant;

use super::marks::apart;
use super::shell;
use crate::adapters::kept::Kept;

/// `$1` the file for the first 64 KiB, each byte written as soon as it is read; `$2` the one for how many came after them.
const KEEP: &str = "umask 077; dd bs=1 count=65536 2>/dev/null >\"$1\"; exec wc -c >\"$2\"";

/// A command that left something running in the background holds its output open; what it said itself is there by then.
const LINGER: Duration = Duration::from_millis(500);
/// The reader is as good as done when the command is.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// One output of a command.
#[derive(Debug)]
pub(super) struct Said {
    first: PathBuf,
    more: PathBuf,
}

impl Said {
    /// Kept in `path`, and beside it how much more there was.
    pub(super) fn at(path: PathBuf) -> Self {
        let more = path.with_added_extension("more");
        Self { first: path, more }
    }

    /// Whoever writes there is listened to from now on.
    pub(super) fn listen(&self) -> io::Result<PipeWriter> {
        // What an attempt left behind that came to nothing is not its own.
        for file in [&self.first, &self.more] {
            match fs::remove_file(file) {
                Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(why),
                Ok(()) | Err(_) => {}
            }
        }
        let (from, to) = io::pipe()?;
        let mut reader = shell(KEEP);
        reader.arg(&self.first).arg(&self.more).stdin(from).stdout(Stdio::null()).stderr(Stdio::null());
        reader.spawn()?;
        Ok(to)
    }

    /// To be asked when the command has ended.
    pub(super) async fn text(self) -> String {
        let until = Instant::now() + LINGER;
        while self.more().await.is_none() && Instant::now() < until {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let (more, first) = (self.more().await, self.first);
        let mut kept = Kept::default();
        match apart(move || fs::read(first)).await {
            Ok(said) => kept.take(&said),
            Err(why) => tracing::error!(cause = %why, "what the remote command said could not be kept"),
        }
        kept.drop_more(more.unwrap_or(0));
        kept.text()
    }

    /// None while it is still listened to.
    async fn more(&self) -> Option<u64> {
        let more = self.more.clone();
        apart(move || fs::read_to_string(more)).await.ok()?.trim().parse().ok()
    }
}
