//! Folders and files that are whole or not there: written under another name, synced, and then given their own.

use std::fs::{self, File, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::{Fault, Seal};

/// A folder in the making. What is left of it goes where it is never finished.
#[derive(Debug)]
pub(super) struct Making {
    to: PathBuf,
    pub(super) folder: PathBuf,
    finished: bool,
}

impl Making {
    /// Refuses a name that is taken, and makes no folder but its own: where those above are missing, so is most likely a disk.
    pub(super) fn begin(to: &Path) -> Result<Self, Fault> {
        let name = to.file_name().ok_or_else(|| Fault::path(to, "is no name for a folder"))?;
        if to.exists() {
            return Err(Fault::path(to, "is there already"));
        }
        if !parent(to).is_dir() {
            let why = "is no folder that is there: mount the disk that it is on, or make it first";
            return Err(Fault::path(parent(to), why));
        }
        let folder = to.with_file_name(format!(".{}.partial", name.to_string_lossy()));
        // What an earlier attempt left when it was killed.
        match fs::remove_dir_all(&folder) {
            Err(why) if why.kind() != ErrorKind::NotFound => return Err(Fault::io(&folder, &why)),
            _ => {}
        }
        private_folder(&folder)?;
        Ok(Self { to: to.to_owned(), folder, finished: false })
    }

    pub(super) fn finish(mut self) -> Result<(), Fault> {
        sync(&self.folder)?;
        fs::rename(&self.folder, &self.to).map_err(|why| Fault::io(&self.to, &why))?;
        self.finished = true;
        sync(parent(&self.to))
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        if !self.finished {
            // Whoever failed has said why; the next attempt removes what is left.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// Refuses a folder within another: what is lost with the data is no backup of it.
pub fn outside(to: &Path, data: &Path) -> Result<(), Fault> {
    let real = |path: &Path| fs::canonicalize(path).ok();
    match (real(parent(to)), real(data)) {
        (Some(above), Some(data)) if above.starts_with(&data) => {
            let why = format!("lies in the data folder ({}): name a place on another disk", data.display());
            Err(Fault::path(to, why))
        }
        // Where one of them is not there, neither is what would be within.
        _ => Ok(()),
    }
}

/// A path of one word lies in the working folder.
fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

/// What is in a journal is nobody else's business on this machine.
pub(super) fn private_folder(folder: &Path) -> Result<(), Fault> {
    let made = fs::create_dir_all(folder);
    let made = made.and_then(|()| fs::set_permissions(folder, Permissions::from_mode(0o700)));
    made.map_err(|why| Fault::io(folder, &why))
}

pub(super) fn sync(path: &Path) -> Result<(), Fault> {
    File::open(path).and_then(|file| file.sync_all()).map_err(|why| Fault::io(path, &why))
}

/// Copies a file, for its owner only and synced, and says what it was.
pub(super) fn copy(from: &Path, name: &str, to: &Path) -> Result<Seal, Fault> {
    let fault = |why: std::io::Error| Fault::io(to, &why);
    let mut file = File::create(to).map_err(fault)?;
    file.set_permissions(Permissions::from_mode(0o600)).map_err(fault)?;
    let seal = Seal::copy(from, name, &mut file)?;
    file.sync_all().map_err(fault)?;
    Ok(seal)
}

/// The files right below a folder, by name; none where it is not there.
pub(super) fn files(folder: &Path) -> Result<Vec<String>, Fault> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(vec![]),
        Err(why) => return Err(Fault::io(folder, &why)),
    };
    let mut names = vec![];
    for entry in entries {
        let entry = entry.map_err(|why| Fault::io(folder, &why))?;
        if entry.file_type().is_ok_and(|kind| kind.is_file()) {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort_unstable();
    Ok(names)
}
