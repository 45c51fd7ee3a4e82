//! The other side of P6: calamine's cell reader alone, over the same workbook, in a process whose memory is its own.

use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use calamine::{Reader as _, Xlsx, open_workbook};

use crate::child::mebibytes;
use crate::say;

/// What reading it took.
#[derive(Debug)]
pub(crate) struct Bare {
    pub(crate) cells: u64,
    pub(crate) secs: f64,
    /// The most memory that was resident at a time, in MiB.
    pub(crate) peak: f64,
}

pub(crate) fn run(book: &Path) -> Result<Bare> {
    let output = Command::new(std::env::current_exe()?).arg("--read-only").arg(book).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "the bare read: {}", String::from_utf8_lossy(&output.stderr));
    let mut words = said.split_whitespace();
    let mut word = || words.next().with_context(|| format!("the bare read said: {said}"));
    Ok(Bare { cells: word()?.parse()?, secs: word()?.parse()?, peak: word()?.parse()? })
}

/// In that process: reads every cell of the first sheet and says what it took.
pub(crate) fn read(book: &Path) -> Result<()> {
    let began = Instant::now();
    let mut book: Xlsx<_> = open_workbook(book)?;
    let sheet = book.sheet_names().first().cloned().context("no sheet")?;
    let mut cells = book.worksheet_cells_reader(&sheet)?;
    let mut count = 0_u64;
    while let Some(cell) = cells.next_cell()? {
        black_box(cell.get_value());
        count += 1;
    }
    let took = began.elapsed().as_secs_f64();
    let peak = mebibytes(&std::fs::read_to_string("/proc/self/status")?, "VmHWM:")?;
    say(&format!("{count} {took} {peak}"));
    Ok(())
}
