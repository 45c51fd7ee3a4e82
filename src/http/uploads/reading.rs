//! A file is read on one thread and judged on another, for understanding numbers takes longer than reading cells.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use domain::number_list::{self, Cell, Chunk, Counts, Holds};
use domain::phone::Home;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};

use super::receive::Received;
use super::under_way::Begun;
use crate::http::Engine;
use crate::http::problem::{Code, Problem};
use crate::ports::{BadSheet, Columns, SheetKind, Sheets};

/// Rows that are handed over together, and how long their texts may be: a cell may hold a novel.
const BATCH_LEN: usize = 1_000;
const BATCH_TEXT_LEN: usize = 64 << 10;
const BATCHES_WAITING: usize = 8;

/// Rows on their way from one thread to the other, their texts in one piece.
#[derive(Debug, Default)]
pub(in crate::http) struct Batch {
    text: String,
    /// Each row with where its text ends.
    rows: Vec<(u32, Holds, usize)>,
}

/// A file that is being read. Its chunks come out at the other end.
pub(super) struct Reading {
    sheet: JoinHandle<Result<SheetKind, BadSheet>>,
    counts: JoinHandle<Result<Counts, number_list::TooMany>>,
}

impl Reading {
    pub(super) fn begin(
        engine: &Engine,
        begun: &Arc<Begun>,
        file: Received,
        send: mpsc::Sender<Chunk>,
    ) -> Self {
        let (sheets, home, begun) = (Arc::clone(&engine.sheets), engine.options.home, Arc::clone(begun));
        let (hand, batches) = channel();
        Self {
            sheet: spawn_blocking(move || read(sheets.as_ref(), (&file, Columns::First), &begun, &hand)),
            counts: spawn_blocking(move || judge(home, &batches, &send)),
        }
    }

    pub(super) async fn end(self) -> Result<(SheetKind, Counts), Problem> {
        let broke = |why| Problem::new(Code::Internal, "see the log").because(why);
        let (sheet, counts) = (self.sheet.await.map_err(broke)?, self.counts.await.map_err(broke)?);
        Ok((sheet?, counts.map_err(|why| Problem::new(Code::TooLarge, why.to_string()))?))
    }
}

impl Batch {
    /// Each row with what it says.
    pub(in crate::http) fn cells(&self) -> impl Iterator<Item = (u32, Cell<'_>)> {
        let mut begin = 0;
        self.rows.iter().map(move |&(row, holds, end)| {
            let text = self.text.get(begin..end).unwrap_or_default();
            begin = end;
            (row, Cell { holds, text })
        })
    }
}

/// Where batches wait between the two threads.
pub(in crate::http) fn channel() -> (SyncSender<Batch>, Receiver<Batch>) {
    sync_channel(BATCHES_WAITING)
}

/// Until the file's end, or until nobody judges any more.
pub(in crate::http) fn read(
    sheets: &dyn Sheets,
    (Received { file, is_table }, columns): (&Received, Columns),
    begun: &Begun,
    hand: &SyncSender<Batch>,
) -> Result<SheetKind, BadSheet> {
    let mut batch = Batch::default();
    let mut row = |row, cell: Cell<'_>| {
        let Cell { holds, text } = if *is_table && columns == Columns::First { cell.first() } else { cell };
        begun.rows.store(row, Ordering::Relaxed);
        batch.text.push_str(text);
        batch.rows.push((row, holds, batch.text.len()));
        let full = batch.rows.len() >= BATCH_LEN || batch.text.len() >= BATCH_TEXT_LEN;
        if full && hand.send(std::mem::take(&mut batch)).is_err() {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    };
    let kind = sheets.read(file.path(), columns, &begun.bytes, &mut row)?;
    // The same as above.
    let _ = hand.send(batch);
    Ok(kind)
}

/// Until there are no more rows, or until nobody takes chunks any more, because storing them has failed.
fn judge(
    home: Home,
    batches: &Receiver<Batch>,
    send: &mpsc::Sender<Chunk>,
) -> Result<Counts, number_list::TooMany> {
    let mut intake = number_list::Intake::new(home);
    for batch in batches {
        for (row, cell) in batch.cells() {
            let mut full = intake.take(row, cell)?.into_iter();
            if full.any(|chunk| send.blocking_send(chunk).is_err()) {
                return Ok(intake.finish().1);
            }
        }
    }
    let (last, counts) = intake.finish();
    if let Some(chunk) = last {
        // The same as above.
        let _ = send.blocking_send(chunk);
    }
    Ok(counts)
}
