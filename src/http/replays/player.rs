//! Who plays: waits for the time of the next scene and has it told, until the end. One task a replay, and one that sees how it went:
//! whatever becomes of it, nobody else notices.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::reel::{Reel, Scene, Span};
use super::stand::{Elsewhere, End, Replay, Turn};
use crate::http::Engine;
use crate::http::live::QUEUE_BYTES_MAX;
use crate::http::problem::Problem;

/// Shorter than that nobody sleeps.
const SLEEP_MIN: Duration = Duration::from_millis(1);
/// Nobody sleeps for longer than that without looking.
const SLEEP_MAX: Duration = Duration::from_mins(1);
/// So much is told at once; then those who have much waiting are given so long to read on. Nobody waits longer for the slower ones.
const SLICE_BYTES: usize = 128 << 10;
const SLICE_WAIT: Duration = Duration::from_millis(200);
const SLICE_LOOK: Duration = Duration::from_millis(2);

pub(super) fn start(engine: &Engine, replay: &Arc<Replay>) {
    let (engine, replay) = (engine.clone(), Arc::clone(replay));
    tokio::spawn(async move {
        let player = Player { engine: engine.clone(), replay: Arc::clone(&replay), told: 0 };
        match tokio::spawn(player.play()).await {
            Ok(Ok(())) => return,
            // While the engine stops nothing can be read any more.
            Ok(Err(_)) if replay.is_over() => return,
            Ok(Err(why)) => {
                tracing::error!(replay = %replay.id, cause = why.cause(), "a replay cannot go on: {why}");
            }
            Err(why) => tracing::error!(replay = %replay.id, cause = %why, "a replay broke"),
        }
        replay.end(End::Failed, engine.clock.now());
    });
}

struct Player {
    engine: Engine,
    replay: Arc<Replay>,
    /// Bytes since others were given time to read.
    told: usize,
}

/// What became of a page.
enum Played {
    Whole,
    Elsewhere(Elsewhere),
    Over,
}

impl Player {
    /// Until it is over, for whatever reason.
    async fn play(mut self) -> Result<(), Problem> {
        let mut span = self.replay.span;
        loop {
            let mut reel =
                Reel::open(&self.engine, &self.replay.organization, &self.replay.played, span).await?;
            let elsewhere = match self.reel(&mut reel).await? {
                Played::Elsewhere(elsewhere) => Some(elsewhere),
                Played::Whole => self.replay.through(self.engine.clock.now()),
                Played::Over => None,
            };
            let Some(elsewhere) = elsewhere else { return Ok(()) };
            span = Span { after: elsewhere.after, ..self.replay.span };
        }
    }

    async fn reel(&mut self, reel: &mut Reel) -> Result<Played, Problem> {
        loop {
            let scenes = VecDeque::from(reel.page().await?);
            if scenes.is_empty() {
                return Ok(Played::Whole);
            }
            match self.page(scenes).await {
                Played::Whole => {}
                other @ (Played::Elsewhere(_) | Played::Over) => return Ok(other),
            }
        }
    }

    async fn page(&mut self, mut scenes: VecDeque<Scene>) -> Played {
        let mut moved = self.replay.moved();
        while let Some(scene) = scenes.front() {
            // Before it is looked at, so that nothing changes unseen.
            moved.mark_unchanged();
            match self.replay.turn(scene, self.engine.clock.now()) {
                Turn::Told => {
                    self.told += scene.pushes.iter().map(|push| push.data.get().len()).sum::<usize>();
                    scenes.pop_front();
                    self.rest().await;
                }
                Turn::Wait(left) => {
                    tokio::select! {
                        () = sleep(left.clamp(SLEEP_MIN, SLEEP_MAX)) => {}
                        _ = moved.changed() => {}
                    }
                }
                Turn::Elsewhere(elsewhere) => return Played::Elsewhere(elsewhere),
                Turn::Over => return Played::Over,
            }
        }
        Played::Whole
    }

    /// Whoever does not read on meanwhile is let go of when too much waits.
    async fn rest(&mut self) {
        if self.told < SLICE_BYTES {
            return tokio::task::yield_now().await;
        }
        self.told = 0;
        let until = Instant::now() + SLICE_WAIT;
        let pressed = || self.replay.sockets().iter().any(|socket| socket.room() < QUEUE_BYTES_MAX * 3 / 4);
        while pressed() && Instant::now() < until {
            sleep(SLICE_LOOK).await;
        }
    }
}
