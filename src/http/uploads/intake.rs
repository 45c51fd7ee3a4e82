//! A file becomes a list: read on a thread of its own, judged row by row, sealed and stored chunk by chunk, and accepted last.
//! Nothing of it is a list before that, so that whatever breaks in between leaves none.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::fact::Position;
use domain::ids::StreamId;
use domain::number_list::{self, Chunk, Command, Counts, Line, Origin, Verdict};
use domain::phone::Unfit;
use tempfile::NamedTempFile;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::under_way::Shown;
use crate::dispatch::Meta;
use crate::dispatch::lists::{Making, STORED_TOGETHER};
use crate::http::Engine;
use crate::http::auth::Caller;
use crate::http::edge::RequestId;
use crate::http::problem::{Code, Problem};
use crate::ports::{BadSheet, SheetKind};

/// Rows that are told of in the answer; the report tells of all.
const TOLD_MAX: usize = 1_000;

pub(super) struct Intake<'a> {
    pub(super) engine: &'a Engine,
    pub(super) caller: &'a Caller,
    pub(super) request: &'a RequestId,
    pub(super) shown: &'a Shown,
}

/// What was stored.
pub(super) struct Taken {
    pub(super) counts: Counts,
    /// The first rows that were refused.
    pub(super) invalid: Vec<Invalid>,
    pub(super) position: Position,
}

pub(super) struct Invalid {
    pub(super) row: u32,
    pub(super) value: String,
    pub(super) why: Unfit,
}

/// Why no list came of a file.
enum Failure {
    Sheet(BadSheet),
    TooMany(String),
}

type Reading = JoinHandle<Result<(SheetKind, Counts), Failure>>;

impl Intake<'_> {
    pub(super) async fn take(&self, list: Uuid, file: NamedTempFile) -> Result<Taken, Problem> {
        self.shown.reading();
        let (send, chunks) = mpsc::channel(2 * STORED_TOGETHER);
        let reading = self.read(file, send);
        let mut invalid = vec![];
        let stored = self.store(list, chunks, &mut invalid).await;
        // A file that cannot be read is the reason, whatever else broke because of it.
        let read = reading.await.map_err(|why| Problem::new(Code::Internal, "see the log").because(why))?;
        let (kind, counts) = read.map_err(Problem::from)?;
        let digest = stored?;
        let origin = match kind {
            SheetKind::Workbook => Origin::Workbook,
            SheetKind::Text => Origin::Text,
        };
        let position = self.accept(list, origin, counts, digest).await?;
        Ok(Taken { counts, invalid, position })
    }

    fn read(&self, file: NamedTempFile, send: mpsc::Sender<Chunk>) -> Reading {
        let (sheets, home) = (Arc::clone(&self.engine.sheets), self.engine.options.home);
        let begun = Arc::clone(&self.shown.begun);
        tokio::task::spawn_blocking(move || {
            let mut intake = number_list::Intake::new(home);
            let mut failure = None;
            let mut row = |row, text: &str| {
                begun.rows.store(row, Ordering::Relaxed);
                match intake.take(row, text) {
                    Ok(None) => ControlFlow::Continue(()),
                    // Nobody takes chunks any more where storing has failed.
                    Ok(Some(chunk)) => match send.blocking_send(chunk) {
                        Ok(()) => ControlFlow::Continue(()),
                        Err(_) => ControlFlow::Break(()),
                    },
                    Err(why) => {
                        failure = Some(Failure::TooMany(why.to_string()));
                        ControlFlow::Break(())
                    }
                }
            };
            let kind = sheets.read(file.path(), &begun.bytes, &mut row).map_err(Failure::Sheet)?;
            if let Some(failure) = failure {
                return Err(failure);
            }
            let (last, counts) = intake.finish();
            if let Some(chunk) = last {
                // The same as above.
                let _ = send.blocking_send(chunk);
            }
            Ok((kind, counts))
        })
    }

    /// The digest over all that was stored.
    async fn store(
        &self,
        list: Uuid,
        mut chunks: mpsc::Receiver<Chunk>,
        invalid: &mut Vec<Invalid>,
    ) -> Result<String, Problem> {
        let mut making = self.engine.dispatch.lists().make(self.caller.organization.clone(), list)?;
        let mut together = Vec::with_capacity(STORED_TOGETHER);
        while chunks.recv_many(&mut together, STORED_TOGETHER).await > 0 {
            let taken = std::mem::take(&mut together);
            let refused = taken.iter().flat_map(|chunk| &chunk.lines).filter_map(Invalid::of);
            invalid.extend(refused.take(TOLD_MAX.saturating_sub(invalid.len())));
            making = self.seal(making, taken).await?;
        }
        Ok(making.finish())
    }

    async fn seal(&self, mut making: Making, chunks: Vec<Chunk>) -> Result<Making, Problem> {
        let now = self.engine.clock.now();
        let sealing = tokio::task::spawn_blocking(move || {
            let sealed = making.seal(chunks, now);
            (making, sealed)
        });
        let broke = |why| Problem::new(Code::Internal, "see the log").because(why);
        let (making, sealed) = sealing.await.map_err(broke)?;
        making.store(sealed?).await?;
        Ok(making)
    }

    async fn accept(
        &self,
        list: Uuid,
        origin: Origin,
        counts: Counts,
        digest: String,
    ) -> Result<Position, Problem> {
        let circumstances = self.request.circumstances(&self.caller.organization, &self.caller.actor);
        let meta = Meta { circumstances: Arc::new(circumstances), command: None };
        let command = Command::Accept { id: list, origin, counts, digest, at: self.engine.clock.now() };
        let stream = StreamId::number_list(&self.caller.organization, list);
        Ok(self.engine.dispatch.number_list(stream, command, meta).await?.position)
    }
}

impl Invalid {
    fn of(line: &Line) -> Option<Self> {
        match line.verdict {
            Verdict::Refused(why) => Some(Self { row: line.row, value: line.value.clone(), why }),
            Verdict::Accepted(_) | Verdict::Repaired(_) | Verdict::Duplicate { .. } | Verdict::Header => None,
        }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Sheet(BadSheet { too_large: true, why }) | Failure::TooMany(why) => {
                Self::new(Code::TooLarge, why)
            }
            Failure::Sheet(BadSheet { too_large: false, why }) => Self::new(Code::BadSheet, why),
        }
    }
}
