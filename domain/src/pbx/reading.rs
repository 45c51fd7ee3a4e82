//! What an exchange's words and numbers mean: states, statuses, which number is inside, where a call goes and what it is called.
//! The meanings are tables with defaults, for no public text says them for certain; how many a table did not know, the reader counts.

mod inside;
mod words;

use std::fmt::Write as _;

use super::said::{LiveCall, LogRow};
use crate::ids::PbxCallId;
use crate::pbx_call::{Course, Direction, Missing, Parties, Row, Status};

pub use inside::{BadPattern, Directory, Pattern};
pub use words::{BadTable, LiveWord, LogWord, Table};

/// What the key of a row begins with that has no name of its own; no name that an exchange gives is left to begin so.
pub const ROW_MARK: &str = "k1:";
/// What stands before a name that could not be one as it was.
const SPELLED_MARK: &str = "x1:";

/// All that has to be known to read what an exchange says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    pub live: Table<LiveWord>,
    pub log: Table<LogWord>,
    pub directory: Directory,
}

/// What a call is said to be at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Ringing,
    Talking,
    /// It is over, and whether anybody talked, what was seen before says.
    Ended,
    Missed(Missing),
}

/// A call that goes on, as it is understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    pub call: PbxCallId,
    pub parties: Parties,
    pub course: Course,
    pub extension: Option<String>,
    pub state: State,
    pub secs: u32,
    pub talk_secs: u32,
    /// Whether its code stands in the table.
    pub known: bool,
}

/// A row of the log, as it is understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    pub row: Row,
    pub parties: Parties,
    pub course: Course,
    pub extension: Option<String>,
    pub known: bool,
}

impl Reading {
    /// None where the call has no name that it could be followed by; the log will tell of it.
    pub fn live(&self, said: &LiveCall) -> Option<Live> {
        let call = call_id(&said.id)?;
        let word = self.live.get(&said.code);
        let (course, extension) = self.place(&said.from, &said.to, said.direction);
        Some(Live {
            call,
            parties: parties(&said.from, &said.to),
            course,
            extension,
            state: state(word.unwrap_or(LiveWord::Unknown), said.talk_secs),
            secs: said.secs.max(said.talk_secs),
            talk_secs: said.talk_secs,
            known: word.is_some(),
        })
    }

    pub fn log(&self, said: &LogRow, key: PbxCallId, mark: Option<String>) -> Logged {
        let word = self.log.get(&said.code);
        let (status, voicemail) = status(word, said.talk_secs);
        let (course, extension) = self.place(&said.from, &said.to, said.direction);
        let row = Row {
            key,
            mark,
            started_at: said.started_at,
            ring_secs: said.secs.saturating_sub(said.talk_secs),
            talk_secs: said.talk_secs,
            status,
            voicemail,
            code: said.code.clone(),
        };
        Logged { row, parties: parties(&said.from, &said.to), course, extension, known: word.is_some() }
    }

    /// Where a call goes, and whose telephone inside it is. Between two outside it is forwarded: it came in, to nobody.
    fn place(&self, from: &str, to: &str, told: Option<Direction>) -> (Course, Option<String>) {
        let (calls, called) = (self.directory.holds(from), self.directory.holds(to));
        let direction = told.unwrap_or(if calls { Direction::Outgoing } else { Direction::Incoming });
        let (own, ours) = match direction {
            Direction::Incoming => (to, called),
            Direction::Outgoing => (from, calls),
        };
        // Whoever tells the direction knows which end is inside, even where we do not.
        let extension = (ours || told.is_some()).then(|| own.trim().to_owned());
        let course = Course { direction, internal: calls && called };
        (course, extension.filter(|own| !own.is_empty()))
    }
}

/// The number that is not the exchange's own, where there is one: whose data a call is. The caller's where both are or none is.
pub fn outside(course: Course, parties: &Parties) -> &str {
    match (course.internal, course.direction) {
        (false, Direction::Outgoing) => &parties.to,
        (true, Direction::Outgoing) | (_, Direction::Incoming) => &parties.from,
    }
}

/// What a call is called here, after the name that the exchange gave it: the same wherever it could be one, else spelled out.
pub fn call_id(given: &str) -> Option<PbxCallId> {
    let given = given.trim();
    let taken = given.starts_with(ROW_MARK) || given.starts_with(SPELLED_MARK);
    match PbxCallId::parse(given) {
        Ok(id) if !taken => Some(id),
        Ok(_) | Err(_) if given.is_empty() => None,
        Ok(_) | Err(_) => PbxCallId::parse(&spelled(given)).ok(),
    }
}

fn spelled(given: &str) -> String {
    given.bytes().fold(SPELLED_MARK.to_owned(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn parties(from: &str, to: &str) -> Parties {
    Parties { from: from.trim().to_owned(), to: to.trim().to_owned() }
}

fn state(word: LiveWord, talk_secs: u32) -> State {
    match word {
        LiveWord::Ringing => State::Ringing,
        LiveWord::Talking => State::Talking,
        LiveWord::Ended => State::Ended,
        LiveWord::Missed => State::Missed(Missing::Unanswered),
        LiveWord::Busy => State::Missed(Missing::Busy),
        LiveWord::Forbidden => State::Missed(Missing::Forbidden),
        LiveWord::Voicemail => State::Missed(Missing::Voicemail),
        LiveWord::Unknown if talk_secs > 0 => State::Talking,
        LiveWord::Unknown => State::Ringing,
    }
}

fn status(word: Option<LogWord>, talk_secs: u32) -> (Status, bool) {
    match word {
        Some(LogWord::Answered) => (Status::Answered, false),
        Some(LogWord::Unanswered) => (Status::Unanswered, false),
        Some(LogWord::Busy) => (Status::Busy, false),
        Some(LogWord::Failed) => (Status::Failed, false),
        Some(LogWord::Voicemail) => (Status::Unanswered, true),
        None if talk_secs > 0 => (Status::Answered, false),
        None => (Status::Failed, false),
    }
}

#[cfg(test)]
mod tests;
