//! The session screen: one row a session with its status and its counters. Fed by every event of `session` and `call`; table
//! `session_stats`, for operators of PostgreSQL the view `call_sessions`.
//! A number counts once, as its strongest status; what an event changes about that travels in the event.

mod queries;
mod status;

use chrono::{DateTime, Utc};
use domain::call::{self, Listing, Told};
use domain::fact::{Event, Fact, Position};
use domain::outcome::{CallStatus, Class};
use domain::session::{self, Exit, Remote};
use uuid::Uuid;

use crate::projection::{Index, Projection, Touch, Unfoldable};
use crate::row::row;

pub use queries::{Wanted, find, latest, named, several, silent};
pub use status::Status;

row! {
    /// A session as it is shown.
    #[derive(Debug)]
    pub struct SessionRow {
        pub stream: String,
        pub organization: String,
        pub session: String,
        pub id: Uuid,
        pub status: Status,
        /// Where its numbers are dialled. Null for a session that made itself known.
        pub remote: Option<String>,
        /// The list it dials, and how many numbers that has. Null where no list is known.
        pub list_id: Option<Uuid>,
        pub total: Option<i64>,
        pub processed: i64,
        pub connected: i64,
        pub failed: i64,
        pub unlisted_results: i64,
        pub status_answered: i64,
        pub status_no_answer: i64,
        pub status_busy: i64,
        pub status_failed: i64,
        pub status_connected_to_operator: i64,
        pub status_rejected: i64,
        pub status_invalid_number: i64,
        pub status_network_error: i64,
        /// Listed numbers without a result, once the session is over.
        pub unreported: i64,
        /// What the remote command left behind; all null until it came back, `exit_stdout` never after that.
        pub exit_code: Option<i64>,
        pub exit_signal: Option<String>,
        pub exit_stdout: Option<String>,
        pub exit_stderr: Option<String>,
        pub remote_response: Option<String>,
        /// Why the remote host did not stop when it was last asked to.
        pub stop_error: Option<String>,
        pub error_message: Option<String>,
        /// How often a result brought it back after it was given up.
        pub reopened: i64,
        pub started_at: DateTime<Utc>,
        pub completed_at: Option<DateTime<Utc>>,
        pub created_at: DateTime<Utc>,
        pub updated_at: DateTime<Utc>,
        /// Of its first event.
        pub position: Position,
    }
}

impl SessionRow {
    /// Whether nobody real is rung.
    pub fn is_simulated(&self) -> bool {
        self.remote.as_deref() == Some("simulated")
    }

    /// Whole per cent, 0 to 100.
    pub fn progress(&self) -> i64 {
        match (self.total.unwrap_or(0), self.status) {
            (total, _) if total > 0 => (self.processed.saturating_mul(100) / total).clamp(0, 100),
            (_, Status::Pending | Status::Failed) => 0,
            (_, Status::Running) => 50,
            (_, Status::Completed) => 100,
        }
    }

    /// Whole seconds from its start to its end, or to now.
    pub fn duration_secs(&self, now: DateTime<Utc>) -> i64 {
        (self.completed_at.unwrap_or(now) - self.started_at).num_seconds().max(0)
    }

    /// How many numbers count as this status.
    pub fn counted(&self, status: CallStatus) -> i64 {
        match status {
            CallStatus::Answered => self.status_answered,
            CallStatus::NoAnswer => self.status_no_answer,
            CallStatus::Busy => self.status_busy,
            CallStatus::Failed => self.status_failed,
            CallStatus::ConnectedToOperator => self.status_connected_to_operator,
            CallStatus::Rejected => self.status_rejected,
            CallStatus::InvalidNumber => self.status_invalid_number,
            CallStatus::NetworkError => self.status_network_error,
        }
    }

    fn counter(&mut self, status: CallStatus) -> &mut i64 {
        match status {
            CallStatus::Answered => &mut self.status_answered,
            CallStatus::NoAnswer => &mut self.status_no_answer,
            CallStatus::Busy => &mut self.status_busy,
            CallStatus::Failed => &mut self.status_failed,
            CallStatus::ConnectedToOperator => &mut self.status_connected_to_operator,
            CallStatus::Rejected => &mut self.status_rejected,
            CallStatus::InvalidNumber => &mut self.status_invalid_number,
            CallStatus::NetworkError => &mut self.status_network_error,
        }
    }

    fn opened(fact: &Fact, id: Uuid, at: DateTime<Utc>) -> Self {
        Self {
            stream: fact.stream.as_str().to_owned(),
            organization: fact.stream.organization().to_owned(),
            session: fact.stream.session_name().to_owned(),
            id,
            status: Status::Pending,
            remote: None,
            list_id: None,
            total: None,
            processed: 0,
            connected: 0,
            failed: 0,
            unlisted_results: 0,
            status_answered: 0,
            status_no_answer: 0,
            status_busy: 0,
            status_failed: 0,
            status_connected_to_operator: 0,
            status_rejected: 0,
            status_invalid_number: 0,
            status_network_error: 0,
            unreported: 0,
            exit_code: None,
            exit_signal: None,
            exit_stdout: None,
            exit_stderr: None,
            remote_response: None,
            stop_error: None,
            error_message: None,
            reopened: 0,
            started_at: at,
            completed_at: None,
            created_at: at,
            updated_at: fact.recorded_at,
            position: fact.position,
        }
    }

    fn returned(&mut self, exit: &Exit) {
        self.exit_code = exit.code.map(i64::from);
        self.exit_signal.clone_from(&exit.signal);
        self.exit_stdout = Some(exit.stdout.clone());
        self.exit_stderr = Some(exit.stderr.clone());
    }

    /// Moves one number from what it counted as to what it counts as now.
    fn count(&mut self, told: &Told) {
        match told.listing {
            Listing::Unlisted => self.unlisted_results += i64::from(told.before.is_none()),
            Listing::Listed | Listing::NoList => {
                if let Some(before) = told.before {
                    self.tally(before, -1);
                }
                self.tally(told.after, 1);
            }
        }
    }

    fn tally(&mut self, status: CallStatus, by: i64) {
        *self.counter(status) += by;
        self.processed += by;
        match status.class() {
            Class::Connected => self.connected += by,
            Class::Failed => self.failed += by,
        }
    }

    fn complete(&mut self, response: Option<&String>, at: DateTime<Utc>) {
        self.status = Status::Completed;
        self.remote_response = response.or(self.exit_stdout.as_ref()).cloned();
        self.completed_at = Some(at);
        self.sum_up();
    }

    /// What is said of a list that is over follows its counters, for results may still come.
    fn sum_up(&mut self) {
        let Some(total) = self.total.filter(|_| self.status.ended()) else { return };
        self.unreported = (total - self.processed).max(0);
        if self.status == Status::Completed {
            let (connected, failed) = (self.connected, self.failed);
            let summary = format!(
                "Call process completed successfully. Total: {total}, Connected: {connected}, Failed: {failed}"
            );
            self.remote_response = Some(summary);
        }
    }

    fn reopen(&mut self) {
        self.reopened += 1;
        self.status = Status::Running;
        self.error_message = None;
        self.completed_at = None;
        self.unreported = 0;
    }
}

fn remote_text(remote: Remote) -> String {
    match remote {
        Remote::Simulated => "simulated",
        Remote::Local => "local",
        Remote::Ssh => "ssh",
    }
    .to_owned()
}

#[derive(Debug, Clone, Copy)]
pub struct SessionStats;

impl Projection for SessionStats {
    const NAME: &'static str = "session_stats";
    const VERSION: i64 = 3;
    const PERSONAL: bool = false;
    const KINDS: &'static [&'static str] = &["session", "call"];
    const KEY: &'static str = "stream";
    const INDEXES: &'static [Index] = &[
        Index { name: "id", columns: "id" },
        Index { name: "session", columns: "session, position" },
        Index { name: "latest", columns: "organization, position" },
        Index { name: "status", columns: "status, position" },
    ];
    const VIEW: &'static str = "call_sessions";
    const CACHED: usize = 4_096;
    const MILESTONES: bool = true;

    /// The session's stream.
    type Key = String;
    type Row = SessionRow;

    fn key(row: &SessionRow) -> String {
        row.stream.clone()
    }

    fn touches(fact: &Fact) -> Option<Touch<String>> {
        match &fact.event {
            Event::Session(session::Event::Opened { .. } | session::Event::Adopted { .. }) => {
                Some(Touch::New(fact.stream.as_str().to_owned()))
            }
            Event::Session(
                session::Event::Launched { .. }
                | session::Event::Returned { .. }
                | session::Event::Completed { .. }
                | session::Event::Failed { .. }
                | session::Event::Reopened { .. }
                | session::Event::StopAsked { .. }
                | session::Event::StopFailed { .. },
            ) => Some(Touch::Existing(fact.stream.as_str().to_owned())),
            Event::Call(_) => Some(Touch::Existing(fact.stream.of_session().to_owned())),
            Event::Quarantine(_)
            | Event::NumberList(_)
            | Event::Remote(_)
            | Event::Contact(_)
            | Event::Person(_)
            | Event::Campaign(_)
            | Event::Target(_)
            | Event::User(_)
            | Event::Promise(_)
            | Event::Import(_)
            | Event::ApiKey(_)
            | Event::WebhookEndpoint(_)
            | Event::Settings(_)
            | Event::Pbx(_)
            | Event::PbxCall(_)
            | Event::Disclosure(_)
            | Event::Denial(_) => None,
        }
    }

    fn fold(row: &mut Option<SessionRow>, fact: &Fact) -> Result<(), Unfoldable> {
        match (&fact.event, row.as_mut()) {
            (
                Event::Quarantine(_)
                | Event::NumberList(_)
                | Event::Remote(_)
                | Event::Contact(_)
                | Event::Person(_)
                | Event::Campaign(_)
                | Event::Target(_)
                | Event::User(_)
                | Event::Promise(_)
                | Event::Import(_)
                | Event::ApiKey(_)
                | Event::WebhookEndpoint(_)
                | Event::Settings(_)
                | Event::Pbx(_)
                | Event::PbxCall(_)
                | Event::Disclosure(_)
                | Event::Denial(_),
                _,
            ) => {}
            (Event::Session(event), known) => match (opening(fact, event), known) {
                (Some(opened), None) => *row = Some(opened),
                (Some(_), Some(_)) => return Err(Unfoldable("the session was opened before")),
                (None, None) => return Err(Unfoldable("the session has no row")),
                (None, Some(row)) => follow_session(row, fact, event),
            },
            (Event::Call(_), None) => return Err(Unfoldable("the session of this call has no row")),
            (Event::Call(event), Some(row)) => follow_call(row, fact, event),
        }
        Ok(())
    }
}

fn opening(fact: &Fact, event: &session::Event) -> Option<SessionRow> {
    match event {
        session::Event::Opened { id, remote, list, at, .. } => Some(SessionRow {
            remote: Some(remote_text(*remote)),
            list_id: list.map(|list| list.id),
            total: list.map(|list| i64::from(list.total)),
            ..SessionRow::opened(fact, *id, *at)
        }),
        session::Event::Adopted { id, at } => {
            Some(SessionRow { status: Status::Running, ..SessionRow::opened(fact, *id, *at) })
        }
        session::Event::Launched { .. }
        | session::Event::Returned { .. }
        | session::Event::Completed { .. }
        | session::Event::Failed { .. }
        | session::Event::Reopened { .. }
        | session::Event::StopAsked { .. }
        | session::Event::StopFailed { .. } => None,
    }
}

fn follow_session(row: &mut SessionRow, fact: &Fact, event: &session::Event) {
    row.updated_at = row.updated_at.max(fact.recorded_at);
    match event {
        session::Event::Opened { .. } | session::Event::Adopted { .. } => {}
        session::Event::Launched { .. } => row.status = Status::Running,
        session::Event::Returned { exit, .. } => row.returned(exit),
        session::Event::Completed { response, at, .. } => row.complete(response.as_ref(), *at),
        session::Event::Failed { reason, at } => {
            row.status = Status::Failed;
            row.error_message = Some(reason.clone());
            row.completed_at = Some(*at);
            row.sum_up();
        }
        session::Event::Reopened { .. } => row.reopen(),
        session::Event::StopAsked { .. } => row.stop_error = None,
        session::Event::StopFailed { reason, .. } => row.stop_error = Some(reason.clone()),
    }
}

fn follow_call(row: &mut SessionRow, fact: &Fact, event: &call::Event) {
    row.updated_at = row.updated_at.max(fact.recorded_at);
    match event {
        call::Event::Reported(told) | call::Event::Strengthened(told) => {
            row.count(told);
            row.sum_up();
        }
        call::Event::Overtaken(_) | call::Event::Amended(_) => {}
    }
}

#[cfg(test)]
mod permuted;
#[cfg(test)]
mod tests;
