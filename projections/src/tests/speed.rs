//! How fast screens are folded, beside the raw bulk insert of the same rows. Run by hand, in release:
//! `cargo test --release -p projections -- --ignored --nocapture speed`.

use std::sync::Arc;
use std::time::Instant;

use chrono::Duration;
use domain::call::{self, Details, Listing, Told};
use domain::fact::{Circumstances, Event, Fact};
use domain::ids::StreamId;
use domain::outcome::CallStatus;
use domain::personal::Personal;
use domain::session;
use uuid::Uuid;

use super::facts::{organization, session_id, start};
use super::world::World;
use crate::call_history::{CallHistory, ResultRow};
use crate::follow::{Flip, Follower, Page};
use crate::projection::{Projection, Spec};
use crate::row::Row;
use crate::session_stats::{self, SessionStats};
use crate::store::{Backend, Changes, Step, Table, schema};

const SESSIONS: u32 = 20;
const CALLS: u32 = 15_000;

fn journal() -> Vec<Arc<Fact>> {
    let mut facts = vec![];
    for session in 0..SESSIONS {
        let session = session_id(u8::try_from(session).unwrap());
        let opened = session::Event::Opened {
            id: Uuid::now_v7_for_tests(),
            remote: session::Remote::Simulated,
            list: None,
            completion: session::Completion::Results,
            at: start(),
        };
        push(&mut facts, StreamId::session(&organization(), &session), Event::Session(opened));
        for line in 0..CALLS {
            let stream = StreamId::listed_call(&organization(), &session, line);
            push(&mut facts, stream, Event::Call(call::Event::Reported(told(line))));
        }
    }
    facts
}

fn push(facts: &mut Vec<Arc<Fact>>, stream: StreamId, event: Event) {
    let position = u64::try_from(facts.len()).unwrap() + 1;
    let at = start() + Duration::milliseconds(i64::try_from(position).unwrap());
    let circumstances = Arc::new(Circumstances::default());
    facts.push(Arc::new(Fact {
        position,
        stream,
        sequence: 1,
        recorded_at: at,
        occurred_at: at,
        circumstances,
        event,
    }));
}

fn told(line: u32) -> Told {
    let status = CallStatus::ALL[usize::try_from(line % 8).unwrap()];
    Told {
        id: Uuid::now_v7_for_tests(),
        event_id: None,
        listing: Listing::Listed,
        status,
        before: None,
        after: status,
        talk_secs: Some(45),
        started_at: Some(start()),
        ended_at: Some(start()),
        at: start(),
        personal: Personal::Clear(Details {
            phone: format!("+9989012{line:05}"),
            operator_name: Some("Alisher Valijonov".to_owned()),
            operator_id: Some("0198f3c0-0000-7000-8000-000000000001".to_owned()),
            recording_url: Some(format!("https://recordings.example.com/call-{line}.mp3")),
            notes: Some("Mijoz mahsulot haqida so'radi".to_owned()),
        }),
    }
}

/// Ids that ascend, as the engine's do.
trait Ascending {
    fn now_v7_for_tests() -> Uuid;
}

impl Ascending for Uuid {
    fn now_v7_for_tests() -> Uuid {
        static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let next = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Uuid::from_u128(0x0198_f3c0_0000_7000_8000_0000_0000_0000 | u128::from(next))
    }
}

async fn run<P: Projection>(follower: &mut Follower<P>, facts: &[Arc<Fact>], size: usize) -> f64 {
    let begun = Instant::now();
    for page in facts.chunks(size) {
        super::world::advance(follower, page).await;
    }
    if follower.building() {
        assert_eq!(follower.flip().await.unwrap(), Flip::Done);
    }
    rate(facts.len(), begun)
}

fn rate(count: usize, begun: Instant) -> f64 {
    f64::from(u32::try_from(count).unwrap()) / begun.elapsed().as_secs_f64()
}

fn in_memory<P: Projection>(facts: &[Arc<Fact>]) -> Vec<P::Row> {
    let mut rows = std::collections::BTreeMap::new();
    for fact in facts {
        if let Some(crate::projection::Touch::New(key) | crate::projection::Touch::Existing(key)) =
            P::touches(fact)
        {
            P::fold(rows.entry(key).or_insert(None), fact).unwrap();
        }
    }
    rows.into_values().flatten().collect()
}

/// The same rows into the same table, with nothing else done: the limit.
async fn raw(world: &World, rows: &[ResultRow]) -> f64 {
    let spec = Spec { name: "raw", ..Spec::of::<CallHistory>() };
    let backend: &Backend = world.screens.backend();
    let table = Arc::new(Table::new(backend.dialect(), &spec, 1));
    backend.transact(vec![schema::create_table(backend.dialect(), &spec, 1)]).await.unwrap();
    let pages: Vec<Vec<((), ResultRow)>> =
        rows.chunks(8_192).map(|page| page.iter().map(|row| ((), row.clone())).collect()).collect();
    let begun = Instant::now();
    for fresh in pages {
        let guard = vec![Step::new(format!(
            "delete from {}parked where stream = 'none'",
            backend.dialect().prefix()
        ))];
        backend.write(guard, &table, Changes { fresh, known: vec![] }).await.unwrap();
    }
    backend.transact(schema::create_indexes(backend.dialect(), &spec, 1)).await.unwrap();
    let rate = rate(rows.len(), begun);
    let drop = Step::new(format!("drop table {}raw_v2_1", backend.dialect().prefix()));
    backend.transact(vec![drop]).await.unwrap();
    rate
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn speed() {
    let facts = journal();
    assert_eq!(ResultRow::COLUMNS.len(), 17);
    let rows = in_memory::<CallHistory>(&facts);
    for world in World::each().await {
        let name = format!("{:?}", world.screens.backend().dialect());
        let s = &world.screens;
        let small = run(&mut Follower::<SessionStats>::open(s).await.unwrap(), &facts, 256).await;
        let large = run(&mut Follower::<SessionStats>::rebuild(s).await.unwrap(), &facts, 8_192).await;
        println!("{name}: session_stats live, pages of 256: {small:.0}/s; rebuild, 8192: {large:.0}/s");
        let small = run(&mut Follower::<CallHistory>::open(s).await.unwrap(), &facts, 256).await;
        println!("{name}: call_history live, pages of 256: {small:.0}/s");
        for _ in 0..3 {
            let limit = raw(&world, &rows).await;
            let rebuilt = run(&mut Follower::<CallHistory>::rebuild(s).await.unwrap(), &facts, 8_192).await;
            println!(
                "{name}: call_history rebuild {rebuilt:.0}/s, raw {limit:.0}/s, ratio {:.2}",
                rebuilt / limit
            );
        }
        let begun = Instant::now();
        for at in 0..20_000_u64 {
            // Each asks for more than what is remembered: a miss every time.
            session_stats::find(s, "1", "session-3", 1_000_000 + at).await.unwrap().unwrap();
        }
        println!(
            "{name}: session found {:.0}/s, {:?} each, not remembered",
            rate(20_000, begun),
            begun.elapsed() / 20_000
        );
        let begun = Instant::now();
        for _ in 0..200_000 {
            session_stats::find(s, "1", "session-3", 5).await.unwrap().unwrap();
        }
        println!("{name}: session found {:?} each, remembered", begun.elapsed() / 200_000);
    }
    let page = Page { after: 0, facts: &facts, unreadable: &[], last: 0 };
    assert_eq!(page.unreadable.len(), 0);
}
