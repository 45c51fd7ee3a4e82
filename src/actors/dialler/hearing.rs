//! How the dialler learns what happened: which campaigns run, how their calls end, who changed.

use domain::campaign;
use domain::fact::{Event, Fact};
use domain::ids::Organization;
use domain::policy::retry::Next;
use domain::{contact, person, target};
use projections::campaign_board::{self, CampaignBoard, CampaignRow};
use projections::projection::Projection as _;
use uuid::Uuid;

use super::desk::{Changed, Desk, Error, SCREEN_WAIT};
use super::running::Running;
use crate::journal::feed::Reading;

const PAGE_LEN_MAX: usize = 4_096;

impl Desk {
    /// Reads on to the head. True where there was anything.
    pub(super) async fn hear(&mut self) -> Result<bool, Error> {
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
                self.take_in(fact);
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
                self.open(&row, organization).await;
            }
        }
        self.heard = Some(position);
        Ok(())
    }

    /// A campaign whose organization has settings that cannot be used is not dialled before they can.
    async fn open(&mut self, row: &CampaignRow, organization: Organization) {
        let Ok(ends) = self.options.ends.of(&organization).await else {
            self.starting.insert(row.id, organization);
            return;
        };
        let running = Running::new(row, organization, &ends.campaigns);
        tracing::info!(campaign = %row.id, open = running.tally.open, "a campaign is dialled");
        self.campaigns.insert(row.id, running);
    }

    fn take_in(&mut self, fact: &Fact) {
        let now = self.options.clock.now();
        match &fact.event {
            Event::Target(event) => {
                let Some((id, contact)) = fact.stream.of_target() else { return };
                match self.campaigns.get_mut(&id) {
                    Some(running) => running.hear(event, fact.position, now),
                    None => self.overhear(fact, event, id),
                }
                // Another campaign may wait for this very call to end.
                if frees(event) && self.campaigns.len() > 1 {
                    self.note(fact, Some(contact), true);
                }
            }
            Event::Campaign(event) => self.follow(fact, event),
            Event::Contact(
                contact::Event::StatusSet { .. }
                | contact::Event::Changed { .. }
                | contact::Event::Removed { .. }
                | contact::Event::Forgotten { .. },
            )
            | Event::Promise(_) => self.note(fact, named(fact), false),
            Event::Person(person::Event::OptedIn { .. }) => self.revisit_all(fact),
            Event::Settings(_) => self.rewire(fact),
            Event::Contact(contact::Event::Created { .. })
            | Event::Person(
                person::Event::Claimed { .. }
                | person::Event::Released { .. }
                | person::Event::OptedOut { .. }
                | person::Event::Rung { .. }
                | person::Event::LetGo { .. }
                | person::Event::Recounted { .. }
                | person::Event::KeptQuiet { .. }
                | person::Event::Retired { .. },
            )
            | Event::Session(_)
            | Event::Call(_)
            | Event::Quarantine(_)
            | Event::NumberList(_)
            | Event::Remote(_)
            | Event::User(_)
            | Event::Import(_)
            | Event::ApiKey(_)
            | Event::WebhookEndpoint(_)
            | Event::Pbx(_)
            | Event::PbxCall(_)
            | Event::Disclosure(_)
            | Event::Denial(_) => {}
        }
    }

    /// Somebody to be looked at again.
    fn note(&mut self, fact: &Fact, contact: Option<Uuid>, only_its_call: bool) {
        let organization = whose(fact);
        if let (Some(organization), Some(contact), false) = (organization, contact, self.campaigns.is_empty())
        {
            self.changed.push((fact.position, Changed { organization, contact, only_its_call }));
        }
    }

    /// Of a campaign that is not dialled: what came too late for its end.
    fn overhear(&mut self, fact: &Fact, event: &target::Event, id: Uuid) {
        if let (Some(joined), target::Event::Enlisted { .. }) = (self.ending.get_mut(&id), event) {
            *joined = true;
        }
        if let target::Event::Corrected { next: Some(Next::Again { .. } | Next::Callback { .. }), .. } = event
        {
            self.late.extend(whose(fact).map(|organization| (organization, id)));
        }
    }

    fn follow(&mut self, fact: &Fact, event: &campaign::Event) {
        let Some(id) = named(fact) else { return };
        match event {
            campaign::Event::Started { .. } => {
                self.starting.extend(whose(fact).map(|organization| (id, organization)));
            }
            campaign::Event::Changed { plan, .. } => {
                if let Some(running) = self.campaigns.get_mut(&id) {
                    running.change(plan.settings.clone());
                }
            }
            campaign::Event::Paused { .. }
            | campaign::Event::Completed { .. }
            | campaign::Event::Failed { .. }
            | campaign::Event::Removed { .. } => {
                self.starting.remove(&id);
                self.campaigns.remove(&id);
                if self.ending.remove(&id) == Some(true) {
                    self.late.extend(whose(fact).map(|organization| (organization, id)));
                }
            }
            campaign::Event::Created { .. } | campaign::Event::Enlisted { .. } => {}
        }
    }

    /// Takes up campaigns that were started, once the board shows all that was heard.
    pub(super) async fn begin(&mut self) -> Result<(), Error> {
        let Some(heard) = self.heard.filter(|_| !self.starting.is_empty()) else { return Ok(()) };
        if self.options.screens.wait(CampaignBoard::NAME, heard, SCREEN_WAIT).await.behind > 0 {
            return Ok(());
        }
        for (id, organization) in std::mem::take(&mut self.starting) {
            let row = campaign_board::find(&self.options.screens, &organization, id).await?;
            if let Some(row) = row.filter(|row| row.status == campaign_board::Status::Running) {
                self.open(&row, organization).await;
            }
        }
        Ok(())
    }

    /// An organization rings others than before, or by other rules: its campaigns are taken up anew.
    fn rewire(&mut self, fact: &Fact) {
        let Some(whose) = whose(fact) else { return };
        let own = self.campaigns.extract_if(.., |_, running| running.organization == whose);
        self.starting.extend(own.map(|(id, running)| (id, running.organization)));
    }

    /// Whose number it is that may be called again, only its stream tells: everybody of the organization who may not be called is
    /// looked at again.
    fn revisit_all(&mut self, fact: &Fact) {
        let whose = fact.stream.organization();
        let everyone = Organization::everyone();
        let own = self
            .campaigns
            .values_mut()
            .filter(|running| whose == everyone.as_str() || running.organization.as_str() == whose);
        own.for_each(|running| running.revisited = Some(0));
    }
}

/// Whether a number is free again.
fn frees(event: &target::Event) -> bool {
    match event {
        target::Event::Ended { .. } | target::Event::Withdrawn { .. } => true,
        target::Event::Enlisted { .. }
        | target::Event::Dialled { .. }
        | target::Event::Accepted { .. }
        | target::Event::Corrected { .. }
        | target::Event::Deferred { .. }
        | target::Event::Dropped { .. } => false,
    }
}

fn whose(fact: &Fact) -> Option<Organization> {
    Organization::parse(fact.stream.organization()).ok()
}

/// Which campaign or contact it is about.
fn named(fact: &Fact) -> Option<Uuid> {
    fact.stream.session_name().parse().ok()
}
