//! What an export is to hold, and what of it is there: kept beside the files as `export.json`, changed as a whole after each of them.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

use chrono_tz::Tz;
use domain::fact::Position;
use domain::ids::Organization;
use serde::{Deserialize, Serialize};

use super::super::when::{Said, When, first, last};
use super::{Error, Format, Options, settle};
use crate::journal::Stored;
use crate::journal::verify::Reader;

const FILE: &str = "export.json";

/// The words an export was asked for in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) format: Format,
    pub(super) from: Position,
    pub(super) to: Option<String>,
    pub(super) types: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) org: Option<Organization>,
    pub(super) part: u64,
}

impl Asked {
    /// Every stream's name begins with whose it is.
    pub(super) fn is_theirs(&self, event: &Stored) -> bool {
        let whose = event.stream.split_once('/').map(|(organization, _)| organization);
        self.org.as_ref().is_none_or(|org| whose == Some(org.as_str()))
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Plan {
    pub(super) asked: Asked,
    pub(super) from: Position,
    /// Where it was cut when it began, however the journal grows.
    pub(super) to: Position,
    /// The hashes of the first event and the last: no other journal has them.
    hashes: [String; 2],
    pub(super) complete: bool,
    pub(super) parts: Vec<Part>,
}

/// A file that is whole.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) file: String,
    pub(super) first: Position,
    pub(super) last: Position,
    pub(super) events: u64,
    pub(super) bytes: u64,
}

impl Plan {
    /// A new one, or the one that was begun. The folder is nobody else's as long as the file is held.
    pub(super) async fn of((reader, zone): (&Reader, Tz), options: Options) -> Result<(Self, File), Error> {
        let Options { format, out: folder, from, to, types, org, part, resume } = options;
        let types = types.map(|types| types.names().to_vec()).unwrap_or_default();
        let from = first(reader, from.when(zone)).await?;
        if from == 0 {
            return Err(Error::Nowhere);
        }
        let asked = Asked { format, from, to: to.as_ref().map(Said::to_string), types, org, part };
        if resume {
            let alone = alone(&folder)?;
            let plan = Self::begun(&folder, &asked)?;
            if plan.hashes != hashes(reader, plan.from, plan.to).await? {
                return Err(Error::Foreign(folder));
            }
            return Ok((plan, alone));
        }
        let to = end(reader, to.map(|to| to.when(zone))).await?;
        // Right after the end there is nothing yet, which is what whoever comes back too early is told.
        if from > to + 1 {
            return Err(Error::After(to));
        }
        let hashes = hashes(reader, from, to).await?;
        let unwritten = |why| Error::Unwritten { file: folder.clone(), why };
        fs::create_dir_all(&folder).map_err(unwritten)?;
        let alone = alone(&folder)?;
        if fs::read_dir(&folder).map_err(unwritten)?.next().is_some() {
            return Err(Error::InTheWay(folder));
        }
        let plan = Self { asked, from, to, hashes, complete: false, parts: vec![] };
        plan.keep(&folder)?;
        Ok((plan, alone))
    }

    fn begun(folder: &Path, asked: &Asked) -> Result<Self, Error> {
        let nothing = || Error::NothingThere(folder.to_owned());
        let text = fs::read(folder.join(FILE)).map_err(|_| nothing())?;
        let plan: Self = serde_json::from_slice(&text).map_err(|_| nothing())?;
        if plan.asked != *asked {
            let asked = serde_json::to_string(&plan.asked).unwrap_or_default();
            return Err(Error::Other { folder: folder.to_owned(), asked });
        }
        Ok(plan)
    }

    /// The next stretch that has no file yet. Parts end at multiples of their length, wherever the first begins.
    pub(super) fn missing(&self) -> Option<(Position, Position)> {
        let first = self.parts.last().map_or(self.from, |part| part.last + 1);
        let end = (first - 1).checked_div(self.asked.part)?.checked_add(1)?.saturating_mul(self.asked.part);
        (first <= self.to).then(|| (first, end.min(self.to)))
    }

    /// How many events there are in all files, and bytes.
    pub(super) fn sums(&self) -> (u64, u64) {
        self.parts.iter().fold((0, 0), |(events, bytes), part| (events + part.events, bytes + part.bytes))
    }

    pub(super) fn keep(&self, folder: &Path) -> Result<(), Error> {
        let (whole, partial) = (folder.join(FILE), folder.join(format!("{FILE}.{}", super::PARTIAL)));
        let write = || -> io::Result<()> {
            let mut file = File::create(&partial)?;
            serde_json::to_writer_pretty(&mut file, self)?;
            file.write_all(b"\n")?;
            file.sync_all()?;
            fs::rename(&partial, &whole)?;
            settle(folder)
        };
        write().map_err(|why| Error::Unwritten { file: whole.clone(), why })
    }
}

/// A lock on the folder itself, which leaves nothing behind.
fn alone(folder: &Path) -> Result<File, Error> {
    let file = File::open(folder).map_err(|why| {
        let folder = folder.to_owned();
        if why.kind() == ErrorKind::NotFound {
            Error::NothingThere(folder)
        } else {
            Error::Unwritten { file: folder, why }
        }
    })?;
    file.try_lock().map_err(|_| Error::AtWork(folder.to_owned()))?;
    Ok(file)
}

async fn hashes(reader: &Reader, from: Position, to: Position) -> Result<[String; 2], Error> {
    let mut hashes = [String::new(), String::new()];
    for (hash, position) in hashes.iter_mut().zip([from, to]) {
        let event = reader.stored(position.saturating_sub(1), 1).await?.into_iter().next();
        if let Some(event) = event.filter(|event| event.position == position) {
            *hash = hex::encode(event.hash);
        }
    }
    Ok(hashes)
}

/// The last position that is wanted.
async fn end(reader: &Reader, asked: Option<When>) -> Result<Position, Error> {
    let Some(asked) = asked else { return Ok(reader.position().await?) };
    let (end, head) = (last(reader, asked).await?, reader.position().await?);
    if end <= head { Ok(end) } else { Err(Error::Beyond(head)) }
}
