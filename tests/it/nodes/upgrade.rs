//! An older program beside a newer one, which records what the older one has never heard of. The older one must not pass it: what the newer
//! one makes of it would never be made. It leaves it to the newer one, and goes on behind it.

use std::time::Duration;

use karnay::journal::effects::Reaction;

use crate::effects::bench::{Bench, Engine, settled};
use crate::postgres::Server;
use crate::projector::append_nonsense;

const POLICY: &str = "launch";
/// Longer than a policy waits to store how far it has read.
const A_WHILE: Duration = Duration::from_secs(3);

#[actix::test]
async fn an_older_node_leaves_what_it_cannot_read_to_a_newer_one() {
    let mut bench = Bench::postgres(Server::shared()).await;
    let stream = bench.open_session("session-1").await;
    append_nonsense(&bench.journal, &stream, 1).await;
    bench.open_session("session-2").await;
    // The journal's memory holds what was meant; only what is stored is nonsense.
    bench.reopen().await;
    let older = Engine::reacting(&bench);
    settled(|| bench.ready(), 1).await;
    tokio::time::sleep(A_WHILE).await;
    let standing = bench.journal.policy(POLICY).await.unwrap();
    assert_eq!((standing.checkpoint, bench.ready().await), (1, 1), "it passed what it cannot read");

    // The newer one reads it.
    let policy = Reaction { policy: POLICY, from: 1, to: 2, state: standing.state, effects: vec![] };
    assert!(bench.journal.react(policy).await.unwrap());
    settled(|| bench.ready(), 2).await;
    settled(|| async { bench.journal.policy(POLICY).await.unwrap().checkpoint }, 3).await;
    older.stop().await;
}
