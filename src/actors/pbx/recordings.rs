//! Finding the recordings of answered calls, after each reading of the log: they come later than the call's row, and some never.

use std::collections::HashSet;
use std::time::Duration;

use chrono::TimeDelta;
use domain::ids::PbxCallId;
use domain::pbx::matching::Number;
use domain::pbx::recording::{self, Wanting};
use domain::pbx::said::RecordingRow;
use domain::pbx_call::Status;
use projections::pbx_calls::{self, Filter, PbxCallRow, PbxCalls};
use projections::projection::Projection as _;

use super::keeping::{Error, Keeping};
use super::looking::SLOW_PATIENCE;
use crate::dispatch::pbx::Found;
use crate::ports::pbx::PbxTrouble;

/// What was not found within a day has none.
const SOUGHT: TimeDelta = TimeDelta::days(1);
const PAGE_LEN: u32 = 500;
/// Of a day, both.
const CALLS_MAX: usize = 20_000;
const RECORDINGS_MAX: u32 = 20_000;
const SCREEN_WAIT: Duration = Duration::from_secs(5);

/// An answered call without a recording.
struct Unrecorded {
    name: PbxCallId,
    extension: Option<String>,
    wanting: Wanting,
}

impl Keeping {
    /// An exchange without recordings is one all the same.
    pub(super) async fn find_recordings(&self) -> Result<(), Error> {
        let (calls, taken) = self.unrecorded().await?;
        if calls.is_empty() {
            return Ok(());
        }
        let since = self.now() - SOUGHT;
        let asked = self
            .exchange
            .ask(SLOW_PATIENCE, move |pbx| async move { pbx.recordings(since, RECORDINGS_MAX).await });
        let rows = match asked.await {
            Ok(rows) => rows,
            Err(PbxTrouble::Unsupported { .. }) => return Ok(()),
            Err(why) => {
                tracing::warn!(cause = %why, "the exchange's recordings cannot be looked for at the moment");
                return Ok(());
            }
        };
        let rows: Vec<RecordingRow> = rows.into_iter().filter(|row| !taken.contains(&row.id)).collect();
        let wanting: Vec<Wanting> = calls.iter().map(|call| call.wanting.clone()).collect();
        let desk = self.desk.lock().await;
        let directory = &desk.as_ref().ok_or(Error::Theirs)?.reading.directory;
        let pairs = recording::pairs(&rows, &wanting).into_iter();
        let found: Vec<Found> = pairs
            .filter_map(|pair| {
                let (row, call) = (rows.get(pair.recording)?, calls.get(pair.call)?);
                // Whoever answered for a queue has a telephone of their own.
                let group = call.extension.as_deref().is_none_or(|known| directory.is_group(known));
                let own = Some(row.extension.clone()).filter(|own| group && directory.is_person(own));
                Some(Found { call: call.name.clone(), recording: row.id.clone(), extension: own })
            })
            .collect();
        let new = self.options.dispatch.find_pbx_recordings(&self.watching(), &found).await?;
        self.pulse.count("recordings found", new);
        Ok(())
    }

    /// Answered calls of the last day that the log has told of and that have no recording, and the recordings that the others have.
    async fn unrecorded(&self) -> Result<(Vec<Unrecorded>, HashSet<String>), Error> {
        let (screens, organization) = (&self.options.screens, &self.options.organization);
        screens.wait(PbxCalls::NAME, self.options.journal.position(), SCREEN_WAIT).await;
        let filter = Filter {
            statuses: vec![Status::Answered],
            from: Some(self.now() - SOUGHT),
            over: true,
            ..Filter::default()
        };
        let (mut calls, mut taken, mut below) = (vec![], HashSet::new(), None);
        loop {
            let page = pbx_calls::history(screens, organization, &filter, (below, PAGE_LEN)).await?;
            below = page.last().map(PbxCallRow::place);
            let more = page.len() >= usize::try_from(PAGE_LEN).unwrap_or(usize::MAX);
            for row in page {
                match &row.recording {
                    Some(recording) => drop(taken.insert(recording.clone())),
                    None => calls.extend(Unrecorded::of(&row)),
                }
            }
            if !more || calls.len() + taken.len() >= CALLS_MAX {
                return Ok((calls, taken));
            }
        }
    }
}

impl Unrecorded {
    /// None while only our own clock has told of it.
    fn of(row: &PbxCallRow) -> Option<Self> {
        if row.confirmed == 0 {
            return None;
        }
        let (name, extension) = (PbxCallId::parse(&row.call).ok()?, row.extension.clone());
        let mut to = vec![Number::new(&row.to_number)];
        to.extend(extension.as_deref().map(Number::new));
        let (from, answered_at) = (Number::new(&row.from_number), row.answered_at?);
        let wanting = Wanting { from, to, answered_at, talk_secs: row.talk_secs? };
        Some(Self { name, extension, wanting })
    }
}
