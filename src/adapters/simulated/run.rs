//! One list being dialled for one session: as many lines as the pace allows, each with its calls and their reports one after the other.
//! No number is dialled before the line's last report has arrived, so a silent engine slows the dialling down instead of filling the memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::ids::SessionId;
use domain::outcome::CallStatus;
use futures_util::future::join_all;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::super::post::{Post, Undelivered};
use super::Options;
use super::fate::{self, Attempt};
use super::pace::Floor;
use super::report::{Call, Report};
use super::under_way::{Order, UnderWay};

/// So many numbers are looked at to reckon how long a list takes.
const SAMPLE: usize = 500;

#[derive(Debug)]
pub(super) struct Run {
    pub(super) session: SessionId,
    organization: Option<String>,
    options: Options,
    post: Post,
    floor: Floor,
    list: List,
    kept: Option<UnderWay>,
    tally: Mutex<Tally>,
    /// Hung up: no further number is dialled.
    pub(super) stopped: CancellationToken,
}

/// How far a run has come.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    pub total: u64,
    pub dialled: u64,
    /// Numbers of which every report has arrived, or was given up.
    pub done: u64,
    /// Reports that arrived, by their status.
    pub reports: BTreeMap<&'static str, u64>,
    /// Reports that never will.
    pub undelivered: u64,
    pub ended: bool,
}

/// A number a line, handed out one by one.
#[derive(Debug)]
struct List {
    text: Bytes,
    next: Mutex<Next>,
}

#[derive(Debug, Default)]
struct Next {
    byte: usize,
    /// Among the numbers of the list, from 0.
    place: usize,
}

impl Run {
    pub(super) fn new(
        order: Order,
        options: &Options,
        (post, now, stopped): (Post, DateTime<Utc>, CancellationToken),
    ) -> Self {
        let Order { session, organization, numbers, kept } = order;
        let (total, floor_secs) = reckon(&numbers, options.seed);
        Self {
            session,
            organization,
            options: options.clone(),
            post,
            floor: Floor::open(options.pace, now, total, floor_secs),
            list: List { text: numbers, next: Mutex::default() },
            kept,
            tally: Mutex::new(Tally { total, ..Tally::default() }),
            stopped,
        }
    }

    /// Dials until the list is at its end or somebody hangs up.
    pub(super) async fn dial(&self) {
        let lines = self.options.pace.at_once.max(1);
        join_all((0..lines).map(|_| self.line())).await;
        if let Some(kept) = &self.kept {
            kept.end();
        }
        self.lock().ended = true;
        let Tally { total, done, undelivered, .. } = self.tally();
        tracing::info!(session = %self.session, total, done, undelivered, "the simulated calls have ended");
    }

    pub(super) fn tally(&self) -> Tally {
        self.lock().clone()
    }

    async fn line(&self) {
        loop {
            tokio::select! {
                biased;
                () = self.stopped.cancelled() => return,
                () = self.floor.turn() => {}
            }
            let Some((place, number)) = self.next() else { return };
            self.lock().dialled += 1;
            for (index, attempt) in fate::attempts(self.options.seed, &number).iter().enumerate() {
                self.call(&number, index, attempt).await;
            }
            self.lock().done += 1;
            if let Some(kept) = &self.kept {
                kept.done(place);
            }
        }
    }

    /// What an engine before this one was done with is left out.
    fn next(&self) -> Option<(usize, String)> {
        let done_before = |place| self.kept.as_ref().is_some_and(|kept| kept.done_before.contains(&place));
        loop {
            let (place, number) = self.list.next()?;
            if !done_before(place) {
                return Some((place, number));
            }
            let mut tally = self.lock();
            tally.dialled += 1;
            tally.done += 1;
        }
    }

    async fn call(&self, number: &str, index: usize, attempt: &Attempt) {
        self.floor.pass(attempt.pause_secs).await;
        let talks = attempt.talk_secs > 0;
        let dialled = self.floor.begins(attempt.ring_secs);
        self.floor.pass(attempt.ring_secs).await;
        let began = if talks { self.floor.begins(attempt.talk_secs) } else { dialled };
        let call = Call { session: self.session.as_str(), number, attempt, began };
        if attempt.announced {
            self.tell(&Report::answered(call)).await;
        }
        self.floor.pass(attempt.talk_secs).await;
        let recording = talks.then(|| {
            let name = fate::recording_name(self.options.seed, self.session.as_str(), number, index);
            format!("{}{name}", self.options.recordings)
        });
        self.tell(&Report::ended(call, recording)).await;
    }

    async fn tell(&self, report: &Report<'_>) {
        let status = report.status();
        match self.deliver(report).await {
            Ok(()) => *self.lock().reports.entry(CallStatus::as_str(status)).or_insert(0) += 1,
            Err(why) => {
                self.lock().undelivered += 1;
                tracing::error!(session = %self.session, "a simulated report is given up: {why}");
            }
        }
    }

    async fn deliver(&self, report: &Report<'_>) -> Result<(), Undelivered> {
        let body = report.json().map_err(|why| Undelivered::Unsaid(why.to_string()))?;
        self.post.send(self.organization.as_deref(), body).await
    }

    fn lock(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl List {
    fn next(&self) -> Option<(usize, String)> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let rest = self.text.get(next.byte..).filter(|rest| !rest.is_empty())?;
            let line = rest.split(|byte| *byte == b'\n').next()?;
            next.byte += line.len() + 1;
            if let Some(number) = number(line) {
                let place = next.place;
                next.place += 1;
                return Some((place, number));
            }
        }
    }
}

/// What stands on a line, if anything does.
fn number(line: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(line);
    let number = text.trim();
    (!number.is_empty()).then(|| number.to_owned())
}

/// The numbers on the list, and the seconds that calls to all of them take, as far as the first ones tell.
fn reckon(text: &[u8], seed: u64) -> (u64, u64) {
    let lines = || text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    let secs = |line| fate::attempts(seed, &number(line).unwrap_or_default()).iter().map(Attempt::secs).sum();
    let sample: Vec<u32> = lines().take(SAMPLE).map(secs).collect();
    let (total, looked_at) = (lines().map(|_| 1_u64).sum(), sample.iter().map(|_| 1_u64).sum::<u64>());
    let floor_secs = sample.into_iter().map(u64::from).sum::<u64>();
    (total, floor_secs.saturating_mul(total) / looked_at.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_a_number_a_line() {
        let list =
            List { text: Bytes::from_static(b"+998901234567\n\n +1 \r\nsalom"), next: Mutex::default() };
        let all: Vec<(usize, String)> = std::iter::from_fn(|| list.next()).collect();
        assert_eq!(all, [(0, "+998901234567".to_owned()), (1, "+1".to_owned()), (2, "salom".to_owned())]);
        assert_eq!(reckon(&list.text, 1).0, 3);
        assert_eq!(reckon(b"", 1), (0, 0));
    }
}
