//! What the journal is can be proved to others: it is signed, whatever is changed in it is named, and a call's evidence stands alone.

mod chained;
mod changed;
mod deep;
mod evidence;
mod program;
mod signed;

use std::sync::{Arc, Mutex};

use karnay::dispatch::proof::Proof;
use karnay::journal::Journal;
use karnay::journal::signer::{Held, Signer};
use karnay::journal::signing::SigningKey;
use karnay::ports::Clock;

use crate::journal::bed::{Bed, Skewed, call, unit};

/// Private keys that a test holds, the newest first.
#[derive(Debug, Clone)]
pub(crate) struct Seeds(Arc<Mutex<Vec<u8>>>);

impl Seeds {
    pub(crate) fn new(seeds: &[u8]) -> Self {
        Self(Arc::new(Mutex::new(seeds.to_vec())))
    }

    fn put_first(&self, seed: u8) {
        self.0.lock().unwrap().insert(0, seed);
    }

    fn left(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

impl Held for Seeds {
    fn keys(&self, _: bool) -> Result<Vec<SigningKey>, String> {
        Ok(self.left().into_iter().map(|seed| SigningKey::from_seed(&[seed; 32]).unwrap()).collect())
    }

    fn taken_over(&self) -> Result<(), String> {
        self.0.lock().unwrap().truncate(1);
        Ok(())
    }
}

/// What a test's engine proves with.
pub(crate) fn proof(journal: &Journal) -> Proof {
    Proof::new(signer(journal, Arc::default(), &Seeds::new(&[7])))
}

fn signer(journal: &Journal, clock: Arc<Skewed>, seeds: &Seeds) -> Signer {
    let clock: Arc<dyn Clock> = clock;
    Signer::new(journal, &clock, Arc::new(seeds.clone()))
}

/// So many more events, a batch each, each in a stream of its own.
async fn fill(journal: &Journal, more: u64) {
    let begun = journal.position();
    for number in 0..more {
        journal.append(unit(journal, &[(&call(begun + number), 0, 1)])).await.unwrap();
    }
}

/// A journal of ten events, signed at five and at ten.
async fn signed_twice(bed: &Bed) {
    let journal = bed.open().await;
    let signer = signer(&journal, bed.clock.clone(), &Seeds::new(&[1]));
    for number in 1..=2 {
        fill(&journal, 5).await;
        let newest = signer.sign().await.unwrap().unwrap();
        assert_eq!((newest.number, newest.position), (number, number * 5));
    }
    journal.close().await;
}
