//! What the dialler has before it, and one step of its work: hear the news, tell campaigns that are over or broken, share out the lines,
//! and see to those who are due. Whatever fails, the desk is thrown away: it holds nothing that cannot be read again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::campaign::{self, Command};
use domain::fact::{Circumstances, Event, Fact, Position};
use domain::ids::{Organization, StreamId};
use domain::policy::pacing::Turns;
use domain::policy::tally::Standing;
use domain::{contact, person};
use futures_util::{StreamExt as _, stream};
use projections::campaign_board::{self, CampaignBoard, CampaignRow};
use projections::projection::Projection;
use projections::targets::{self, TargetRow, Targets, Turn};
use uuid::Uuid;

use super::running::Running;
use super::{CONCURRENCY, NAME, Options};
use crate::dispatch::dialling::{Dialled, Step};
use crate::dispatch::{Failure, Meta};
use crate::journal::feed::Reading;
use crate::journal::{self, Refused};

const PAGE_LEN_MAX: usize = 4_096;
/// Contacts seen to at the same time, so that their units share commits.
const TOGETHER: usize = 32;
/// Contacts of one campaign weighed in one step; the others get their turn then.
const WEIGHED_MAX: u32 = 512;
/// Those who may not be called, looked at again in one step.
const REVISITED_MAX: u32 = 128;
/// A screen that has not caught up within this is asked again at the next step.
const SCREEN_WAIT: Duration = Duration::from_millis(500);
/// Nobody is due: looked up again after this long all the same.
const LOOK_AGAIN: chrono::TimeDelta = chrono::TimeDelta::minutes(1);

#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error(transparent)]
    Journal(#[from] journal::Error),
    #[error(transparent)]
    Screens(#[from] projections::Error),
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("a campaign cannot be told: {0}")]
    Campaign(#[from] Failure<campaign::Error>),
}

/// What a step came to.
#[derive(Debug, Default)]
pub(super) struct Stepped {
    /// Whether the next one should come soon.
    pub(super) busy: bool,
    pub(super) wanted: u64,
    pub(super) looked: u64,
}

#[derive(Debug)]
pub(super) struct Desk {
    options: Arc<Options>,
    owner: Uuid,
    leased: Option<Instant>,
    /// How far the journal was read; none where the desk is empty still.
    heard: Option<Position>,
    campaigns: BTreeMap<Uuid, Running>,
    /// Started, and not on the board yet when it was looked at.
    starting: BTreeMap<Uuid, Organization>,
    turns: Turns,
}

impl Desk {
    pub(super) fn new(options: Arc<Options>) -> Self {
        let owner = options.ids.uuid();
        let (campaigns, starting, turns) = Default::default();
        Self { options, owner, leased: None, heard: None, campaigns, starting, turns }
    }

    pub(super) fn running(&self) -> u64 {
        u64::try_from(self.campaigns.len()).unwrap_or(0)
    }

    pub(super) fn live(&self) -> u64 {
        self.campaigns.values().map(|running| u64::from(running.tally.live)).sum()
    }

    pub(super) async fn step(&mut self) -> Result<Stepped, Error> {
        if !self.is_ours().await? {
            (self.heard, self.campaigns) = (None, BTreeMap::new());
            return Ok(Stepped::default());
        }
        let mut stepped = Stepped { busy: self.hear().await?, ..Stepped::default() };
        self.begin().await?;
        let now = self.options.clock.now();
        let mut asking = vec![];
        for id in self.campaigns.keys().copied().collect::<Vec<_>>() {
            let Some(standing) = self.campaigns.get(&id).map(|it| it.tally.standing(&it.settings)) else {
                continue;
            };
            match standing {
                Standing::Goes { calls } => {
                    stepped.busy |= self.revisit(id).await?;
                    asking.extend(self.campaigns.get(&id).map(|it| it.asking(calls, CONCURRENCY, now)));
                }
                Standing::Waits => {}
                Standing::Pauses(why) => self.tell(id, Command::Pause { why, at: now }).await?,
                Standing::Completes => self.tell(id, Command::Complete { at: now }).await?,
            }
        }
        let live = u32::try_from(self.live()).unwrap_or(u32::MAX);
        let shares = self.turns.share(self.options.limits.live_max.saturating_sub(live), &asking);
        for (id, share) in shares.into_iter().filter(|(_, share)| *share > 0) {
            let (wanted, looked) = self.see_to(id, share).await?;
            stepped.busy |= looked > 0;
            stepped.wanted += u64::from(wanted);
            stepped.looked += u64::from(looked);
        }
        Ok(stepped)
    }

    /// Renewed well before it ends; whoever cannot renew it stops wanting calls.
    async fn is_ours(&mut self) -> Result<bool, Error> {
        let lease = self.options.limits.lease;
        if self.leased.is_some_and(|at| at.elapsed() < lease / 4) {
            return Ok(true);
        }
        let asked = Instant::now();
        let ours = self.options.journal.lease(NAME, self.owner, lease).await?;
        self.leased = ours.then_some(asked);
        Ok(ours)
    }

    /// Reads on to the head. True where there was anything.
    async fn hear(&mut self) -> Result<bool, Error> {
        let Some(mut heard) = self.heard else {
            return self.look_around().await.map(|()| true);
        };
        let before = heard;
        loop {
            let page = self.options.journal.facts(heard, PAGE_LEN_MAX, Reading::Sealed).await?;
            if page.last == heard {
                return Ok(heard > before);
            }
            for fact in &page.facts {
                self.take_in(fact).await?;
            }
            heard = page.last;
            self.heard = Some(heard);
        }
    }

    /// Which campaigns run, as the board shows them; events after that are heard.
    async fn look_around(&mut self) -> Result<(), Error> {
        let position = self.options.journal.position();
        if self.options.screens.wait(CampaignBoard::NAME, position, SCREEN_WAIT).await.behind > 0 {
            return Ok(());
        }
        for row in campaign_board::running(&self.options.screens).await? {
            if let Ok(organization) = Organization::parse(&row.organization) {
                self.open(&row, organization);
            }
        }
        self.heard = Some(position);
        Ok(())
    }

    fn open(&mut self, row: &CampaignRow, organization: Organization) {
        let settings = serde_json::from_str(&row.settings).unwrap_or_default();
        let running = Running::new(row, organization, settings, &self.options.campaigns);
        tracing::info!(campaign = %row.id, open = running.tally.open, "a campaign is dialled");
        self.campaigns.insert(row.id, running);
    }

    async fn take_in(&mut self, fact: &Fact) -> Result<(), Error> {
        let now = self.options.clock.now();
        match &fact.event {
            Event::Target(event) => {
                let running = fact.stream.of_target().and_then(|(id, _)| self.campaigns.get_mut(&id));
                if let Some(running) = running {
                    running.hear(event, fact.position, now);
                }
            }
            Event::Campaign(event) => self.follow(fact, event),
            Event::Contact(contact::Event::StatusSet { .. } | contact::Event::Changed { .. }) => {
                self.revisit_contact(fact, contact_of(fact)).await?;
            }
            Event::Person(person::Event::OptedIn { .. }) => self.revisit_all(fact),
            Event::Contact(contact::Event::Created { .. } | contact::Event::Removed { .. })
            | Event::Person(
                person::Event::Claimed { .. }
                | person::Event::Released { .. }
                | person::Event::OptedOut { .. }
                | person::Event::Rung { .. }
                | person::Event::LetGo { .. }
                | person::Event::KeptQuiet { .. }
                | person::Event::Retired { .. },
            )
            | Event::Session(_)
            | Event::Call(_)
            | Event::Quarantine(_)
            | Event::NumberList(_)
            | Event::Remote(_)
            | Event::User(_)
            | Event::ApiKey(_) => {}
        }
        Ok(())
    }

    fn follow(&mut self, fact: &Fact, event: &campaign::Event) {
        let Some(id) = campaign_of(fact) else { return };
        match event {
            campaign::Event::Started { .. } => {
                let organization = Organization::parse(fact.stream.organization());
                self.starting.extend(organization.map(|organization| (id, organization)));
            }
            campaign::Event::Changed { plan, .. } => {
                if let Some(running) = self.campaigns.get_mut(&id) {
                    running.change(plan.settings.clone(), &self.options.campaigns);
                }
            }
            campaign::Event::Paused { .. }
            | campaign::Event::Completed { .. }
            | campaign::Event::Failed { .. }
            | campaign::Event::Removed { .. } => {
                self.starting.remove(&id);
                self.campaigns.remove(&id);
            }
            campaign::Event::Created { .. } | campaign::Event::Enlisted { .. } => {}
        }
    }

    /// Takes up campaigns that were started, once the board shows all that was heard.
    async fn begin(&mut self) -> Result<(), Error> {
        let Some(heard) = self.heard.filter(|_| !self.starting.is_empty()) else { return Ok(()) };
        if self.options.screens.wait(CampaignBoard::NAME, heard, SCREEN_WAIT).await.behind > 0 {
            return Ok(());
        }
        for (id, organization) in std::mem::take(&mut self.starting) {
            let row = campaign_board::find(&self.options.screens, &organization, id).await?;
            if let Some(row) = row.filter(|row| row.status == campaign_board::Status::Running) {
                self.open(&row, organization);
            }
        }
        Ok(())
    }

    /// A contact changed: where it might not be called, it is looked at again.
    async fn revisit_contact(&mut self, fact: &Fact, contact: Option<Uuid>) -> Result<(), Error> {
        let organization = Organization::parse(fact.stream.organization()).ok();
        let (Some(contact), Some(organization)) = (contact, organization) else { return Ok(()) };
        if self.campaigns.is_empty() {
            return Ok(());
        }
        for row in targets::skipped_of(&self.options.screens, &organization, contact).await? {
            self.reconsider(&row).await?;
        }
        Ok(())
    }

    /// Whose number it is that may be called again, only its stream tells: everybody of the organization who may not be called is
    /// looked at again.
    fn revisit_all(&mut self, fact: &Fact) {
        let whose = fact.stream.organization();
        let own = self.campaigns.values_mut().filter(|running| running.organization.as_str() == whose);
        own.for_each(|running| running.revisited = Some(0));
    }

    /// Looks again at some of those who may not be called. True where there may be more.
    async fn revisit(&mut self, id: Uuid) -> Result<bool, Error> {
        let Some(running) = self.campaigns.get(&id) else { return Ok(false) };
        let Some(after) = running.revisited else { return Ok(false) };
        let page = (after, REVISITED_MAX);
        let rows = targets::skipped(&self.options.screens, &running.organization, id, page).await?;
        for row in &rows {
            self.reconsider(row).await?;
        }
        let last = rows.last().map(|row| row.position);
        if let Some(running) = self.campaigns.get_mut(&id) {
            running.revisited = last;
        }
        Ok(last.is_some())
    }

    async fn reconsider(&self, row: &TargetRow) -> Result<(), Error> {
        if let Some(running) = self.campaigns.get(&row.campaign) {
            let (case, step) = (running.case(row.contact), self.moment(running));
            self.options.dispatch.reconsider(&case, &running.terms, &step).await?;
        }
        Ok(())
    }

    /// A campaign that is over or broken is told so, and not seen to any more.
    async fn tell(&mut self, id: Uuid, command: Command) -> Result<(), Error> {
        let Some(running) = self.campaigns.remove(&id) else { return Ok(()) };
        tracing::info!(campaign = %id, ?command, "a campaign is dialled no more");
        let stream = StreamId::campaign(&running.organization, id);
        let meta = Meta { circumstances: self.moment(&running).circumstances, command: None };
        match self.options.dispatch.campaign(stream, command, meta).await {
            Ok(_) | Err(Failure::Refused(_)) => Ok(()),
            Err(why) => Err(why.into()),
        }
    }

    /// Wants as many calls of a campaign as its share allows, as long as anybody is due. Gives how many, and how many were weighed.
    async fn see_to(&mut self, id: Uuid, share: u32) -> Result<(u32, u32), Error> {
        let now = self.options.clock.now();
        let shown = self.options.screens.wait(Targets::NAME, 0, Duration::ZERO).await.position;
        let Some(running) = self.campaigns.get_mut(&id) else { return Ok((0, 0)) };
        running.shown(shown);
        let share = running.take(share, now);
        let (mut wanted, mut looked) = (0, 0);
        while wanted < share && looked < WEIGHED_MAX {
            let some = self.candidates(id, (share - wanted).min(WEIGHED_MAX - looked)).await?;
            if some.is_empty() {
                self.rest(id, shown).await?;
                break;
            }
            looked += u32::try_from(some.len()).unwrap_or(u32::MAX);
            wanted += self.want(id, some).await?;
        }
        if let Some(running) = self.campaigns.get_mut(&id) {
            running.give_back(share - wanted);
        }
        Ok((wanted, looked))
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

    async fn want(&mut self, id: Uuid, contacts: Vec<Uuid>) -> Result<u32, Error> {
        let Some(running) = self.campaigns.get(&id) else { return Ok(0) };
        let dialled = stream::iter(contacts).map(|contact| self.dial(running, contact));
        let dialled: Vec<_> = dialled.buffer_unordered(TOGETHER).collect().await;
        let (mut wanted, nothing) = (0, self.options.journal.position());
        let Some(running) = self.campaigns.get_mut(&id) else { return Ok(0) };
        for one in dialled {
            let (contact, dialled) = one?;
            let position = match dialled {
                Dialled::Wanted(position) => {
                    wanted += 1;
                    position
                }
                Dialled::PutOff(position) => position,
                Dialled::Nothing => nothing,
            };
            running.handled.insert(contact, position);
        }
        Ok(wanted)
    }

    async fn dial(&self, running: &Running, contact: Uuid) -> Result<(Uuid, Dialled), Refused> {
        let (case, step, call) = (running.case(contact), self.moment(running), self.options.ids.uuid());
        let terms = (&running.terms, running.whole());
        Ok((contact, self.options.dispatch.dial(&case, terms, call, &step).await?))
    }

    /// Nobody is due: when the next will be, once the screen shows all that made anybody due.
    async fn rest(&mut self, id: Uuid, shown: Position) -> Result<(), Error> {
        let Some(running) = self.campaigns.get(&id) else { return Ok(()) };
        if running.stirred > shown || !running.handled.is_empty() {
            return Ok(());
        }
        let next = targets::next_due(&self.options.screens, id).await?;
        let latest = self.options.clock.now() + LOOK_AGAIN;
        if let Some(running) = self.campaigns.get_mut(&id) {
            running.look_at = Some(next.map_or(latest, |next| next.min(latest)));
        }
        Ok(())
    }

    fn moment(&self, running: &Running) -> Step {
        let circumstances = Circumstances {
            organization: running.organization.to_string(),
            actor: NAME.to_owned(),
            correlation: running.id.to_string(),
            ..Circumstances::default()
        };
        Step { at: self.options.clock.now(), circumstances: Arc::new(circumstances) }
    }
}

fn campaign_of(fact: &Fact) -> Option<Uuid> {
    fact.stream.session_name().parse().ok()
}

fn contact_of(fact: &Fact) -> Option<Uuid> {
    fact.stream.session_name().parse().ok()
}
