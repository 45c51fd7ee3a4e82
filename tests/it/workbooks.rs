//! R6: number lists as real programs write them, and files that pretend to be one.
//! What one file's bytes mean is tested beside the reader; here whole files are read from the disk.
//! The committed ones, and which program made each, are told in workbooks/README.md.

mod columns;
mod deep;
mod hostile;
mod made;
mod mutated;
mod written;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use domain::number_list::Holds;
use karnay::adapters::spreadsheet::{Error, Kind, Limits, Row, Sheet, read};
use karnay::ports::SheetProgress as Progress;

fn committed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/workbooks").join(name)
}

fn rows_within(file: &Path, limits: Limits) -> Result<(Sheet, Vec<(u32, String)>), Error> {
    let mut rows = vec![];
    let sheet = read(file, limits, &Progress::default(), &mut |row: Row<'_>| {
        rows.push((row.line, row.cell.first().text.to_owned()));
        ControlFlow::Continue(())
    })?;
    Ok((sheet, rows))
}

fn rows(file: &Path) -> Result<(Sheet, Vec<(u32, String)>), Error> {
    rows_within(file, Limits::default())
}

/// The file's bytes under another name, in a folder that lives as long as the answer.
fn placed(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, bytes).unwrap();
    (folder, file)
}

fn refusal(name: &str, bytes: &[u8]) -> Error {
    let (_folder, file) = placed(name, bytes);
    rows(&file).unwrap_err()
}

fn kind(name: &str, bytes: &[u8]) -> Kind {
    let (_folder, file) = placed(name, bytes);
    rows(&file).unwrap().0.kind
}
