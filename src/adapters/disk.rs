//! How much room is left where the data lies, as its file system tells whoever is no superuser.

use std::path::PathBuf;

use rustix::fs::statvfs;

use crate::ports::{self, Room};

#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
    /// So many bytes are enough.
    enough: u64,
}

impl Disk {
    pub fn new(folder: PathBuf, enough: u64) -> Self {
        Self { folder, enough }
    }
}

impl ports::Disk for Disk {
    /// Where nobody can tell there is taken to be enough: whoever writes finds out.
    fn room(&self) -> Room {
        let free = statvfs(&self.folder).ok().map(|found| found.f_bavail.saturating_mul(found.f_frsize));
        Room { free, is_low: free.is_some_and(|free| free < self.enough) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Disk as _;

    #[test]
    fn room_is_low_below_what_is_enough() {
        let folder = tempfile::tempdir().unwrap();
        let room = |enough| Disk::new(folder.path().to_owned(), enough).room();
        assert!(room(0).free.is_some_and(|free| free > 0));
        assert_eq!((room(0).is_low, room(u64::MAX).is_low), (false, true));
        let nowhere = Disk::new(folder.path().join("nowhere"), u64::MAX).room();
        assert_eq!((nowhere.free, nowhere.is_low), (None, false));
    }
}
