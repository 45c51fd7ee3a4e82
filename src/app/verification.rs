//! Looking whether the journal is what was written, beside the engine at work: one look at a time, on a thread of its own, which no
//! shutdown waits for since it only reads. What it found is kept in memory, and forgotten when the process ends.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::fact::Position;

use crate::http::vitals::{self, Asker, Found, Verification, Verified};
use crate::journal::verify::{self, Fault, Place, Reader, Report};
use crate::ports::Clock;

#[derive(Debug, Clone)]
pub(super) struct Verifying {
    place: Place,
    clock: Arc<dyn Clock>,
    known: Arc<Mutex<Verification>>,
}

impl Verifying {
    pub(super) fn new(place: Place, clock: &Arc<dyn Clock>) -> Self {
        Self { place, clock: Arc::clone(clock), known: Arc::default() }
    }

    pub(super) fn known(&self) -> Verification {
        self.lock().clone()
    }

    /// False where a look is under way, and where no thread can be had for another one.
    pub(super) fn begin(&self, by: Asker) -> bool {
        let began_at = self.clock.now();
        {
            let mut known = self.lock();
            if known.running.is_some() {
                return false;
            }
            known.running = Some(vitals::Verifying { by, began_at, position: 0, head: 0 });
        }
        let look = Look { verifying: self.clone(), ended: false };
        let thread = std::thread::Builder::new().name("verify".into()).spawn(move || look.work());
        if let Err(why) = &thread {
            tracing::error!(cause = %why, "the journal cannot be verified: no thread could be started");
        }
        thread.is_ok()
    }

    fn lock(&self) -> MutexGuard<'_, Verification> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One look. However it ends, another one may begin.
struct Look {
    verifying: Verifying,
    ended: bool,
}

impl Drop for Look {
    fn drop(&mut self) {
        if !self.ended {
            self.verifying.lock().running = None;
        }
    }
}

impl Look {
    fn work(mut self) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let checked = match runtime {
            Ok(runtime) => runtime.block_on(self.check()),
            Err(why) => Err(Fault::Store(why.to_string())),
        };
        self.end(checked);
    }

    async fn check(&self) -> Result<Report, Fault> {
        let reader = Reader::open(&self.verifying.place).await?;
        verify::run_gently(&reader, &mut |step| self.moved(step.position, step.head)).await
    }

    fn moved(&self, position: Position, head: Position) {
        if let Some(running) = &mut self.verifying.lock().running {
            (running.position, running.head) = (position, head);
        }
    }

    fn end(&mut self, checked: Result<Report, Fault>) {
        self.ended = true;
        let ended_at = self.verifying.clock.now();
        let mut known = self.verifying.lock();
        let Some(vitals::Verifying { by, began_at, position, .. }) = known.running.take() else { return };
        let (position, found) = match checked {
            Ok(report) => {
                let Report { last, digest, checkpoints, newest, lost, .. } = report;
                if lost.persons > 0 {
                    tracing::error!(
                        persons = lost.persons,
                        "WORDS ARE LOST: keys of persons are gone whom nobody asked to forget"
                    );
                }
                let signed_to = newest.map(|newest| newest.position);
                (last, Found::Sound { digest, checkpoints, signed_to, lost: lost.persons })
            }
            Err(fault) => match wrong(fault) {
                found @ Found::Wrong { position: Some(there), .. } => (position.max(there), found),
                found @ (Found::Wrong { .. } | Found::Sound { .. } | Found::Unreadable) => (position, found),
            },
        };
        match &found {
            Found::Sound { .. } => metrics::gauge!("karnay_journal_wrong").set(0.0),
            Found::Wrong { .. } => metrics::gauge!("karnay_journal_wrong").set(1.0),
            // Nothing was learnt.
            Found::Unreadable => {}
        }
        known.last = Some(Verified { by, began_at, ended_at, position, found });
    }
}

/// What is wrong is told to the log as well: whoever asked may never come back for it.
fn wrong(fault: Fault) -> Found {
    match fault {
        Fault::At { position, what } => {
            tracing::error!(position, "THE JOURNAL IS WRONG: {what}");
            Found::Wrong { position: Some(position), what }
        }
        Fault::Store(what) | Fault::Signed(what) => {
            tracing::error!("THE JOURNAL IS WRONG: {what}");
            Found::Wrong { position: None, what }
        }
        Fault::Journal(why) => {
            tracing::error!(cause = %why, "the journal could not be verified to its end: {why}");
            Found::Unreadable
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::Organization;

    use super::*;
    use crate::adapters::system::SystemClock;

    #[test]
    fn one_looks_at_a_time_and_what_breaks_keeps_nobody_from_looking_again() {
        let folder = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let verifying = Verifying::new(Place::Folder(folder.path().join("nowhere")), &clock);
        let by = Asker { organization: Organization::parse("1").unwrap(), actor: "user:aziz".into() };
        let running = vitals::Verifying { by: by.clone(), began_at: clock.now(), position: 3, head: 9 };
        verifying.lock().running = Some(running);
        assert!(!verifying.begin(by.clone()), "a look is under way");
        Look { verifying: verifying.clone(), ended: false }.work();
        let known = verifying.known();
        let last = known.last.unwrap();
        assert_eq!((known.running.is_none(), last.position, last.found), (true, 3, Found::Unreadable));
        assert!(verifying.begin(by));
    }
}
