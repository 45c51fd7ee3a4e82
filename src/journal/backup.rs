//! Backups: a folder with the journal as it was at one moment, in the embedded store's own format whichever store it comes from, and a
//! manifest with what was in it and a hash of every file. It is whole or it is not there, and it is checked like any journal.
//! Keys are never in it, and neither are screens, which are built anew.

mod place;
mod restoring;
mod seal;
mod taking;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use domain::fact::Position;
use serde::{Deserialize, Serialize};

use super::signing::Checkpoint;
use super::verify::{self, Place, Progress, Reader, Report, Wanted};

pub use place::outside;
pub use restoring::{Target, restore};
pub use seal::Seal;
pub use taking::take;

/// What the folder's own file is called.
pub const MANIFEST: &str = "manifest.json";
/// Where recordings lie in it, where they were asked for.
pub const RECORDINGS: &str = "recordings";
/// The format this program writes; a higher one belongs to a newer program.
pub const FORMAT: u32 = 1;

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    pub format: u32,
    /// Which karnay took it.
    pub karnay: String,
    /// From which store: `sqlite` or `postgres`.
    pub store: String,
    pub taken_at: DateTime<Utc>,
    /// Everything up to here is in it.
    pub position: Position,
    pub digest: String,
    /// The newest that is signed of it.
    pub checkpoint: Option<Checkpoint>,
    /// Tells the data key that it was sealed with from any other.
    pub data_key: Option<String>,
    /// Rows by table.
    pub tables: BTreeMap<String, u64>,
    pub files: Vec<Seal>,
}

/// Why a backup was not taken, is not right, or was not put back.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The path and what is wrong with it.
    #[error("{path}: {why}", path = .path.display())]
    Path { path: PathBuf, why: String },
    /// What is there is not what was written.
    #[error("{0}")]
    Changed(String),
    #[error("what was copied is not sound: {0}")]
    Unsound(verify::Fault),
    #[error(transparent)]
    Journal(#[from] super::Error),
}

impl Fault {
    fn io(path: &Path, why: &io::Error) -> Self {
        Self::Path { path: path.to_owned(), why: why.to_string() }
    }

    fn path(path: &Path, why: impl Into<String>) -> Self {
        Self::Path { path: path.to_owned(), why: why.into() }
    }
}

/// What is read first.
#[derive(Deserialize)]
struct Format {
    format: u32,
}

/// Reads what a backup says of itself.
pub fn manifest(folder: &Path) -> Result<Manifest, Fault> {
    let path = folder.join(MANIFEST);
    if !path.exists() {
        return Err(Fault::path(folder, "is no backup that was finished: it has no manifest"));
    }
    let text = std::fs::read_to_string(&path).map_err(|why| Fault::io(&path, &why))?;
    let wrong = |why: serde_json::Error| Fault::path(&path, format!("is not what was written: {why}"));
    let Format { format } = serde_json::from_str(&text).map_err(wrong)?;
    if format > FORMAT {
        let why = format!(
            "has format {format} and this karnay knows {FORMAT}: use the one that took it, or a newer one"
        );
        return Err(Fault::path(&path, why));
    }
    let manifest: Manifest = serde_json::from_str(&text).map_err(wrong)?;
    // Nothing else is read, whatever somebody wrote there.
    match manifest.files.iter().find(|seal| !seal.is_within()) {
        Some(seal) => Err(Fault::path(&path, format!("names {}, which is no file of a backup", seal.name))),
        None => Ok(manifest),
    }
}

/// Whether a backup is what was written: every file against its hash, and the journal in it against its own chain.
pub async fn check(
    folder: &Path,
    wanted: &Wanted,
    told: &mut dyn FnMut(Progress),
) -> Result<(Manifest, Report), Fault> {
    let manifest = manifest(folder)?;
    let (at, seals) = (folder.to_owned(), manifest.files.clone());
    let compared = tokio::task::spawn_blocking(move || seals.iter().try_for_each(|seal| seal.compare(&at)));
    let compared = compared.await.unwrap_or_else(|why| Err(Fault::path(folder, why.to_string())));
    let reader = Reader::open(&Place::Folder(folder.to_owned())).await;
    let verified = match reader {
        Ok(reader) => verify::run(&reader, wanted, told).await,
        Err(why) => Err(why.into()),
    };
    match (compared, verified) {
        (Err(Fault::Changed(where_to)), Err(what)) => Err(Fault::Changed(format!("{where_to}; {what}"))),
        (Err(why), _) => Err(why),
        (Ok(()), Err(why)) => Err(Fault::Changed(why.to_string())),
        (Ok(()), Ok(report)) if (report.last, &report.digest) != (manifest.position, &manifest.digest) => {
            Err(Fault::Changed(format!(
                "the journal in it ends at position {} with digest {}, and the manifest says {} and {}",
                report.last, report.digest, manifest.position, manifest.digest
            )))
        }
        (Ok(()), Ok(report)) => Ok((manifest, report)),
    }
}
