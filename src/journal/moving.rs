//! The way from the embedded store to PostgreSQL: everything is carried over in one transaction, checked where it arrived, and only then
//! the folder is marked. Whatever goes wrong before that leaves the folder as it was.

use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::carry;
use super::chain::GENESIS;
use super::postgres::place_of;
use super::sqlite::{self, Moved};
use super::verify::{self, Fault, Place, Progress, Reader, Report, Wanted};

/// Moves the journal of a folder that no engine works on. The folder keeps everything it has.
pub async fn to_database(
    folder: &Path,
    url: &str,
    now: DateTime<Utc>,
    told: &mut dyn FnMut(Progress),
) -> Result<(Report, Moved), Fault> {
    let to = place_of(url)?;
    let held = sqlite::lock_for_moving(folder)?;
    let here = Reader::open(&Place::Folder(folder.to_owned())).await?;
    let last = here.last_batch().await?;
    carry::into_database(&held.file(), url, None).await?;
    let there = Reader::open(&Place::Url(url.to_owned())).await?;
    let report = verify::run(&there, &Wanted::default(), told).await?;
    let (position, digest) =
        last.map_or_else(|| (0, hex::encode(GENESIS)), |last| (last.last, hex::encode(last.digest)));
    if (report.last, &report.digest) != (position, &digest) {
        return Err(Fault::Signed(format!(
            "what arrived ends at position {} with digest {}, and what was sent at {position} with {digest}",
            report.last, report.digest
        )));
    }
    let moved = Moved { to, at: now, position, digest };
    held.mark(&moved)?;
    Ok((report, moved))
}

/// Removes the screens that were left where the journal was moved from. What cannot be removed is told with the reason.
pub fn remove_screens(folder: &Path) -> Result<(), (PathBuf, io::Error)> {
    sqlite::remove_screens(folder)
}

/// Whether a journal that was moved still lies in the folder: whoever is forgotten since is not forgotten in it.
pub fn is_left_behind(folder: &Path) -> bool {
    sqlite::is_left_behind(folder)
}
