//! A far end that can be slow, full, wrong, and worse. It remembers who rang.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use domain::ids::SessionId;
use domain::session::{Exit, Remote};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use karnay::ports::{Known, Recording, RemoteHost, Trouble};

#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    Exit(i32),
    Slow(Duration),
    Hang,
    Panic,
    Later(Duration),
    Never(&'static str),
}

#[derive(Debug)]
pub(crate) struct Far {
    script: Mutex<VecDeque<Act>>,
    then: Act,
    known: Mutex<VecDeque<Known>>,
    launched: Mutex<Vec<String>>,
    asked: AtomicUsize,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Far {
    pub(crate) fn always(act: Act) -> Arc<Self> {
        Self::script(&[], act)
    }

    pub(crate) fn script(acts: &[Act], then: Act) -> Arc<Self> {
        let (known, launched, asked, now, most) = Default::default();
        let script = Mutex::new(acts.iter().copied().collect());
        Arc::new(Self { script, then, known, launched, asked, now, most })
    }

    /// What it will say when it is asked, one after another; nothing is known of anything after that.
    pub(crate) fn will_say(&self, known: impl IntoIterator<Item = Known>) {
        self.known.lock().unwrap().extend(known);
    }

    pub(crate) fn launched(&self) -> Vec<String> {
        self.launched.lock().unwrap().clone()
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    pub(crate) fn most_at_once(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }

    async fn act(&self, act: Act) -> Result<Exit, Trouble> {
        let exit = |code| Ok(Exit { code: Some(code), ..Exit::default() });
        match act {
            Act::Exit(code) => exit(code),
            Act::Slow(time) => {
                tokio::time::sleep(time).await;
                exit(0)
            }
            Act::Hang => std::future::pending().await,
            Act::Panic => panic!("a far end's own mistake"),
            Act::Later(after) => Err(Trouble::Later { after }),
            Act::Never(why) => Err(Trouble::Never { why: why.into() }),
        }
    }
}

impl RemoteHost for Far {
    fn kind(&self) -> Remote {
        Remote::Local
    }

    fn place(&self, _: Bytes) -> BoxFuture<'_, Result<(), Trouble>> {
        async { Ok(()) }.boxed()
    }

    fn launch(&self, effect: &str, _: &SessionId) -> BoxFuture<'_, Result<Exit, Trouble>> {
        let act = self.script.lock().unwrap().pop_front().unwrap_or(self.then);
        self.most.fetch_max(self.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        self.launched.lock().unwrap().push(effect.to_owned());
        async move {
            let answer = self.act(act).await;
            self.now.fetch_sub(1, Ordering::SeqCst);
            answer
        }
        .boxed()
    }

    fn ask(&self, _: &str) -> BoxFuture<'_, Result<Known, Trouble>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let known = self.known.lock().unwrap().pop_front().unwrap_or(Known::Untold);
        async { Ok(known) }.boxed()
    }

    fn stop(&self, _: &SessionId) -> BoxFuture<'_, Result<Option<Exit>, Trouble>> {
        async { Ok(None) }.boxed()
    }

    fn recording(&self, _: &str, _: u64) -> BoxFuture<'_, Result<Option<Recording>, Trouble>> {
        async { Ok(None) }.boxed()
    }

    fn remove_recording(&self, _: &str) -> BoxFuture<'_, Result<bool, Trouble>> {
        async { Ok(false) }.boxed()
    }
}
