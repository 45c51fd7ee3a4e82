//! Rows of an exchange's log, by the hundred. A row's own stream is its claim: whoever reads it again, or on another node, finds it there.
//! A row of a call that was seen is told under that call, and both are stored in one unit.

use std::collections::{HashMap, HashSet};

use domain::ids::PbxCallId;
use domain::pbx::matching::{self, Candidate};
use domain::pbx::paging::Numbered;
use domain::pbx::reading::{self, Logged, ROW_MARK, Reading};
use domain::pbx::said::LogRow;
use domain::pbx_call::{Command, Entry, PbxCall, Phase};
use uuid::Uuid;

use super::{Answer, TRIES_MAX, Watching, say, stored};
use crate::dispatch::together::{Drawn, Together};
use crate::dispatch::{Dispatch, Failure};

/// Rows of the log, and the calls that were seen and that the log has not told of.
#[derive(Debug)]
pub struct Rows<'a> {
    pub rows: &'a [Numbered],
    pub reading: &'a Reading,
    pub calls: &'a [PbxCallId],
    pub candidates: &'a [Candidate],
    /// Most of them are known, so that a look comes first.
    pub known: bool,
}

/// What became of some rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stored {
    pub new: u64,
    /// Calls that the log has told of now.
    pub told: Vec<PbxCallId>,
    /// Rows whose code nobody knows, among the new ones.
    pub unknown: u64,
}

/// A call that was seen, and its name.
type Other<'a> = (&'a mut Drawn<PbxCall>, &'a PbxCallId);

/// A row with its key, and the mark that tells it from others of that name.
struct Keyed<'a> {
    key: PbxCallId,
    mark: Option<String>,
    said: &'a LogRow,
    id: Uuid,
}

/// Drawn calls by their names.
type Calls = HashMap<PbxCallId, Drawn<PbxCall>>;

impl Dispatch {
    /// Stores all of them together, or those of them that are new. `ids` names the calls that they may become.
    pub async fn log_pbx_calls(
        &self,
        watching: &Watching,
        rows: &Rows<'_>,
        ids: &(dyn Fn() -> Uuid + Sync),
    ) -> Answer<Stored> {
        for attempt in 0..TRIES_MAX {
            let names: HashSet<PbxCallId> = rows.rows.iter().filter_map(|one| name(&one.row)).collect();
            let mut drawn = self.pbx_calls(watching, names.iter()).await?;
            let keyed = self.keyed(watching, rows, &drawn, ids);
            // Most rows are new at a first reading: only a conflict is worth a look.
            let looked_at = rows.known || attempt > 0;
            let keys = keyed.iter().map(|row| &row.key).filter(|key| looked_at && !names.contains(key));
            drawn.extend(self.pbx_calls(watching, keys).await?);
            let (unit, became) = self.told(watching, rows, (&keyed, drawn)).await?;
            if stored(unit).await? {
                return Ok(became);
            }
        }
        Err(Failure::Conflict)
    }

    /// A row goes by its name where it has one. What bears the name of another row, as the legs of one call do, goes by its mark:
    /// which of them has the name is settled by what is stored.
    fn keyed<'a>(
        &self,
        watching: &Watching,
        rows: &Rows<'a>,
        known: &Calls,
        ids: &(dyn Fn() -> Uuid + Sync),
    ) -> Vec<Keyed<'a>> {
        let (mut seen, mut named) = (HashSet::new(), HashMap::<PbxCallId, Option<String>>::new());
        let keyed = rows.rows.iter().filter_map(|Numbered { row, ordinal }| {
            let hash = self.journal.keyring().log_row(&watching.organization, row, *ordinal);
            let stored = |name: &PbxCallId| known.get(name).and_then(|call| call.state.row()?.mark.clone());
            let (key, mark) = match name(row) {
                Some(name) => {
                    let owner = named.entry(name.clone()).or_insert_with(|| stored(&name));
                    (owner.get_or_insert(hash.clone()) == &hash).then_some((name, Some(hash.clone())))
                }
                None => None,
            }
            .or_else(|| Some((PbxCallId::parse(&format!("{ROW_MARK}{hash}")).ok()?, None)))?;
            seen.insert(key.clone()).then(|| Keyed { key, mark, said: row, id: ids() })
        });
        keyed.collect()
    }

    async fn told(
        &self,
        watching: &Watching,
        rows: &Rows<'_>,
        (keyed, mut drawn): (&[Keyed<'_>], Calls),
    ) -> Answer<(Together, Stored)> {
        let unseen = |row: &Keyed| (row.key.clone(), Drawn::unseen(watching.stream(&row.key)));
        for row in keyed.iter().filter(|row| !rows.calls.contains(&row.key)) {
            let (key, unseen) = unseen(row);
            drawn.entry(key).or_insert(unseen);
        }
        let mut pairs = pairs(rows, keyed, &drawn);
        let mut calls = self.pbx_calls(watching, pairs.values()).await?;
        // Another row, read by another node, may have been the call's.
        pairs.retain(|key, call| {
            key == call || calls.get(call).is_some_and(|call| call.state.row().is_none())
        });
        let (mut unit, mut became) = (self.together(watching.meta()), Stored::default());
        for row in keyed {
            let logged = rows.reading.log(row.said, row.key.clone(), row.mark.clone());
            let call = pairs.get(&row.key);
            let own = if call == Some(&row.key) { &mut calls } else { &mut drawn }.remove(&row.key);
            let Some(mut own) = own else { continue };
            let other = call.filter(|call| **call != row.key).and_then(|call| calls.get_mut(call));
            let known = logged.known;
            let new = self.tell(watching, &mut unit, row, (logged, &mut own, other.zip(call)))?;
            became.new += u64::from(new);
            became.unknown += u64::from(new && !known);
            became.told.extend(call.cloned());
        }
        Ok((unit, became))
    }

    /// True where the row is new.
    fn tell(
        &self,
        watching: &Watching,
        unit: &mut Together,
        row: &Keyed<'_>,
        (logged, own, other): (Logged, &mut Drawn<PbxCall>, Option<Other<'_>>),
    ) -> Answer<bool> {
        let at = watching.at;
        let (call, new) = match other {
            Some((call, name)) => {
                let new = say(unit, own, None, Command::Match { call: name.clone(), at })?;
                if new {
                    say(unit, call, None, Command::Confirm { row: logged.row, at })?;
                }
                (call, new)
            }
            None if own.state.phase() == Phase::New => {
                let person = self.person_of(watching, logged.course, &logged.parties);
                let Logged { row: told, parties, course, extension, .. } = logged;
                let entry = Entry { id: row.id, row: told, course, extension, parties, at };
                let new = say(unit, own, Some(person), Command::Log(Box::new(entry)))?;
                (own, new)
            }
            None if own.state.phase() == Phase::Matched => (own, false),
            // The exchange calls the row what it called the call.
            None => {
                let new = say(unit, own, None, Command::Confirm { row: logged.row, at })?;
                (own, new)
            }
        };
        if let Some(recording) = row.said.recording.clone().filter(|_| call.state.phase() == Phase::Over) {
            say(unit, call, None, Command::FindRecording { recording, extension: None, at })?;
        }
        Ok(new)
    }
}

/// The exchange's own name of a row.
fn name(row: &LogRow) -> Option<PbxCallId> {
    row.id.as_deref().and_then(reading::call_id)
}

/// Which call each row tells of that is not known yet: the one that it names, else the one that it fits.
fn pairs(rows: &Rows<'_>, keyed: &[Keyed<'_>], drawn: &Calls) -> HashMap<PbxCallId, PbxCallId> {
    let named = keyed.iter().filter(|row| rows.calls.contains(&row.key)).map(|row| &row.key);
    let mut pairs: HashMap<_, _> = named.map(|key| (key.clone(), key.clone())).collect();
    let is_new = |row: &&Keyed| drawn.get(&row.key).is_some_and(|known| known.state.phase() == Phase::New);
    let new: Vec<&Keyed> = keyed.iter().filter(|row| !pairs.contains_key(&row.key)).filter(is_new).collect();
    let free = rows.calls.iter().zip(rows.candidates).filter(|(call, _)| !pairs.contains_key(*call));
    let (calls, candidates): (Vec<_>, Vec<_>) = free.map(|(call, one)| (call.clone(), one.clone())).unzip();
    for pair in matching::pairs(new.iter().map(|row| row.said), &candidates) {
        if let (Some(row), Some(call)) = (new.get(pair.row), calls.get(pair.call)) {
            pairs.insert(row.key.clone(), call.clone());
        }
    }
    pairs
}
