//! Effects and policies: what is marked sent is never ready again by itself, and nobody finishes another's work.

use std::sync::atomic::Ordering;

use chrono::TimeDelta;
use domain::fact::Circumstances;
use domain::ids::{Organization, SessionId};
use domain::policy::Intent;
use karnay::journal::Journal;
use karnay::journal::effects::{Counts, Errand, NewEffect, Policy, Reaction, Take, Taken};
use karnay::journal::verify::Place;
use karnay::ports::Clock;
use uuid::Uuid;

use super::bed::Bed;

super::on_both_stores!(
    a_reaction_moves_its_policy_once,
    an_effect_is_sent_once_and_then_asked_about,
    what_was_put_off_is_ready_again,
    takers_do_not_share_effects,
    a_lease_ends_with_a_process_that_was_alone,
    probing_writes_nothing,
);

fn effect(name: &str) -> NewEffect {
    NewEffect {
        cause: 1,
        id: name.into(),
        intent: Intent::LaunchSession {
            organization: Organization::parse("1").unwrap(),
            session: SessionId::parse("session-1").unwrap(),
            list: None,
        },
        circumstances: Circumstances { organization: "1".into(), ..Circumstances::default() },
    }
}

fn reaction(from: u64, to: u64, effects: &[&str]) -> Reaction {
    let effects = effects.iter().map(|name| effect(name)).collect();
    Reaction { policy: "launch", from, to, state: format!("at {to}"), effects }
}

async fn take(bed: &Bed, journal: &Journal, limit: usize) -> Vec<Taken> {
    let now = bed.clock.now();
    let take = Take { owner: Uuid::from_u128(1), now, lease_until: now + TimeDelta::seconds(30), limit };
    journal.take_effects(take).await.unwrap()
}

async fn a_reaction_moves_its_policy_once(bed: Bed) {
    let journal = bed.open().await;
    assert_eq!(journal.policy("launch").await.unwrap(), Policy::default());
    assert!(journal.react(reaction(0, 5, &["a", "b"])).await.unwrap());
    assert!(!journal.react(reaction(0, 5, &["c"])).await.unwrap(), "somebody else moved it");
    assert!(!journal.react(reaction(9, 12, &["c"])).await.unwrap());
    assert!(journal.react(reaction(5, 6, &["a"])).await.unwrap(), "an effect named again is the same effect");
    assert_eq!(journal.policy("launch").await.unwrap(), Policy { checkpoint: 6, state: "at 6".into() });
    assert_eq!(journal.effect_counts().await.unwrap(), Counts { ready: 2, sent: 0, done: 0 });
}

async fn an_effect_is_sent_once_and_then_asked_about(bed: Bed) {
    let journal = bed.open().await;
    journal.react(reaction(0, 1, &["a"])).await.unwrap();
    let sent = take(&bed, &journal, 9).await.remove(0);
    assert_eq!(
        (sent.errand, sent.fence, sent.tries, &sent.intent),
        (Errand::Send, 1, 1, &effect("a").intent)
    );
    assert_eq!(sent.circumstances.organization, "1");
    assert!(take(&bed, &journal, 9).await.is_empty(), "its lease runs");
    let until = bed.clock.now() + TimeDelta::seconds(60);
    assert!(journal.renew("a".into(), 1, until).await.unwrap());
    bed.clock.0.store(45_000, Ordering::Relaxed);
    assert!(take(&bed, &journal, 9).await.is_empty(), "the lease was renewed");
    bed.clock.0.store(90_000, Ordering::Relaxed);
    let asked = take(&bed, &journal, 9).await.remove(0);
    assert_eq!((asked.errand, asked.fence, asked.tries), (Errand::Ask, 2, 2));
    let now = bed.clock.now();
    assert!(!journal.finish("a".into(), 1, now).await.unwrap(), "it is no longer the first taker's");
    assert!(!journal.renew("a".into(), 1, now).await.unwrap());
    assert!(journal.finish("a".into(), 2, now).await.unwrap());
    assert!(!journal.finish("a".into(), 2, now).await.unwrap());
    assert_eq!(journal.effect_counts().await.unwrap(), Counts { ready: 0, sent: 0, done: 1 });
}

async fn what_was_put_off_is_ready_again(bed: Bed) {
    let journal = bed.open().await;
    journal.react(reaction(0, 1, &["a"])).await.unwrap();
    take(&bed, &journal, 1).await;
    let later = bed.clock.now() + TimeDelta::seconds(10);
    assert!(journal.postpone("a".into(), 1, later).await.unwrap());
    assert!(take(&bed, &journal, 1).await.is_empty(), "not yet");
    bed.clock.0.store(11_000, Ordering::Relaxed);
    let again = take(&bed, &journal, 1).await.remove(0);
    assert_eq!((again.errand, again.fence, again.tries), (Errand::Send, 2, 2));
}

async fn takers_do_not_share_effects(bed: Bed) {
    let journal = bed.open().await;
    let names: Vec<_> = (0..40).map(|nth| format!("e-{nth:02}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    journal.react(reaction(0, 1, &names)).await.unwrap();
    let takers = (0..8).map(|_| take(&bed, &journal, 5));
    let taken = futures_util::future::join_all(takers).await;
    let mut taken: Vec<_> = taken.into_iter().flatten().map(|effect| effect.id).collect();
    taken.sort();
    let whole = taken.len();
    taken.dedup();
    assert_eq!(taken.len(), whole, "none was taken twice");
    taken.extend(take(&bed, &journal, 40).await.into_iter().map(|effect| effect.id));
    assert_eq!(taken.len(), 40, "none was left");
}

/// Nobody else can hold the folder of an embedded journal, so that its next owner knows the last one dead. Nodes know no such thing.
async fn a_lease_ends_with_a_process_that_was_alone(bed: Bed) {
    let journal = bed.open().await;
    journal.react(reaction(0, 1, &["a", "b", "c"])).await.unwrap();
    take(&bed, &journal, 2).await;
    journal.finish("a".into(), 1, bed.clock.now()).await.unwrap();
    journal.close().await;
    drop(journal);
    let journal = bed.open().await;
    let taken: Vec<_> =
        take(&bed, &journal, 9).await.into_iter().map(|it| (it.id, it.errand, it.fence)).collect();
    let ready = ("c".to_owned(), Errand::Send, 1);
    match bed.place {
        Place::Folder(_) => assert_eq!(taken, [ready, ("b".to_owned(), Errand::Ask, 2)]),
        Place::Url(_) => assert_eq!(taken, [ready]),
    }
    assert!(take(&bed, &journal, 9).await.is_empty(), "a lease holds while its process lives");
}

async fn probing_writes_nothing(bed: Bed) {
    let journal = bed.open().await;
    journal.probe().await.unwrap();
    assert_eq!((journal.position(), journal.depth()), (0, 0));
}
