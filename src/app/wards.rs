//! The single actors the engine consists of, each with what it needs: effects carried out, policies followed, screens fed, campaigns dialled.

use std::sync::Arc;
use std::time::Duration;

use ::projections::Screens;
use ::projections::api_keys::ApiKeys;
use ::projections::call_history::CallHistory;
use ::projections::campaign_board::CampaignBoard;
use ::projections::campaign_calls::CampaignCalls;
use ::projections::campaign_hours::CampaignHours;
use ::projections::contact_book::ContactBook;
use ::projections::do_not_call::DoNotCall;
use ::projections::imports::Imports;
use ::projections::number_lists::NumberLists;
use ::projections::pbx_calls::PbxCalls;
use ::projections::pbx_watch::PbxWatch;
use ::projections::projection::Projection as _;
use ::projections::promises::Promises;
use ::projections::quarantine::Quarantine;
use ::projections::session_stats::{self, SessionStats};
use ::projections::targets::Targets;
use ::projections::users::Users;
use ::projections::webhook_endpoints::WebhookEndpoints;
use anyhow::Context as _;
use chrono::TimeDelta;
use domain::ids::{Organization, SessionId};
use domain::policy::calling::Calling;
use domain::policy::completion::Completing;
use domain::policy::forgetting::Forgetting;
use domain::policy::launch::Launching;
use domain::policy::placing::Placing;
use domain::policy::stop::Stopping;
use futures_util::FutureExt as _;
use tokio::runtime;

use super::Ports;
use super::pbx::{Watched, limits, reading};
use crate::actors::guardian::Ward;
use crate::actors::hub::{self, Board};
use crate::actors::projector::screen::{Screen, Shown};
use crate::actors::{courier, dialler, effector, pbx, projector, reactor, signer, watchdog};
use crate::config::Config;
use crate::dispatch::Dispatch;
use crate::dispatch::far_ends::FarEnds;
use crate::http::{Moving, Renderer};
use crate::journal::Journal;
use crate::journal::signer::Signer;
use crate::ports::receivers::Receivers;
use crate::ports::{Disk, Recordings};

/// A screen that is further behind than this when a command ended badly is not asked any longer.
const HEARD_WAIT: Duration = Duration::from_secs(30);

/// What they work on and with.
pub(super) struct World<'a> {
    pub(super) journal: Journal,
    pub(super) screens: Screens,
    pub(super) dispatch: Dispatch,
    pub(super) signer: Signer,
    /// Whom organizations have call.
    pub(super) ends: FarEnds,
    pub(super) recordings: Arc<dyn Recordings>,
    pub(super) disk: Arc<dyn Disk>,
    pub(super) receivers: Arc<dyn Receivers>,
    /// An exchange to be watched, where there is one.
    pub(super) watched: Option<Watched>,
    /// What is told to those who watch, and what of it moves without being recorded.
    pub(super) board: Arc<Board>,
    pub(super) moving: Moving,
    pub(super) ports: Ports,
    pub(super) config: &'a Config,
}

pub(super) struct Wards {
    pub(super) all: Vec<Ward>,
    pub(super) effector: effector::Handle,
    pub(super) projectors: Vec<projector::Handle>,
}

/// To be called where the engine's runtime runs.
pub(super) fn all(world: &World) -> anyhow::Result<Wards> {
    let runtime = runtime::Handle::current();
    let (effects, effector) = effector::ward(world.effects(&runtime));
    let mut all = vec![effects];
    all.extend(policies(&world.journal, &effector, &runtime));
    let mut projectors = vec![];
    for screen in all_screens(&world.screens) {
        let (journal, clock) = (world.journal.clone(), Arc::clone(&world.ports.clock));
        let (ward, handle) =
            projector::ward(projector::Options { screen, journal, clock, runtime: runtime.clone() });
        all.push(ward);
        projectors.push(handle);
    }
    all.push(watchdog::ward(world.watching()?));
    all.push(signer::ward(signer::Options {
        signer: world.signer.clone(),
        ids: Arc::clone(&world.ports.ids),
    }));
    all.push(hub::ward(world.telling(runtime.clone())));
    all.push(dialler::ward(world.dialling(runtime.clone())));
    all.push(courier::ward(world.sending()?));
    if let Some(watched) = world.watched.clone() {
        all.push(pbx::ward(world.watching_exchange(watched, runtime)?));
    }
    Ok(Wards { all, effector, projectors })
}

impl World<'_> {
    fn effects(&self, runtime: &runtime::Handle) -> effector::Options {
        effector::Options {
            journal: self.journal.clone(),
            screens: self.screens.clone(),
            dispatch: self.dispatch.clone(),
            ends: self.ends.clone(),
            recordings: Arc::clone(&self.recordings),
            home: self.config.house.region,
            parallel: self.config.sessions.parallel,
            clock: Arc::clone(&self.ports.clock),
            ids: Arc::clone(&self.ports.ids),
            heard: heard(&self.screens, &self.journal),
            runtime: runtime.clone(),
            limits: effector::Limits::default(),
        }
    }

    fn telling(&self, runtime: runtime::Handle) -> hub::Options {
        let (screens, clock) = (self.screens.clone(), Arc::clone(&self.ports.clock));
        let render = Renderer::new(screens, clock, self.moving.clone());
        hub::Options {
            journal: self.journal.clone(),
            screens: self.screens.clone(),
            render: Arc::new(render),
            board: Arc::clone(&self.board),
            runtime,
        }
    }

    fn watching(&self) -> anyhow::Result<watchdog::Options> {
        let kept_for = self.config.store.recordings_for.map(TimeDelta::from_std);
        Ok(watchdog::Options {
            journal: self.journal.clone(),
            screens: self.screens.clone(),
            dispatch: self.dispatch.clone(),
            clock: Arc::clone(&self.ports.clock),
            since: self.ports.clock.now(),
            kept: watchdog::Kept {
                disk: Arc::clone(&self.disk),
                recordings: Arc::clone(&self.recordings),
                recordings_for: kept_for.transpose().context("RECORDINGS_DAYS")?,
            },
            idle: TimeDelta::from_std(self.config.sessions.idle).context("SESSION_IDLE_MINUTES")?,
        })
    }

    fn watching_exchange(
        &self,
        Watched { pbx: exchange, end }: Watched,
        runtime: runtime::Handle,
    ) -> anyhow::Result<pbx::Options> {
        let config = &self.config.pbx;
        Ok(pbx::Options {
            journal: self.journal.clone(),
            screens: self.screens.clone(),
            dispatch: self.dispatch.clone(),
            pbx: exchange,
            end,
            organization: config.organization.clone(),
            home: self.config.house.region,
            reading: reading(config),
            clock: Arc::clone(&self.ports.clock),
            ids: Arc::clone(&self.ports.ids),
            runtime,
            limits: self.ports.watching.map_or_else(|| limits(config), Ok)?,
        })
    }

    fn sending(&self) -> anyhow::Result<courier::Options> {
        Ok(courier::Options {
            journal: self.journal.clone(),
            screens: self.screens.clone(),
            dispatch: self.dispatch.clone(),
            receivers: Arc::clone(&self.receivers),
            clock: Arc::clone(&self.ports.clock),
            ids: Arc::clone(&self.ports.ids),
            home: self.config.house.region,
            log_for: TimeDelta::from_std(self.config.webhooks.log_for).context("WEBHOOK_LOG_DAYS")?,
        })
    }

    fn dialling(&self, runtime: runtime::Handle) -> dialler::Options {
        dialler::Options {
            journal: self.journal.clone(),
            screens: self.screens.clone(),
            dispatch: self.dispatch.clone(),
            ends: self.ends.clone(),
            clock: Arc::clone(&self.ports.clock),
            ids: Arc::clone(&self.ports.ids),
            runtime,
            limits: self.ports.dialling,
        }
    }
}

/// Every policy there is, each followed by a reactor of its own.
fn policies(journal: &Journal, effector: &effector::Handle, runtime: &runtime::Handle) -> [Ward; 6] {
    let (journal, effector, runtime) = (journal.clone(), effector.clone(), runtime.clone());
    let options = reactor::Options { journal, effector, runtime };
    [
        reactor::ward::<Launching>("launch policy", options.clone()),
        reactor::ward::<Placing>("placing policy", options.clone()),
        reactor::ward::<Stopping>("stop policy", options.clone()),
        reactor::ward::<Completing>("completion policy", options.clone()),
        reactor::ward::<Calling>("calling policy", options.clone()),
        reactor::ward::<Forgetting>("forgetting policy", options),
    ]
}

/// Every screen there is, as its projector sees it.
pub(super) fn all_screens(screens: &Screens) -> [Arc<dyn Screen>; 17] {
    [
        Arc::new(Shown::<SessionStats>::new(screens)),
        Arc::new(Shown::<CallHistory>::new(screens)),
        Arc::new(Shown::<NumberLists>::new(screens)),
        Arc::new(Shown::<ContactBook>::new(screens)),
        Arc::new(Shown::<DoNotCall>::new(screens)),
        Arc::new(Shown::<Imports>::new(screens)),
        Arc::new(Shown::<CampaignBoard>::new(screens)),
        Arc::new(Shown::<Targets>::new(screens)),
        Arc::new(Shown::<Promises>::new(screens)),
        Arc::new(Shown::<CampaignHours>::new(screens)),
        Arc::new(Shown::<CampaignCalls>::new(screens)),
        Arc::new(Shown::<PbxCalls>::new(screens)),
        Arc::new(Shown::<PbxWatch>::new(screens)),
        Arc::new(Shown::<Quarantine>::new(screens)),
        Arc::new(Shown::<Users>::new(screens)),
        Arc::new(Shown::<ApiKeys>::new(screens)),
        Arc::new(Shown::<WebhookEndpoints>::new(screens)),
    ]
}

/// Whether any call was reported for a session, as its screen shows it once it holds what is recorded by now.
fn heard(screens: &Screens, journal: &Journal) -> effector::Heard {
    let (screens, journal) = (screens.clone(), journal.clone());
    Arc::new(move |organization: &Organization, session: &SessionId| {
        let (screens, target) = (screens.clone(), journal.position());
        let (organization, session) = (organization.to_string(), session.to_string());
        async move {
            let fresh = screens.wait(SessionStats::NAME, target, HEARD_WAIT).await;
            let found = session_stats::find(&screens, &organization, &session, fresh.position).await;
            found.ok().flatten().is_some_and(|row| row.processed > 0)
        }
        .boxed()
    })
}
