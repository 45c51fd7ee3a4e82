//! A hub that dies again and again, and the guardian that brings it back: nothing is lost and nothing is told twice.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use domain::fact::Position;
use domain::ids::Organization;
use futures_util::future::BoxFuture;
use karnay::actors::guardian::{self, Limits};
use karnay::actors::hub::{self, Deliver, News, Push, Render, Whose};
use karnay::adapters::system::SystemClock;
use karnay::http::{Moving, Renderer};

use super::PATIENCE;
use crate::http_world::Floor;
use crate::world::report;

const LIMITS: Limits = Limits {
    round: Duration::from_millis(20),
    silence_max: Duration::from_millis(400),
    step_max: Duration::from_secs(5),
    restarts_max: 1_000,
    window: Duration::from_mins(1),
    abandoned_max: 1_000,
};
const REPORTS: u32 = 60;
const SESSION: &str = "session-1738862891234-abc123";

/// Makes of news what is told, save every third time, when it panics.
struct Clumsy {
    renderer: Renderer,
    times: AtomicUsize,
}

impl Render for Clumsy {
    fn render<'a>(&'a self, news: &'a [News]) -> BoxFuture<'a, Result<Vec<Push>, projections::Error>> {
        let time = if news.is_empty() { 0 } else { self.times.fetch_add(1, Ordering::Relaxed) };
        assert_ne!(time % 3, 1, "as it was told");
        self.renderer.render(news)
    }

    fn moving(&self, position: Position) -> BoxFuture<'_, Vec<Push>> {
        self.renderer.moving(position)
    }
}

/// What was delivered, without how things stand.
#[derive(Default)]
struct Heard(Mutex<Vec<Position>>);

impl Deliver for Heard {
    fn is_pressed(&self) -> bool {
        false
    }

    fn deliver(&self, push: &Push, _: u64) {
        if !push.is_standing() {
            self.0.lock().unwrap().push(push.position);
        }
    }

    fn revoke(&self, _: &Organization, _: &Whose) {}
}

#[actix_web::test]
async fn a_hub_that_dies_loses_nothing_and_says_nothing_twice() {
    let floor = Floor::new().await;
    floor.session("1", SESSION).await;
    let (board, heard) = (hub::board(floor.journal.position()), Arc::new(Heard::default()));
    let ear: Arc<dyn Deliver> = Arc::<Heard>::clone(&heard);
    board.attach(ear);
    let (screens, clock) = (floor.screens.clone(), Arc::new(SystemClock));
    let renderer = Renderer::new(screens, clock, Moving::default());
    let clumsy = Arc::new(Clumsy { renderer, times: AtomicUsize::new(0) });
    let render: Arc<dyn Render> = Arc::<Clumsy>::clone(&clumsy);
    let ward = hub::ward(hub::Options {
        journal: floor.journal.clone(),
        screens: floor.screens.clone(),
        render,
        board,
        runtime: tokio::runtime::Handle::current(),
    });
    let guardian = guardian::start(LIMITS, vec![ward]).unwrap();
    for number in 0..REPORTS {
        floor.reports(std::iter::once(report(SESSION, number))).await;
    }
    let (began, count) = (Instant::now(), usize::try_from(REPORTS).unwrap());
    while heard.0.lock().unwrap().len() < count {
        assert!(began.elapsed() < PATIENCE, "{} of {count}", heard.0.lock().unwrap().len());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let told = heard.0.lock().unwrap().clone();
    assert!(told.is_sorted_by(|one, next| one < next) && told.len() == count, "{told:?}");
    assert!(clumsy.times.load(Ordering::Relaxed) > 4, "it was to die more than once");
    guardian.stop().await;
}
