//! The calls that go on at an exchange, from one look to the next: what each look says of them that is new. It goes forward only, and a
//! call is over by the exchange's word, or by its absence in two good looks. What is over stays until the log has told of it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::matching::{Candidate, Number};
use super::reading::{Live, State};
use crate::ids::PbxCallId;
use crate::pbx_call::{Command, Course, Missing, Parties, Sight};

/// A call is not taken for over before it was missing so often in a row, for a list may be a moment behind.
const ABSENT_MAX: u8 = 2;
/// For so long after its end the log is looked at for a call from its start on; a box is never later than that by rights.
const AWAITED: TimeDelta = TimeDelta::hours(2);
/// A row that comes later still is matched as long as the call is remembered; beyond that it is another call.
pub const REMEMBERED: TimeDelta = TimeDelta::days(2);

/// A look at the calls that go on.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    pub calls: Vec<Live>,
    /// Whether these were all: else nothing is said of those that are missing.
    pub complete: bool,
    pub at: DateTime<Utc>,
    /// How far the exchange's clock is before ours.
    pub offset: TimeDelta,
}

/// What a look says of one call: to be done in this order.
#[derive(Debug, Clone, PartialEq)]
pub struct News {
    pub call: PbxCallId,
    pub course: Course,
    pub parties: Parties,
    pub commands: Vec<Command>,
}

/// What is remembered of a call that was seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    pub course: Course,
    pub parties: Parties,
    /// Where it goes by now, and who answered.
    pub to: String,
    pub extension: Option<String>,
    pub stage: Stage,
    pub started_at: DateTime<Utc>,
    /// The same by the exchange's clock.
    pub told_at: DateTime<Utc>,
    /// How old it was when it was seen last.
    pub secs: u32,
    /// Since when it is missing.
    pub gone_at: Option<DateTime<Utc>>,
    pub absent: u8,
    /// When it was found to be over.
    pub over_at: Option<DateTime<Utc>>,
    /// The log has told of it.
    pub confirmed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Ringing,
    Talking,
    Over,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Board(BTreeMap<PbxCallId, Seen>);

impl Board {
    /// What was stored of calls that go on, and of those that the log has not told of yet.
    pub fn load(calls: impl IntoIterator<Item = (PbxCallId, Seen)>) -> Self {
        Self(calls.into_iter().collect())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Calls that go on.
    pub fn open(&self) -> usize {
        self.0.values().filter(|seen| seen.stage != Stage::Over).count()
    }

    /// Whether a call was missing for the first time: another look soon tells whether it is over.
    pub fn doubts(&self) -> bool {
        self.0.values().any(|seen| seen.stage != Stage::Over && seen.absent > 0)
    }

    /// `ids` names calls that are seen for the first time.
    pub fn look(&mut self, look: &Look, ids: &mut dyn FnMut() -> Uuid) -> Vec<News> {
        let listed: BTreeSet<&PbxCallId> = look.calls.iter().map(|live| &live.call).collect();
        let mut news: Vec<News> = look.calls.iter().filter_map(|live| self.meet(live, look, ids)).collect();
        if look.complete {
            let missing = self.0.iter_mut().filter(|(call, _)| !listed.contains(call));
            news.extend(missing.filter_map(|(call, seen)| seen.miss(call, look.at)));
        }
        self.0.retain(|_, seen| !seen.is_done(look.at));
        news
    }

    fn meet(&mut self, live: &Live, look: &Look, ids: &mut dyn FnMut() -> Uuid) -> Option<News> {
        let Some(seen) = self.0.get_mut(&live.call) else {
            let (sight, seen) = first(live, look, ids)?;
            self.0.insert(live.call.clone(), seen);
            let commands = vec![Command::See(Box::new(sight))];
            return Some(News::new(&live.call, live.course, &live.parties, commands));
        };
        let commands = seen.meet(live, look.at);
        (!commands.is_empty()).then(|| News::new(&live.call, seen.course, &seen.parties, commands))
    }

    /// The calls that a row of the log could be about.
    pub fn candidates(&self) -> (Vec<PbxCallId>, Vec<Candidate>) {
        let open = self.0.iter().filter(|(_, seen)| !seen.confirmed);
        open.map(|(call, seen)| (call.clone(), seen.candidate())).unzip()
    }

    /// The log has told of it.
    pub fn confirm(&mut self, call: &PbxCallId) {
        if let Some(seen) = self.0.get_mut(call) {
            (seen.confirmed, seen.stage) = (true, Stage::Over);
        }
    }

    /// The start, by the exchange's clock, of the oldest call that has been over for a while only and that the log has yet to tell of.
    pub fn awaited_since(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let awaited =
            |seen: &&Seen| !seen.confirmed && seen.over_at.is_some_and(|over| now - over <= AWAITED);
        self.0.values().filter(awaited).map(|seen| seen.told_at).min()
    }
}

/// A call that is over at first sight is left to the log: it is no news any more.
fn first(live: &Live, look: &Look, ids: &mut dyn FnMut() -> Uuid) -> Option<(Sight, Seen)> {
    let stage = match live.state {
        State::Ringing => Stage::Ringing,
        State::Talking => Stage::Talking,
        State::Ended | State::Missed(_) => return None,
    };
    let started_at = look.at - TimeDelta::seconds(live.secs.into());
    let sight = Sight {
        id: ids(),
        call: live.call.clone(),
        course: live.course,
        extension: live.extension.clone(),
        talking: stage == Stage::Talking,
        started_at,
        parties: live.parties.clone(),
        at: look.at,
    };
    let seen = Seen {
        course: live.course,
        parties: live.parties.clone(),
        to: live.parties.to.clone(),
        extension: live.extension.clone(),
        stage,
        started_at,
        told_at: started_at + look.offset,
        secs: live.secs,
        gone_at: None,
        absent: 0,
        over_at: None,
        confirmed: false,
    };
    Some((sight, seen))
}

impl News {
    fn new(call: &PbxCallId, course: Course, parties: &Parties, commands: Vec<Command>) -> Self {
        Self { call: call.clone(), course, parties: parties.clone(), commands }
    }
}

impl Seen {
    fn meet(&mut self, live: &Live, at: DateTime<Utc>) -> Vec<Command> {
        (self.absent, self.gone_at) = (0, None);
        self.secs = self.secs.max(live.secs);
        if self.stage == Stage::Over {
            return vec![];
        }
        self.to.clone_from(&live.parties.to);
        if live.extension.is_some() {
            self.extension.clone_from(&live.extension);
        }
        let mut commands = vec![];
        let talked = live.state == State::Talking || live.talk_secs > 0 && live.state == State::Ended;
        if talked && self.stage == Stage::Ringing {
            self.stage = Stage::Talking;
            let answered_at = (at - TimeDelta::seconds(live.talk_secs.into())).max(self.started_at);
            commands.push(Command::Answer { extension: self.extension.clone(), answered_at, at });
        }
        match live.state {
            State::Ringing | State::Talking => {}
            State::Ended => commands.push(self.end(Missing::Unanswered, at, at)),
            State::Missed(how) => commands.push(self.end(how, at, at)),
        }
        commands
    }

    fn miss(&mut self, call: &PbxCallId, at: DateTime<Utc>) -> Option<News> {
        let gone_at = *self.gone_at.get_or_insert(at);
        self.absent = self.absent.saturating_add(1);
        if self.absent < ABSENT_MAX || self.stage == Stage::Over {
            return None;
        }
        let end = self.end(Missing::Unanswered, gone_at, at);
        Some(News::new(call, self.course, &self.parties, vec![end]))
    }

    /// Whoever was talked to was not missed, whatever is said at the end.
    fn end(&mut self, how: Missing, ended_at: DateTime<Utc>, at: DateTime<Utc>) -> Command {
        self.over_at = Some(at);
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Talking | Stage::Over => Command::End { ended_at, at },
            Stage::Ringing => Command::Miss { how, ended_at, at },
        }
    }

    /// Nothing is to be seen or heard of it any more.
    fn is_done(&self, now: DateTime<Utc>) -> bool {
        let told = self.confirmed && self.gone_at.is_some();
        told || self.over_at.is_some_and(|over| now - over > REMEMBERED)
    }

    fn candidate(&self) -> Candidate {
        let mut to = vec![Number::new(&self.parties.to), Number::new(&self.to)];
        to.extend(self.extension.as_deref().map(Number::new));
        let age = |gone: DateTime<Utc>| u32::try_from((gone - self.started_at).num_seconds()).unwrap_or(0);
        Candidate {
            from: Number::new(&self.parties.from),
            to,
            started_at: self.told_at,
            least_secs: self.secs,
            most_secs: self.gone_at.map(age),
        }
    }
}

#[cfg(test)]
mod tests;
