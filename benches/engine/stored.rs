//! Journals full of realistic events: sessions of a hundred thousand numbers, most reported once, some tried again,
//! some strengthened. They go in through dispatch, as everything does, and are kept for the next part and the next run.

use std::cell::Cell;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::rc::Rc;

use std::{fs, io};

use anyhow::{Context, Result, anyhow};
use chrono::TimeDelta;
use domain::call::{Command, Report};
use domain::ids::{SessionId, StreamId};
use domain::outcome::CallStatus;
use domain::session;
use karnay::dispatch::{Dispatch, Failure, Meta};
use karnay::journal::verify::Place;
use projections::call_history::CallHistory;
use projections::projection::Projection as _;
use projections::session_stats::SessionStats;
use tempfile::TempDir;

use crate::forge::{self, Forge};
use crate::homes::{Home, Store};
use crate::{Bench, load, say, screens};

/// So many events are not copied for each part: what a part adds to them is nothing beside them.
const LARGE: usize = 5_000_000;
const NUMBERS_A_SESSION: usize = 100_000;
/// Commands under way while it is made.
const CALLERS: usize = 256;

/// The sessions that so many events are spread over.
pub(crate) fn sessions(events: usize) -> Vec<String> {
    (0..events.div_ceil(NUMBERS_A_SESSION)).map(session).collect()
}

fn session(index: usize) -> String {
    format!("session-1738862891234-{index:06}")
}

/// An engine's home with so many events in it, and its screens up to date.
pub(crate) fn home(bench: &Bench, store: Store, events: usize) -> Result<Home> {
    match store {
        Store::Sqlite => {
            let folder = crate::folder("stored")?;
            // Older screens would be built anew beside what is measured.
            let versions = format!("{}-{}", SessionStats::VERSION, CallHistory::VERSION);
            let kept = crate::kept(&format!("sqlite-{events}-{versions}"));
            if !kept.exists() {
                make_kept(&kept, events)?;
            }
            let data = folder.path().join("data");
            if events < LARGE { copy(&kept, &data) } else { symlink(&kept, &data) }?;
            Ok(Home::new(folder, None))
        }
        Store::Postgres => {
            let name = format!("stored_{events}");
            if bench.made.borrow_mut().insert(name.clone()) {
                load::on_one_thread(async {
                    bench.postgres().run("postgres", &format!("CREATE DATABASE {name}")).await;
                    Ok(())
                })?;
                let home = Home::new(crate::folder("stored")?, Some(bench.postgres().url(&name)));
                make(&home, events)?;
            }
            if events >= LARGE {
                return Ok(Home::new(crate::folder("stored")?, Some(bench.postgres().url(&name))));
            }
            let url = load::on_one_thread(async { Ok(bench.copy_of(&name).await) })?;
            Ok(Home::new(crate::folder("stored")?, Some(url)))
        }
    }
}

/// A half-made one is never taken for whole: it gets its name when it is done.
fn make_kept(kept: &Path, events: usize) -> Result<()> {
    let folder: TempDir = crate::folder("stored")?;
    let home = Home::new(folder, None);
    make(&home, events)?;
    let parent = kept.parent().context("no parent")?;
    fs::create_dir_all(parent)?;
    fs::rename(home.data(), kept).context("cannot keep the events")
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy(&from, &to)?;
        } else {
            fs::copy(from, to)?;
        }
    }
    Ok(())
}

fn make(home: &Home, events: usize) -> Result<()> {
    say(&format!("making {events} events on {}", home.store));
    actix::System::new().block_on(fill(home.place(), events))?;
    load::on_one_thread(async {
        let engine = home.start().await?;
        let last = session(events.div_ceil(NUMBERS_A_SESSION) - 1);
        screens::caught_up(engine.address, &last).await?;
        engine.stop().await
    })
}

async fn fill(place: Place, events: usize) -> Result<()> {
    let journal = forge::open(place).await?;
    let arbiters: Vec<_> = (0..2).map(|_| actix::Arbiter::new()).collect();
    let handles: Vec<_> = arbiters.iter().map(actix::Arbiter::handle).collect();
    let caller = Rc::new(Caller {
        dispatch: Dispatch::start(&journal, &handles),
        forge: Forge::try_new()?,
        next: Cell::new(0),
        left: Cell::new(events),
    });
    for session in sessions(events) {
        caller.adopt(&session).await?;
    }
    let callers: Vec<_> = (0..CALLERS).map(|_| actix::spawn(Rc::clone(&caller).work())).collect();
    for caller in callers {
        caller.await??;
    }
    caller.dispatch.drain().await;
    journal.close().await;
    for arbiter in arbiters {
        arbiter.stop();
    }
    Ok(())
}

struct Caller {
    dispatch: Dispatch,
    forge: Forge,
    next: Cell<usize>,
    /// Events still to be made.
    left: Cell<usize>,
}

impl Caller {
    async fn adopt(&self, session: &str) -> Result<()> {
        let stream = StreamId::session(&self.forge.organization, &SessionId::parse(session)?);
        let command = session::Command::Adopt { id: forge::id(), at: forge::now() };
        self.dispatch.session(stream, command, self.meta()).await?;
        self.left.set(self.left.get() - 1);
        Ok(())
    }

    fn meta(&self) -> Meta {
        Meta { circumstances: self.forge.circumstances(), command: None }
    }

    async fn work(self: Rc<Self>) -> Result<()> {
        while self.left.get() > 0 {
            let number = self.next.replace(self.next.get() + 1);
            let phone = format!("+99890{number:07}");
            let session = SessionId::parse(&session(number / NUMBERS_A_SESSION))?;
            for report in story(number, &phone) {
                // Taken before the wait, so that all callers together make exactly as many as wanted.
                let Some(left) = self.left.get().checked_sub(1) else { return Ok(()) };
                self.left.set(left);
                self.report(&session, &phone, report).await?;
            }
        }
        Ok(())
    }

    async fn report(&self, session: &SessionId, phone: &str, report: Report) -> Result<()> {
        let organization = &self.forge.organization;
        let person = self.dispatch.fingerprint(organization, &self.forge.phone(phone)?);
        let stream = StreamId::unlisted_call(organization, session, &person);
        loop {
            let command = Command::Report(Box::new(report.clone()));
            match self.dispatch.call(stream.clone(), person, command, self.meta()).await {
                Ok(_) => return Ok(()),
                Err(Failure::Busy) => tokio::task::yield_now().await,
                Err(why) => return Err(anyhow!(why)),
            }
        }
    }
}

/// What one number's reports say, each of them an event: of twenty numbers one is reached at the second try,
/// and one is heard ringing before somebody talks.
fn story(number: usize, phone: &str) -> Vec<Report> {
    let status = CallStatus::ALL.get(number % CallStatus::ALL.len()).copied().unwrap_or(CallStatus::Answered);
    let first = Report { status, ..forge::report(phone) };
    match number % 20 {
        7 => {
            let busy = Report { status: CallStatus::Busy, talk_secs: Some(0), ..first.clone() };
            let later = |time: Option<_>| time.map(|time| time + TimeDelta::minutes(5));
            let (started_at, ended_at) = (later(first.started_at), later(first.ended_at));
            vec![busy, Report { status: CallStatus::Answered, started_at, ended_at, ..forge::report(phone) }]
        }
        13 => {
            let answered = Report { status: CallStatus::Answered, ..first };
            let connected = Report { status: CallStatus::ConnectedToOperator, ..forge::report(phone) };
            vec![answered, connected]
        }
        _ => vec![first],
    }
}
