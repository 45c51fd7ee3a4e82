//! How the dialler sees to those who are due, and looks again at those who may not be called.

use std::time::Duration;

use chrono::TimeDelta;
use domain::fact::Position;
use domain::policy::eligible::Rule;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use projections::projection::Projection as _;
use projections::targets::{self, TargetRow, Targets, Turn};
use uuid::Uuid;

use super::desk::{Changed, Desk, Error};
use super::running::Running;
use crate::dispatch::dialling::{Dialled, Lines};
use crate::journal::Refused;

/// Contacts seen to at the same time, so that their units share commits.
const TOGETHER: usize = 32;
/// Contacts of one campaign weighed in one step; the others get their turn then.
const WEIGHED_MAX: u32 = 512;
/// Those who may not be called, looked at again in one step.
const REVISITED_MAX: u32 = 128;
/// Nobody is due: looked up again after this long all the same.
const LOOK_AGAIN: TimeDelta = TimeDelta::minutes(1);

/// What seeing to one campaign came to.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) wanted: u32,
    /// How many were weighed for that.
    pub(super) looked: u32,
    /// False where somebody may be due whom the screen does not show yet.
    pub(super) rested: bool,
}

impl Desk {
    /// True where somebody has to wait for the screen.
    pub(super) async fn revisit_changed(&mut self) -> Result<bool, Error> {
        let shown = self.shown().await;
        let (due, waiting) = std::mem::take(&mut self.changed).into_iter().partition(|(at, _)| *at <= shown);
        self.changed = waiting;
        let due: Vec<(Position, Changed)> = due;
        for (_, Changed { organization, contact, only_its_call }) in due {
            let rows = targets::waiting_of(&self.options.screens, &organization, contact).await?;
            let waits = |row: &TargetRow| row.rule.as_deref() == Some(Rule::CallUnderWay.as_str());
            let some = rows.into_iter().filter(|row| !only_its_call || waits(row)).collect();
            self.reconsider_all(some).await?;
        }
        Ok(!self.changed.is_empty())
    }

    /// How far the screen of contacts in campaigns has come.
    async fn shown(&self) -> Position {
        self.options.screens.wait(Targets::NAME, 0, Duration::ZERO).await.position
    }

    /// Looks again at some of those who may not be called. True where there may be more.
    pub(super) async fn revisit(&mut self, id: Uuid) -> Result<bool, Error> {
        let Some(running) = self.campaigns.get(&id) else { return Ok(false) };
        let Some(after) = running.revisited else { return Ok(false) };
        let page = (after, REVISITED_MAX);
        let rows = targets::put_off(&self.options.screens, &running.organization, id, page).await?;
        let last = rows.last().map(|row| row.position);
        self.reconsider_all(rows).await?;
        if let Some(running) = self.campaigns.get_mut(&id) {
            running.revisited = last;
        }
        Ok(last.is_some())
    }

    async fn reconsider_all(&self, rows: Vec<TargetRow>) -> Result<(), Error> {
        let again = stream::iter(rows).map(|row| self.reconsider(row)).buffer_unordered(TOGETHER);
        Ok(again.try_collect().await?)
    }

    async fn reconsider(&self, row: TargetRow) -> Result<(), Refused> {
        if let Some(running) = self.campaigns.get(&row.campaign) {
            let (case, step) = (running.case(row.contact), self.moment(running));
            self.options.dispatch.reconsider(&case, &running.terms, &step).await?;
        }
        Ok(())
    }

    /// Wants as many calls of a campaign as its share allows, as long as anybody is due.
    pub(super) async fn see_to(&mut self, id: Uuid, share: u32) -> Result<Seen, Error> {
        let now = self.options.clock.now();
        let shown = self.shown().await;
        let Some(running) = self.campaigns.get_mut(&id) else { return Ok(Seen::default()) };
        running.shown(shown);
        let share = running.take(share, now);
        let (lines, mut looked, mut rested, mut more) = (Lines::new(share), 0, true, 0);
        while lines.left() > 0 && looked < WEIGHED_MAX {
            // As many as there are lines, so that they go in their order; more where those before had to be put off.
            let left = lines.left();
            let some = self.candidates(id, left.max(more).min(WEIGHED_MAX - looked)).await?;
            if some.is_empty() {
                rested = self.rest(id, shown).await?;
                break;
            }
            let count = u32::try_from(some.len()).unwrap_or(u32::MAX);
            self.want(id, some, &lines).await?;
            looked += count;
            more = if lines.left() == left { 2 * count } else { 0 };
        }
        if let Some(running) = self.campaigns.get_mut(&id) {
            running.give_back(lines.left());
        }
        Ok(Seen { wanted: share - lines.left(), looked, rested })
    }

    /// Who is due and was not seen to lately: who asked for it first, then who was tried before, then the others.
    async fn candidates(&self, id: Uuid, some: u32) -> Result<Vec<Uuid>, Error> {
        let Some(running) = self.campaigns.get(&id) else { return Ok(vec![]) };
        let seen_to = u32::try_from(running.handled.len()).unwrap_or(u32::MAX);
        let (now, wanted) = (self.options.clock.now(), usize::try_from(some).unwrap_or(usize::MAX));
        let mut found = vec![];
        for turn in Turn::ALL {
            let limit = some.saturating_add(seen_to);
            let rows = targets::due(&self.options.screens, id, turn, (now, limit)).await?;
            let new = rows.into_iter().map(|row| row.contact).filter(|id| !running.handled.contains_key(id));
            found.extend(new.take(wanted - found.len()));
            if found.len() >= wanted {
                break;
            }
        }
        Ok(found)
    }

    async fn want(&mut self, id: Uuid, contacts: Vec<Uuid>, lines: &Lines) -> Result<(), Error> {
        let Some(running) = self.campaigns.get(&id) else { return Ok(()) };
        let dialled = stream::iter(contacts).map(|contact| self.dial(running, contact, lines));
        let dialled: Vec<_> = dialled.buffer_unordered(TOGETHER).collect().await;
        let nothing = self.options.journal.position();
        let Some(running) = self.campaigns.get_mut(&id) else { return Ok(()) };
        for one in dialled {
            let (contact, dialled) = one?;
            let position = match dialled {
                Dialled::Wanted(position) | Dialled::PutOff(position) => position,
                Dialled::Nothing => nothing,
                Dialled::NoLine => continue,
            };
            running.handled.insert(contact, position);
        }
        Ok(())
    }

    async fn dial(
        &self,
        running: &Running,
        contact: Uuid,
        lines: &Lines,
    ) -> Result<(Uuid, Dialled), Refused> {
        let (case, step, call) = (running.case(contact), self.moment(running), self.options.ids.uuid());
        let terms = (&running.terms, running.whole(), lines);
        Ok((contact, self.options.dispatch.dial(&case, terms, call, &step).await?))
    }

    /// Nobody is due: when the next will be, once the screen shows all that made anybody due.
    async fn rest(&mut self, id: Uuid, shown: Position) -> Result<bool, Error> {
        let Some(running) = self.campaigns.get(&id) else { return Ok(true) };
        if running.stirred > shown || !running.handled.is_empty() {
            return Ok(false);
        }
        let next = targets::next_due(&self.options.screens, id).await?;
        let latest = self.options.clock.now() + LOOK_AGAIN;
        if let Some(running) = self.campaigns.get_mut(&id) {
            running.look_at = Some(next.map_or(latest, |next| next.min(latest)));
        }
        Ok(true)
    }
}
