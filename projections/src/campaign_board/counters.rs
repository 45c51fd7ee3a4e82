//! What each event of a contact changes about its campaign's counters: called = successful + failed + callbacks, whose calls are over.

use domain::conversation::status::{Class, Status};
use domain::conversation::{Counts, Outcome, Reach, Upshot};
use domain::policy::retry::Next;
use domain::target;

use super::CampaignRow;

impl CampaignRow {
    pub(super) fn count(&mut self, event: &target::Event) {
        match event {
            target::Event::Enlisted { .. } => self.total += 1,
            target::Event::Dialled { was_skipped, .. } => {
                self.attempts += 1;
                self.calling += 1;
                self.skipped -= i64::from(*was_skipped);
            }
            target::Event::Accepted { .. } => {}
            target::Event::Ended { outcome, next, .. } => {
                self.calling -= 1;
                self.learn(outcome, 1);
                self.close(outcome, *next);
            }
            target::Event::Corrected { outcome, next, was, was_skipped, counted, .. } => {
                if let Some(status) = counted {
                    self.take_back(*status);
                }
                self.skipped -= i64::from(*was_skipped);
                if let Some(was) = was {
                    self.learn(&was.outcome, -1);
                }
                self.learn(outcome, 1);
                if let Some(next) = next {
                    self.close(outcome, *next);
                }
            }
            target::Event::Withdrawn { .. } => {
                self.attempts -= 1;
                self.calling -= 1;
            }
            target::Event::Deferred { decision, was_skipped, .. } => {
                self.skipped += i64::from(decision.until.is_none()) - i64::from(*was_skipped);
            }
            target::Event::Dropped { counted, was_skipped, .. } => {
                self.total -= 1;
                self.skipped -= i64::from(*was_skipped);
                if let Some(status) = counted {
                    self.take_back(*status);
                }
            }
        }
    }

    /// So many times: once more, or once less where it is known otherwise now.
    fn learn(&mut self, outcome: &Outcome, times: i64) {
        self.talk_secs += times * outcome.talk_secs.map_or(0, i64::from);
        self.conversations += times * i64::from(outcome.counts() == Counts::Conversation);
        self.promises += times * i64::from(matches!(outcome.reach, Reach::Reached(Upshot::PromiseToPay(_))));
    }

    fn close(&mut self, outcome: &Outcome, next: Next) {
        match next {
            Next::Again { .. } | Next::Callback { .. } => {}
            Next::Promised { .. } | Next::Retired | Next::OptedOut | Next::Final => {
                self.called += 1;
                *self.of(outcome.shown().status) += 1;
            }
        }
    }

    fn take_back(&mut self, status: Status) {
        self.called -= 1;
        *self.of(status) -= 1;
    }

    /// What is neither a success nor a callback has failed.
    fn of(&mut self, status: Status) -> &mut i64 {
        match status.class() {
            Class::Success => &mut self.successful,
            Class::Callback => &mut self.callbacks,
            Class::Failed | Class::Open => &mut self.failed,
        }
    }
}
