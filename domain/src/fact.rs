//! What was recorded, as everything downstream meets it: any aggregate's event with its place and its circumstances.

mod types;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};

use crate::ids::StreamId;
use crate::personal::Seal;
use crate::{
    api_key, call, campaign, contact, denial, disclosure, import, number_list, pbx, pbx_call, person,
    promise, quarantine, remote, session, settings, target, user, webhook_endpoint,
};

pub use types::{TYPES, UnknownType, known};

/// A place in the journal: 1, 2, 3 … without gaps.
pub type Position = u64;

/// One event with its place. Cheap to pass around: batches of them are shared.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    pub position: Position,
    pub stream: StreamId,
    pub sequence: u64,
    /// Never decreases with the position.
    pub recorded_at: DateTime<Utc>,
    pub occurred_at: DateTime<Utc>,
    pub circumstances: Arc<Circumstances>,
    pub event: Event,
}

/// Who caused an event, and by what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Circumstances {
    pub organization: String,
    /// A user, a key, a policy or the webhook.
    pub actor: String,
    /// The request that all of this began with.
    pub correlation: String,
    /// The event or effect that led here directly; empty where that is the request itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub causation: String,
}

/// Every event there is. A new aggregate is a new arm, and every screen has to look at it.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    Session(session::Event),
    Call(call::Event),
    Quarantine(quarantine::Event),
    NumberList(number_list::Event),
    Remote(remote::Event),
    Contact(contact::Event),
    Import(import::Event),
    Person(person::Event),
    Campaign(campaign::Event),
    Target(target::Event),
    Promise(promise::Event),
    User(user::Event),
    ApiKey(api_key::Event),
    WebhookEndpoint(webhook_endpoint::Event),
    Settings(settings::Event),
    Pbx(pbx::Event),
    PbxCall(pbx_call::Event),
    Disclosure(disclosure::Event),
    Denial(denial::Event),
}

impl Event {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Session(_) => session::Session::TYPE,
            Self::Call(_) => call::Call::TYPE,
            Self::Quarantine(_) => quarantine::Quarantine::TYPE,
            Self::NumberList(_) => number_list::NumberList::TYPE,
            Self::Remote(_) => remote::RemoteHost::TYPE,
            Self::Contact(_) => contact::Contact::TYPE,
            Self::Import(_) => import::Import::TYPE,
            Self::Person(_) => person::Person::TYPE,
            Self::Campaign(_) => campaign::Campaign::TYPE,
            Self::Target(_) => target::Target::TYPE,
            Self::Promise(_) => promise::Promises::TYPE,
            Self::User(_) => user::User::TYPE,
            Self::ApiKey(_) => api_key::ApiKey::TYPE,
            Self::WebhookEndpoint(_) => webhook_endpoint::WebhookEndpoint::TYPE,
            Self::Settings(_) => settings::Settings::TYPE,
            Self::Pbx(_) => pbx::Pbx::TYPE,
            Self::PbxCall(_) => pbx_call::PbxCall::TYPE,
            Self::Disclosure(_) => disclosure::Disclosure::TYPE,
            Self::Denial(_) => denial::Denials::TYPE,
        }
    }

    /// The personal part, where there is one.
    pub fn personal(&mut self) -> Option<&mut dyn Seal> {
        match self {
            Self::Session(event) => session::Session::personal(event),
            Self::Call(event) => call::Call::personal(event),
            Self::Quarantine(event) => quarantine::Quarantine::personal(event),
            Self::NumberList(event) => number_list::NumberList::personal(event),
            Self::Remote(event) => remote::RemoteHost::personal(event),
            Self::Contact(event) => contact::Contact::personal(event),
            Self::Import(event) => import::Import::personal(event),
            Self::Person(event) => person::Person::personal(event),
            Self::Campaign(event) => campaign::Campaign::personal(event),
            Self::Target(event) => target::Target::personal(event),
            Self::Promise(event) => promise::Promises::personal(event),
            Self::User(event) => user::User::personal(event),
            Self::ApiKey(event) => api_key::ApiKey::personal(event),
            Self::WebhookEndpoint(event) => webhook_endpoint::WebhookEndpoint::personal(event),
            Self::Settings(event) => settings::Settings::personal(event),
            Self::Pbx(event) => pbx::Pbx::personal(event),
            Self::PbxCall(event) => pbx_call::PbxCall::personal(event),
            Self::Disclosure(event) => disclosure::Disclosure::personal(event),
            Self::Denial(event) => denial::Denials::personal(event),
        }
    }

    pub fn name(&self) -> String {
        match self {
            Self::Session(event) => event.event_type(),
            Self::Call(event) => event.event_type(),
            Self::Quarantine(event) => event.event_type(),
            Self::NumberList(event) => event.event_type(),
            Self::Remote(event) => event.event_type(),
            Self::Contact(event) => event.event_type(),
            Self::Import(event) => event.event_type(),
            Self::Person(event) => event.event_type(),
            Self::Campaign(event) => event.event_type(),
            Self::Target(event) => event.event_type(),
            Self::Promise(event) => event.event_type(),
            Self::User(event) => event.event_type(),
            Self::ApiKey(event) => event.event_type(),
            Self::WebhookEndpoint(event) => event.event_type(),
            Self::Settings(event) => event.event_type(),
            Self::Pbx(event) => event.event_type(),
            Self::PbxCall(event) => event.event_type(),
            Self::Disclosure(event) => event.event_type(),
            Self::Denial(event) => event.event_type(),
        }
    }
}

/// What the journal needs of an aggregate beyond cqrs-es.
pub trait Recorded:
    Aggregate<Command: Clone + Send + Unpin + std::fmt::Debug, Error: Send + 'static, Services = ()>
    + Clone
    + Unpin
    + std::fmt::Debug
    + 'static
{
    fn fact(event: Self::Event) -> Event;
    /// None where the event is another aggregate's.
    fn from_fact(event: Event) -> Option<Self::Event>;
    /// The personal part of an event, to be sealed before it is stored.
    fn personal(event: &mut Self::Event) -> Option<&mut dyn Seal>;
    fn occurred_at(event: &Self::Event) -> DateTime<Utc>;
}
