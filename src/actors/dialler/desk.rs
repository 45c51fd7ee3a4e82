//! What the dialler has before it, and one step of its work: hear the news, tell campaigns that are over or broken, share out the lines,
//! and see to those who are due. Whatever fails, the desk is thrown away: it holds nothing that cannot be read again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::campaign::{self, Command, Why};
use domain::fact::{Circumstances, Position};
use domain::ids::{Organization, StreamId};
use domain::policy::pacing::Turns;
use domain::policy::tally::Standing;
use uuid::Uuid;

use super::running::Running;
use super::seeing::Seen;
use super::{NAME, Options};
use crate::dispatch::dialling::Step;
use crate::dispatch::{Failure, Meta};
use crate::journal::{self, Refused};

/// A screen that has not caught up within this is asked again at the next step.
pub(super) const SCREEN_WAIT: Duration = Duration::from_millis(500);

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

/// Somebody to be looked at again.
#[derive(Debug)]
pub(super) struct Changed {
    pub(super) organization: Organization,
    pub(super) contact: Uuid,
    /// Only where it waits for a call of its own to end.
    pub(super) only_its_call: bool,
}

#[derive(Debug)]
pub(super) struct Desk {
    pub(super) options: Arc<Options>,
    owner: Uuid,
    leased: Option<Instant>,
    /// How far the journal was read; none where the desk is empty still.
    pub(super) heard: Option<Position>,
    pub(super) campaigns: BTreeMap<Uuid, Running>,
    /// Started, and not on the board yet when it was looked at.
    pub(super) starting: BTreeMap<Uuid, Organization>,
    /// Contacts that changed, to be looked at again where they might not be called, once the screen shows all up to then.
    pub(super) changed: Vec<(Position, Changed)>,
    /// Told that they are over, and whether somebody joined meanwhile.
    pub(super) ending: BTreeMap<Uuid, bool>,
    /// Over, and somebody in them is to be called after all.
    pub(super) late: Vec<(Organization, Uuid)>,
    /// Whether it is known that nobody has to confirm a restore any more.
    free: bool,
    turns: Turns,
}

impl Desk {
    pub(super) fn new(options: Arc<Options>) -> Self {
        let owner = options.ids.uuid();
        Self {
            options,
            owner,
            leased: None,
            heard: None,
            campaigns: BTreeMap::new(),
            starting: BTreeMap::new(),
            changed: vec![],
            ending: BTreeMap::new(),
            late: vec![],
            free: false,
            turns: Turns::default(),
        }
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
        if self.hold().await? {
            return Ok(Stepped::default());
        }
        stepped.busy |= self.revisit_changed().await?;
        self.reopen().await?;
        let now = self.options.clock.now();
        let mut asking = vec![];
        for id in self.campaigns.keys().copied().collect::<Vec<_>>() {
            let Some(standing) = self.campaigns.get(&id).map(|it| it.tally.standing(&it.settings)) else {
                continue;
            };
            match standing {
                Standing::Goes { calls } => {
                    stepped.busy |= self.revisit(id).await?;
                    if let Some(running) = self.campaigns.get_mut(&id) {
                        asking.push(running.asking(calls, now));
                        stepped.busy |= running.throttled;
                    }
                }
                Standing::Waits => {}
                Standing::Pauses(why) => self.tell(id, "paused", Command::Pause { why, at: now }).await?,
                // Who may not be called may be callable by now: first they are looked at again.
                Standing::Completes if self.campaigns.get(&id).is_some_and(|it| it.revisited.is_some()) => {
                    stepped.busy |= self.revisit(id).await?;
                }
                Standing::Completes => {
                    self.ending.insert(id, false);
                    self.tell(id, "completed", Command::Complete { at: now }).await?;
                }
            }
        }
        let live = u32::try_from(self.live()).unwrap_or(u32::MAX);
        let shares = self.turns.share(self.options.limits.live_max.saturating_sub(live), &asking);
        for (id, share) in shares.into_iter().filter(|(_, share)| *share > 0) {
            // A step may take long where many are put off.
            if !self.is_ours().await? {
                break;
            }
            let Seen { wanted, looked, rested } = self.see_to(id, share).await?;
            stepped.busy |= looked > 0 || !rested;
            stepped.wanted += u64::from(wanted);
            stepped.looked += u64::from(looked);
        }
        Ok(stepped)
    }

    /// While a restore is not confirmed every campaign that runs is paused: people may have been rung whom the backup does not know of.
    async fn hold(&mut self) -> Result<bool, Error> {
        if self.free {
            return Ok(false);
        }
        let Some(restored) = self.options.journal.held().await? else {
            self.free = true;
            return Ok(false);
        };
        for id in self.campaigns.keys().copied().collect::<Vec<_>>() {
            let why = Why::Restored { position: restored.position };
            self.tell(id, "paused", Command::Pause { why, at: self.options.clock.now() }).await?;
        }
        Ok(true)
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

    /// A campaign that is over or broken is told so, and not seen to any more.
    async fn tell(&mut self, id: Uuid, as_what: &'static str, command: Command) -> Result<(), Error> {
        let Some(running) = self.campaigns.remove(&id) else { return Ok(()) };
        tracing::info!(campaign = %id, "a campaign is dialled no more: it is {as_what}");
        let stream = StreamId::campaign(&running.organization, id);
        let meta = Meta { circumstances: self.moment(&running).circumstances, command: None };
        match self.options.dispatch.campaign(stream, command, meta).await {
            Ok(_) | Err(Failure::Refused(_)) => Ok(()),
            Err(why) => Err(why.into()),
        }
    }

    /// A campaign that was found to be over goes on where somebody joined in that very moment, or a call that was given up brings another.
    async fn reopen(&mut self) -> Result<(), Error> {
        for (organization, id) in std::mem::take(&mut self.late) {
            let Step { at, circumstances } = self.moment_of(&organization, id);
            let stream = StreamId::campaign(&organization, id);
            let meta = |circumstances| Meta { circumstances, command: None };
            let look =
                self.options.dispatch.campaign(stream.clone(), Command::Look, meta(circumstances.clone()));
            if look.await.is_ok_and(|known| known.state.phase() == campaign::Phase::Completed) {
                let start = Command::Start { contacts: 1, open: 1, at };
                self.options.dispatch.campaign(stream, start, meta(circumstances)).await?;
            }
        }
        Ok(())
    }

    pub(super) fn moment(&self, running: &Running) -> Step {
        self.moment_of(&running.organization, running.id)
    }

    fn moment_of(&self, organization: &Organization, campaign: Uuid) -> Step {
        let circumstances = Circumstances {
            organization: organization.to_string(),
            actor: NAME.to_owned(),
            correlation: campaign.to_string(),
            ..Circumstances::default()
        };
        Step { at: self.options.clock.now(), circumstances: Arc::new(circumstances) }
    }
}
