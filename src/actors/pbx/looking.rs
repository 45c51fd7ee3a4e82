//! Looking at the calls that go on, again and again: what a look says that is new is stored before the next one.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::pbx;
use domain::pbx::board::Look;
use domain::pbx::reading::{Live as Read, Reading};
use tokio::time::Instant;

use super::gaps::Gaps;
use super::keeping::{Desk, Error, Keeping, refusal};
use super::memory;
use crate::actors::backoff::Backoff;
use crate::dispatch::Failure;
use crate::ports::pbx::{Live, PbxTrouble};

/// Even a look that comes very often is waited for so long: a slow box is no absent one, and looks do not overlap.
const LEAST_PATIENCE: Duration = Duration::from_secs(5);
const MOST_PATIENCE: Duration = Duration::from_secs(10);
/// What is asked once, at the beginning or once a day.
pub(super) const SLOW_PATIENCE: Duration = Duration::from_secs(30);
/// Clocks differ a little.
const SKEWED: TimeDelta = TimeDelta::seconds(30);
/// A call that is missing for the first time is looked for again after this: it is over in time, or it was a slip of the list.
const AGAIN: Duration = Duration::from_millis(300);
/// Longest rest that an exchange may wish for.
const REST_MAX: Duration = Duration::from_mins(10);

impl Keeping {
    pub(super) async fn keep_looking(&self) {
        let poll = self.options.limits.poll;
        let mut backoff = Backoff::within(poll, self.options.limits.pause_max);
        loop {
            self.opened().await;
            let began = Instant::now();
            let looked = self.look().await;
            metrics::counter!("karnay_pbx_polls_total", "outcome" => if looked.is_ok() { "good" } else { "failed" })
                .increment(1);
            match looked {
                Ok(doubts) => {
                    self.pulse.count("looks", 1);
                    if backoff.failures() > 0 {
                        tracing::info!("the exchange answers again");
                    }
                    backoff.reset();
                    self.slow(began.elapsed());
                    // One that took too long is not made up for.
                    tokio::time::sleep_until(began + if doubts { poll.min(AGAIN) } else { poll }).await;
                }
                Err(why) => self.recover(why, &mut backoff).await,
            }
        }
    }

    /// Told once, for it will not be otherwise the next time.
    fn slow(&self, took: Duration) {
        let poll = self.options.limits.poll;
        if took > poll {
            self.pulse.count("slow looks", 1);
            if !self.is_slow.replace(true) {
                tracing::warn!(
                    took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
                    "the exchange takes longer to answer than KERIO_POLL_INTERVAL: calls are seen later than they should be"
                );
            }
        }
    }

    async fn recover(&self, why: Error, backoff: &mut Backoff) {
        self.pulse.count("failures", 1);
        let mut rest = Duration::ZERO;
        if let Error::Exchange(trouble) = &why {
            if let Some(refused) = refusal(trouble) {
                return self.shut(refused, trouble).await;
            }
            if let PbxTrouble::Away { after: Some(after), .. } = trouble {
                rest = (*after).min(REST_MAX);
            }
        }
        self.away(&why.to_string());
        if backoff.failures() == 0 {
            tracing::warn!(cause = %why, "the exchange cannot be watched for the moment");
        }
        tokio::time::sleep(rest).await;
        tokio::select! {
            () = tokio::time::sleep(backoff.pause().saturating_sub(rest)) => {}
            () = self.woken.notified() => {}
        }
    }

    /// True where another look soon tells more.
    async fn look(&self) -> Result<bool, Error> {
        let mut desk = self.desk.lock().await;
        let _work = self.pulse.work();
        if !self.entered.get() {
            self.enter().await?;
            self.entered.set(true);
        }
        // The first one pays for whatever has to be set up.
        let patience = if desk.is_some() { self.patience() } else { SLOW_PATIENCE };
        let asked_at = self.now();
        let live = self.exchange.ask(patience, |pbx| async move { pbx.live().await }).await?;
        let at = self.now();
        // It tells whole seconds, half of one too few on average.
        let told = live.told_at.map(|told| told + TimeDelta::milliseconds(500));
        let offset = told.map_or(TimeDelta::zero(), |told| told - (asked_at + (at - asked_at) / 2));
        if !self.is_open() {
            return Err(Error::Theirs);
        }
        if desk.is_none() {
            *desk = Some(self.lay_out(offset).await?);
        }
        let Some(desk) = desk.as_mut() else { return Ok(false) };
        desk.offset = offset;
        self.store(desk, &live, at).await?;
        self.good(desk, at).await?;
        self.laid_out.send_replace(true);
        Ok(desk.board.doubts())
    }

    fn patience(&self) -> Duration {
        (self.options.limits.poll * 9 / 10).clamp(LEAST_PATIENCE, MOST_PATIENCE)
    }

    /// Nothing that was seen is taken for known before it is stored.
    async fn store(&self, desk: &mut Desk, live: &Live, at: DateTime<Utc>) -> Result<(), Error> {
        let calls = self.read(&desk.reading, live);
        let look = Look { calls, complete: live.complete, at, offset: desk.offset };
        let mut board = desk.board.clone();
        let news = board.look(&look, &mut || self.options.ids.uuid());
        if !news.is_empty() {
            self.options.dispatch.see_pbx_calls(&self.watching(), &news).await?;
        }
        desk.board = board;
        self.pulse.show("calls live", u64::try_from(desk.board.open()).unwrap_or(0));
        Ok(())
    }

    fn read(&self, reading: &Reading, live: &Live) -> Vec<Read> {
        let calls: Vec<Read> = live.calls.iter().filter_map(|call| reading.live(call)).collect();
        let strange = live.calls.len() - calls.len() + calls.iter().filter(|call| !call.known).count();
        if strange > 0 {
            let strange = u64::try_from(strange).unwrap_or(0);
            self.pulse.count("unknown states", strange);
            metrics::counter!("karnay_pbx_unknown_total", "list" => "live").increment(strange);
        }
        calls
    }

    /// A gap ends with the first look that is good.
    async fn good(&self, desk: &mut Desk, at: DateTime<Utc>) -> Result<(), Error> {
        if let Some(miss) = desk.gaps.look(at) {
            if let pbx::Command::Miss { from, .. } = &miss {
                let from = *from + desk.offset;
                self.missed_since
                    .set(self.missed_since.get().map_or(Some(from), |known| Some(known.min(from))));
                tracing::warn!(since = %from, "nobody watched the exchange for a while");
            }
            match self.say(miss).await {
                // Another node has recorded it.
                Ok(_) | Err(Failure::Refused(pbx::Error::NoGap)) => {}
                Err(why) => return Err(why.into()),
            }
        }
        if desk.refused.is_some() {
            self.say(pbx::Command::Accept { at }).await?;
            desk.refused = None;
            tracing::info!("the exchange lets us in again");
        }
        desk.gaps.seen(at);
        self.pulse.show("connected", 1);
        self.pulse.show("refused", 0);
        metrics::gauge!("karnay_pbx_connected").set(1.0);
        metrics::gauge!("karnay_pbx_refused").set(0.0);
        self.options.end.tell(|standing| {
            if !standing.connected {
                standing.trouble = None;
            }
            (standing.connected, standing.last_poll, standing.refused) = (true, Some(at), None);
            standing.clock_offset_ms = Some(desk.offset.num_milliseconds());
        });
        Ok(())
    }

    async fn enter(&self) -> Result<(), Error> {
        let about = self.exchange.ask(SLOW_PATIENCE, |pbx| async move { pbx.about().await }).await?;
        tracing::info!(product = about.product, version = about.version, "the exchange lets us in");
        Ok(())
    }

    /// What was stored of the watch and of its calls, before anything new is added.
    async fn lay_out(&self, offset: TimeDelta) -> Result<Desk, Error> {
        let mut reading = self.options.reading.clone();
        self.renew_directory(&mut reading).await?;
        let (board, stored_at) = memory::board(&self.options, offset).await?;
        let known = self.say(pbx::Command::Look).await?.state;
        let shown = self.options.end.standing().last_poll;
        if offset.abs() > SKEWED {
            tracing::warn!(
                ahead_secs = offset.num_seconds(),
                "the exchange's clock is wrong, and so are the times of the calls that its log tells of"
            );
        }
        let mut gaps = Gaps::since(known.heard_at().max(shown).max(stored_at), self.options.limits.poll);
        if known.refused().is_some() {
            gaps.refused();
        }
        Ok(Desk { board, reading, offset, gaps, refused: known.refused() })
    }

    /// An exchange that does not tell its numbers is read by their pattern.
    pub(super) async fn renew_directory(&self, reading: &mut Reading) -> Result<(), Error> {
        match self.exchange.ask(SLOW_PATIENCE, |pbx| async move { pbx.directory().await }).await {
            Ok(numbers) => reading.directory.renew(numbers),
            Err(
                why @ (PbxTrouble::Rights { .. }
                | PbxTrouble::Unsupported { .. }
                | PbxTrouble::Senseless { .. }),
            ) => {
                tracing::warn!(cause = %why, "the exchange does not tell which numbers are its own");
            }
            Err(why) => return Err(why.into()),
        }
        self.directory_at.set(Some(std::time::Instant::now()));
        Ok(())
    }
}
