//! Connections over which somebody watches, counted until they are gone: a stop that finds them still closing would wait
//! for a whole second of actix's.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::dev::Extensions;
use tokio::sync::watch;
use tokio::time::timeout;

/// Whoever was told that it is over closes its end within milliseconds, or is not waited for.
const LEAVE_WAIT: Duration = Duration::from_millis(300);

/// All of them. Cheap to clone.
#[derive(Debug, Clone)]
pub(in crate::http) struct Watching(Arc<watch::Sender<usize>>);

/// One connection, whatever comes over it.
#[derive(Debug)]
pub(in crate::http) struct Connection {
    all: Watching,
    watches: AtomicBool,
}

impl Default for Watching {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }
}

impl Watching {
    /// For `HttpServer::on_connect`: kept for as long as the connection lasts.
    pub(in crate::http) fn connected(&self, data: &mut Extensions) {
        data.insert(Connection { all: self.clone(), watches: AtomicBool::new(false) });
    }

    /// Waits a while until nobody watches any more.
    pub(in crate::http) async fn left(&self) {
        let mut count = self.0.subscribe();
        // Those who do not go by themselves are cut off by the server's own stop.
        let _ = timeout(LEAVE_WAIT, count.wait_for(|count| *count == 0)).await;
    }
}

impl Connection {
    pub(in crate::http) fn watches(&self) {
        if !self.watches.swap(true, Ordering::Relaxed) {
            self.all.0.send_modify(|count| *count += 1);
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if *self.watches.get_mut() {
            self.all.0.send_modify(|count| *count -= 1);
        }
    }
}
