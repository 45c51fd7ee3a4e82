//! A file becomes a list: read and judged row by row, sealed and stored chunk by chunk, and accepted last.
//! Nothing of it is a list before that, so that whatever breaks in between leaves none.

use std::sync::Arc;

use domain::fact::Position;
use domain::ids::StreamId;
use domain::number_list::{Chunk, Command, Counts, Line, NumberList, Origin, Verdict};
use domain::phone::Unfit;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::reading::Reading;
use super::receive::Received;
use super::under_way::Shown;
use crate::dispatch::lists::{Making, STORED_TOGETHER};
use crate::dispatch::{CommandId, Done, Meta};
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
    /// Where whoever sent it gave it a name.
    pub(super) name: Option<CommandId>,
}

/// What was stored.
pub(super) struct Taken {
    pub(super) counts: Counts,
    /// The first rows that were refused.
    pub(super) invalid: Vec<Invalid>,
    pub(super) position: Position,
    /// It was stored before, under the same name.
    pub(super) repeated: bool,
}

pub(super) struct Invalid {
    pub(super) row: u32,
    pub(super) value: String,
    pub(super) why: Unfit,
}

impl Intake<'_> {
    pub(super) async fn take(&self, list: Uuid, file: Received) -> Result<Taken, Problem> {
        self.shown.reading();
        let (send, chunks) = mpsc::channel(2 * STORED_TOGETHER);
        let reading = Reading::begin(self.engine, &self.shown.begun, file, send);
        let mut invalid = vec![];
        let stored = self.store(list, chunks, &mut invalid).await;
        // A file that cannot be read is the reason, whatever else broke because of it.
        let (kind, counts) = reading.end().await?;
        let digest = stored?;
        let origin = match kind {
            SheetKind::Workbook => Origin::Workbook,
            SheetKind::Text => Origin::Text,
        };
        self.shown.placing();
        let done = self.accept(list, origin, counts, digest).await?;
        Ok(Taken { counts, invalid, position: done.position, repeated: done.repeated })
    }

    /// The same of a file that was stored before.
    pub(super) async fn look(&self, file: Received, position: Position) -> Result<Taken, Problem> {
        self.shown.reading();
        let (send, mut chunks) = mpsc::channel(2 * STORED_TOGETHER);
        let reading = Reading::begin(self.engine, &self.shown.begun, file, send);
        let mut invalid = vec![];
        while let Some(chunk) = chunks.recv().await {
            note(&mut invalid, &[chunk]);
        }
        let (_, counts) = reading.end().await?;
        self.shown.tried();
        Ok(Taken { counts, invalid, position, repeated: true })
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
            note(invalid, &taken);
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
    ) -> Result<Done<NumberList>, Problem> {
        let circumstances = self.request.circumstances(&self.caller.organization, &self.caller.actor);
        let meta = Meta { circumstances: Arc::new(circumstances), command: self.name.clone() };
        let command = Command::Accept { id: list, origin, counts, digest, at: self.engine.clock.now() };
        let stream = StreamId::number_list(&self.caller.organization, list);
        Ok(self.engine.dispatch.number_list(stream, command, meta).await?)
    }
}

fn note(invalid: &mut Vec<Invalid>, chunks: &[Chunk]) {
    let refused = chunks.iter().flat_map(|chunk| &chunk.lines).filter_map(Invalid::of);
    invalid.extend(refused.take(TOLD_MAX.saturating_sub(invalid.len())));
}

impl Invalid {
    fn of(line: &Line) -> Option<Self> {
        match line.verdict {
            Verdict::Refused(why) => Some(Self { row: line.row, value: line.value.clone(), why }),
            Verdict::Accepted(_)
            | Verdict::Repaired(_)
            | Verdict::Duplicate { .. }
            | Verdict::Header
            | Verdict::Forgotten => None,
        }
    }
}

impl From<BadSheet> for Problem {
    fn from(BadSheet { too_large, why }: BadSheet) -> Self {
        Self::new(if too_large { Code::TooLarge } else { Code::BadSheet }, why)
    }
}
