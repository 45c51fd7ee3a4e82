//! A list of a million rows: time and memory beside calamine's own cell reader, and the progress that others see.

use std::io::BufReader;
use std::process::Command;
use std::time::Instant;

use calamine::{Reader as _, Xlsx};
use domain::phone::{Home, Phone};
use rust_xlsxwriter::Workbook;

use super::*;

const ROWS: u32 = 1_000_000;
const COLUMNS: u16 = 8;
/// P6, of which the reading is a part.
const TIMES_MAX: u32 = 3;
const MEMORY_MORE: usize = 128 << 20;

fn write(file: &Path, rows: u32, shared_strings: bool) {
    let mut book = Workbook::new();
    let sheet = if shared_strings {
        book.add_worksheet_with_low_memory().unwrap()
    } else {
        book.add_worksheet_with_constant_memory().unwrap()
    };
    for row in 0..rows {
        sheet.write(row, 0, format!("99890{row:07}")).unwrap();
        for column in 1..COLUMNS {
            sheet.write(row, column, format!("Mijoz {row} {column}")).unwrap();
        }
    }
    book.save(file).unwrap();
}

#[test]
fn progress_is_seen_while_a_list_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("list.xlsx");
    write(&file, 20_000, false);
    let (progress, mut seen) = (Progress::default(), vec![]);
    let sheet = read(&file, Limits::default(), &progress, &mut |_| {
        seen.push(progress.done());
        ControlFlow::Continue(())
    });
    assert_eq!(sheet.unwrap().rows, 20_000);
    assert!(seen.is_sorted());
    seen.dedup();
    assert!(seen.len() >= 5, "{seen:?}");
    assert!(seen.iter().all(|done| *done <= progress.total()));
    assert_eq!(progress.done(), progress.total());
}

fn bare(file: &Path) -> u32 {
    let mut book = Xlsx::new(BufReader::new(std::fs::File::open(file).unwrap())).unwrap();
    let name = book.sheet_names()[0].clone();
    let mut cells = book.worksheet_cells_reader(&name).unwrap();
    let mut rows = 0;
    while let Some(cell) = cells.next_cell().unwrap() {
        rows += u32::from(cell.get_position().1 == 0);
    }
    rows
}

fn ours(file: &Path) -> u32 {
    let (home, mut numbers) = (Home::parse("UZ").unwrap(), 0);
    let sheet = read(file, Limits::default(), &Progress::default(), &mut |row| {
        numbers += u32::from(Phone::listed(row.cell.text, home).is_ok());
        ControlFlow::Continue(())
    });
    assert_eq!(sheet.unwrap().rows, ROWS);
    numbers
}

/// A reading in a process of its own, because a peak of memory belongs to a process.
fn measured(reader: &str, file: &Path) -> (u128, usize) {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "workbooks::deep::deep_reading_alone", "--ignored", "--nocapture"])
        .env("KARNAY_READER", reader)
        .env("KARNAY_LIST", file)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&child.stderr).into_owned();
    let line =
        told.lines().find_map(|line| line.strip_prefix("measured ")).unwrap_or_else(|| panic!("{told}"));
    let (millis, peak) = line.split_once(' ').unwrap();
    (millis.parse().unwrap(), peak.parse().unwrap())
}

#[test]
#[ignore = "full size: make check-deep"]
#[expect(clippy::print_stderr, reason = "the figure is the result")]
fn deep_reading_alone() {
    let (Some(reader), Some(file)) = (std::env::var_os("KARNAY_READER"), std::env::var_os("KARNAY_LIST"))
    else {
        return;
    };
    let began = Instant::now();
    let rows = if reader == "bare" { bare(Path::new(&file)) } else { ours(Path::new(&file)) };
    assert_eq!(rows, ROWS);
    eprintln!("measured {} {}", began.elapsed().as_millis(), hostile::peak());
}

#[test]
#[ignore = "full size: make check-deep"]
#[expect(clippy::print_stderr, reason = "the figures are the result")]
fn deep_a_million_rows_cost_little_more_than_the_bare_reading() {
    let folder = tempfile::tempdir().unwrap();
    for (kind, shared) in [("inline strings", false), ("shared strings", true)] {
        let file = folder.path().join("list.xlsx");
        write(&file, ROWS, shared);
        let (bare, bare_peak) = measured("bare", &file);
        let (ours, our_peak) = measured("ours", &file);
        eprintln!(
            "{kind}: bare {bare} ms, {} MiB; checked, read and parsed as numbers {ours} ms, {} MiB",
            bare_peak >> 20,
            our_peak >> 20
        );
        assert!(ours <= bare * u128::from(TIMES_MAX), "{kind}: {ours} ms");
        assert!(our_peak <= bare_peak + MEMORY_MORE, "{kind}: {our_peak}");
    }
}

#[test]
#[ignore = "full size: make check-deep"]
#[expect(clippy::print_stderr, reason = "the figure is the result")]
fn deep_a_million_numbers_are_parsed() {
    let home = Home::parse("UZ").unwrap();
    let texts: Vec<String> = (0..ROWS)
        .map(|n| match n % 4 {
            0 => format!("+99890{n:07}"),
            1 => format!("99890{n:07}"),
            2 => format!("90{n:07}"),
            _ => format!("90 {:03}-{:02}-{:02}", n / 10_000, n / 100 % 100, n % 100),
        })
        .collect();
    let began = Instant::now();
    let numbers = texts.iter().filter(|text| Phone::listed(text, home).is_ok()).count();
    eprintln!("{numbers} of {ROWS} texts are numbers, told in {} ms", began.elapsed().as_millis());
    assert_eq!(numbers, texts.len());
    assert!(cfg!(debug_assertions) || began.elapsed().as_secs() < 3);
}
