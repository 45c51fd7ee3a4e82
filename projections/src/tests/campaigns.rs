//! What is asked of campaigns' calls and promises, on each store: filters, orders, pages and sums.

use std::sync::Arc;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use domain::contact::{self, Details};
use domain::conversation::{Outcome, Path, Reach, Upshot};
use domain::decimal::Amount;
use domain::fact::{Circumstances, Event, Fact};
use domain::ids::{Fingerprint, StreamId};
use domain::outcome::CallStatus;
use domain::personal::Personal;
use domain::policy::retry::Next;
use domain::promise::{self, Phase};
use domain::target::{self, Words};
use uuid::Uuid;

use super::facts::{organization, start};
use super::world::{World, advance};
use crate::campaign_calls::{self, CampaignCalls};
use crate::campaign_hours::{self, CampaignHours};
use crate::contact_book::{self, ContactBook};
use crate::follow::Follower;
use crate::promises::{self, Order, Promises};
use crate::targets::{self, State, Targets};
use crate::text::Page;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn at(minute: i64) -> DateTime<Utc> {
    start() + Duration::minutes(minute)
}

fn number(contact: u8) -> Fingerprint {
    Fingerprint([contact; 16])
}

/// Six contacts of two campaigns, called once an hour: BUSY, ANSWERED, BUSY … and each of them promises something.
#[derive(Default)]
struct Story(Vec<Arc<Fact>>);

impl Story {
    fn told() -> Self {
        let mut story = Self::default();
        for contact in 0..6 {
            story.contact(contact);
            story.call(contact);
            story.promise(contact);
        }
        let pay = promise::Event::Paid { call: id(100), amount: Amount::of_hundredths(40), at: at(900) };
        story.say(StreamId::promises(&organization(), id(10)), Event::Promise(pay));
        let keep = promise::Event::Kept { call: id(100), at: at(900) };
        story.say(StreamId::promises(&organization(), id(10)), Event::Promise(keep));
        story
    }

    fn say(&mut self, stream: StreamId, event: Event) {
        let position = u64::try_from(self.0.len()).unwrap() + 1;
        let circumstances = Arc::new(Circumstances::default());
        let (recorded_at, occurred_at) = (at(0), at(0));
        self.0.push(Arc::new(Fact {
            position,
            stream,
            sequence: 1,
            recorded_at,
            occurred_at,
            circumstances,
            event,
        }));
    }

    fn contact(&mut self, contact: u8) {
        let phone = format!("+99890123450{contact}");
        let personal = Personal::Clear(Details { phone, ..Details::default() });
        let created =
            contact::Event::Created { id: id(10 + u128::from(contact)), import: None, at: at(0), personal };
        self.say(StreamId::contact(&organization(), id(10 + u128::from(contact))), Event::Contact(created));
    }

    fn call(&mut self, contact: u8) {
        let (call, campaign) = (id(100 + u128::from(contact)), id(1 + u128::from(contact % 2)));
        let began = at(60 * i64::from(contact));
        let number = Some(number(contact));
        let busy = contact.is_multiple_of(3);
        let reach = if busy { Reach::Busy } else { Reach::Reached(Upshot::Success) };
        let outcome = Outcome { reach, path: Path::Answer, talk_secs: (!busy).then_some(20), cause: None };
        let (next, personal) = (Next::Final, Personal::Clear(Words::default()));
        for event in [
            target::Event::Enlisted { at: began },
            target::Event::Dialled { call, attempt: 1, number, was_skipped: false, at: began },
            target::Event::Ended { call, outcome, next, at: began + Duration::seconds(30), personal },
        ] {
            let stream = StreamId::target(&organization(), campaign, id(10 + u128::from(contact)));
            self.say(stream, Event::Target(event));
        }
    }

    /// Due ever sooner; the last one names no day.
    fn promise(&mut self, contact: u8) {
        let (call, campaign) = (id(100 + u128::from(contact)), id(1 + u128::from(contact % 2)));
        let due = NaiveDate::from_ymd_opt(2025, 10, 20 - u32::from(contact)).filter(|_| contact < 5);
        let (amount, until) = (Some(Amount::of_hundredths(100)), at(1000 - i64::from(contact)));
        let made = promise::Event::Made { call, campaign, amount, due, until, at: at(0) };
        let stream = StreamId::promises(&organization(), id(10 + u128::from(contact)));
        self.say(stream, Event::Promise(made));
    }
}

async fn calls(world: &World, filter: &campaign_calls::Filter) -> Vec<u128> {
    let (mut found, mut below) = (vec![], None);
    loop {
        let page =
            campaign_calls::history(&world.screens, &organization(), filter, (below, 2)).await.unwrap();
        found.extend(page.iter().map(|row| row.id.as_u128()));
        let Some(last) = page.last() else { return found };
        below = Some(last.place());
    }
}

#[tokio::test]
async fn calls_of_campaigns_are_found_page_by_page() {
    for world in World::each().await {
        let mut follower = Follower::<CampaignCalls>::open(&world.screens).await.unwrap();
        advance(&mut follower, &Story::told().0).await;
        let all = campaign_calls::Filter::default;
        assert_eq!(calls(&world, &all()).await, [105, 104, 103, 102, 101, 100]);
        let statuses = vec![CallStatus::Busy];
        let busy = campaign_calls::Filter { statuses: statuses.clone(), ..all() };
        assert_eq!(calls(&world, &busy).await, [103, 100]);
        let campaign = Some(id(1));
        let one = campaign_calls::Filter { campaign, ..all() };
        assert_eq!(calls(&world, &one).await, [104, 102, 100]);
        let numbers = Some(vec![number(1), number(2), number(3)]);
        let some = campaign_calls::Filter { numbers: numbers.clone(), ..all() };
        assert_eq!(calls(&world, &some).await, [103, 102, 101]);
        let both = campaign_calls::Filter { numbers: numbers.clone(), campaign, ..all() };
        assert_eq!(calls(&world, &both).await, [102]);
        let rare = campaign_calls::Filter { statuses, numbers, ..all() };
        assert_eq!(calls(&world, &rare).await, [103]);
        let nobody = campaign_calls::Filter { numbers: Some(vec![]), ..all() };
        assert_eq!(calls(&world, &nobody).await, [0; 0]);
        let then = campaign_calls::Filter { from: Some(at(60)), to: Some(at(180)), ..all() };
        assert_eq!(calls(&world, &then).await, [102, 101]);
        let found = campaign_calls::find(&world.screens, &organization(), id(101)).await.unwrap();
        assert_eq!(found.unwrap().contact, id(11));
    }
}

async fn listed(world: &World, filter: &promises::Filter, order: Order) -> Vec<u128> {
    let rows = promises::list(&world.screens, &organization(), filter, (order, 3)).await.unwrap();
    rows.iter().map(|row| row.id.as_u128()).collect()
}

#[tokio::test]
async fn promises_are_listed_in_either_order_and_summed() {
    for world in World::each().await {
        let mut follower = Follower::<Promises>::open(&world.screens).await.unwrap();
        advance(&mut follower, &Story::told().0).await;
        let all = promises::Filter::default;
        let newest = Order::Newest(Page::Skip(0));
        assert_eq!(listed(&world, &all(), newest).await, [105, 104, 103]);
        assert_eq!(listed(&world, &all(), Order::Due(0)).await, [104, 103, 102]);
        assert_eq!(
            listed(&world, &all(), Order::Due(3)).await,
            [101, 100, 105],
            "what has no day comes last"
        );
        let open = promises::Filter { statuses: vec![Phase::Open], campaign: Some(id(1)), ..all() };
        assert_eq!(listed(&world, &open, newest).await, [104, 102]);
        assert_eq!(promises::count(&world.screens, &organization(), &open).await.unwrap(), 2);
        let day = |day| NaiveDate::from_ymd_opt(2025, 10, day);
        let due = promises::Filter { due_from: day(17), due_to: day(18), contact: Some(id(12)), ..all() };
        assert_eq!(listed(&world, &due, newest).await, [102]);
        let over = promises::overdue(&world.screens, at(996), 10).await.unwrap();
        assert_eq!(over.iter().map(|row| row.id.as_u128()).collect::<Vec<_>>(), [105, 104]);
        let sums = promises::of_campaign(&world.screens, &organization(), id(1)).await.unwrap();
        let told: Vec<_> = sums.iter().map(|sum| (sum.status, sum.count, sum.promised, sum.paid)).collect();
        assert_eq!(told, [(Phase::Kept, 1, 100, 40), (Phase::Open, 2, 200, 0)]);
    }
}

#[tokio::test]
async fn hours_standings_and_numbers_are_read_from_either_store() {
    for world in World::each().await {
        let (story, organization) = (Story::told().0, organization());
        advance(&mut Follower::<CampaignHours>::open(&world.screens).await.unwrap(), &story).await;
        advance(&mut Follower::<Targets>::open(&world.screens).await.unwrap(), &story).await;
        advance(&mut Follower::<ContactBook>::open(&world.screens).await.unwrap(), &story).await;
        let hours = campaign_hours::of_campaign(&world.screens, &organization, id(1), 10).await.unwrap();
        assert_eq!(
            hours.iter().map(|hour| (hour.calls, hour.busy)).collect::<Vec<_>>(),
            [(1, 1), (1, 0), (1, 0)]
        );
        let standings = targets::standings(&world.screens, &organization, id(1)).await.unwrap();
        let mut told: Vec<_> =
            standings.iter().map(|one| (one.call_status.as_str(), one.state, one.contacts)).collect();
        told.sort_by_key(|(status, ..)| *status);
        assert_eq!(told, [("BUSY", State::Over, 1), ("SUCCESS", State::Over, 2)]);
        let phones = contact_book::phones(&world.screens, &organization, &[id(10), id(77)]).await.unwrap();
        assert_eq!(phones.into_iter().collect::<Vec<_>>(), [(id(10), "+998901234500".to_owned())]);
        let ending = contact_book::ending(&world.screens, &organization, "4503", 9).await.unwrap();
        assert_eq!(ending, ["+998901234503"]);
        assert_eq!(contact_book::ending(&world.screens, &organization, "4509", 9).await.unwrap(), [""; 0]);
    }
}
