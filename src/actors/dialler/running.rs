//! One running campaign as the dialler sees it: its settings, its tally, and whom it has seen to lately.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::campaign::Settings;
use domain::fact::Position;
use domain::ids::Organization;
use domain::policy::dialling::{Terms, Whole};
use domain::policy::pacing::{Asking, Bucket, free};
use domain::policy::retry::Next;
use domain::policy::tally::Tally;
use domain::target::Event;
use projections::campaign_board::CampaignRow;
use uuid::Uuid;

use crate::dispatch::dialling::{Case, House};

/// What was not begun in time is caught up with as far as this.
const SLACK: TimeDelta = TimeDelta::milliseconds(100);

#[derive(Debug)]
pub(super) struct Running {
    pub(super) organization: Organization,
    pub(super) id: Uuid,
    pub(super) settings: Settings,
    pub(super) terms: Terms,
    house: House,
    pub(super) tally: Tally,
    /// The newest event that the tally began with.
    counted: Position,
    bucket: Option<Bucket>,
    /// Whether only its calls a second kept it from wanting more, when it was asked last.
    pub(super) throttled: bool,
    /// Who was seen to, and how far the screen has to be to show it.
    pub(super) handled: HashMap<Uuid, Position>,
    /// Nobody is due before then; none where that has to be looked up.
    pub(super) look_at: Option<DateTime<Utc>>,
    /// The newest event that made somebody due.
    pub(super) stirred: Position,
    /// How far those who may not be called were looked at again; none where all were.
    pub(super) revisited: Option<Position>,
}

impl Running {
    pub(super) fn new(row: &CampaignRow, organization: Organization, house: &House) -> Self {
        let settings = row.plans();
        let count = |value: i64| u32::try_from(value).unwrap_or(0);
        let open = count(row.total - row.called - row.skipped);
        let terms = house.terms(&settings);
        Self {
            organization,
            id: row.id,
            bucket: bucket(&settings),
            throttled: false,
            settings,
            terms,
            house: house.clone(),
            tally: Tally::counted(count(row.calling), open, row.spent()),
            counted: row.heard,
            handled: HashMap::new(),
            look_at: None,
            stirred: 0,
            revisited: Some(0),
        }
    }

    /// Other settings: who was put off by the old ones is looked at again.
    pub(super) fn change(&mut self, settings: Settings) {
        if settings.calls_per_second != self.settings.calls_per_second {
            self.bucket = bucket(&settings);
        }
        self.terms = self.house.terms(&settings);
        self.settings = settings;
        (self.look_at, self.revisited) = (None, Some(0));
    }

    pub(super) fn hear(&mut self, event: &Event, position: Position, now: DateTime<Utc>) {
        if position > self.counted {
            self.tally.hear(event, &self.settings, now);
        }
        if let Some(due) = due(event) {
            self.stirred = position;
            self.look_at = self.look_at.map(|look_at| look_at.min(due));
        }
    }

    pub(super) fn case(&self, contact: Uuid) -> Case {
        Case { organization: self.organization.clone(), campaign: self.id, contact }
    }

    pub(super) fn whole(&self) -> Whole {
        Whole { spent: self.tally.spent, tripped: self.tally.breaker().tripped() }
    }

    /// How many calls it would begin now, as far as it itself is concerned.
    pub(super) fn asking(&mut self, calls: u32, now: DateTime<Utc>) -> Asking {
        let later = self.look_at.is_some_and(|look_at| look_at > now);
        let lines = if later { 0 } else { calls.min(free(self.settings.lines(), self.tally.live)) };
        // Of a copy: nothing is taken yet.
        let wants = self.bucket.map_or(lines, |mut bucket| bucket.take(lines, now));
        self.throttled = wants < lines;
        Asking { campaign: self.id, priority: self.settings.priority, live: self.tally.live, wants }
    }

    /// As many of these calls as may begin this second.
    pub(super) fn take(&mut self, share: u32, now: DateTime<Utc>) -> u32 {
        self.bucket.as_mut().map_or(share, |bucket| bucket.take(share, now))
    }

    pub(super) fn give_back(&mut self, unused: u32) {
        if let Some(bucket) = &mut self.bucket {
            bucket.give_back(unused);
        }
    }

    /// Forgets whom the screen shows by now.
    pub(super) fn shown(&mut self, position: Position) {
        self.handled.retain(|_, at| *at > position);
    }
}

fn bucket(settings: &Settings) -> Option<Bucket> {
    settings.calls_per_second.map(|rate| Bucket::new(rate, SLACK))
}

/// When an event makes its contact due.
fn due(event: &Event) -> Option<DateTime<Utc>> {
    match event {
        Event::Enlisted { at } | Event::Withdrawn { at, .. } => Some(*at),
        Event::Ended { next, .. } | Event::Corrected { next: Some(next), .. } => match next {
            Next::Again { at } | Next::Callback { at } => Some(*at),
            Next::Promised { .. } | Next::Retired | Next::OptedOut | Next::Final => None,
        },
        Event::Deferred { decision, .. } => decision.until,
        Event::Corrected { next: None, .. }
        | Event::Dialled { .. }
        | Event::Accepted { .. }
        | Event::Dropped { .. } => None,
    }
}
