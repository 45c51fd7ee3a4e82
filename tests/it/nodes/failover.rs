//! PostgreSQL's primary is lost under load, and another server takes its place. With commits on two servers nothing that was acknowledged
//! is lost or doubled, and the engine goes on by itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::cluster::Load;
use super::patroni::Patroni;
use crate::crash::{Memory, finish_sending, nothing_is_lost_or_doubled, screens_equal_a_fresh_fold};
use crate::world::{World, report};

const UNDER_LOAD: Duration = Duration::from_secs(5);
/// After Patroni has named another primary.
const BACK_MAX: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_mins(3);
const ANOTHER_SESSION: &str = "session-1738862891234-xyz999";

/// Until something new is acknowledged; a repetition could be answered without the store.
async fn until_it_takes_reports(world: &World, numbers: &mut std::ops::RangeFrom<u32>) {
    let began = Instant::now();
    loop {
        let answer = world.report(&report(ANOTHER_SESSION, numbers.next().unwrap())).await;
        if answer.is_ok_and(|answer| answer.status() == 200) {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "it takes no reports: {}", world.said());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "full size: make check-deep"]
#[expect(clippy::print_stderr, reason = "the figures are what a full run is for")]
async fn deep_a_failover_under_patroni_loses_nothing() {
    let mut patroni = Patroni::start().await;
    let mut world = World::sqlite();
    world.set("DATABASE_URL", &patroni.url());
    world.start().await;
    let engine = world.pid();
    let (memory, mut numbers) = (Arc::new(Memory::new()), 0..);
    let load = Load::begin(&[world.port], &memory);

    tokio::time::sleep(UNDER_LOAD).await;
    let (first, killed) = (patroni.primary(), Instant::now());
    patroni.lose_the_primary();
    patroni.until_another_leads(first).await;
    let led = killed.elapsed();
    until_it_takes_reports(&world, &mut numbers).await;
    let back = killed.elapsed();
    eprintln!("primary and keeper lost: another leads after {led:?}, reports are taken after {back:?}");
    assert!(back.checked_sub(led).unwrap() <= BACK_MAX);
    world.until_ready().await;

    patroni.until_commits_are_on_two().await;
    tokio::time::sleep(UNDER_LOAD).await;
    let shot = Instant::now();
    patroni.shoot_the_server();
    until_it_takes_reports(&world, &mut numbers).await;
    eprintln!("server alone lost: reports are taken after {:?}", shot.elapsed());

    tokio::time::sleep(UNDER_LOAD).await;
    load.end().await;
    world.until_ready().await;
    assert_eq!(world.pid(), engine, "nobody started it anew");
    finish_sending(&world, &memory).await;
    let acknowledged = memory.acknowledged.lock().unwrap().len();
    nothing_is_lost_or_doubled(&world, &memory).await;
    screens_equal_a_fresh_fold(&world).await;
    eprintln!("{acknowledged} reports acknowledged, each there once");
    assert!(world.stop().success());
    let verified = world.verify();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
}
