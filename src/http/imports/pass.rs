//! One pass over a file: read on one thread and judged on another, so that rows are understood while others are read.

use std::sync::Arc;
use std::sync::mpsc::Receiver;

use domain::import::{BadHeading, Intake, Judged};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::dispatch::imports::TOGETHER;
use crate::http::Engine;
use crate::http::problem::{Code, Problem};
use crate::http::uploads::Begun;
use crate::http::uploads::reading::{self, Batch};
use crate::http::uploads::receive::Received;
use crate::ports::{BadSheet, Columns, SheetKind};

/// Parts that wait for whoever takes them.
const WAITING: usize = 4;

/// A file that is being read. Its rows come out in their order, as many at a time as are stored together.
pub(super) struct Pass {
    sheet: JoinHandle<Result<SheetKind, BadSheet>>,
    judging: JoinHandle<Result<(), BadHeading>>,
    pub(super) rows: mpsc::Receiver<Vec<Judged>>,
}

impl Pass {
    pub(super) fn begin(engine: &Engine, begun: &Arc<Begun>, file: &Arc<Received>, strict: bool) -> Self {
        let (sheets, begun, file) = (Arc::clone(&engine.sheets), Arc::clone(begun), Arc::clone(file));
        let intake = Intake::new(engine.options.home, strict, engine.clock.now().date_naive());
        let ((hand, batches), (send, rows)) = (reading::channel(), mpsc::channel(WAITING));
        Self {
            sheet: spawn_blocking(move || {
                reading::read(sheets.as_ref(), (&file, Columns::All), &begun, &hand)
            }),
            judging: spawn_blocking(move || judge(intake, &batches, &send)),
            rows,
        }
    }

    /// What the file is, or why it is none. Where rows are left that nobody takes, they are given up.
    pub(super) async fn end(self) -> Result<SheetKind, Problem> {
        let Self { sheet, judging, rows } = self;
        drop(rows);
        let broke = |why| Problem::new(Code::Internal, "see the log").because(why);
        let (sheet, judged) = (sheet.await.map_err(broke)?, judging.await.map_err(broke)?);
        // A file that cannot be read is the reason, whatever else broke because of it.
        let kind = sheet?;
        judged?;
        Ok(kind)
    }
}

/// Until there are no more rows, or until nobody takes them any more.
fn judge(
    mut intake: Intake,
    batches: &Receiver<Batch>,
    send: &mpsc::Sender<Vec<Judged>>,
) -> Result<(), BadHeading> {
    let mut rows = Vec::with_capacity(TOGETHER);
    for batch in batches {
        for (row, cell) in batch.cells() {
            rows.extend(intake.take(row, cell)?);
            if rows.len() >= TOGETHER && send.blocking_send(std::mem::take(&mut rows)).is_err() {
                return Ok(());
            }
        }
    }
    // As above.
    let _ = send.blocking_send(rows);
    intake.finish()
}

impl From<BadHeading> for Problem {
    fn from(why: BadHeading) -> Self {
        Self::new(Code::BadSheet, why.to_string())
    }
}
