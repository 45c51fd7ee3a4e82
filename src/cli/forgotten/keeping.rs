//! The list in a file that is kept beside the backups. What it says stays said whatever this journal knows: one that was restored, or
//! that another setting meant, may know less.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use super::super::Error;
use super::{Line, read, refuse_others, text_of, wrong};

/// How many lines a list has by now, and how many of them came just now.
pub(super) struct Kept {
    pub(super) there: u64,
    pub(super) new: u64,
}

/// Adds the lines that say something new to what is there. The file is what it was or what it is to be, whatever breaks in between.
pub(super) fn merge(file: &Path, lines: &[Line]) -> Result<Kept, Error> {
    let cannot = |why: io::Error| wrong(file, format!("cannot be written: {why}"));
    let (mut held, file) = hold(file).map_err(cannot)?;
    let mut text = String::new();
    held.read_to_string(&mut text).map_err(|why| wrong(&file, format!("cannot be read: {why}")))?;
    let mut all = read(&file, &text)?;
    if let Some(line) = lines.first() {
        refuse_others(&file, &all, line.data_key.as_deref())?;
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let mut new = 0;
    for line in lines {
        if !says(&all, line) {
            text.push_str(&text_of(line)?);
            text.push('\n');
            all.push(line.clone());
            new += 1;
        }
    }
    if new > 0 {
        replace(&held, &file, &text).map_err(cannot)?;
    }
    Ok(Kept { there: u64::try_from(all.len()).unwrap_or(u64::MAX), new })
}

/// Whether these lines name everything of a person that this one does.
fn says(all: &[Line], line: &Line) -> bool {
    let theirs: Vec<&Line> = all
        .iter()
        .filter(|other| (&other.organization, other.contact) == (&line.organization, line.contact))
        .collect();
    let named = |number| theirs.iter().any(|other| other.numbers.contains(number));
    !theirs.is_empty() && line.numbers.iter().all(named)
}

/// Two that add to a list at once do so one after the other. What was put in its place meanwhile is the list.
fn hold(file: &Path) -> io::Result<(File, std::path::PathBuf)> {
    loop {
        let held = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(file)?;
        held.lock()?;
        let file = fs::canonicalize(file)?;
        if fs::metadata(&file)?.ino() == held.metadata()?.ino() {
            return Ok((held, file));
        }
    }
}

fn replace(held: &File, file: &Path, text: &str) -> io::Result<()> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let beside = file.with_file_name(format!(".{name}.partial"));
    let written = File::create(&beside).and_then(|mut new| {
        new.set_permissions(held.metadata()?.permissions())?;
        new.write_all(text.as_bytes())?;
        new.sync_all()
    });
    let put = written.and_then(|()| fs::rename(&beside, file));
    if let Err(why) = put {
        // Whoever failed says why; the list is what it was.
        let _ = fs::remove_file(&beside);
        return Err(why);
    }
    File::open(file.parent().unwrap_or_else(|| Path::new(".")))?.sync_all()
}
