//! Calls of a campaign as the dialler stores them: who is rung, and what came of it, each in one unit over all whom it concerns.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::campaign::{self, Kind, Plan, Settings};
use domain::contact::{Contact, Details, Status};
use domain::conversation::{Outcome, Path, Promise, Reach, Upshot};
use domain::decimal::Amount;
use domain::fact::Circumstances;
use domain::ids::{Fingerprint, Organization, StreamId};
use domain::person::{self, Person};
use domain::phone::Phone;
use domain::policy::dialling::Terms;
use domain::policy::eligible::{Figures, Rule, Standing};
use domain::target::{self, Target, Words};
use domain::zone::Zone;
use karnay::adapters::system::SystemIds;
use karnay::dispatch::Meta;
use karnay::dispatch::campaigns::Joining;
use karnay::dispatch::contacts::{Asked, Wanted};
use karnay::dispatch::dialling::{Case, Step, Told};
use karnay::dispatch::seen::Seen;
use karnay::dispatch::together::Drawn;
use karnay::ports::Ids as _;
use projections::promises;
use uuid::Uuid;

use crate::http_world::{Floor, house, now};

/// A campaign of an organization.
pub(crate) struct Called<'a> {
    floor: &'a Floor,
    organization: Organization,
    pub(crate) campaign: Uuid,
    terms: Terms,
}

impl<'a> Called<'a> {
    pub(crate) async fn of(floor: &'a Floor, organization: &str) -> Self {
        let (organization, campaign) = (Organization::parse(organization).unwrap(), SystemIds.uuid());
        let zone = Zone::parse("Asia/Tashkent").unwrap();
        let settings = Settings { zone: Some(zone), ..Settings::default() };
        let terms = house().terms(&settings);
        let called = Self { floor, organization, campaign, terms };
        let plan =
            Plan { name: "Qarzdorlar".to_owned(), description: None, kind: Kind::DebtCollection, settings };
        let create = campaign::Command::Create { id: campaign, plan: Box::new(plan), at: now() };
        let stream = StreamId::campaign(&called.organization, campaign);
        floor.dispatch.campaign(stream, create, called.meta()).await.unwrap();
        called
    }

    fn meta(&self) -> Meta {
        let circumstances =
            Circumstances { organization: self.organization.to_string(), ..Circumstances::default() };
        Meta { circumstances: Arc::new(circumstances), command: None }
    }

    /// Somebody new who is in the campaign.
    pub(crate) async fn contact(&self, phone: &str) -> Uuid {
        let (organization, contact) = (self.organization.clone(), SystemIds.uuid());
        let asked = Asked { organization, contact, at: now(), meta: self.meta() };
        let details = Details { phone: phone.to_owned(), ..Details::default() };
        self.floor.dispatch.create_contact(&asked, details, Status::Active).await.unwrap();
        self.join(&[contact]).await;
        contact
    }

    pub(crate) async fn join(&self, contacts: &[Uuid]) {
        let circumstances = &self.meta().circumstances;
        let (organization, campaign, at) = (&self.organization, self.campaign, now());
        let joining = Joining { organization, campaign, contacts, circumstances, at };
        self.floor.dispatch.enlist(&joining).await.unwrap();
    }

    async fn drawn<A: domain::fact::Recorded>(&self, stream: StreamId) -> Drawn<A> {
        self.floor.dispatch.draw(stream).await.unwrap()
    }

    async fn parties(&self, contact: Uuid) -> (Drawn<Contact>, Drawn<Person>, Drawn<Target>, Fingerprint) {
        let organization = &self.organization;
        let known: Drawn<Contact> = self.drawn(StreamId::contact(organization, contact)).await;
        let phone = Phone::stored(&known.state.details().phone);
        let number = self.floor.dispatch.fingerprint(organization, &phone);
        let person = self.drawn(StreamId::person(organization, &number)).await;
        let target = self.drawn(StreamId::target(organization, self.campaign, contact)).await;
        (known, person, target, number)
    }

    pub(crate) async fn person(&self, contact: Uuid) -> Person {
        self.parties(contact).await.1.state
    }

    /// By the calls in which they were made.
    pub(crate) async fn promises(&self) -> Vec<Uuid> {
        let (filter, screens) = (promises::Filter::default(), &self.floor.screens);
        let first = (promises::Order::Newest(projections::Page::Skip(0)), 100);
        let rows = promises::list(screens, &self.organization, &filter, first).await.unwrap();
        rows.into_iter().filter(|row| row.campaign == self.campaign).map(|row| row.id).collect()
    }

    /// It may not be called, and waiting does not help.
    pub(crate) async fn skipped(&self, contact: Uuid, at: DateTime<Utc>) {
        let (.., mut target, _) = self.parties(contact).await;
        let figures = Figures::Contact(Standing::Inactive);
        let decision = target::Decision { until: None, rule: Rule::ContactStatus, figures };
        let mut unit = self.floor.dispatch.together(self.meta());
        unit.say(&mut target, None, target::Command::Defer { decision, at }).unwrap();
        unit.store().await.unwrap();
    }

    pub(crate) async fn rephoned(&self, contact: Uuid, phone: &str) {
        let asked = Asked { organization: self.organization.clone(), contact, at: now(), meta: self.meta() };
        let details = |known: &Contact| Details { phone: phone.to_owned(), ..known.details().clone() };
        let wanted = |known: &Contact| Wanted { details: Some(details(known)), status: None };
        self.floor.dispatch.change_contact(&asked, &Seen::Whatever, wanted).await.unwrap();
    }

    /// Whatever the rules say.
    pub(crate) async fn rung(&self, contact: Uuid, at: DateTime<Utc>) -> Uuid {
        let (_, mut person, mut target, number) = self.parties(contact).await;
        let (call, campaign) = (SystemIds.uuid(), self.campaign);
        let mut unit = self.floor.dispatch.together(self.meta());
        unit.say(&mut person, None, person::Command::Ring { call, campaign, at }).unwrap();
        unit.say(&mut target, None, target::Command::Dial { call, number, at }).unwrap();
        unit.store().await.unwrap();
        call
    }

    fn step(&self, contact: Uuid, at: DateTime<Utc>) -> (Case, Step) {
        let case = Case { organization: self.organization.clone(), campaign: self.campaign, contact };
        (case, Step { at, circumstances: self.meta().circumstances })
    }

    pub(crate) async fn ended(&self, contact: Uuid, call: Uuid, outcome: Outcome, at: DateTime<Utc>) {
        let recording_url = Some(format!("https://recordings.example.com/{call}.mp3"));
        let words = Words { summary: Some("Gaplashildi".to_owned()), recording_url, ..Words::default() };
        let ((case, step), told) =
            (self.step(contact, at), Told::new(Box::new(move |_| outcome.clone()), words));
        let ended = self.floor.dispatch.end_call(&case, call, (&self.terms, &told), &step).await;
        assert!(ended.unwrap());
    }

    pub(crate) async fn withdrawn(&self, contact: Uuid, call: Uuid, at: DateTime<Utc>) {
        let (case, step) = self.step(contact, at);
        self.floor.dispatch.withdraw_call(&case, call, &step).await.unwrap();
    }

    /// A call that begins then and ends so, half a minute later where nothing else is said.
    pub(crate) async fn call(&self, contact: Uuid, reach: Reach, at: DateTime<Utc>) -> Uuid {
        let call = self.rung(contact, at).await;
        self.ended(contact, call, outcome(reach), at + TimeDelta::seconds(30)).await;
        call
    }
}

/// Whoever is reached talks for twenty seconds.
pub(crate) fn outcome(reach: Reach) -> Outcome {
    let talk_secs = matches!(reach, Reach::Reached(_)).then_some(20);
    Outcome { reach, path: Path::Answer, talk_secs, cause: None }
}

pub(crate) fn promised(hundredths: i64, due: NaiveDate) -> Reach {
    let amount = Some(Amount::of_hundredths(hundredths));
    Reach::Reached(Upshot::PromiseToPay(Promise { amount, due: Some(due) }))
}
