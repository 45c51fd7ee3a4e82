//! R11, the end of it: an actor that dies again and again spends its budget, the engine says so and ends, and the journal is whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use karnay::adapters::system::SystemClock;
use karnay::app::{App, Ports};
use karnay::config::{Config, Sources};
use karnay::journal::verify::{self, Place, Reader, Wanted};
use karnay::ports::Clock;

use crate::ports::free_port;
use crate::world::report;

/// Tells the time so many times more to those who live on an arbiter, as the single actors do, and then never again.
#[derive(Debug)]
struct Brittle(AtomicI64);

impl Clock for Brittle {
    fn now(&self) -> DateTime<Utc> {
        let on_arbiter = std::thread::current().name().is_some_and(|name| name.contains("arbiter"));
        assert!(!on_arbiter || self.0.fetch_sub(1, Ordering::Relaxed) > 0, "the clock is broken");
        SystemClock.now()
    }
}

#[actix_web::test]
async fn a_spent_budget_ends_the_engine_and_leaves_the_journal_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (port, data) = (free_port().to_string(), folder.path().to_str().unwrap().to_owned());
    let settings = [("PORT", port.as_str()), ("DATA_DIR", data.as_str()), ("UNKNOWN_SESSION", "create")];
    let config = Config::read(&Sources::only(settings)).unwrap();
    let clock = Arc::new(Brittle(AtomicI64::new(i64::MAX)));
    let given: Arc<dyn Clock> = clock.clone();
    let ports = Ports { clock: given, ..Ports::real() };
    let app = App::build(config, ports).await.unwrap();
    let running = actix_web::rt::spawn(app.run_until_stopped());

    let (http, url) = (reqwest::Client::new(), format!("http://127.0.0.1:{port}/calls/result"));
    for number in 0..20 {
        let answer = http.post(&url).json(&report("session-1-abc123", number)).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    // Just as many looks at the clock as the handler of one more report needs; its screens find it broken, and so do their successors.
    for looks in 1.. {
        clock.0.store(looks, Ordering::Relaxed);
        let sent = http.post(&url).json(&report("session-1-abc123", 20)).send().await;
        if sent.is_ok_and(|answer| answer.status() == 200) {
            break;
        }
    }
    let ended = tokio::time::timeout(Duration::from_mins(1), running).await.expect("it gives up").unwrap();
    let why = ended.unwrap_err().to_string();
    assert!(why.contains("cannot be kept alive"), "{why}");

    let reader = Reader::open(&Place::Folder(folder.path().to_owned())).await.unwrap();
    let verified = verify::run(&reader, &Wanted::default(), &mut |_| {}).await.unwrap();
    assert_eq!(verified.events, 22, "a session that was adopted and all reports");
}
