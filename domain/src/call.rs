//! One call to one number, whoever placed it: new -> reported, and then only strengthened, amended or overtaken, never silently replaced.
//! A number may be tried more than once in a session: a report with another start time is another attempt.
//! What the whole number counts as is its strongest status over all attempts, so the order in which reports arrive does not matter.

use chrono::{DateTime, Utc};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::fact::{self, Recorded};
use crate::outcome::CallStatus;
use crate::personal::{Personal, Seal};

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Report(Box<Report>),
}

/// What the far end said about one attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The id of the result, should this report be the first of its attempt.
    pub id: Uuid,
    /// The sender's own id of this report, where it gives one.
    pub event_id: Option<String>,
    pub listing: Listing,
    pub status: CallStatus,
    pub talk_secs: Option<u32>,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub details: Details,
    pub at: DateTime<Utc>,
}

/// Whether the session's list holds the number; looked up before the command is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Listing {
    Listed,
    Unlisted,
    NoList,
}

/// The personal part of a report. Empty fields are fields not reported.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// As the sender wrote it.
    pub phone: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The first report of an attempt.
    Reported(Told),
    /// A stronger status for an attempt that is known.
    Strengthened(Told),
    /// A report that says less than what is known: kept, its details fill gaps, its status changes nothing.
    Overtaken(Told),
    /// A report said again with details that were missing the first time.
    Amended(Amendment),
}

/// A report as it was taken in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// The attempt's id, also the id of its result.
    pub id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    pub listing: Listing,
    pub status: CallStatus,
    /// What the number counted as before this report: none where it had not counted.
    pub before: Option<CallStatus>,
    /// What the number counts as from now on.
    pub after: CallStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub talk_secs: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<Utc>>,
    pub at: DateTime<Utc>,
    pub personal: Personal<Details>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Amendment {
    pub id: Uuid,
    pub at: DateTime<Utc>,
    pub personal: Personal<Details>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("a call holds at most {max} reports")]
    TooManyReports { max: usize },
}

/// A number is not tried more often than this in one session; beyond it somebody is playing with the webhook.
pub const REPORTS_MAX: usize = 256;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Call {
    attempts: Vec<Attempt>,
    reports: Vec<Key>,
}

/// One attempt with its strongest status: the result that people see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    pub id: Uuid,
    pub status: CallStatus,
    pub talk_secs: Option<u32>,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub details: Details,
    pub created_at: DateTime<Utc>,
}

/// What makes two reports the same. The status and the attempt belong to it even beside the sender's own id,
/// so that a sender who reuses an id for another outcome or another attempt is heard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Key {
    Named {
        event_id: String,
        status: CallStatus,
        started_at: Option<DateTime<Utc>>,
    },
    Content {
        status: CallStatus,
        started_at: Option<DateTime<Utc>>,
        ended_at: Option<DateTime<Utc>>,
        talk_secs: Option<u32>,
    },
}

impl Key {
    fn new(
        event_id: Option<&String>,
        status: CallStatus,
        (started_at, ended_at, talk_secs): (Option<DateTime<Utc>>, Option<DateTime<Utc>>, Option<u32>),
    ) -> Self {
        match event_id {
            Some(id) => Self::Named { event_id: id.clone(), status, started_at },
            None => Self::Content { status, started_at, ended_at, talk_secs },
        }
    }
}

impl Call {
    /// The attempt that a report belongs to.
    pub fn attempt(&self, started_at: Option<DateTime<Utc>>) -> Option<&Attempt> {
        self.attempts.iter().find(|attempt| attempt.started_at == started_at)
    }

    fn standing(&self) -> Option<CallStatus> {
        self.attempts.iter().map(|attempt| attempt.status).reduce(CallStatus::stronger)
    }

    /// The rules of a report, one an arm.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        let Command::Report(report) = command;
        let report = *report;
        let key = Key::new(
            report.event_id.as_ref(),
            report.status,
            (report.started_at, report.ended_at, report.talk_secs),
        );
        let said_before = self.reports.contains(&key);
        match self.attempt(report.started_at) {
            Some(known) if said_before => Ok(amend(known, report)),
            _ if self.reports.len() >= REPORTS_MAX => Err(Error::TooManyReports { max: REPORTS_MAX }),
            None => Ok(vec![Event::Reported(self.told(report.id, report))]),
            Some(known) if report.status.strength() > known.status.strength() => {
                Ok(vec![Event::Strengthened(self.told(known.id, report))])
            }
            Some(known) => Ok(vec![Event::Overtaken(self.told(known.id, report))]),
        }
    }

    fn told(&self, id: Uuid, report: Report) -> Told {
        let before = self.standing();
        let after = before.map_or(report.status, |known| known.stronger(report.status));
        Told {
            id,
            event_id: report.event_id,
            listing: report.listing,
            status: report.status,
            before,
            after,
            talk_secs: report.talk_secs,
            started_at: report.started_at,
            ended_at: report.ended_at,
            at: report.at,
            personal: Personal::Clear(report.details),
        }
    }

    fn remember(&mut self, told: &Told) {
        let times = (told.started_at, told.ended_at, told.talk_secs);
        self.reports.push(Key::new(told.event_id.as_ref(), told.status, times));
    }

    fn find(&mut self, id: Uuid) -> Option<&mut Attempt> {
        self.attempts.iter_mut().find(|attempt| attempt.id == id)
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Reported(told) => {
                self.remember(&told);
                self.attempts.push(Attempt::new(&told));
            }
            Event::Strengthened(told) => {
                self.remember(&told);
                if let Some(attempt) = self.find(told.id) {
                    attempt.strengthen(&told);
                }
            }
            Event::Overtaken(told) => {
                self.remember(&told);
                if let Some(attempt) = self.find(told.id) {
                    attempt.fill(&told);
                }
            }
            Event::Amended(amendment) => {
                if let (Some(attempt), Some(details)) = (self.find(amendment.id), amendment.personal.clear())
                {
                    attempt.details.overlay(details);
                }
            }
        }
    }
}

/// A repetition says nothing new, unless it brings a detail that was missing. It replaces none:
/// it may be older than what is known by now, and its sender may repeat it for ever.
fn amend(known: &Attempt, report: Report) -> Vec<Event> {
    let news = report.details.beyond(&known.details);
    if news == (Details { phone: news.phone.clone(), ..Details::default() }) {
        return vec![];
    }
    vec![Event::Amended(Amendment { id: known.id, at: report.at, personal: Personal::Clear(news) })]
}

impl Attempt {
    /// Public because the call history is folded by the same rule: there is one meaning of a report.
    pub fn new(told: &Told) -> Self {
        Self {
            id: told.id,
            status: told.status,
            talk_secs: told.talk_secs,
            started_at: told.started_at,
            ended_at: told.ended_at,
            details: told.personal.clear().cloned().unwrap_or_default(),
            created_at: told.at,
        }
    }

    /// The stronger report speaks; what it leaves out stays as it was.
    pub fn strengthen(&mut self, told: &Told) {
        self.status = told.status;
        self.talk_secs = told.talk_secs.or(self.talk_secs);
        self.ended_at = told.ended_at.or(self.ended_at);
        if let Some(details) = told.personal.clear() {
            self.details.overlay(details);
        }
    }

    /// The weaker report only fills gaps.
    pub fn fill(&mut self, told: &Told) {
        self.talk_secs = self.talk_secs.or(told.talk_secs);
        self.ended_at = self.ended_at.or(told.ended_at);
        if let Some(details) = told.personal.clear() {
            let phone = self.details.phone.clone();
            let mut filled = Details { phone, ..details.clone() };
            filled.overlay(&self.details);
            self.details = filled;
        }
    }
}

impl Details {
    /// The fields that `known` lacks.
    fn beyond(self, known: &Self) -> Self {
        let news = |mine: Option<String>, theirs: &Option<String>| mine.filter(|_| theirs.is_none());
        Self {
            phone: self.phone,
            operator_name: news(self.operator_name, &known.operator_name),
            operator_id: news(self.operator_id, &known.operator_id),
            recording_url: news(self.recording_url, &known.recording_url),
            notes: news(self.notes, &known.notes),
        }
    }

    /// Takes every field that `over` has, save the phone: it stays as it was first written.
    pub fn overlay(&mut self, over: &Self) {
        let take = |mine: &mut Option<String>, theirs: &Option<String>| {
            if theirs.is_some() {
                mine.clone_from(theirs);
            }
        };
        take(&mut self.operator_name, &over.operator_name);
        take(&mut self.operator_id, &over.operator_id);
        take(&mut self.recording_url, &over.recording_url);
        take(&mut self.notes, &over.notes);
    }
}

impl DomainEvent for Event {
    fn event_type(&self) -> String {
        match self {
            Self::Reported(_) => "reported",
            Self::Strengthened(_) => "strengthened",
            Self::Overtaken(_) => "overtaken",
            Self::Amended(_) => "amended",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Call {
    const TYPE: &'static str = "call";
    type Command = Command;
    type Event = Event;
    type Error = Error;
    type Services = ();

    async fn handle(&mut self, command: Command, (): &(), sink: &EventSink<Self>) -> Result<(), Error> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: Event) {
        self.take(event);
    }
}

impl Recorded for Call {
    fn fact(event: Event) -> fact::Event {
        fact::Event::Call(event)
    }

    fn from_fact(event: fact::Event) -> Option<Event> {
        if let fact::Event::Call(event) = event { Some(event) } else { None }
    }

    fn personal(event: &mut Event) -> Option<&mut dyn Seal> {
        match event {
            Event::Reported(told) | Event::Strengthened(told) | Event::Overtaken(told) => {
                Some(&mut told.personal)
            }
            Event::Amended(amendment) => Some(&mut amendment.personal),
        }
    }

    fn occurred_at(event: &Event) -> DateTime<Utc> {
        match event {
            Event::Reported(told) | Event::Strengthened(told) | Event::Overtaken(told) => {
                told.ended_at.or(told.started_at).unwrap_or(told.at)
            }
            Event::Amended(amendment) => amendment.at,
        }
    }
}

#[cfg(test)]
mod tests;
