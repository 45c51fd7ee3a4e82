//! Taking a backup beside an engine at work: one snapshot, checked before it has its name.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::place::{Making, copy, files, private_folder, sync};
use super::{FORMAT, Fault, MANIFEST, Manifest, RECORDINGS, Seal};
use crate::journal::sqlite::FILE;
use crate::journal::verify::{self, Place, Progress, Reader, Report, Wanted};
use crate::journal::{carry, sqlite};

/// Copies the journal, and recordings where their folder is given, into a folder that is not there yet.
pub async fn take(
    place: &Place,
    recordings: Option<PathBuf>,
    to: &Path,
    now: DateTime<Utc>,
    told: &mut dyn FnMut(Progress),
) -> Result<(Manifest, Report), Fault> {
    place.refuse_moved()?;
    let making = Making::begin(to)?;
    let file = making.folder.join(FILE);
    let store = match place {
        Place::Folder(folder) => {
            let (folder, file) = (folder.clone(), file.clone());
            apart(move || Ok(sqlite::copy(&folder, &file)?)).await?;
            "sqlite"
        }
        Place::Url(url) => {
            carry::into_file(url, &file).await?;
            "postgres"
        }
    };
    let folder = making.folder.clone();
    let mut files = apart(move || gather(&folder, recordings.as_deref())).await?;
    let reader = Reader::open(&Place::Folder(making.folder.clone())).await?;
    let report = verify::run(&reader, &Wanted::default(), told).await.map_err(Fault::Unsound)?;
    let folder = making.folder.clone();
    let (seal, tables) = apart(move || {
        sync(&folder.join(FILE))?;
        Ok((Seal::of(&folder, FILE)?, sqlite::counts(&folder.join(FILE))?))
    })
    .await?;
    files.insert(0, seal);
    let manifest = Manifest {
        format: FORMAT,
        karnay: env!("CARGO_PKG_VERSION").to_owned(),
        store: store.to_owned(),
        taken_at: now,
        position: report.last,
        digest: report.digest.clone(),
        checkpoint: report.newest.clone(),
        data_key: reader.data_key_mark().await?.map(hex::encode),
        tables: tables.into_iter().map(|(name, rows)| (name.to_owned(), rows)).collect(),
        files,
    };
    write(&making.folder.join(MANIFEST), &manifest)?;
    making.finish()?;
    Ok((manifest, report))
}

/// Files are read and written on a thread of their own.
pub(super) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|why| Err(Fault::Journal(crate::journal::Error::Unavailable(why.to_string()))))
}

/// A recording that is removed meanwhile is not in it.
fn gather(folder: &Path, recordings: Option<&Path>) -> Result<Vec<Seal>, Fault> {
    let Some(from) = recordings else { return Ok(vec![]) };
    let to = folder.join(RECORDINGS);
    private_folder(&to)?;
    let mut seals = vec![];
    for name in files(from)? {
        match copy(&from.join(&name), &format!("{RECORDINGS}/{name}"), &to.join(&name)) {
            Ok(seal) => seals.push(seal),
            Err(_) if !from.join(&name).exists() => {
                fs::remove_file(to.join(&name)).map_err(|why| Fault::io(&to.join(&name), &why))?;
            }
            Err(why) => return Err(why),
        }
    }
    sync(&to)?;
    Ok(seals)
}

fn write(path: &Path, manifest: &Manifest) -> Result<(), Fault> {
    let text = serde_json::to_string_pretty(manifest).map_err(|why| Fault::io(path, &why.into()))?;
    fs::write(path, text + "\n").map_err(|why| Fault::io(path, &why))?;
    sync(path)
}
