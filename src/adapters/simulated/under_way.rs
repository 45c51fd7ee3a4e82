//! What is being dialled, kept in a folder of its own, so that the calls go on where an engine that ended has left off.
//! A number that was cut off in the middle is dialled anew; one that is done is not.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use domain::ids::SessionId;

/// Stands before the session's name, which might be `..` otherwise.
const PREFIX: &str = "run-";
const LIST: &str = "list";
const ORGANIZATION: &str = "organization";
/// Made last, so that where it is the others are whole; then a line for each number that is done.
const DONE: &str = "done";

/// A list to be dialled for a session.
#[derive(Debug)]
pub struct Order {
    pub session: SessionId,
    /// Whose session it is, where that is known.
    pub organization: Option<String>,
    /// A number a line.
    pub numbers: Bytes,
    /// None where nobody will ask after a restart.
    pub kept: Option<UnderWay>,
}

#[derive(Debug)]
pub struct UnderWay {
    folder: PathBuf,
    done: Mutex<File>,
    /// Numbers that an earlier engine was done with, by their place in the list.
    pub(super) done_before: BTreeSet<usize>,
}

impl UnderWay {
    pub(super) fn begin(within: &Path, order: &Order) -> io::Result<Self> {
        let folder = within.join(format!("{PREFIX}{}", order.session));
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(LIST), &order.numbers)?;
        fs::write(folder.join(ORGANIZATION), order.organization.as_deref().unwrap_or(""))?;
        Self::open(folder)
    }

    fn open(folder: PathBuf) -> io::Result<Self> {
        let file = folder.join(DONE);
        let done = OpenOptions::new().create(true).append(true).open(&file)?;
        let done_before = fs::read_to_string(&file)?.lines().filter_map(|line| line.parse().ok()).collect();
        Ok(Self { folder, done: Mutex::new(done), done_before })
    }

    /// What was going on when the engine ended.
    pub(super) fn left(within: &Path) -> io::Result<Vec<Order>> {
        let entries = match fs::read_dir(within) {
            Ok(entries) => entries,
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
            Err(why) => return Err(why),
        };
        let mut orders = vec![];
        for entry in entries {
            orders.extend(Self::order(entry?.path())?);
        }
        Ok(orders)
    }

    fn order(folder: PathBuf) -> io::Result<Option<Order>> {
        let name =
            folder.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_prefix(PREFIX));
        let session = name.and_then(|name| SessionId::parse(name).ok());
        let Some(session) = session.filter(|_| folder.join(DONE).exists()) else { return Ok(None) };
        let numbers = Bytes::from(fs::read(folder.join(LIST))?);
        let organization = fs::read_to_string(folder.join(ORGANIZATION))?;
        let organization = (!organization.is_empty()).then_some(organization);
        Ok(Some(Order { session, organization, numbers, kept: Some(Self::open(folder)?) }))
    }

    pub(super) fn done(&self, place: usize) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(why) = writeln!(done, "{place}") {
            tracing::warn!("a simulated call may be made again after a restart: {why}");
        }
    }

    /// The list is at its end, or somebody hung up.
    pub(super) fn end(&self) {
        if let Err(why) = fs::remove_dir_all(&self.folder) {
            tracing::warn!("simulated calls may be made again after a restart: {why}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(session: &str) -> Order {
        let session = SessionId::parse(session).unwrap();
        let numbers = Bytes::from_static(b"+998901234567\n+998901234568\n");
        Order { session, organization: Some("7".to_owned()), numbers, kept: None }
    }

    #[test]
    fn what_was_going_on_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let within = folder.path().join("simulated");
        assert!(UnderWay::left(&within).unwrap().is_empty());
        UnderWay::begin(&within, &order("session-1-abc")).unwrap().done(1);
        UnderWay::begin(&within, &order("..")).unwrap().end();
        fs::create_dir(within.join("run-session-2-abc")).unwrap();
        let left = UnderWay::left(&within).unwrap();
        assert_eq!(left.len(), 1, "what ended and what never quite began is not: {left:?}");
        let Order { session, organization, numbers, kept } = &left[0];
        assert_eq!((session.as_str(), organization.as_deref()), ("session-1-abc", Some("7")));
        assert_eq!(*numbers, order("s").numbers);
        assert_eq!(kept.as_ref().unwrap().done_before, BTreeSet::from([1]));
    }
}
