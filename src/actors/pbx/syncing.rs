//! Reading the exchange's log, page by page: each page is stored before the next one is asked for, so that a log of any length passes
//! through little memory. Only a reading that came to its end moves the mark up to which the log is known.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::pbx::paging::{Ask, Numbered, Paging, Reach};
use domain::pbx::{Command, Synced};
use tokio::time::Instant;

use super::handle::Progress;
use super::keeping::{Error, Keeping, refusal};
use crate::actors::backoff::Backoff;
use crate::dispatch::pbx::{Rows, TOGETHER};
use crate::ports::pbx::{LogPage, LogRows, PbxTrouble};

/// A page is asked for so often before the reading is given up: lost answers are no reason to begin anew.
const PAGE_TRIES_MAX: u32 = 8;
const PAGE_PATIENCE: Duration = Duration::from_secs(30);
/// A long reading says how far it is this often.
const TELL_EVERY: Duration = Duration::from_secs(10);
const DIRECTORY_EVERY: Duration = Duration::from_hours(24);

/// What a reading has come to.
#[derive(Debug, Default)]
struct Tally {
    rows: u64,
    new: u64,
    through: Option<DateTime<Utc>>,
    /// Rows are likely to be known, so that they are looked for first.
    known: bool,
}

impl Keeping {
    pub(super) async fn keep_syncing(&self) {
        let every = self.options.limits.sync;
        let mut backoff = Backoff::within(self.options.limits.poll, self.options.limits.pause_max);
        loop {
            self.opened().await;
            // Only after a look is it known how the exchange's clock goes, and which calls were seen.
            let _ = self.laid_out.subscribe().wait_for(|laid_out| *laid_out).await;
            let pause = match self.sync().await {
                Ok(()) => {
                    backoff.reset();
                    every
                }
                // Who may not read the log may still see who calls.
                Err(Error::Exchange(trouble @ PbxTrouble::Rights { .. })) if self.is_open() => {
                    self.unread(&trouble).await;
                    continue;
                }
                Err(why) => {
                    self.broke_off(&why, backoff.failures()).await;
                    backoff.pause()
                }
            };
            self.say_next(pause);
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.wanted.notified() => {}
            }
        }
    }

    /// The log is not asked for again until somebody wants it.
    async fn unread(&self, trouble: &PbxTrouble) {
        tracing::error!(cause = %trouble, "the account may not read the exchange's log: the history stays incomplete");
        self.pulse.count("readings refused", 1);
        metrics::gauge!("karnay_pbx_refused").set(1.0);
        self.options.end.tell(|standing| {
            (standing.trouble, standing.next_sync) = (Some(trouble.to_string()), None);
        });
        self.wanted.notified().await;
    }

    fn say_next(&self, pause: Duration) {
        let next = chrono::TimeDelta::from_std(pause).ok().map(|pause| self.now() + pause);
        self.options.end.tell(|standing| (standing.next_sync, standing.syncing) = (next, None));
    }

    async fn broke_off(&self, why: &Error, failures: u32) {
        self.pulse.count("readings broken off", 1);
        if let Error::Exchange(trouble) = why
            && let Some(refused) = refusal(trouble)
        {
            return self.shut(refused, trouble).await;
        }
        if failures == 0 {
            tracing::warn!(cause = %why, "the exchange's log cannot be read for the moment");
        }
        self.options.end.tell(|standing| standing.trouble = Some(why.to_string()));
    }

    async fn sync(&self) -> Result<(), Error> {
        self.refresh().await?;
        let (bound, through) = self.reach().await?;
        let mut tally = Tally { through, known: through.is_some(), ..Tally::default() };
        let whole = self.read_log(bound, &mut tally).await?;
        tracing::info!("Fetched {} call records from Kerio Operator", tally.rows);
        let at = self.now();
        let Tally { rows, new, .. } = tally;
        // What was left is looked for again.
        let through = if whole { tally.through } else { through };
        self.say(Command::Sync(Synced { through, rows, new, at })).await?;
        tracing::info!("Synced {new} new call records");
        self.missed_since.set(None);
        self.options.end.tell(|standing| {
            standing.last_sync = Some(at);
            if standing.connected {
                standing.trouble = None;
            }
        });
        self.find_recordings().await
    }

    async fn refresh(&self) -> Result<(), Error> {
        if self.directory_at.get().is_some_and(|at| at.elapsed() < DIRECTORY_EVERY) {
            return Ok(());
        }
        let known = self.desk.lock().await.as_ref().map(|desk| desk.reading.clone());
        let mut reading = known.ok_or(Error::Theirs)?;
        self.renew_directory(&mut reading).await?;
        if let Some(desk) = self.desk.lock().await.as_mut() {
            desk.reading = reading;
        }
        Ok(())
    }

    async fn reach(&self) -> Result<(DateTime<Utc>, Option<DateTime<Utc>>), Error> {
        let through = self.say(Command::Look).await?.state.through();
        let desk = self.desk.lock().await;
        let desk = desk.as_ref().ok_or(Error::Theirs)?;
        let limits = &self.options.limits;
        let reach = Reach {
            now: self.now() + desk.offset,
            through,
            overlap: limits.overlap,
            first: limits.first,
            awaited_since: desk.board.awaited_since(self.now()),
            missed_since: self.missed_since.get(),
        };
        Ok((reach.bound(), through))
    }

    async fn read_log(&self, bound: DateTime<Utc>, tally: &mut Tally) -> Result<bool, Error> {
        let mut paging = Paging::new(bound, self.options.limits.page);
        let mut told = Instant::now();
        while let Some(ask) = paging.next() {
            let LogRows { rows, total } = self.page(ask, bound).await?;
            if !self.options.end.standing().connected {
                self.woken.notify_one();
            }
            let rows = paging.take(rows, total)?;
            for together in rows.chunks(TOGETHER) {
                self.store_rows(together, tally).await?;
            }
            let progress = Progress { rows: tally.rows, total };
            self.options.end.tell(|standing| standing.syncing = Some(progress));
            if told.elapsed() >= TELL_EVERY {
                told = Instant::now();
                tracing::info!(rows = tally.rows, new = tally.new, total, "reading the exchange's log");
            }
        }
        Ok(paging.is_whole())
    }

    async fn page(&self, ask: Ask, bound: DateTime<Utc>) -> Result<LogRows, Error> {
        let page = LogPage { start: ask.start, limit: ask.limit, since: Some(bound) };
        let mut backoff = Backoff::default();
        loop {
            let answer = self.exchange.ask(PAGE_PATIENCE, |pbx| async move { pbx.log(page).await }).await;
            match answer {
                Ok(rows) => return Ok(rows),
                Err(PbxTrouble::Away { after: None, .. } | PbxTrouble::Senseless { .. })
                    if backoff.failures() + 1 < PAGE_TRIES_MAX && self.is_open() =>
                {
                    self.pulse.count("pages lost", 1);
                    tokio::time::sleep(backoff.pause()).await;
                }
                Err(why) => return Err(why.into()),
            }
        }
    }

    /// The board is held meanwhile: a look that is on its way is stored first, so that its calls are known.
    async fn store_rows(&self, rows: &[Numbered], tally: &mut Tally) -> Result<(), Error> {
        let mut desk = self.desk.lock().await;
        let _work = self.pulse.work();
        let desk = desk.as_mut().filter(|_| self.is_ours()).ok_or(Error::Theirs)?;
        let (calls, candidates) = desk.board.candidates();
        let (reading, known) = (&desk.reading, tally.known);
        let asked = Rows { rows, reading, calls: &calls, candidates: &candidates, known };
        let ids = Arc::clone(&self.options.ids);
        let stored =
            self.options.dispatch.log_pbx_calls(&self.watching(), &asked, &move || ids.uuid()).await?;
        stored.told.iter().for_each(|call| desk.board.confirm(call));
        self.count(rows, stored.new, stored.unknown);
        tally.rows += u64::try_from(rows.len()).unwrap_or(0);
        tally.new += stored.new;
        tally.known |= stored.new == 0;
        tally.through = tally.through.max(rows.iter().map(|one| one.row.started_at).max());
        Ok(())
    }

    fn count(&self, rows: &[Numbered], new: u64, unknown: u64) {
        let read = u64::try_from(rows.len()).unwrap_or(0);
        self.pulse.count("log rows", read);
        self.pulse.count("log rows new", new);
        self.pulse.count("unknown statuses", unknown);
        metrics::counter!("karnay_pbx_log_rows_total", "rows" => "read").increment(read);
        metrics::counter!("karnay_pbx_log_rows_total", "rows" => "new").increment(new);
        metrics::counter!("karnay_pbx_unknown_total", "list" => "log").increment(unknown);
    }
}
