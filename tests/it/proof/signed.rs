//! When the journal is signed, with which key, and by whom where several could.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use karnay::journal::signer::{EVENTS_APART, TIME_APART};
use karnay::journal::signing::SigningKey;

use super::{Bed, Seeds, fill, signer};
use crate::journal::bed::{call, open, unit};

/// After so long or so many, only where something was recorded since, and never in between.
#[tokio::test(flavor = "multi_thread")]
async fn it_is_time_for_a_checkpoint_after_minutes_or_thousands() {
    let bed = Bed::sqlite();
    let journal = bed.open().await;
    let signer = signer(&journal, bed.clock.clone(), &Seeds::new(&[1]));
    assert!(!signer.is_due().await.unwrap(), "nothing is recorded");
    assert_eq!(signer.sign().await.unwrap(), None);
    fill(&journal, 1).await;
    assert!(signer.is_due().await.unwrap(), "nothing is signed yet");
    signer.sign().await.unwrap();
    assert!(!signer.is_due().await.unwrap());
    fill(&journal, 1).await;
    assert!(!signer.is_due().await.unwrap(), "one event can wait");
    bed.clock.0.fetch_add(TIME_APART.num_milliseconds(), Ordering::Relaxed);
    assert!(signer.is_due().await.unwrap());
    let newest = signer.sign().await.unwrap().unwrap();
    assert_eq!((newest.number, newest.position), (2, 2));
    bed.clock.0.fetch_add(TIME_APART.num_milliseconds() * 3, Ordering::Relaxed);
    assert!(!signer.is_due().await.unwrap(), "nothing was recorded since");
    let many = usize::try_from(EVENTS_APART).unwrap();
    journal.append(unit(&journal, &[(&call("many"), 0, many)])).await.unwrap();
    assert!(signer.is_due().await.unwrap());
    journal.close().await;
}

/// What was recorded before there were checkpoints is signed in parts, so that no evidence has to have all of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_journal_is_signed_in_parts() {
    let bed = Bed::sqlite();
    let journal = bed.open().await;
    let many = usize::try_from(EVENTS_APART / 2).unwrap();
    for part in 0..5 {
        journal.append(unit(&journal, &[(&call(part), 0, many)])).await.unwrap();
    }
    let newest = signer(&journal, bed.clock.clone(), &Seeds::new(&[1])).sign().await.unwrap().unwrap();
    assert_eq!((newest.number, newest.position), (3, 25_000));
    let known = journal.checkpoints_before(u64::MAX, 10).await.unwrap();
    assert_eq!(known.iter().map(|one| one.position).collect::<Vec<_>>(), [25_000, 20_000, 10_000]);
    journal.close().await;
    assert_eq!(bed.verify().await.unwrap().checkpoints, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_is_vouched_for_by_the_one_before_it() {
    for bed in [Bed::sqlite(), Bed::postgres().await] {
        let journal = bed.open().await;
        let seeds = Seeds::new(&[1]);
        let signer = signer(&journal, bed.clock.clone(), &seeds);
        fill(&journal, 3).await;
        signer.sign().await.unwrap();
        seeds.put_first(2);
        fill(&journal, 3).await;
        let newest = signer.sign().await.unwrap().unwrap();
        let [old, new] = [1, 2].map(|seed| SigningKey::from_seed(&[seed; 32]).unwrap().public());
        assert_eq!(newest.key, new);
        assert_eq!(seeds.left(), [2], "the old one has done its work");
        let history = journal.history().await.unwrap();
        assert!(history.carries(&old, &new) && history.begun_anew().next().is_none());
        // The old key is nobody's any more.
        assert!(super::signer(&journal, bed.clock.clone(), &Seeds::new(&[1])).sign().await.is_err());
        // A key that was lost is replaced by one that nobody vouches for, and that is told.
        let found = super::signer(&journal, bed.clock.clone(), &Seeds::new(&[3]));
        found.begin_anew().await.unwrap();
        fill(&journal, 1).await;
        found.sign().await.unwrap();
        journal.close().await;
        let report = bed.verify().await.unwrap();
        assert_eq!((report.checkpoints, report.newest.unwrap().number), (3, 3));
        assert_eq!(report.begun_anew.iter().map(|record| record.number).collect::<Vec<_>>(), [3]);
    }
}

/// Of nodes that sign at the same moment each finds the journal signed, once.
#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_sign_together_make_one_row() {
    let bed = Bed::postgres().await;
    let (one, other) = (bed.open().await, open(bed.place.clone(), bed.clock.clone()).await.unwrap());
    let seeds = Seeds::new(&[1]);
    let signers = [&one, &other].map(|journal| Arc::new(signer(journal, bed.clock.clone(), &seeds)));
    for round in 1..=20 {
        fill(&one, 1).await;
        other.head().wait_for(|head| *head >= round).await.unwrap();
        let [left, right] = &signers;
        let (left, right) = tokio::join!(left.sign(), right.sign());
        for signed in [left, right] {
            assert!(signed.unwrap().unwrap().position >= round);
        }
    }
    one.close().await;
    other.close().await;
    let report = bed.verify().await.unwrap();
    assert_eq!((report.checkpoints, report.newest.unwrap().position), (20, 20));
}
