//! Lists page by page on both stores, each filter held against the plain reading of all rows.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Duration, SubsecRound as _, Utc};
use domain::call::{self, Details, Listing, Told};
use domain::fact::{Circumstances, Event, Fact, Position};
use domain::ids::StreamId;
use domain::outcome::CallStatus;
use domain::personal::Personal;
use domain::phone::{Home, Phone, spelling};
use uuid::Uuid;

use super::facts::{Happening, Journal, start};
use super::world::{World, advance, feed};
use crate::call_history::{self, CallHistory, Filter, Number, Part, Place, ResultRow};
use crate::follow::Follower;
use crate::session_stats::{self, SessionStats, Status, Wanted};

const CALLS: u64 = 400;
const PHONES: [&str; 7] = [
    "+998901234567",
    "90 123-45-67",
    "00998901234567",
    "+998901239999",
    "+4930901234567",
    "anonymous",
    "(90) 999-99-99",
];
const OPERATORS: [Option<&str>; 4] = [None, Some("Alisher Valijonov"), Some("Ольга 100%"), Some("bo_tir")];

fn of<T: Copy>(all: &[T], number: u64) -> T {
    all[usize::try_from(number).unwrap() % all.len()]
}

/// Calls of two organizations and three sessions; several at one instant, and not quite in the order of their positions.
fn reported(position: Position) -> Arc<Fact> {
    let at = start()
        + Duration::seconds(i64::try_from(position / 3 + 2 * u64::from(position.is_multiple_of(7))).unwrap());
    let status = of(&CallStatus::ALL, position / 2 + position / 7);
    let told = Told {
        id: Uuid::from_u128(u128::from(position * 7919 % 1_000)),
        event_id: None,
        listing: Listing::Listed,
        status,
        before: None,
        after: status,
        talk_secs: None,
        started_at: None,
        ended_at: None,
        at,
        personal: Personal::Clear(Details {
            phone: of(&PHONES, position / 2).to_owned(),
            operator_name: of(&OPERATORS, position / 5).map(str::to_owned),
            ..Details::default()
        }),
    };
    let stream = format!("{}/s-{}/{position:07}", of(&["1", "1", "2"], position), position / 3 % 3);
    fact(position, stream, at, call::Event::Reported(told))
}

fn fact(position: Position, stream: String, at: DateTime<Utc>, event: call::Event) -> Arc<Fact> {
    Arc::new(Fact {
        position,
        stream: StreamId::stored(stream),
        sequence: 1,
        recorded_at: at,
        occurred_at: at,
        circumstances: Arc::new(Circumstances::default()),
        event: Event::Call(event),
    })
}

async fn filled(world: &World) -> Follower<CallHistory> {
    let mut follower = Follower::<CallHistory>::open(&world.screens).await.unwrap();
    let facts: Vec<_> = (1..=CALLS).map(reported).collect();
    advance(&mut follower, &facts).await;
    follower
}

fn shown(row: &ResultRow, filter: &Filter) -> bool {
    let number = filter.number.as_ref().is_none_or(|number| match number {
        Number::Spelled(all) => {
            all.iter().any(|spelled| spelling::backwards(spelled) == spelling::backwards(&row.phone))
        }
        Number::Ending(digits) => {
            let kept: String = row.phone.chars().filter(char::is_ascii_digit).collect();
            kept.ends_with(digits.as_str())
        }
    });
    number
        && (filter.statuses.is_empty() || filter.statuses.contains(&row.status))
        && filter.session.as_ref().is_none_or(|session| *session == row.session)
        && filter.from.is_none_or(|from| row.created_at >= from)
        && filter.to.is_none_or(|to| row.created_at < to)
}

/// What a page has to hold, read the simple way.
async fn expected(world: &World, organization: &str, filter: &Filter) -> Vec<Uuid> {
    let mut rows = world.results().await;
    rows.retain(|row| row.organization == organization && shown(row, filter));
    rows.sort_by_key(|row| std::cmp::Reverse((row.created_at, row.position)));
    rows.iter().map(|row| row.id).collect()
}

async fn paged(world: &World, organization: &str, filter: &Filter, limit: u32) -> Vec<Uuid> {
    let (mut read, mut below): (Vec<Uuid>, Option<Place>) = (vec![], None);
    loop {
        let page = call_history::history(&world.screens, organization, filter, (below, limit)).await.unwrap();
        let Some(last) = page.last() else { return read };
        below = Some(last.place());
        read.extend(page.iter().map(|row| row.id));
    }
}

fn filters() -> Vec<Filter> {
    let home = Home::parse("UZ").unwrap();
    let spelled = Phone::reported("901234567", home).unwrap().spellings(home).into_iter().collect();
    // Stores keep microseconds.
    let instant = |secs| Some(start().trunc_subsecs(6) + Duration::seconds(secs));
    let numbers = [
        None,
        Some(Number::Spelled(spelled)),
        Some(Number::Ending("4567".to_owned())),
        Some(Number::Ending("9999".to_owned())),
        Some(Number::Ending("0901234567".to_owned())),
    ];
    let statuses = [vec![], vec![CallStatus::Busy], vec![CallStatus::Answered, CallStatus::Rejected]];
    let times = [(None, None), (instant(20), None), (instant(30), instant(60)), (instant(60), instant(30))];
    let mut all = vec![];
    for number in &numbers {
        for statuses in &statuses {
            for session in [None, Some("s-1".to_owned())] {
                for (from, to) in times {
                    let (number, statuses, session) = (number.clone(), statuses.clone(), session.clone());
                    all.push(Filter { number, statuses, session, from, to });
                }
            }
        }
    }
    all
}

#[tokio::test]
async fn a_page_of_history_holds_what_its_filter_says() {
    for world in World::each().await {
        filled(&world).await;
        let mut found = 0;
        for filter in filters() {
            let expected = expected(&world, "1", &filter).await;
            found += usize::from(!expected.is_empty());
            assert_eq!(paged(&world, "1", &filter, 7).await, expected, "{filter:?}");
        }
        assert!(found > 60, "only {found} filters found anything");
        let theirs = paged(&world, "2", &Filter::default(), 1_000).await;
        assert_eq!(theirs, expected(&world, "2", &Filter::default()).await);
        assert!(paged(&world, "3", &Filter::default(), 10).await.is_empty());
    }
}

#[tokio::test]
async fn nothing_is_twice_or_missing_while_the_history_changes() {
    for world in World::each().await {
        let mut follower = filled(&world).await;
        let before: BTreeSet<Uuid> =
            paged(&world, "1", &Filter::default(), 1_000).await.into_iter().collect();
        let (mut read, mut below, mut next): (Vec<Uuid>, Option<Place>, Position) = (vec![], None, CALLS);
        loop {
            let page =
                call_history::history(&world.screens, "1", &Filter::default(), (below, 9)).await.unwrap();
            let Some(last) = page.last() else { break };
            below = Some(last.place());
            read.extend(page.iter().map(|row| row.id));
            // Something new, and a stronger status for something old, which moves within its index.
            let stronger =
                Told { status: CallStatus::ConnectedToOperator, ..told_of(&reported(next - CALLS + 1)) };
            let new = reported(next + 1);
            let old =
                fact(next + 2, new.stream.as_str().to_owned(), start(), call::Event::Strengthened(stronger));
            advance(&mut follower, &[new, old]).await;
            next += 2;
        }
        let seen: BTreeSet<Uuid> = read.iter().copied().collect();
        assert_eq!(seen.len(), read.len(), "a row came twice");
        assert_eq!(before.difference(&seen).count(), 0, "a row was missed");
    }
}

fn told_of(fact: &Fact) -> Told {
    match &fact.event {
        Event::Call(call::Event::Reported(told)) => told.clone(),
        Event::Call(_)
        | Event::Session(_)
        | Event::Quarantine(_)
        | Event::NumberList(_)
        | Event::Remote(_)
        | Event::Contact(_)
        | Event::Person(_)
        | Event::Campaign(_)
        | Event::Target(_)
        | Event::User(_)
        | Event::Promise(_)
        | Event::Import(_)
        | Event::ApiKey(_)
        | Event::WebhookEndpoint(_)
        | Event::Settings(_)
        | Event::Pbx(_)
        | Event::PbxCall(_)
        | Event::Disclosure(_)
        | Event::Denial(_) => panic!("no report"),
    }
}

#[tokio::test]
async fn a_sessions_results_are_found_by_status_digits_and_operator() {
    for world in World::each().await {
        filled(&world).await;
        let count = async |statuses: &[CallStatus], text: Option<&str>| {
            let part = Part { statuses: statuses.to_vec(), text: text.map(str::to_owned) };
            let rows =
                call_history::of_session(&world.screens, ("1", "s-1"), &part, (0, 1_000)).await.unwrap();
            assert!(rows.is_sorted_by_key(|row| row.position));
            rows
        };
        let all = count(&[], None).await;
        let kept = |keep: &dyn Fn(&ResultRow) -> bool| all.iter().filter(|row| keep(row)).count();
        let operated = |name: &str| kept(&|row| row.operator_name.as_deref() == Some(name));
        let busy = count(&[CallStatus::Busy], None).await;
        assert_eq!((busy.len(), busy.is_empty()), (kept(&|row| row.status == CallStatus::Busy), false));
        for (text, expected) in [
            ("123-45", kept(&|row| spelling::backwards(&row.phone).contains("54321"))),
            ("ALISHER", operated("Alisher Valijonov")),
            ("ольга", operated("Ольга 100%")),
            ("100%", operated("Ольга 100%")),
            ("o_t", operated("bo_tir")),
            ("o_i", 0),
            ("anonymous", 0),
        ] {
            assert_eq!(count(&[], Some(text)).await.len(), expected, "{text}");
            assert_eq!(expected == 0, ["o_i", "anonymous"].contains(&text), "{text} finds something");
        }
    }
}

#[tokio::test]
async fn sessions_are_listed_by_status_and_a_part_of_their_name() {
    let mut journal = Journal::of(&[]);
    for session in 0..23 {
        journal.happen(&Happening::Open { session });
        if session % 2 == 0 {
            journal.happen(&Happening::Launch { session });
        }
    }
    for world in World::each().await {
        feed(&mut Follower::<SessionStats>::open(&world.screens).await.unwrap(), &journal, &[9]).await;
        let names = async |wanted: Wanted, limit| -> Vec<String> {
            let rows = session_stats::latest(&world.screens, "1", &wanted, limit).await.unwrap();
            rows.into_iter().map(|row| row.session).collect()
        };
        let (mut paged, mut before) = (vec![], None);
        loop {
            let wanted = Wanted { before, ..Wanted::default() };
            let rows = session_stats::latest(&world.screens, "1", &wanted, 5).await.unwrap();
            let Some(last) = rows.last() else { break };
            before = Some(last.position);
            paged.extend(rows.into_iter().map(|row| row.session));
        }
        let expected: Vec<_> = (0..23).rev().map(|session| format!("session-{session}")).collect();
        assert_eq!(paged, expected);
        let running = Wanted { statuses: vec![Status::Running], ..Wanted::default() };
        assert_eq!(names(running, 2).await, ["session-22", "session-20"]);
        let alike = Wanted { name: Some("SION-1".to_owned()), ..Wanted::default() };
        assert_eq!(names(alike, 100).await.len(), 11);
        let none = Wanted { name: Some("session_1".to_owned()), ..Wanted::default() };
        assert!(names(none, 100).await.is_empty(), "a sign of the pattern stands for itself");
    }
}
