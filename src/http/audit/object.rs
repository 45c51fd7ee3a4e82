//! What can be asked about, by which name, and which streams tell of it. All of them are the organization's own, for each one's
//! name begins with it: what is another's is not found.

use cqrs_es::Aggregate as _;
use domain::api_key::ApiKey;
use domain::call::Call;
use domain::campaign::Campaign;
use domain::contact::{self, Contact, Details};
use domain::denial::Denials;
use domain::disclosure::{Disclosure, Kind};
use domain::fact::{Event, Fact};
use domain::ids::{Fingerprint, Organization, PbxCallId, SessionId, StreamId, UserName};
use domain::import::Import;
use domain::number_list::NumberList;
use domain::pbx_call::PbxCall;
use domain::person::Person;
use domain::phone::Phone;
use domain::promise::Promises;
use domain::quarantine::Quarantine;
use domain::session::Session;
use domain::settings::Settings;
use domain::target::Target;
use domain::user::User;
use domain::webhook_endpoint::WebhookEndpoint;
use projections::Freshness;
use projections::call_history::{self, CallHistory};
use projections::campaign_calls::{self, CallRow, CampaignCalls};
use projections::pbx_calls::{self, PbxCalls};
use projections::projection::Projection;
use projections::session_stats::{self, SessionStats};
use projections::targets::{self, Targets};
use uuid::Uuid;

use super::verification::may_verify;
use crate::dispatch::audit::Named;
use crate::http::Engine;
use crate::http::auth::Caller;
use crate::http::disclosing::EXPORTS;
use crate::http::problem::{Code, Problem};
use crate::http::query;
use crate::http::sessions::Fresh;

/// There is one of a kind.
const OWN_SETTINGS: &str = "organization";

pub(super) fn kind(text: &str) -> Result<Kind, Problem> {
    let known = Kind::ALL.into_iter().find(|kind| kind.as_str() == text);
    let told = || format!("has to be one of {}", Kind::ALL.map(Kind::as_str).join(", "));
    known.ok_or_else(|| Problem::parameter("kind", told()))
}

fn unknown(kind: Kind) -> Problem {
    let (code, told) = match kind {
        Kind::Session => (Code::SessionUnknown, "there is no session of that name"),
        Kind::Call | Kind::PbxCall => (Code::CallUnknown, "there is no such call"),
        Kind::Campaign => (Code::CampaignUnknown, "there is no such campaign"),
        Kind::Contact => (Code::ContactUnknown, "there is no such contact"),
        Kind::List => (Code::UploadUnknown, "there is no such upload"),
        Kind::Import => (Code::ImportUnknown, "there is no such import"),
        Kind::User => (Code::UserUnknown, "there is no such user"),
        Kind::Key => (Code::KeyUnknown, "there is no such key"),
        Kind::Number => (
            Code::NotFound,
            "nobody had such a number, nobody asked not to be called on it, and no campaign rang it; what was \
             reported of it stands with its sessions",
        ),
        Kind::Quarantine => (Code::QuarantineUnknown, "there is no such report in quarantine"),
        Kind::Denied => (Code::NotFound, "a day is written 2026-11-21"),
        Kind::WebhookEndpoint => (Code::WebhookUnknown, "there is no such endpoint"),
        Kind::Settings => (
            Code::NotFound,
            "the organization has set nothing for itself, or its settings were asked for as another name than organization",
        ),
        Kind::Export => (Code::NotFound, "there is no such list"),
    };
    Problem::new(code, told)
}

fn uuid(kind: Kind, text: &str) -> Result<Uuid, Problem> {
    Uuid::parse_str(text).map_err(|_| unknown(kind))
}

/// Something that is asked about.
#[derive(Debug)]
pub(super) struct Object {
    kind: Kind,
    /// By what name it is written down who looked at it.
    name: String,
    pub(super) streams: Vec<Named>,
    /// What lies beneath it, where that is wanted as well.
    pub(super) beneath: Option<Named>,
    /// Where its streams tell of other calls too: only what names this one is its own.
    pub(super) call: Option<Uuid>,
    pub(super) subject: Subject,
}

/// What the chain of causes begins with.
#[derive(Debug)]
pub(super) enum Subject {
    /// A result that a call server reported.
    Reported {
        stream: StreamId,
        result: Uuid,
    },
    /// A call that a campaign placed.
    Placed(Box<CallRow>),
    /// A call that the exchange had.
    Exchange(StreamId),
    Session(SessionId),
    List(Uuid),
    Contact(Uuid),
    /// Nothing led to it but whoever made it.
    Itself,
}

impl Object {
    pub(super) fn unknown(&self) -> Problem {
        unknown(self.kind)
    }

    /// What has no events but of those who looked at it, or were refused.
    pub(super) fn may_be_unseen(&self) -> bool {
        matches!(self.kind, Kind::Export | Kind::Denied)
    }

    /// A look at it is one at this.
    pub(super) fn seen(&self) -> (Kind, &str) {
        (self.kind, &self.name)
    }

    fn one(kind: Kind, stream: Named, subject: Subject) -> Self {
        let name = stream.1.as_str().rsplit('/').next().unwrap_or_default().to_owned();
        Self { kind, name, streams: vec![stream], beneath: None, call: None, subject }
    }
}

/// Who asks, and how fresh what the screens know has to be.
pub(super) struct Asking<'a> {
    engine: &'a Engine,
    caller: &'a Caller,
    organization: &'a Organization,
    fresh: &'a Fresh,
}

impl<'a> Asking<'a> {
    pub(super) fn new(engine: &'a Engine, caller: &'a Caller, fresh: &'a Fresh) -> Self {
        Self { engine, caller, organization: &caller.organization, fresh }
    }

    pub(super) async fn object(
        &self,
        kind: Kind,
        id: &str,
        with: Option<&str>,
    ) -> Result<(Object, Freshness), Problem> {
        let shown = self.fresh.wait_for(self.engine, screens(kind, id)).await;
        let shown = if screens(kind, id).is_empty() { self.fresh.journal(self.engine) } else { shown };
        let mut object = self.find(kind, id).await?;
        object.beneath = beneath(&object, with)?;
        let seen = StreamId::disclosure(self.organization, object.kind, &object.name);
        object.streams.push((Disclosure::TYPE, seen));
        Ok((object, shown))
    }

    async fn find(&self, kind: Kind, id: &str) -> Result<Object, Problem> {
        let organization = self.organization;
        match kind {
            Kind::Session => self.session(id).await,
            Kind::Call => match Uuid::parse_str(id) {
                Ok(id) => self.call(id).await,
                Err(_) => self.seen_call(id).await,
            },
            Kind::Contact => self.contact(uuid(kind, id)?).await,
            Kind::PbxCall => self.pbx_call(id).await,
            Kind::Campaign => {
                let stream = StreamId::campaign(organization, uuid(kind, id)?);
                Ok(Object::one(kind, (Campaign::TYPE, stream), Subject::Itself))
            }
            Kind::List => {
                let list = uuid(kind, id)?;
                let stream = StreamId::number_list(organization, list);
                Ok(Object::one(kind, (NumberList::TYPE, stream), Subject::List(list)))
            }
            Kind::Import => {
                let stream = StreamId::import(organization, uuid(kind, id)?);
                Ok(Object::one(kind, (Import::TYPE, stream), Subject::Itself))
            }
            Kind::User => {
                let name = UserName::parse(id).map_err(|_| unknown(kind))?;
                let stream = StreamId::user(organization, &name);
                Ok(Object::one(kind, (User::TYPE, stream), Subject::Itself))
            }
            Kind::Export => {
                let known = EXPORTS.into_iter().find(|name| *name == id).ok_or_else(|| unknown(kind))?;
                let (name, subject) = (known.to_owned(), Subject::Itself);
                Ok(Object { kind, name, streams: vec![], beneath: None, call: None, subject })
            }
            Kind::Denied => {
                may_verify(self.caller)?;
                let day = id.parse().map_err(|_| unknown(kind))?;
                let stream = StreamId::denials(organization, day);
                Ok(Object::one(kind, (Denials::TYPE, stream), Subject::Itself))
            }
            Kind::Number => self.number(id),
            Kind::Quarantine => {
                let stream = StreamId::quarantine(organization, uuid(kind, id)?);
                Ok(Object::one(kind, (Quarantine::TYPE, stream), Subject::Itself))
            }
            Kind::WebhookEndpoint => {
                let stream = StreamId::webhook_endpoint(organization, uuid(kind, id)?);
                Ok(Object::one(kind, (WebhookEndpoint::TYPE, stream), Subject::Itself))
            }
            Kind::Settings if id == OWN_SETTINGS => {
                let stream = StreamId::settings(organization);
                Ok(Object::one(kind, (Settings::TYPE, stream), Subject::Itself))
            }
            Kind::Settings => Err(unknown(kind)),
            Kind::Key => {
                let stream = StreamId::api_key(organization, uuid(kind, id)?);
                Ok(Object::one(kind, (ApiKey::TYPE, stream), Subject::Itself))
            }
        }
    }

    /// By its fingerprint, which is its name in a do-not-call list.
    fn number(&self, id: &str) -> Result<Object, Problem> {
        let number = Fingerprint::parse(id).ok_or_else(|| unknown(Kind::Number))?;
        let own = (Person::TYPE, StreamId::person(self.organization, &number));
        let mut object = Object::one(Kind::Number, own, Subject::Itself);
        object.name = number.to_string();
        // The list that holds for every organization.
        if self.caller.keeps_house(self.engine) {
            let everyone = StreamId::person(&Organization::everyone(), &number);
            object.streams.push((Person::TYPE, everyone));
        }
        Ok(object)
    }

    /// By its name, or by its id where a session has that.
    async fn session(&self, id: &str) -> Result<Object, Problem> {
        let mut name = SessionId::parse(id).map_err(|_| unknown(Kind::Session))?;
        if Uuid::parse_str(id).is_ok() {
            let (organization, screens) = (self.organization.as_str(), &self.engine.screens);
            if let Some(row) = session_stats::find(screens, organization, id, 0).await? {
                name = SessionId::parse(&row.session)?;
            }
        }
        let stream = StreamId::session(self.organization, &name);
        Ok(Object::one(Kind::Session, (Session::TYPE, stream), Subject::Session(name)))
    }

    /// A result of the history, whoever placed the call.
    async fn call(&self, id: Uuid) -> Result<Object, Problem> {
        let (organization, screens) = (self.organization, &self.engine.screens);
        if let Some(row) = call_history::find(screens, organization.as_str(), id).await? {
            let stream = StreamId::stored(row.stream);
            let subject = Subject::Reported { stream: stream.clone(), result: id };
            let own = Object::one(Kind::Call, (Call::TYPE, stream), subject);
            return Ok(Object { name: id.to_string(), ..own });
        }
        if let Some(row) = campaign_calls::find(screens, organization, id).await? {
            return Ok(self.placed(row));
        }
        let seen = pbx_calls::find_by_id(screens, organization, id).await?;
        Ok(exchange(StreamId::stored(seen.ok_or_else(|| unknown(Kind::Call))?.stream)))
    }

    fn placed(&self, row: CallRow) -> Object {
        let mut streams = vec![
            (Target::TYPE, StreamId::target(self.organization, row.campaign, row.contact)),
            (Promises::TYPE, StreamId::promises(self.organization, row.contact)),
        ];
        if let Some(number) = row.number.as_deref().and_then(Fingerprint::parse) {
            streams.push((Person::TYPE, StreamId::person(self.organization, &number)));
        }
        let (name, call) = (row.id.to_string(), Some(row.id));
        let subject = Subject::Placed(Box::new(row));
        Object { kind: Kind::Call, name, streams, beneath: None, call, subject }
    }

    /// By the name that the exchange gave it, as the evidence of such a call calls it.
    async fn seen_call(&self, name: &str) -> Result<Object, Problem> {
        let known = PbxCallId::parse(name).map_err(|_| unknown(Kind::Call))?;
        let seen = pbx_calls::find(&self.engine.screens, self.organization, &known).await?;
        Ok(exchange(StreamId::stored(seen.ok_or_else(|| unknown(Kind::Call))?.stream)))
    }

    async fn pbx_call(&self, id: &str) -> Result<Object, Problem> {
        let name = PbxCallId::parse(id).map_err(|_| unknown(Kind::PbxCall))?;
        let mut stream = StreamId::pbx_call(self.organization, &name);
        if let Ok(id) = Uuid::parse_str(id) {
            let seen = pbx_calls::find_by_id(&self.engine.screens, self.organization, id).await?;
            stream = seen.map_or(stream, |row| StreamId::stored(row.stream));
        }
        Ok(exchange(stream))
    }

    /// What a contact promised, every number that it had, and every campaign that it was in belong to it.
    async fn contact(&self, id: Uuid) -> Result<Object, Problem> {
        let (engine, organization) = (self.engine, self.organization);
        let own = StreamId::contact(organization, id);
        let mut numbers: Vec<Fingerprint> = vec![];
        for fact in engine.dispatch.facts_of(Contact::TYPE, &own).await? {
            let phone = details(&fact).map(|details| Phone::stored(&details.phone));
            let number = phone.map(|phone| engine.dispatch.fingerprint(organization, &phone));
            numbers.extend(number.filter(|number| !numbers.contains(number)));
            if let Event::Contact(contact::Event::Forgotten { numbers: forgotten, .. }) = &fact.event {
                numbers.extend(forgotten);
            }
        }
        let mut streams = vec![(Contact::TYPE, own), (Promises::TYPE, StreamId::promises(organization, id))];
        streams.extend(numbers.iter().map(|number| (Person::TYPE, StreamId::person(organization, number))));
        let places = targets::of_contacts(&engine.screens, organization, &[id]).await?;
        streams.extend(places.into_iter().map(|stream| (Target::TYPE, stream)));
        let subject = Subject::Contact(id);
        let (kind, name) = (Kind::Contact, id.to_string());
        Ok(Object { kind, name, streams, beneath: None, call: None, subject })
    }
}

fn exchange(stream: StreamId) -> Object {
    Object::one(Kind::PbxCall, (PbxCall::TYPE, stream.clone()), Subject::Exchange(stream))
}

/// What lies beneath it, where that is wanted as well.
fn beneath(object: &Object, with: Option<&str>) -> Result<Option<Named>, Problem> {
    let known: &[(&str, &'static str)] = match object.kind {
        Kind::Session => &[("calls", Call::TYPE)],
        Kind::Campaign => &[("targets", Target::TYPE)],
        Kind::Call
        | Kind::Contact
        | Kind::List
        | Kind::Import
        | Kind::User
        | Kind::Key
        | Kind::PbxCall
        | Kind::Number
        | Kind::Quarantine
        | Kind::Denied
        | Kind::WebhookEndpoint
        | Kind::Settings
        | Kind::Export => &[],
    };
    if known.is_empty() && with.is_some() {
        return Err(Problem::parameter("with", "goes with sessions and campaigns alone"));
    }
    let wanted = query::one_of("with", with, known)?;
    Ok(wanted.and_then(|kind| object.streams.first().map(|(_, stream)| (kind, stream.clone()))))
}

/// Who has to be asked where something is to be found.
fn screens(kind: Kind, id: &str) -> &'static [&'static str] {
    let is_id = Uuid::parse_str(id).is_ok();
    match kind {
        Kind::Session if is_id => &[SessionStats::NAME],
        Kind::PbxCall if is_id => &[PbxCalls::NAME],
        Kind::Call => &[CallHistory::NAME, CampaignCalls::NAME, PbxCalls::NAME],
        Kind::Contact => &[Targets::NAME],
        Kind::Session
        | Kind::PbxCall
        | Kind::Campaign
        | Kind::List
        | Kind::Import
        | Kind::User
        | Kind::Key
        | Kind::Number
        | Kind::Quarantine
        | Kind::Denied
        | Kind::WebhookEndpoint
        | Kind::Settings
        | Kind::Export => &[],
    }
}

/// What an event says of a contact.
fn details(fact: &Fact) -> Option<&Details> {
    let Event::Contact(event) = &fact.event else { return None };
    match event {
        contact::Event::Created { personal, .. } | contact::Event::Changed { personal, .. } => {
            personal.clear()
        }
        contact::Event::StatusSet { .. }
        | contact::Event::Removed { .. }
        | contact::Event::Forgotten { .. } => None,
    }
}
