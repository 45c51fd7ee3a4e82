//! A file's length and hashes: one over all of it, and one over each stretch, so that a change is known by its place.

use std::fs::File;
use std::io::{Read as _, Write};
use std::path::{Component, Path};

use aws_lc_rs::digest::{Context, SHA256, digest};
use serde::{Deserialize, Serialize};

use super::Fault;

/// A stretch is read into memory whole.
const STRETCH: usize = 4 << 20;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seal {
    /// Below the backup's folder, with slashes.
    pub name: String,
    pub bytes: u64,
    pub sha256: String,
    /// The hash of each stretch of 4 MiB, where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stretches: Vec<String>,
}

impl Seal {
    /// Whether it is of a file below the backup's folder.
    pub(super) fn is_within(&self) -> bool {
        let mut parts = Path::new(&self.name).components().peekable();
        parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
    }

    pub(super) fn of(folder: &Path, name: &str) -> Result<Self, Fault> {
        Self::copy(&folder.join(name), name, &mut std::io::sink())
    }

    /// Reads a file to its end, hands on what was read, and says what it was.
    pub(super) fn copy(path: &Path, name: &str, to: &mut dyn Write) -> Result<Self, Fault> {
        let fault = |why: std::io::Error| Fault::io(path, &why);
        let file = File::open(path).map_err(fault)?;
        let (mut whole, mut bytes, mut stretches) = (Context::new(&SHA256), 0_u64, vec![]);
        let mut stretch = Vec::with_capacity(STRETCH);
        loop {
            stretch.clear();
            let limit = u64::try_from(STRETCH).unwrap_or(u64::MAX);
            let read = (&file).take(limit).read_to_end(&mut stretch).map_err(fault)?;
            if read == 0 {
                break;
            }
            whole.update(&stretch);
            stretches.push(hex::encode(digest(&SHA256, &stretch)));
            bytes += u64::try_from(read).unwrap_or(0);
            to.write_all(&stretch).map_err(fault)?;
        }
        if stretches.len() < 2 {
            stretches.clear();
        }
        Ok(Self { name: name.to_owned(), bytes, sha256: hex::encode(whole.finish()), stretches })
    }

    /// Whether the file is still what was sealed.
    pub(super) fn compare(&self, folder: &Path) -> Result<(), Fault> {
        let path = folder.join(&self.name);
        if !path.exists() {
            return Err(Fault::Changed(format!("{} is missing", self.name)));
        }
        self.against(&Self::of(folder, &self.name)?)
    }

    pub(super) fn against(&self, found: &Self) -> Result<(), Fault> {
        if self.sha256 == found.sha256 && self.bytes == found.bytes {
            return Ok(());
        }
        let name = &self.name;
        if self.bytes != found.bytes {
            return Err(Fault::Changed(format!(
                "{name} has {} bytes, and {} were written",
                found.bytes, self.bytes
            )));
        }
        let other = self.stretches.iter().zip(&found.stretches).position(|(wrote, found)| wrote != found);
        let from = other.unwrap_or(0) * STRETCH;
        let to = self.bytes.min(u64::try_from(from + STRETCH).unwrap_or(u64::MAX));
        Err(Fault::Changed(format!("{name} is not what was written, between its bytes {from} and {to}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_is_of_a_file_in_the_backup() {
        let within = |name: &str| {
            Seal { name: name.to_owned(), bytes: 0, sha256: String::new(), stretches: vec![] }.is_within()
        };
        assert!(within("journal.db") && within("recordings/one.wav"));
        assert!(!["", "/dev/zero", "../journal.db", "recordings/../../one.wav", "."].into_iter().any(within));
    }

    #[test]
    fn a_changed_byte_is_known_by_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mut bytes = vec![7; 3 * STRETCH + 5];
        std::fs::write(&path, &bytes).unwrap();
        let seal = Seal::of(folder.path(), "file").unwrap();
        assert!(seal.compare(folder.path()).is_ok());
        bytes[STRETCH + 9] = 8;
        std::fs::write(&path, &bytes).unwrap();
        let said = seal.compare(folder.path()).unwrap_err().to_string();
        assert_eq!(said, "file is not what was written, between its bytes 4194304 and 8388608");
        std::fs::write(&path, &bytes[1..]).unwrap();
        let said = seal.compare(folder.path()).unwrap_err().to_string();
        assert_eq!(said, "file has 12582916 bytes, and 12582917 were written");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(seal.compare(folder.path()).unwrap_err().to_string(), "file is missing");
    }
}
