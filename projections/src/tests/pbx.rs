//! What is asked of an exchange's calls, on each store: filters, pages, those that go on and those that nobody has confirmed.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use domain::fact::{Circumstances, Event, Fact};
use domain::ids::{Organization, PbxCallId, StreamId};
use domain::pbx::{self, Gap};
use domain::pbx_call::{self, Course, Direction, Parties, Row, Sight, Status};
use uuid::Uuid;

use super::facts::{organization, start};
use super::world::{World, advance};
use crate::call_history::Number;
use crate::follow::Follower;
use crate::pbx_calls::{self, Filter, PbxCalls};
use crate::pbx_watch::{self, PbxWatch};

fn at(minute: i64) -> DateTime<Utc> {
    start() + Duration::minutes(minute)
}

fn name(call: u8) -> PbxCallId {
    PbxCallId::parse(&format!("1700000000.{call}")).unwrap()
}

/// Eight calls, one a minute: every other one goes out, every fourth is internal; the last two go on.
#[derive(Default)]
struct Story(Vec<Arc<Fact>>);

impl Story {
    fn told() -> Self {
        let mut story = Self::default();
        for call in 0..8 {
            story.call(call);
        }
        story
    }

    fn say(&mut self, call: u8, event: pbx_call::Event) {
        let stream = StreamId::pbx_call(&organization(), &name(call));
        self.put(stream, Event::PbxCall(event));
    }

    fn put(&mut self, stream: StreamId, event: Event) {
        let (recorded_at, occurred_at) = (at(0), at(0));
        self.0.push(Arc::new(Fact {
            position: u64::try_from(self.0.len()).unwrap() + 1,
            stream,
            sequence: 1,
            recorded_at,
            occurred_at,
            circumstances: Arc::new(Circumstances::default()),
            event,
        }));
    }

    fn call(&mut self, call: u8) {
        let (out, internal) = (call % 2 == 1, call.is_multiple_of(4));
        let inside = format!("100{}", call % 3);
        // Their spellings differ, and the first one calls itself.
        let outside = if call == 0 { inside.clone() } else { format!("99890123450{}", call % 2) };
        let (from, to) = if out { (inside.clone(), outside) } else { (outside, inside.clone()) };
        let direction = if out { Direction::Outgoing } else { Direction::Incoming };
        let begins = at(i64::from(call));
        let sight = Sight {
            id: Uuid::from_u128(u128::from(call)),
            call: name(call),
            course: Course { direction, internal },
            extension: Some(inside),
            talking: false,
            started_at: begins,
            parties: Parties { from, to },
            at: begins,
        };
        self.say(call, sight.into());
        if call < 6 {
            let ended_at = begins + Duration::seconds(20);
            let how = pbx_call::Missing::Busy;
            self.say(call, pbx_call::Event::Missed { how, ended_at, at: ended_at });
        }
        if call < 3 {
            let (status, key) = (Status::Answered, PbxCallId::parse(&format!("k1:{call}")).unwrap());
            let code = String::new();
            let row = Row {
                key,
                mark: None,
                started_at: begins,
                ring_secs: 5,
                talk_secs: 9,
                status,
                voicemail: false,
                code,
            };
            self.say(call, pbx_call::Event::Corrected { row, was: Status::Busy, at: at(60) });
        }
    }
}

/// In pages of two.
async fn calls(world: &World, filter: &Filter) -> Vec<u128> {
    let (mut found, mut below) = (vec![], None);
    loop {
        let page = pbx_calls::history(&world.screens, &organization(), filter, (below, 2)).await.unwrap();
        found.extend(page.iter().map(|row| row.id.as_u128()));
        let Some(last) = page.last() else { return found };
        below = Some(last.place());
    }
}

#[tokio::test]
async fn calls_of_an_exchange_are_found_page_by_page() {
    for world in World::each().await {
        let mut follower = Follower::<PbxCalls>::open(&world.screens).await.unwrap();
        advance(&mut follower, &Story::told().0).await;
        let all = Filter::default;
        let out = Some(Direction::Outgoing);
        let ending = |digits: &str| Some(Number::Ending(digits.to_owned()));
        let spelled = Number::Spelled(vec!["+998901234501".to_owned(), "998901234501".to_owned()]);
        let (statuses, internal) = (vec![Status::Answered], Some(true));
        for (filter, wanted) in [
            (all(), vec![7, 6, 5, 4, 3, 2, 1, 0]),
            (Filter { over: true, ..all() }, vec![5, 4, 3, 2, 1, 0]),
            (Filter { direction: out, ..all() }, vec![7, 5, 3, 1]),
            (Filter { direction: out, over: true, ..all() }, vec![5, 3, 1]),
            (Filter { statuses: statuses.clone(), ..all() }, vec![2, 1, 0]),
            (Filter { statuses: statuses.clone(), direction: out, ..all() }, vec![1]),
            (Filter { internal, ..all() }, vec![4, 0]),
            (Filter { extension: Some("1001".to_owned()), ..all() }, vec![7, 4, 1]),
            (Filter { extension: Some("1001".to_owned()), direction: out, ..all() }, vec![7, 1]),
            (Filter { number: Some(spelled.clone()), ..all() }, vec![7, 5, 3, 1]),
            (Filter { number: Some(spelled), statuses, ..all() }, vec![1]),
            (Filter { number: ending("1000"), ..all() }, vec![6, 3, 0]),
            (Filter { number: ending("4501"), extension: Some("1002".to_owned()), ..all() }, vec![5]),
            (Filter { number: ending("4599"), ..all() }, vec![]),
            (Filter { from: Some(at(2)), to: Some(at(5)), ..all() }, vec![4, 3, 2]),
        ] {
            assert_eq!(calls(&world, &filter).await, wanted, "{filter:?}");
        }
        let other = Organization::parse("2").unwrap();
        assert_eq!(pbx_calls::history(&world.screens, &other, &all(), (None, 9)).await.unwrap().len(), 0);
    }
}

#[tokio::test]
async fn the_watch_asks_for_what_goes_on_and_what_is_not_confirmed() {
    for world in World::each().await {
        let mut follower = Follower::<PbxCalls>::open(&world.screens).await.unwrap();
        advance(&mut follower, &Story::told().0).await;
        let (screens, own, other) = (&world.screens, organization(), Organization::parse("2").unwrap());
        let ids = |rows: Vec<pbx_calls::PbxCallRow>| -> Vec<u128> {
            rows.iter().map(|row| row.id.as_u128()).collect()
        };
        assert_eq!(ids(pbx_calls::live(screens, &own, 9).await.unwrap()), [7, 6]);
        assert_eq!(ids(pbx_calls::live(screens, &other, 9).await.unwrap()), [0; 0]);
        assert_eq!(ids(pbx_calls::unconfirmed(screens, &own, at(4), 9).await.unwrap()), [4, 5]);
        assert_eq!(ids(pbx_calls::unconfirmed(screens, &own, at(0), 2).await.unwrap()), [3, 4]);
        let found = pbx_calls::find(screens, &own, &name(3)).await.unwrap().unwrap();
        assert_eq!((found.id, found.call.as_str()), (Uuid::from_u128(3), "1700000000.3"));
        assert!(pbx_calls::find(screens, &other, &name(3)).await.unwrap().is_none());
        let found = pbx_calls::find_by_id(screens, &own, Uuid::from_u128(3)).await.unwrap();
        assert!(found.is_some_and(|row| row.extension.as_deref() == Some("1000")));
        assert!(pbx_calls::find_by_id(screens, &other, Uuid::from_u128(3)).await.unwrap().is_none());
        let stream = StreamId::pbx_call(&own, &name(5));
        assert_eq!(
            ids(pbx_calls::several(screens, &[stream.to_string(), "1/pbx/no".to_owned()]).await.unwrap()),
            [5]
        );
    }
}

#[tokio::test]
async fn the_watch_over_an_exchange_is_read_from_either_store() {
    for world in World::each().await {
        let mut story = Story::default();
        let stream = StreamId::pbx(&organization());
        let (from, to, why) = (at(1), at(2), Gap::Unwatched);
        let synced = pbx::Synced { through: Some(at(5)), rows: 7, new: 3, at: at(6) };
        story.put(stream.clone(), Event::Pbx(pbx::Event::MonitorGap { from, to, why, at: to }));
        story.put(stream.clone(), Event::Pbx(pbx::Event::Synced(synced)));
        story.put(stream, Event::Pbx(pbx::Event::Refused { why: pbx::Refusal::Rights, at: at(7) }));
        let mut follower = Follower::<PbxWatch>::open(&world.screens).await.unwrap();
        advance(&mut follower, &story.0).await;
        let row = pbx_watch::find(&world.screens, &organization()).await.unwrap().unwrap();
        let micros = |at: Option<DateTime<Utc>>| at.map(|at| at.timestamp_micros());
        assert_eq!((micros(row.synced_at), row.rows_read), (micros(Some(at(6))), 7));
        assert_eq!(micros(row.through), micros(Some(at(5))));
        assert_eq!((row.gaps.0.len(), row.refused), (1, Some(pbx::Refusal::Rights)));
        let other = Organization::parse("2").unwrap();
        assert!(pbx_watch::find(&world.screens, &other).await.unwrap().is_none());
    }
}
