//! Putting a backup back: into an empty folder or an empty database, after all of it was checked, and marked as restored.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::place::{copy, files, private_folder, sync};
use super::taking::apart;
use super::{Fault, Manifest, RECORDINGS, check};
use crate::journal::restores::Restored;
use crate::journal::sqlite::{self, FILE};
use crate::journal::verify::{self, Place, Progress, Reader, Report, Wanted};
use crate::journal::{carry, postgres};

/// Where it is to go, and where recordings are kept there.
#[derive(Debug, Clone)]
pub struct Target {
    pub place: Place,
    pub recordings: PathBuf,
}

/// Whatever is wrong with the backup is found before anything is put in place.
pub async fn restore(
    from: &Path,
    target: &Target,
    now: DateTime<Utc>,
    told: &mut dyn FnMut(Progress),
) -> Result<(Manifest, Report), Fault> {
    let held = match &target.place {
        Place::Folder(folder) => Some(sqlite::lock_empty(folder)?),
        Place::Url(url) => postgres::check_empty(url).await.map(|()| None)?,
    };
    refuse_recordings(&target.recordings)?;
    let (manifest, _) = check(from, &Wanted::default(), told).await?;
    let restored = Restored {
        position: manifest.position,
        taken_at: manifest.taken_at,
        restored_at: now,
        forgotten_applied: false,
    };
    let (kept, recordings, sealed) = (from.join(RECORDINGS), target.recordings.clone(), manifest.clone());
    apart(move || put_recordings(&kept, &sealed, &recordings)).await?;
    match &target.place {
        Place::Folder(folder) => {
            let (from, folder, manifest) = (from.to_owned(), folder.clone(), manifest.clone());
            apart(move || into_folder(&from, &manifest, &folder, &restored)).await?;
        }
        Place::Url(url) => carry::into_database(&from.join(FILE), url, Some(restored)).await?,
    }
    let reader = Reader::open(&target.place).await?;
    let report = verify::run(&reader, &Wanted::default(), told).await.map_err(Fault::Unsound)?;
    drop(held);
    Ok((manifest, report))
}

/// The journal has its name when everything else is there.
fn into_folder(from: &Path, manifest: &Manifest, folder: &Path, restored: &Restored) -> Result<(), Fault> {
    let making = folder.join(format!("{FILE}.restoring"));
    let copied = copy(&from.join(FILE), FILE, &making)?;
    let sealed = manifest.files.iter().find(|seal| seal.name == FILE);
    sealed.ok_or_else(|| Fault::Changed(format!("the manifest does not name {FILE}")))?.against(&copied)?;
    sqlite::mark(&making, restored)?;
    sync(&making)?;
    fs::rename(&making, folder.join(FILE)).map_err(|why| Fault::io(&making, &why))?;
    sync(folder)
}

fn refuse_recordings(folder: &Path) -> Result<(), Fault> {
    if files(folder)?.is_empty() { Ok(()) } else { Err(Fault::path(folder, "holds recordings already")) }
}

fn put_recordings(from: &Path, manifest: &Manifest, to: &Path) -> Result<(), Fault> {
    let prefix = format!("{RECORDINGS}/");
    let named = manifest.files.iter().filter_map(|seal| Some((seal, seal.name.strip_prefix(&prefix)?)));
    for (seal, name) in named {
        private_folder(to)?;
        // A name is no path: it stays in its folder.
        let name =
            Path::new(name).file_name().ok_or_else(|| Fault::Changed(format!("{} is no file", seal.name)))?;
        seal.against(&copy(&from.join(name), &seal.name, &to.join(name))?)?;
    }
    if to.exists() { sync(to) } else { Ok(()) }
}
