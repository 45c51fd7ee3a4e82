//! Effects from a session that is opened to its outcome: once each, whatever dies in between.

pub(crate) mod bench;
mod far;

use std::sync::Arc;
use std::time::Duration;

use bench::{Bench, Engine, settled};
use domain::ids::StreamId;
use domain::session::{Exit, Phase};
use far::{Act, Far};
use karnay::actors::effector::Limits;
use karnay::journal::effects::{Errand, Take};
use karnay::journal::restores::Confirmed;
use karnay::ports::{Clock as _, Ids as _, Known};

use crate::postgres::{self, Server};

const LEASE: Duration = Duration::from_secs(45);

/// Each test on both stores.
macro_rules! on_both_stores {
    ($($test:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[actix::test]
            async fn $test() {
                super::$test(super::Bench::open().await).await;
            })*
        }
        mod on_postgres {
            $(#[actix::test]
            async fn $test() {
                super::$test(super::Bench::postgres(crate::postgres::Server::shared()).await).await;
            })*
        }
    };
}

on_both_stores!(
    an_opened_session_runs_its_command_once,
    every_one_of_many_sessions_runs_once_within_the_bound,
    taken_and_never_launched_is_launched_once,
    told_and_never_launched_is_asked_about_and_not_launched,
    ready_in_a_backup_it_is_asked_about_and_not_launched,
    opened_in_a_backup_it_is_asked_about_and_not_launched,
    opened_before_a_restore_is_confirmed_it_is_not_launched,
    killed_while_the_command_runs_it_is_not_run_again,
    killed_while_the_command_runs_it_is_waited_for,
    a_command_that_never_ends_is_not_asked_about_for_ever,
    killed_after_the_command_ended_its_recorded_end_is_found,
    killed_after_the_session_was_told_nothing_changes,
    an_old_holder_is_fenced_out,
    a_lease_is_renewed_as_long_as_the_command_runs,
    a_lease_that_ran_out_under_way_comes_back_to_its_own_task,
    a_far_end_that_says_later_is_tried_later_and_not_for_ever,
    a_far_end_that_panics_fails_its_session_alone,
    a_far_end_that_never_comes_back_is_not_waited_for_for_ever,
    a_bad_exit_counts_while_nobody_was_heard,
    a_far_end_that_refuses_says_why,
    closing_waits_for_what_is_under_way_and_takes_nothing_more,
    two_reactors_want_each_thing_once,
);

async fn an_opened_session_runs_its_command_once(bench: Bench) {
    let local = bench.local(&format!("echo ran >> {}; echo Call process started", bench.lines().display()));
    let engine = Engine::start(&bench, local.clone());
    let session = bench.open_session("session-1-abc").await;
    settled(|| bench.phase(&session), Phase::Completed).await;
    assert_eq!(bench.history(&session).await, ["opened", "launched", "returned", "completed"]);
    settled(|| bench.done(), 1).await;
    engine.stop().await;

    // The next process finds nothing to do.
    let engine = Engine::start(&bench, local);
    bench.clock.advance(2 * LEASE);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(std::fs::read_to_string(bench.lines()).unwrap(), "ran\n");
    assert_eq!(bench.history(&session).await.len(), 4);
    engine.stop().await;
}

async fn every_one_of_many_sessions_runs_once_within_the_bound(bench: Bench) {
    let far = Far::always(Act::Slow(Duration::from_millis(50)));
    let limits = Limits { under_way_max: 3, ..Limits::default() };
    let engine = Engine::with(&bench, far.clone(), limits, false);
    for number in 0..20 {
        bench.open_session(&format!("session-{number}")).await;
    }
    settled(|| bench.done(), 20).await;
    assert_eq!(far.launched().len(), 20);
    assert!(far.most_at_once() <= 3, "{}", far.most_at_once());
    engine.stop().await;
}

/// The session was never told that it is launched, which comes before anything leaves.
async fn taken_and_never_launched_is_launched_once(bench: Bench) {
    let session = bench.open_session("session-1-abc").await;
    let far = Far::always(Act::Exit(0));
    let engine = Engine::reacting(&bench);
    settled(|| bench.ready(), 1).await;
    engine.stop().await;
    // Somebody takes it, and is never heard of again.
    let taken = bench.take().await;
    assert_eq!((taken.len(), taken[0].errand), (1, Errand::Send));

    let engine = Engine::start(&bench, far.clone());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!((far.launched().len(), far.asked()), (0, 0));
    bench.clock.advance(LEASE + Duration::from_secs(1));
    settled(|| bench.phase(&session), Phase::Completed).await;
    assert_eq!((far.launched().len(), far.asked()), (1, 0));
    settled(|| bench.done(), 1).await;
    engine.stop().await;
}

/// It was told so, and then somebody died: whether the command ran nobody knows, and it is not run again.
async fn told_and_never_launched_is_asked_about_and_not_launched(bench: Bench) {
    let session = bench.open_session("session-1-abc").await;
    let far = Far::always(Act::Exit(0));
    let engine = Engine::reacting(&bench);
    settled(|| bench.ready(), 1).await;
    engine.stop().await;
    bench.take().await;
    bench.tell_launch(&session).await;

    let engine = Engine::start(&bench, far.clone());
    bench.clock.advance(LEASE + Duration::from_secs(1));
    settled(|| bench.phase(&session), Phase::Failed).await;
    assert_eq!((far.launched().len(), far.asked()), (0, 1));
    let why = bench.failure(&session).await;
    assert!(why.contains("unknown") && why.contains("not run again"), "{why}");
    settled(|| bench.done(), 1).await;
    engine.stop().await;
}

/// The engine that was lost may have launched it after the backup was taken.
async fn ready_in_a_backup_it_is_asked_about_and_not_launched(bench: Bench) {
    let session = bench.open_session("session-1-abc").await;
    let engine = Engine::reacting(&bench);
    settled(|| bench.ready(), 1).await;
    engine.stop().await;
    bench.restored().await;
    is_asked_about_and_not_launched(bench, session).await;
}

/// The same where no policy had read of it by then.
async fn opened_in_a_backup_it_is_asked_about_and_not_launched(bench: Bench) {
    let session = bench.open_session("session-1-abc").await;
    bench.restored().await;
    is_asked_about_and_not_launched(bench, session).await;
}

async fn is_asked_about_and_not_launched(bench: Bench, session: StreamId) {
    let far = Far::always(Act::Exit(0));
    let engine = Engine::start(&bench, far.clone());
    settled(|| bench.phase(&session), Phase::Failed).await;
    assert_eq!((far.launched().len(), far.asked()), (0, 1));
    settled(|| bench.done(), 1).await;
    engine.stop().await;
}

async fn opened_before_a_restore_is_confirmed_it_is_not_launched(bench: Bench) {
    bench.restored().await;
    let far = Far::always(Act::Exit(0));
    let engine = Engine::start(&bench, far.clone());
    let session = bench.open_session("session-1-abc").await;
    settled(|| bench.phase(&session), Phase::Failed).await;
    let why = bench.failure(&session).await;
    assert!(why.contains("restored from a backup") && why.contains("nothing was started"), "{why}");
    assert_eq!((far.launched().len(), far.asked()), (0, 0));

    let confirmed = bench.journal.confirm_restore("admin", true, bench.clock.now()).await;
    assert_eq!(confirmed.unwrap(), Confirmed::Done);
    let session = bench.open_session("session-2-abc").await;
    settled(|| bench.phase(&session), Phase::Completed).await;
    assert_eq!(far.launched().len(), 1);
    engine.stop().await;
}

async fn killed_while_the_command_runs_it_is_not_run_again(bench: Bench) {
    let session = bench.open_session("session-1-abc").await;
    let far = Far::always(Act::Hang);
    let engine = Engine::start(&bench, far.clone());
    settled(|| async { far.launched().len() }, 1).await;
    assert_eq!(bench.phase(&session).await, Phase::Running);
    engine.kill();

    let engine = Engine::start(&bench, far.clone());
    bench.clock.advance(LEASE + Duration::from_secs(1));
    settled(|| bench.phase(&session), Phase::Failed).await;
    settled(|| bench.done(), 1).await;
    assert_eq!((far.launched().len(), far.asked()), (1, 1));
    engine.stop().await;
}

const RUNNING: Known = Known::Running { again: Duration::from_millis(10) };

/// However often it is asked about.
async fn killed_while_the_command_runs_it_is_waited_for(bench: Bench) {
    let session = bench.open_session("session-1-abc").await;
    let far = Far::always(Act::Hang);
    let engine = Engine::start(&bench, far.clone());
    settled(|| async { far.launched().len() }, 1).await;
    engine.kill();

    let exit = Exit { code: Some(3), ..Exit::default() };
    far.will_say(std::iter::repeat_n(RUNNING, 40).chain([Known::Ended(exit)]));
    let engine = Engine::start(&bench, far.clone());
    bench.clock.advance(LEASE + Duration::from_secs(1));
    settled(|| bench.phase(&session), Phase::Failed).await;
    assert!(bench.failure(&session).await.contains("exit code 3"));
    assert_eq!((far.launched().len(), far.asked()), (1, 41));
    engine.stop().await;
}

async fn a_command_that_never_ends_is_not_asked_about_for_ever(bench: Bench) {
    let session = bench.open_session("session-1-abc").await;
    let far = Far::always(Act::Hang);
    let engine = Engine::start(&bench, far.clone());
    settled(|| async { far.launched().len() }, 1).await;
    engine.kill();

    far.will_say(std::iter::repeat_n(RUNNING, 10_000));
    let limits = Limits { patience: Duration::from_millis(300), ..Limits::default() };
    let engine = Engine::with(&bench, far.clone(), limits, false);
    bench.clock.advance(LEASE + Duration::from_secs(1));
    settled(|| bench.phase(&session), Phase::Failed).await;
    let why = bench.failure(&session).await;
    assert!(why.contains("has not come back within"), "{why}");
    assert_eq!(far.launched().len(), 1);
    engine.stop().await;
}

async fn killed_after_the_command_ended_its_recorded_end_is_found(bench: Bench) {
    let local = bench.local(&format!("echo ran >> {}; echo fine", bench.lines().display()));
    let session = bench.open_session("session-1-abc").await;
    // Killed between the command's end and telling the session: the question in between is never answered.
    let engine = Engine::mute(&bench, local.clone());
    settled(|| async { bench.ended_marks() }, 1).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(bench.phase(&session).await, Phase::Running);
    engine.kill();

    let engine = Engine::start(&bench, local);
    bench.clock.advance(LEASE + Duration::from_secs(1));
    settled(|| bench.phase(&session), Phase::Completed).await;
    settled(|| bench.done(), 1).await;
    assert_eq!(std::fs::read_to_string(bench.lines()).unwrap(), "ran\n");
    engine.stop().await;
}

async fn killed_after_the_session_was_told_nothing_changes(bench: Bench) {
    let session = bench.open_session("session-1-abc").await;
    let engine = Engine::reacting(&bench);
    settled(|| bench.ready(), 1).await;
    engine.stop().await;
    bench.take().await;
    bench.tell_launch(&session).await;
    bench.tell_return(&session, Exit { code: Some(0), ..Exit::default() }).await;
    let before = bench.history(&session).await;

    let far = Far::always(Act::Exit(0));
    let engine = Engine::start(&bench, far.clone());
    bench.clock.advance(LEASE + Duration::from_secs(1));
    settled(|| bench.done(), 1).await;
    assert_eq!((far.launched().len(), far.asked()), (0, 0), "the session itself tells");
    assert_eq!(bench.history(&session).await, before);
    engine.stop().await;
}

async fn an_old_holder_is_fenced_out(bench: Bench) {
    bench.open_session("session-1-abc").await;
    let engine = Engine::reacting(&bench);
    settled(|| bench.ready(), 1).await;
    engine.stop().await;
    let old = bench.take().await.remove(0);
    assert!(bench.take().await.is_empty());
    bench.clock.advance(LEASE + Duration::from_secs(1));
    let new = bench.take().await.remove(0);
    assert_eq!((new.errand, &new.id), (Errand::Ask, &old.id));
    assert!(new.fence > old.fence);
    let (journal, now) = (&bench.journal, bench.clock.now());
    assert!(!journal.renew(old.id.clone(), old.fence, now + LEASE).await.unwrap());
    assert!(!journal.postpone(old.id.clone(), old.fence, now).await.unwrap());
    assert!(!journal.finish(old.id.clone(), old.fence, now).await.unwrap());
    assert!(journal.renew(new.id.clone(), new.fence, now + LEASE).await.unwrap());
    assert!(journal.finish(new.id.clone(), new.fence, now).await.unwrap());
    assert!(!journal.finish(new.id, new.fence, now).await.unwrap());
}

async fn a_lease_is_renewed_as_long_as_the_command_runs(bench: Bench) {
    let limits = Limits {
        lease: Duration::from_millis(700),
        renew_every: Duration::from_millis(100),
        ..Limits::default()
    };
    let far = Far::always(Act::Slow(Duration::from_secs(2)));
    let one = Engine::with(&bench, far.clone(), limits, false);
    let session = bench.open_session("session-1-abc").await;
    settled(|| async { far.launched().len() }, 1).await;
    // Another node looks for what was left lying about.
    let other = Engine::with(&bench, far.clone(), limits, false);
    settled(|| bench.phase(&session), Phase::Completed).await;
    settled(|| bench.done(), 1).await;
    assert_eq!((far.launched().len(), far.asked()), (1, 0));
    one.stop().await;
    other.stop().await;
}

async fn a_lease_that_ran_out_under_way_comes_back_to_its_own_task(bench: Bench) {
    let far = Far::always(Act::Slow(Duration::from_millis(1_500)));
    let engine = Engine::start(&bench, far.clone());
    let session = bench.open_session("session-1-abc").await;
    settled(|| async { far.launched().len() }, 1).await;
    bench.clock.advance(2 * LEASE);
    settled(|| bench.phase(&session), Phase::Completed).await;
    settled(|| bench.done(), 1).await;
    assert_eq!((far.launched().len(), far.asked()), (1, 0));
    engine.stop().await;
}

async fn a_far_end_that_says_later_is_tried_later_and_not_for_ever(bench: Bench) {
    let soon = Act::Later(Duration::from_secs(30));
    let far = Far::script(&[soon, soon, Act::Exit(0)], soon);
    let limits = Limits { tries_max: 4, ..Limits::default() };
    let engine = Engine::with(&bench, far.clone(), limits, false);
    let session = bench.open_session("session-1-abc").await;
    for tries in 1..=2 {
        settled(|| async { far.launched().len() }, tries).await;
        settled(|| bench.ready(), 1).await;
        bench.clock.advance(Duration::from_secs(31));
    }
    settled(|| bench.phase(&session), Phase::Completed).await;
    assert_eq!((far.launched().len(), far.asked()), (3, 0));

    let other = bench.open_session("session-2-abc").await;
    for tries in 4..=6 {
        settled(|| async { far.launched().len() }, tries).await;
        settled(|| bench.ready(), 1).await;
        bench.clock.advance(Duration::from_secs(31));
    }
    settled(|| bench.phase(&other), Phase::Failed).await;
    assert!(bench.failure(&other).await.contains("4 times"));
    assert_eq!(far.launched().len(), 7);
    engine.stop().await;
}

async fn a_far_end_that_panics_fails_its_session_alone(bench: Bench) {
    let far = Far::script(&[Act::Panic], Act::Exit(0));
    let engine = Engine::start(&bench, far.clone());
    let bad = bench.open_session("session-1-abc").await;
    settled(|| bench.phase(&bad), Phase::Failed).await;
    let good = bench.open_session("session-2-abc").await;
    settled(|| bench.phase(&good), Phase::Completed).await;
    settled(|| bench.done(), 2).await;
    bench.clock.advance(2 * LEASE);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!((far.launched().len(), far.asked()), (2, 0));
    engine.stop().await;
}

async fn a_far_end_that_never_comes_back_is_not_waited_for_for_ever(bench: Bench) {
    let far = Far::always(Act::Hang);
    let limits = Limits { patience: Duration::from_millis(200), ..Limits::default() };
    let engine = Engine::with(&bench, far.clone(), limits, false);
    let session = bench.open_session("session-1-abc").await;
    settled(|| bench.phase(&session), Phase::Failed).await;
    assert_eq!(far.launched().len(), 1);
    engine.stop().await;
}

async fn a_bad_exit_counts_while_nobody_was_heard(bench: Bench) {
    let far = Far::always(Act::Exit(3));
    let engine = Engine::start(&bench, far.clone());
    let silent = bench.open_session("session-1-abc").await;
    settled(|| bench.phase(&silent), Phase::Failed).await;
    assert!(bench.failure(&silent).await.contains("exit code 3"));
    engine.stop().await;
    let engine = Engine::with(&bench, far, Limits::default(), true);
    let heard = bench.open_session("session-2-abc").await;
    settled(|| bench.phase(&heard), Phase::Completed).await;
    engine.stop().await;
}

async fn a_far_end_that_refuses_says_why(bench: Bench) {
    let engine = Engine::start(&bench, Far::always(Act::Never("check REMOTE_HOST")));
    let session = bench.open_session("session-1-abc").await;
    settled(|| bench.phase(&session), Phase::Failed).await;
    assert_eq!(bench.failure(&session).await, "check REMOTE_HOST");
    engine.stop().await;
}

async fn closing_waits_for_what_is_under_way_and_takes_nothing_more(bench: Bench) {
    let far = Far::always(Act::Slow(Duration::from_millis(400)));
    let engine = Engine::start(&bench, far.clone());
    let session = bench.open_session("session-1-abc").await;
    settled(|| async { far.launched().len() }, 1).await;
    assert!(!engine.effector.close(Duration::from_millis(20)).await);
    let late = bench.open_session("session-2-abc").await;
    assert!(engine.effector.close(Duration::from_secs(10)).await);
    assert_eq!(bench.phase(&session).await, Phase::Completed);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!((bench.phase(&late).await, far.launched().len()), (Phase::Pending, 1));
    engine.stop().await;
}

async fn two_reactors_want_each_thing_once(bench: Bench) {
    let (one, other) = (Engine::reacting(&bench), Engine::reacting(&bench));
    for number in 0..50 {
        bench.open_session(&format!("session-{number}")).await;
    }
    settled(|| bench.ready(), 50).await;
    one.stop().await;
    other.stop().await;
    assert_eq!(bench.journal.policy("launch").await.unwrap().checkpoint, 50);
    let taken = bench.journal.take_effects(Take {
        owner: bench.ids.uuid(),
        now: bench.clock.now(),
        lease_until: bench.clock.now() + LEASE,
        limit: 100,
    });
    let mut ids: Vec<_> = taken.await.unwrap().into_iter().map(|taken| taken.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 50);
    assert!(ids.contains(&"launch/1/session-7/1".to_owned()), "{ids:?}");
}

#[actix::test]
async fn an_outcome_waits_for_a_store_that_is_away() {
    let server = Arc::new(Server::own(postgres::Sync::Off));
    let bench = Bench::postgres(Arc::clone(&server)).await;
    let far = Far::always(Act::Slow(Duration::from_millis(500)));
    let engine = Engine::start(&bench, far.clone());
    let session = bench.open_session("session-1-abc").await;
    settled(|| async { far.launched().len() }, 1).await;
    server.cut().await;
    // The command ends meanwhile, and the lease runs out.
    tokio::time::sleep(Duration::from_secs(1)).await;
    bench.clock.advance(2 * LEASE);
    server.mend().await;
    settled(|| bench.phase_if_known(&session), Some(Phase::Completed)).await;
    settled(|| bench.done(), 1).await;
    assert_eq!((far.launched().len(), far.asked()), (1, 0));
    engine.stop().await;
}
