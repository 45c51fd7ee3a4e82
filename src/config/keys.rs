//! The secrets that are made at first start in the data folder: `data.key`, `jwt.secret` and `signing.key`.
//! They are written whole or not at all and readable by their owner only. The first two are never replaced; of the third a new one may be
//! put before the old one, which goes when it has vouched for it.
//! Where chance comes from is the caller's business.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Config, Error, Key, Secret};

/// The file that stands for `DATA_KEY`.
pub const DATA_KEY_FILE: &str = "data.key";
/// The file that stands for `JWT_SECRET`.
pub const JWT_SECRET_FILE: &str = "jwt.secret";
/// The file that stands for `SIGNING_KEY`.
pub const SIGNING_KEY_FILE: &str = "signing.key";

/// More is no key file, whatever it is.
const FILE_LEN_MAX: u64 = 4096;

/// Fills bytes at random.
pub type Fill<'a> = &'a mut dyn FnMut(&mut [u8]);

/// The key that seals personal data. A missing file is made only where nothing was ever sealed (`fresh`): a new key
/// beside an old journal would make every person in it unreadable without a word.
pub fn data_key(config: &Config, fresh: bool, fill: Fill<'_>) -> Result<Key, Error> {
    if let Some(key) = &config.store.data_key {
        return Ok(key.clone());
    }
    let path = config.store.data_dir.join(DATA_KEY_FILE);
    let fault = |reason: String| Error::Key { name: "DATA_KEY", path: path.clone(), reason };
    let text = match read(&path).map_err(fault)? {
        Some(text) => text,
        None if fresh => make(&path, fill).map_err(fault)?,
        None => return Err(fault("is missing, and the journal was sealed with it; put it back".to_owned())),
    };
    Key::parse(&text).ok_or_else(|| fault("does not hold 32 bytes in base64".to_owned()))
}

/// The secret that tokens are signed with, made where there is none yet.
pub fn jwt_secret(config: &Config, fill: Fill<'_>) -> Result<Secret, Error> {
    if let Some(secret) = known_jwt_secret(config)? {
        return Ok(secret);
    }
    let path = config.store.data_dir.join(JWT_SECRET_FILE);
    let made = make(&path, fill);
    made.map(Secret::new).map_err(|reason| Error::Key { name: "JWT_SECRET", path, reason })
}

/// The secret that tokens are signed with, where there is one already.
pub fn known_jwt_secret(config: &Config) -> Result<Option<Secret>, Error> {
    if let Some(secret) = &config.access.jwt_secret {
        return Ok(Some(secret.clone()));
    }
    let path = config.store.data_dir.join(JWT_SECRET_FILE);
    let fault = |reason: String| Error::Key { name: "JWT_SECRET", path: path.clone(), reason };
    let Some(text) = read(&path).map_err(fault)? else { return Ok(None) };
    let whole = Key::parse(&text).is_some();
    if whole {
        Ok(Some(Secret::new(text.trim())))
    } else {
        Err(fault("does not hold 32 bytes in base64".to_owned()))
    }
}

/// What checkpoints are signed with, the newest first. A missing file is made only where nothing was ever signed (`fresh`); otherwise there
/// is no key at hand, and this node signs nothing.
pub fn signing_keys(config: &Config, fresh: bool, fill: Fill<'_>) -> Result<Vec<Key>, Error> {
    if !config.store.signing_keys.is_empty() {
        return Ok(config.store.signing_keys.clone());
    }
    let path = config.store.data_dir.join(SIGNING_KEY_FILE);
    let fault = |reason: String| signing_fault(&path, reason);
    let text = match read(&path).map_err(fault)? {
        Some(text) => text,
        None if fresh => make(&path, fill).map_err(fault)?,
        None => return Ok(vec![]),
    };
    newest_first(&text)
        .ok_or_else(|| fault("does not hold 32 bytes in base64, or several such keys".to_owned()))
}

/// Puts a new key before those that are there: one of them is in use and vouches for it.
pub fn renew_signing_key(config: &Config, fill: Fill<'_>) -> Result<(), Error> {
    let known = signing_keys(config, false, fill)?;
    put_first(config, known, fill)
}

/// Puts a new key in the place of whatever is there.
pub fn replace_signing_key(config: &Config, fill: Fill<'_>) -> Result<(), Error> {
    put_first(config, vec![], fill)
}

fn put_first(config: &Config, known: Vec<Key>, fill: Fill<'_>) -> Result<(), Error> {
    let path = config.store.data_dir.join(SIGNING_KEY_FILE);
    let mut made = [0; Key::LEN];
    fill(&mut made);
    let keys = std::iter::once(Key::from(made)).chain(known);
    keep(&path, keys).map_err(|reason| signing_fault(&path, reason))
}

/// Keeps the newest alone. What a setting says is its writer's to change.
pub fn forget_old_signing_key(config: &Config) -> Result<(), Error> {
    if !config.store.signing_keys.is_empty() {
        return Ok(());
    }
    let path = config.store.data_dir.join(SIGNING_KEY_FILE);
    let newest = signing_keys(config, false, &mut |_| ())?.into_iter().take(1);
    keep(&path, newest).map_err(|reason| signing_fault(&path, reason))
}

fn signing_fault(path: &Path, reason: String) -> Error {
    Error::Key { name: "SIGNING_KEY", path: path.to_owned(), reason }
}

/// More were never put before each other without being taken into use.
const SIGNING_KEYS_MAX: usize = 8;

/// One key, or a new one and those before it.
pub(super) fn newest_first(text: &str) -> Option<Vec<Key>> {
    let words = text.split([',', '\n', ' ']).map(str::trim).filter(|word| !word.is_empty());
    let keys: Vec<Key> = words.map(Key::parse).collect::<Option<_>>()?;
    (1..=SIGNING_KEYS_MAX).contains(&keys.len()).then_some(keys)
}

/// In the place of what is there, at once or not at all.
fn keep(path: &Path, keys: impl Iterator<Item = Key>) -> Result<(), String> {
    let lines: Vec<String> = keys.map(|key| STANDARD.encode(key.expose())).collect();
    let draft = path.with_extension(format!("{}.draft", std::process::id()));
    let kept = write_durably(&draft, &lines.join("\n")).and_then(|()| fs::rename(&draft, path));
    let folder = path.parent().map_or_else(|| File::open("."), File::open);
    let settled = kept.and(folder).and_then(|folder| folder.sync_all());
    settled.map_err(|error| format!("cannot be written: {error}"))
}

fn read(path: &Path) -> Result<Option<String>, String> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("cannot be opened: {error}")),
    };
    let mode = file.metadata().map_err(|error| format!("cannot be looked at: {error}"))?.permissions().mode();
    if mode & 0o077 != 0 {
        let shown = mode & 0o777;
        return Err(format!("can be read by others (mode {shown:04o}); run chmod 600 on it"));
    }
    let mut text = String::new();
    let limited = Read::by_ref(&mut file).take(FILE_LEN_MAX).read_to_string(&mut text);
    limited.map_err(|error| format!("cannot be read: {error}"))?;
    Ok(Some(text))
}

/// Under another name first and linked when it is durable: a crash leaves a whole key or none, and of two
/// processes that start together one makes it and the other reads it.
fn make(path: &Path, fill: Fill<'_>) -> Result<String, String> {
    let mut bytes = [0; Key::LEN];
    fill(&mut bytes);
    let text = STANDARD.encode(bytes);
    let draft = path.with_extension(format!("{}.draft", std::process::id()));
    let linked = write_durably(&draft, &text).and_then(|()| fs::hard_link(&draft, path));
    let removed = fs::remove_file(&draft);
    match linked {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return read(path)?.ok_or_else(|| "came and went".to_owned());
        }
        Err(error) => return Err(format!("cannot be made: {error}")),
    }
    let folder = path.parent().map_or_else(|| File::open("."), File::open);
    let settled = removed.and(folder).and_then(|folder| folder.sync_all());
    settled.map_err(|error| format!("cannot be made durable: {error}"))?;
    Ok(text)
}

fn write_durably(path: &Path, text: &str) -> io::Result<()> {
    // What a crashed process of the same number left behind was never linked, so nobody has used it.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sources;

    fn config(folder: &Path) -> Config {
        Config::read(&Sources::only([("DATA_DIR", folder.to_str().unwrap())])).unwrap()
    }

    fn sevens(bytes: &mut [u8]) {
        bytes.fill(7);
    }

    #[test]
    fn keys_are_made_once_for_the_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        let key = data_key(&config, true, &mut sevens).unwrap();
        let secret = jwt_secret(&config, &mut sevens).unwrap();
        assert_eq!(key, data_key(&config, false, &mut |bytes| bytes.fill(8)).unwrap());
        assert_eq!(secret, jwt_secret(&config, &mut |bytes| bytes.fill(8)).unwrap());
        for name in [DATA_KEY_FILE, JWT_SECRET_FILE] {
            let mode = fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no draft is left");
    }

    #[test]
    fn a_signing_key_is_followed_by_the_one_that_vouches_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        let known = |fresh| signing_keys(&config, fresh, &mut sevens).unwrap();
        assert_eq!(known(false), vec![], "none is made where others signed");
        let [seven, eight] = [7, 8].map(|byte| Key::from([byte; 32]));
        assert_eq!(known(true), std::slice::from_ref(&seven));
        renew_signing_key(&config, &mut |bytes| bytes.fill(8)).unwrap();
        assert_eq!(known(false), [eight.clone(), seven]);
        forget_old_signing_key(&config).unwrap();
        assert_eq!(known(false), [eight]);
        let path = folder.path().join(SIGNING_KEY_FILE);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
        fs::write(&path, "half").unwrap();
        let error = signing_keys(&config, false, &mut sevens).unwrap_err().to_string();
        assert!(error.contains("SIGNING_KEY") && error.contains("32 bytes"), "{error}");
    }

    #[test]
    fn a_lost_key_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let error = data_key(&config(folder.path()), false, &mut sevens).unwrap_err().to_string();
        assert!(error.contains("is missing"), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_key_that_others_can_read_or_that_is_damaged_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(DATA_KEY_FILE);
        fs::write(&path, STANDARD.encode([7; 32])).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let error = data_key(&config(folder.path()), false, &mut sevens).unwrap_err().to_string();
        assert!(error.contains("mode 0644") && error.contains("chmod 600"), "{error}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "half").unwrap();
        let error = data_key(&config(folder.path()), false, &mut sevens).unwrap_err().to_string();
        assert!(error.contains("32 bytes"), "{error}");
    }
}
