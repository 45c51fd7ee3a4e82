//! Single actors that panic, hang or cannot be kept alive, under a guardian with short limits.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use actix::{
    Actor, Addr, Arbiter, ArbiterHandle, AsyncContext as _, Context, Handler, Message, WrapFuture as _,
};
use karnay::actors::guardian::{self, Handle, Limits, Pulse, Tick, Ward};

use crate::effects::bench::settled;

const LIMITS: Limits = Limits {
    round: Duration::from_millis(20),
    silence_max: Duration::from_millis(400),
    step_max: Duration::from_millis(800),
    restarts_max: 3,
    window: Duration::from_mins(1),
    abandoned_max: 20,
};

/// Does what it is told, also harm.
struct Patient {
    pulse: Pulse,
    ticks: Arc<AtomicUsize>,
}

#[derive(Message)]
#[rtype(result = "()")]
enum Do {
    Panic,
    /// Keeps its thread to itself.
    Block(Duration),
    /// Goes on beating while a step of work never ends.
    Stall,
    Nothing,
}

impl Actor for Patient {
    type Context = Context<Self>;
}

impl Handler<Tick> for Patient {
    type Result = ();

    fn handle(&mut self, _: Tick, _: &mut Context<Self>) {
        self.ticks.fetch_add(1, Ordering::Relaxed);
        self.pulse.beat();
    }
}

impl Handler<Do> for Patient {
    type Result = ();

    fn handle(&mut self, what: Do, ctx: &mut Context<Self>) {
        match what {
            Do::Panic => panic!("as it was told"),
            Do::Block(time) => std::thread::sleep(time),
            Do::Stall => {
                let work = self.pulse.work();
                let step = async move {
                    let _work = work;
                    std::future::pending::<()>().await;
                };
                ctx.spawn(step.into_actor(self));
            }
            Do::Nothing => self.pulse.beat(),
        }
    }
}

/// The patient's incarnations, the living one last.
#[derive(Clone, Default)]
struct Lives {
    lives: Arc<Mutex<Vec<Addr<Patient>>>>,
    ticks: Arc<AtomicUsize>,
}

impl Lives {
    fn ward(&self, name: &'static str) -> Ward {
        let known = self.clone();
        let start = move |arbiter: &ArbiterHandle, pulse| {
            let ticks = Arc::clone(&known.ticks);
            let new = Patient::start_in_arbiter(arbiter, move |_| Patient { pulse, ticks });
            known.lives.lock().unwrap().push(new.clone());
            new.recipient()
        };
        Ward { name, start: Box::new(start) }
    }

    fn count(&self) -> usize {
        self.lives.lock().unwrap().len()
    }

    async fn tell(&self, what: Do) {
        let living = self.lives.lock().unwrap().last().unwrap().clone();
        // Whoever panics does not answer.
        let _ = living.try_send(what);
        tokio::task::yield_now().await;
    }

    async fn reaches(&self, count: usize) {
        let until = Instant::now() + Duration::from_secs(10);
        while self.count() < count {
            assert!(Instant::now() < until, "only {} lives", self.count());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn still_answers(&self) {
        let living = self.lives.lock().unwrap().last().unwrap().clone();
        tokio::time::timeout(Duration::from_secs(5), living.send(Do::Nothing)).await.unwrap().unwrap();
    }
}

fn restarts(guardian: &Handle, name: &str) -> u64 {
    guardian.progress().into_iter().find(|ward| ward.name == name).unwrap().restarts
}

#[actix::test]
async fn one_that_panics_is_replaced_and_the_others_live_on() {
    let (sick, well) = (Lives::default(), Lives::default());
    let guardian = guardian::start(LIMITS, vec![sick.ward("sick"), well.ward("well")]).unwrap();
    sick.tell(Do::Panic).await;
    sick.reaches(2).await;
    sick.still_answers().await;
    well.still_answers().await;
    assert_eq!((restarts(&guardian, "sick"), restarts(&guardian, "well")), (1, 0));
    guardian.stop().await;
}

#[actix::test]
async fn one_that_blocks_its_thread_is_left_behind_and_does_not_speak_for_its_successor() {
    let lives = Lives::default();
    let guardian = guardian::start(LIMITS, vec![lives.ward("blocked")]).unwrap();
    lives.tell(Do::Block(Duration::from_secs(2))).await;
    lives.reaches(2).await;
    lives.still_answers().await;
    // The second one hangs as well, and the first wakes up meanwhile: its beats are nobody's.
    lives.tell(Do::Block(Duration::from_secs(3))).await;
    lives.reaches(3).await;
    lives.still_answers().await;
    assert_eq!(restarts(&guardian, "blocked"), 2);
    guardian.stop().await;
}

#[actix::test]
async fn one_that_beats_but_never_ends_its_step_is_replaced() {
    let lives = Lives::default();
    let guardian = guardian::start(LIMITS, vec![lives.ward("stalled")]).unwrap();
    lives.tell(Do::Stall).await;
    lives.reaches(2).await;
    lives.still_answers().await;
    guardian.stop().await;
}

#[actix::test]
async fn a_spent_budget_is_told_once_with_the_name() {
    let lives = Lives::default();
    let guardian = guardian::start(LIMITS, vec![lives.ward("doomed")]).unwrap();
    for life in 1..=LIMITS.restarts_max {
        lives.reaches(life).await;
        lives.tell(Do::Panic).await;
        lives.reaches(life + 1).await;
    }
    lives.tell(Do::Panic).await;
    let fatal = tokio::time::timeout(Duration::from_secs(10), guardian.fatal()).await.unwrap();
    assert_eq!(fatal.actor, "doomed");
    assert!(fatal.why.contains("3 times"), "{fatal}");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(lives.count(), LIMITS.restarts_max + 1);
    guardian.stop().await;
}

#[actix::test]
async fn threads_left_behind_are_bounded_however_slowly_they_come() {
    let lives = Lives::default();
    let limits = Limits { abandoned_max: 1, window: Duration::from_millis(1), ..LIMITS };
    let guardian = guardian::start(limits, vec![lives.ward("leaking")]).unwrap();
    lives.tell(Do::Block(Duration::from_secs(2))).await;
    lives.reaches(2).await;
    lives.tell(Do::Block(Duration::from_secs(2))).await;
    let fatal = tokio::time::timeout(Duration::from_secs(10), guardian.fatal()).await.unwrap();
    assert!(fatal.why.contains("left behind"), "{fatal}");
    guardian.stop().await;
}

#[actix::test]
async fn a_flooded_one_is_alive() {
    let lives = Lives::default();
    let guardian = guardian::start(LIMITS, vec![lives.ward("flooded")]).unwrap();
    let until = Instant::now() + Duration::from_millis(1_200);
    let mut sent = 0_u64;
    while Instant::now() < until {
        let living = lives.lives.lock().unwrap().last().unwrap().clone();
        for _ in 0..64 {
            sent += u64::from(living.try_send(Do::Nothing).is_ok());
        }
        tokio::task::yield_now().await;
    }
    assert!(sent > 1_000, "{sent}");
    assert_eq!((lives.count(), restarts(&guardian, "flooded")), (1, 0));
    guardian.stop().await;
}

#[actix::test]
async fn stopping_ends_the_wards() {
    let lives = Lives::default();
    let guardian = guardian::start(LIMITS, vec![lives.ward("one")]).unwrap();
    lives.still_answers().await;
    guardian.stop().await;
    let last = lives.lives.lock().unwrap().last().unwrap().clone();
    assert!(!last.connected());
    let ticks = lives.ticks.load(Ordering::Relaxed);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(lives.ticks.load(Ordering::Relaxed), ticks);
    assert_eq!(lives.count(), 1);
}

/// What the guardian stands on: a panic ends its actor, and neither the arbiter's thread nor the process.
#[actix::test]
async fn a_panic_ends_one_actor_and_not_its_arbiter() {
    let (lives, arbiter) = (Lives::default(), Arbiter::new());
    for ward in [lives.ward("sick"), lives.ward("well")] {
        (ward.start)(&arbiter.handle(), Pulse::default());
    }
    let both = lives.lives.lock().unwrap().clone();
    let [sick, well] = both.as_slice() else { panic!("two were started") };
    assert!(sick.send(Do::Panic).await.is_err());
    // Its mailbox closes a moment after its answer is known to fail.
    settled(|| async { sick.connected() }, false).await;
    assert!(sick.send(Do::Nothing).await.is_err());
    well.send(Do::Nothing).await.unwrap();
    let (tell, told) = tokio::sync::oneshot::channel();
    assert!(arbiter.spawn_fn(move || tell.send(()).unwrap()));
    told.await.unwrap();
    assert!(arbiter.alive());
}

/// Run by the next test in a process of its own, for panics are told process-wide.
#[actix::test]
#[ignore = "the other half of a_panic_is_told_in_one_line_with_the_actors_name"]
async fn panics_and_ends_well() {
    tracing_subscriber::fmt().with_ansi(false).with_writer(std::io::stderr).init();
    guardian::name_panics();
    let lives = Lives::default();
    let guardian = guardian::start(LIMITS, vec![lives.ward("sick")]).unwrap();
    lives.tell(Do::Panic).await;
    lives.reaches(2).await;
    guardian.stop().await;
}

#[test]
fn a_panic_is_told_in_one_line_with_the_actors_name() {
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "guardian::panics_and_ends_well", "--nocapture"])
        .output()
        .unwrap();
    let said = String::from_utf8(child.stderr).unwrap();
    assert!(child.status.success(), "{said}");
    let lines: Vec<_> = said.lines().filter(|line| line.contains("panicked")).collect();
    assert_eq!(lines.len(), 1, "{said}");
    assert!(
        lines[0].contains("sick panicked: as it was told") && lines[0].contains("actor=\"sick\""),
        "{said}"
    );
    assert!(said.contains("an actor was replaced"), "{said}");
}
