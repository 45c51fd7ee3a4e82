//! P6: a workbook of a million numbers, uploaded: read, validated, stored and put where it is dialled,
//! in turns with the bare cell reader over the same file.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use rust_xlsxwriter::Workbook;
use tempfile::NamedTempFile;

use crate::bare_sheet::{self, Bare};
use crate::figures::{Figure, Series, float, number};
use crate::homes::{Home, Store};
use crate::wire::Wire;
use crate::{Bench, lists, load, say, webhook};

const ROWS: usize = 1_000_000;
/// Shares no factor with the ten million numbers of an operator, so that each number comes once and none follows its neighbour.
const STRIDE: u64 = 7_368_787;
const OF_ONE_OPERATOR: u64 = 10_000_000;
/// What the list's file has of each number: twelve digits, a plus and the end of the line.
const LINE_LEN: usize = 14;

#[derive(Debug, Default)]
struct Turns {
    ours: Series,
    bare: Series,
    peak: Series,
    bare_peak: Series,
    above: Series,
}

pub(crate) fn measure(bench: &mut Bench) -> Result<()> {
    let rows = bench.sized(ROWS);
    let book = workbook(rows)?;
    for store in bench.stores() {
        let turns = load::on_one_thread(measure_on(bench, store, &book, rows))?;
        turns.report(bench, store, rows);
    }
    Ok(())
}

/// Made once. A half-written one is never taken for whole: it gets its name when it is done.
fn workbook(rows: usize) -> Result<PathBuf> {
    let kept = crate::kept(&format!("numbers-{rows}.xlsx"));
    if kept.exists() {
        return Ok(kept);
    }
    say(&format!("making a workbook of {rows} rows"));
    let folder = kept.parent().context("no parent")?;
    fs::create_dir_all(folder)?;
    let mut book = Workbook::new();
    let sheet = book.add_worksheet_with_constant_memory()?;
    for (row, at) in (0..u32::try_from(rows)?).zip(0_u64..) {
        sheet.write_string(row, 0, webhook::phone(at * STRIDE % OF_ONE_OPERATOR))?;
    }
    let file = NamedTempFile::new_in(folder)?;
    book.save_to_writer(file.reopen()?)?;
    file.persist(&kept)?;
    Ok(kept)
}

async fn measure_on(bench: &Bench, store: Store, book: &Path, rows: usize) -> Result<Turns> {
    let home = bench.home(store).await?;
    let engine = home.start().await?;
    let form = lists::form("numbers.xlsx", &fs::read(book)?);
    let mut turns = Turns::default();
    for turn in 0..=bench.runs {
        let bare = bare_sheet::run(book)?;
        ensure!(usize::try_from(bare.cells) == Ok(rows), "the bare read found {} cells", bare.cells);
        let mut wire = Wire::connect(engine.address).await?;
        engine.forget_peak();
        let began = Instant::now();
        let list = lists::uploaded(&mut wire, &form).await?;
        let took = began.elapsed().as_secs_f64();
        let peak = engine.peak_memory()?;
        ensure!(
            usize::try_from(list.total_numbers) == Ok(rows),
            "{} numbers are on the list",
            list.total_numbers
        );
        in_place(&home, rows)?;
        turns.note(turn, store, (took, peak), &bare);
    }
    engine.stop().await?;
    Ok(turns)
}

/// The call server has all of it, and not the one before: that one is taken away.
fn in_place(home: &Home, rows: usize) -> Result<()> {
    let len = fs::metadata(home.numbers())?.len();
    ensure!(usize::try_from(len) == Ok(rows * LINE_LEN), "the list that is dialled has {len} bytes");
    fs::remove_file(home.numbers())?;
    Ok(())
}

impl Turns {
    /// The first turn only warms up.
    fn note(&mut self, turn: usize, store: Store, (took, peak): (f64, f64), bare: &Bare) {
        say(&format!(
            "P6 {store}: {} s and {} MiB at most; bare read {} s and {} MiB; ratio {}",
            number(took),
            number(peak),
            number(bare.secs),
            number(bare.peak),
            number(took / bare.secs),
        ));
        if turn > 0 {
            self.ours.push(took);
            self.bare.push(bare.secs);
            self.peak.push(peak);
            self.bare_peak.push(bare.peak);
            self.above.push(peak - bare.peak);
        }
    }

    fn report(self, bench: &mut Bench, store: Store, rows: usize) {
        let ratio = self.ours.over(&self.bare);
        let on = Figure::on("P6", store);
        let figure = |what: &str, unit, series| {
            on(&format!("workbook of {} rows: {what}", number(float(rows))), unit, series)
        };
        bench.add([
            figure("`POST /calls/upload`, until it is placed", "s", self.ours),
            figure("the bare cell reader", "s", self.bare),
            figure("upload over the bare reader", "ratio", ratio).at_most(3.0),
            figure("the engine's peak of memory", "MiB", self.peak),
            figure("the bare reader's peak of memory", "MiB", self.bare_peak),
            figure("the engine's peak above the bare reader's", "MiB", self.above).at_most(128.0),
        ]);
    }
}
