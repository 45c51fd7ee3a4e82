//! The only way in: a command with its circumstances goes to the keeper of its aggregate, and the outcome comes back with its position.
//! Dispatch finds the keeper and bounds how many commands are under way; it decides nothing and stores nothing.

pub mod audit;
pub mod campaigns;
pub mod contacts;
pub mod dialling;
pub mod do_not_call;
mod draft;
pub mod far_ends;
pub mod feed;
pub mod forgetting;
pub mod imports;
mod keeper;
pub mod lists;
pub mod named;
pub mod past;
pub mod pbx;
pub mod promises;
pub mod proof;
pub mod remote;
pub mod reports;
pub mod seen;
mod shards;
pub mod story;
pub mod together;
pub mod webhooks;

use std::sync::Arc;

use actix::ArbiterHandle;
use domain::api_key::{self, ApiKey};
use domain::call::{self, Call};
use domain::campaign::{self, Campaign};
use domain::denial::{self, Denials, Refused};
use domain::disclosure::{self, Disclosure, Looked};
use domain::fact::{Circumstances, Position};
use domain::ids::{Fingerprint, Organization, StreamId};
use domain::import::{self, Import};
use domain::number_list::{self, NumberList};
use domain::pbx::Pbx;
use domain::phone::Phone;
use domain::quarantine::{self, Quarantine};
use domain::remote::RemoteHost;
use domain::session::{self, Session};
use domain::settings::{self, Settings};
use domain::user::{self, User};
use domain::webhook_endpoint::{self, WebhookEndpoint};
use uuid::Uuid;

use crate::journal::Journal;
use lists::Lists;
use seen::{Seen, Version};
use shards::Shards;

pub use crate::journal::CommandId;

/// Commands under way in one shard, waiting or being stored. One more is told to come back.
pub const UNDER_WAY_MAX: usize = 512;

/// Who asks, and whether a repetition must be recognised by its id.
#[derive(Debug, Clone)]
pub struct Meta {
    pub circumstances: Arc<Circumstances>,
    pub command: Option<CommandId>,
}

/// What became of a command that was accepted.
#[derive(Debug, Clone)]
pub struct Done<A> {
    /// The aggregate as it stands now.
    pub state: Arc<A>,
    /// How many events it has.
    pub version: u64,
    /// Where its newest event stands.
    pub position: Position,
    /// Whether anything happened; false for what had been said before.
    pub changed: bool,
    /// The command's id was known: this is its outcome of then.
    pub repeated: bool,
}

impl<A> Done<A> {
    pub fn version(&self) -> Version {
        Version { number: self.version, position: self.position }
    }
}

/// What became of a command that was not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure<E: std::error::Error> {
    #[error(transparent)]
    Refused(E),
    #[error("too much is under way")]
    Busy,
    #[error("others changed the same thing at the same time, again and again")]
    Conflict,
    #[error("the command id was used for another command")]
    CommandReused,
    #[error("an event of {size} bytes is too large")]
    TooLarge { size: usize },
    #[error("the journal cannot be reached: {0}")]
    Unavailable(String),
}

impl<E: std::error::Error> Failure<E> {
    /// The same with what was refused told otherwise.
    pub fn map<F: std::error::Error>(self, told: impl FnOnce(E) -> F) -> Failure<F> {
        match self {
            Self::Refused(why) => Failure::Refused(told(why)),
            Self::Busy => Failure::Busy,
            Self::Conflict => Failure::Conflict,
            Self::CommandReused => Failure::CommandReused,
            Self::TooLarge { size } => Failure::TooLarge { size },
            Self::Unavailable(why) => Failure::Unavailable(why),
        }
    }
}

/// How busy the keepers of one kind are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    pub kind: &'static str,
    pub under_way: usize,
    pub done: u64,
    pub busy: u64,
    pub restarts: u64,
}

/// The cheap handle. Every clone reaches the same keepers.
#[derive(Debug, Clone)]
pub struct Dispatch {
    journal: Journal,
    sessions: Arc<Shards<Session>>,
    calls: Arc<Shards<Call>>,
    quarantine: Arc<Shards<Quarantine>>,
    number_lists: Arc<Shards<NumberList>>,
    remotes: Arc<Shards<RemoteHost>>,
    imports: Arc<Shards<Import>>,
    campaigns: Arc<Shards<Campaign>>,
    users: Arc<Shards<User>>,
    api_keys: Arc<Shards<ApiKey>>,
    webhook_endpoints: Arc<Shards<WebhookEndpoint>>,
    settings: Arc<Shards<Settings>>,
    pbxs: Arc<Shards<Pbx>>,
    disclosures: Arc<Shards<Disclosure>>,
    denials: Arc<Shards<Denials>>,
    lists: Lists,
}

impl Dispatch {
    /// Starts the keepers on the given arbiters, one shard of each kind on each.
    pub fn start(journal: &Journal, arbiters: &[ArbiterHandle]) -> Self {
        Self {
            journal: journal.clone(),
            sessions: Arc::new(Shards::start(journal, arbiters)),
            calls: Arc::new(Shards::start(journal, arbiters)),
            quarantine: Arc::new(Shards::start(journal, arbiters)),
            number_lists: Arc::new(Shards::start(journal, arbiters)),
            remotes: Arc::new(Shards::start(journal, arbiters)),
            imports: Arc::new(Shards::start(journal, arbiters)),
            campaigns: Arc::new(Shards::start(journal, arbiters)),
            users: Arc::new(Shards::start(journal, arbiters)),
            api_keys: Arc::new(Shards::start(journal, arbiters)),
            webhook_endpoints: Arc::new(Shards::start(journal, arbiters)),
            settings: Arc::new(Shards::start(journal, arbiters)),
            pbxs: Arc::new(Shards::start(journal, arbiters)),
            disclosures: Arc::new(Shards::start(journal, arbiters)),
            denials: Arc::new(Shards::start(journal, arbiters)),
            lists: Lists::new(journal.clone()),
        }
    }

    pub async fn session(
        &self,
        stream: StreamId,
        command: session::Command,
        meta: Meta,
    ) -> Result<Done<Session>, Failure<session::Error>> {
        self.sessions.send(stream, None, command, meta).await
    }

    /// `person` is whose data the command carries.
    pub async fn call(
        &self,
        stream: StreamId,
        person: Fingerprint,
        command: call::Command,
        meta: Meta,
    ) -> Result<Done<Call>, Failure<call::Error>> {
        self.calls.send(stream, Some(person), command, meta).await
    }

    /// `person` is whose data the command carries: a held body has some, what became of it has none.
    pub async fn quarantine(
        &self,
        stream: StreamId,
        person: Option<Fingerprint>,
        command: quarantine::Command,
        meta: Meta,
    ) -> Result<Done<Quarantine>, Failure<quarantine::Error>> {
        self.quarantine.send(stream, person, command, meta).await
    }

    pub async fn number_list(
        &self,
        stream: StreamId,
        command: number_list::Command,
        meta: Meta,
    ) -> Result<Done<NumberList>, Failure<number_list::Error>> {
        self.number_lists.send(stream, None, command, meta).await
    }

    pub async fn remote(
        &self,
        stream: StreamId,
        command: domain::remote::Command,
        meta: Meta,
    ) -> Result<Done<RemoteHost>, Failure<domain::remote::Error>> {
        self.remotes.send(stream, None, command, meta).await
    }

    pub async fn import(
        &self,
        stream: StreamId,
        command: import::Command,
        meta: Meta,
    ) -> Result<Done<Import>, Failure<import::Error>> {
        self.imports.send(stream, None, command, meta).await
    }

    pub async fn campaign(
        &self,
        stream: StreamId,
        command: campaign::Command,
        meta: Meta,
    ) -> Result<Done<Campaign>, Failure<campaign::Error>> {
        self.campaigns.send(stream, None, command, meta).await
    }

    pub async fn campaign_as(
        &self,
        (stream, seen): (StreamId, Seen),
        command: campaign::Command,
        meta: Meta,
    ) -> Result<Done<Campaign>, Failure<campaign::Error>> {
        self.campaigns.send_as((stream, seen), command, meta).await
    }

    pub async fn user(
        &self,
        stream: StreamId,
        command: user::Command,
        meta: Meta,
    ) -> Result<Done<User>, Failure<user::Error>> {
        self.users.send(stream, None, command, meta).await
    }

    pub async fn user_as(
        &self,
        (stream, seen): (StreamId, Seen),
        command: user::Command,
        meta: Meta,
    ) -> Result<Done<User>, Failure<user::Error>> {
        self.users.send_as((stream, seen), command, meta).await
    }

    pub async fn api_key(
        &self,
        stream: StreamId,
        command: api_key::Command,
        meta: Meta,
    ) -> Result<Done<ApiKey>, Failure<api_key::Error>> {
        self.api_keys.send(stream, None, command, meta).await
    }

    pub async fn webhook_endpoint(
        &self,
        stream: StreamId,
        command: webhook_endpoint::Command,
        meta: Meta,
    ) -> Result<Done<WebhookEndpoint>, Failure<webhook_endpoint::Error>> {
        self.webhook_endpoints.send(stream, None, command, meta).await
    }

    /// Only while the endpoint is as whoever asks has seen it.
    pub async fn webhook_endpoint_as(
        &self,
        at: (StreamId, Seen),
        command: webhook_endpoint::Command,
        meta: Meta,
    ) -> Result<Done<WebhookEndpoint>, Failure<webhook_endpoint::Error>> {
        self.webhook_endpoints.send_as(at, command, meta).await
    }

    pub async fn settings(
        &self,
        (stream, seen): (StreamId, Seen),
        command: settings::Command,
        meta: Meta,
    ) -> Result<Done<Settings>, Failure<settings::Error>> {
        self.settings.send_as((stream, seen), command, meta).await
    }

    /// Writes down that somebody is shown something. Nobody is shown it who could not be written down.
    pub async fn disclose(
        &self,
        organization: &Organization,
        looked: Looked,
        meta: Meta,
    ) -> Result<Done<Disclosure>, Failure<disclosure::Error>> {
        let stream = StreamId::disclosure(organization, looked.kind, &looked.id);
        self.disclosures.send(stream, None, disclosure::Command::Look(looked), meta).await
    }

    pub async fn refused(
        &self,
        organization: &Organization,
        refused: Refused,
        meta: Meta,
    ) -> Result<Done<Denials>, Failure<denial::Error>> {
        let stream = StreamId::denials(organization, refused.day());
        self.denials.send(stream, None, denial::Command::Tell(refused), meta).await
    }

    /// The numbers of lists, which are too many for a command.
    pub fn lists(&self) -> &Lists {
        &self.lists
    }

    pub fn fingerprint(&self, organization: &Organization, phone: &Phone) -> Fingerprint {
        self.journal.keyring().fingerprint(organization, phone)
    }

    /// What a report is called that is held: the same one always has the same id.
    pub fn held_report(&self, organization: &Organization, session: &str, body: &[u8]) -> Uuid {
        self.journal.keyring().held_report(organization, session, body)
    }

    /// The newest position that a read that comes now has to show. Who looked at what, or was refused it, is on no screen and is waited for by nobody.
    pub fn position(&self) -> Position {
        self.journal.position_of_news()
    }

    /// The newest position there is.
    pub fn head(&self) -> Position {
        self.journal.position()
    }

    pub fn progress(&self) -> Vec<Progress> {
        vec![
            self.sessions.progress(),
            self.calls.progress(),
            self.quarantine.progress(),
            self.number_lists.progress(),
            self.remotes.progress(),
            self.imports.progress(),
            self.campaigns.progress(),
            self.users.progress(),
            self.api_keys.progress(),
            self.webhook_endpoints.progress(),
            self.settings.progress(),
            self.pbxs.progress(),
            self.disclosures.progress(),
            self.denials.progress(),
        ]
    }

    /// Waits until nothing is under way; whoever closed the doors calls this.
    pub async fn drain(&self) {
        self.sessions.drain().await;
        self.calls.drain().await;
        self.quarantine.drain().await;
        self.number_lists.drain().await;
        self.remotes.drain().await;
        self.imports.drain().await;
        self.campaigns.drain().await;
        self.users.drain().await;
        self.api_keys.drain().await;
        self.webhook_endpoints.drain().await;
        self.settings.drain().await;
        self.pbxs.drain().await;
        self.disclosures.drain().await;
        self.denials.drain().await;
    }
}
