//! How long a page of history takes out of many calls, filter by filter, the first page and one far down. Run by hand:
//! `CALLS=10000000 cargo test -p projections -- --ignored --nocapture history_pages`. Nothing but the store's own work weighs here.

use std::time::Instant;

use chrono::Duration;
use domain::outcome::CallStatus;

use super::facts::start;
use super::world::World;
use crate::call_history::{self, CallHistory, Filter, Number, Place};
use crate::projection::Spec;
use crate::store::{Dialect, Step, schema};

const USUAL: i64 = 1_000_000;
const PAGES: u32 = 200;

/// So many are made in one transaction.
const AT_ONCE: i64 = 500_000;

/// Calls of sessions of a hundred thousand numbers, ten a second, some with a rare status; made by the store itself.
fn filling(dialect: Dialect, (after, last): (i64, i64)) -> Vec<Step> {
    let spread = "(i * 7919 + i / 13) % 10000000";
    let (series, id, number) = match dialect {
        Dialect::Sqlite => (
            format!(
                "with recursive n(i) as (select {after} + 1 union all select i + 1 from n where i < {last})"
            ),
            "printf('%08d', i)".to_owned(),
            format!("printf('%07d', {spread})"),
        ),
        Dialect::Postgres => (
            format!("with n(i) as (select generate_series({after} + 1, {last}::bigint))"),
            "lpad(i::text, 8, '0')".to_owned(),
            format!("lpad(({spread})::text, 7, '0')"),
        ),
    };
    let when = |(at, status): (usize, &CallStatus)| format!("when {at} then '{}'", status.as_str());
    let statuses: Vec<String> = CallStatus::ALL.iter().enumerate().map(when).collect();
    let (began, table) =
        (start().timestamp_micros(), schema::table_name(dialect, &Spec::of::<CallHistory>(), 1));
    vec![Step::new(format!(
        "insert into {table} (id, organization, session, stream, phone, phone_backwards, status, talk_secs, operator_name, \
         operator_id, started_at, ended_at, recording_url, notes, listing, created_at, position) {series} \
         select '0199b9f4-6f00-7000-8000-0000' || {id}, '1', 'session-1738862891234-' || (i / 100000), \
         '1/s/' || i, '+99890' || {number}, {number} || '09899+', case i % 1009 when 0 then 'INVALID_NUMBER' else \
         (case i % 6 {} end) end, 45, 'Alisher Valijonov', '0198f3c0-0000-7000-8000-000000000001', {began}, {began}, \
         'https://recordings.example.com/call-12345.mp3', 'Mijoz mahsulot haqida so''radi', 'listed', \
         {began} + i * 100000, i from n",
        statuses.join(" ")
    ))]
}

async fn fill(world: &World, calls: i64) {
    let backend = world.screens.backend();
    let dialect = backend.dialect();
    let mut made = 0;
    while made < calls {
        let last = calls.min(made + AT_ONCE);
        backend.transact(filling(dialect, (made, last))).await.unwrap();
        made = last;
    }
    if dialect == Dialect::Postgres {
        let table = schema::table_name(dialect, &Spec::of::<CallHistory>(), 1);
        backend.transact(vec![Step::new(format!("analyze {table}"))]).await.unwrap();
    }
}

fn filters(calls: i64) -> Vec<(&'static str, Filter)> {
    let middle = Some(start() + Duration::milliseconds(calls * 50));
    let session = || Some(format!("session-1738862891234-{}", calls / 200_000));
    let number = |spelled: &str| Some(Number::Spelled(vec![spelled.to_owned()]));
    let rare = || vec![CallStatus::InvalidNumber];
    let ending = || Some(Number::Ending("4567".to_owned()));
    vec![
        ("nothing", Filter::default()),
        ("a status", Filter { statuses: vec![CallStatus::Busy], ..Filter::default() }),
        ("a rare status", Filter { statuses: rare(), ..Filter::default() }),
        ("from the middle", Filter { from: middle, ..Filter::default() }),
        ("to the middle", Filter { to: middle, ..Filter::default() }),
        ("a rare status to the middle", Filter { statuses: rare(), to: middle, ..Filter::default() }),
        ("a session", Filter { session: session(), ..Filter::default() }),
        ("a session, a rare status", Filter { session: session(), statuses: rare(), ..Filter::default() }),
        ("a number", Filter { number: number("+998901234567"), ..Filter::default() }),
        ("an ending", Filter { number: ending(), ..Filter::default() }),
        ("an ending, a rare status", Filter { number: ending(), statuses: rare(), ..Filter::default() }),
        ("an ending, a session", Filter { number: ending(), session: session(), ..Filter::default() }),
    ]
}

#[expect(clippy::disallowed_methods, reason = "a measurement is told its size by whoever runs it")]
fn calls() -> i64 {
    std::env::var("CALLS").map_or(USUAL, |calls| calls.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn history_pages() {
    let calls = calls();
    for world in World::each().await {
        let (dialect, began) = (world.screens.backend().dialect(), Instant::now());
        fill(&world, calls).await;
        println!("{dialect:?}: {calls} calls made in {:?}", began.elapsed());
        let deep = Place { at: start() + Duration::milliseconds(calls * 20), position: u64::MAX };
        for (what, filter) in filters(calls) {
            for (page, below) in [("first", None), ("deep", Some(deep))] {
                let mut took = vec![];
                let mut rows = 0;
                for _ in 0..PAGES {
                    let began = Instant::now();
                    let read =
                        call_history::history(&world.screens, "1", &filter, (below, 101)).await.unwrap();
                    took.push(began.elapsed());
                    rows = read.len();
                }
                took.sort();
                let at = |share: usize| took[took.len() * share / 100];
                println!("{dialect:?} {what}, {page}: {rows} rows, p50 {:?}, p99 {:?}", at(50), at(99));
            }
        }
    }
}
