//! What the engine says about itself: logs with telephone numbers masked, and metrics for Prometheus.
//! It owns how they look. What is said, and when, is everyone's own business.

mod line;
mod metrics;

use std::io::{IsTerminal as _, stderr};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::Layer;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

use crate::config::{Config, LogFormat};

pub use metrics::{Metrics, metrics};

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("LOG: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    #[error("the log was begun twice: {0}")]
    Twice(#[from] TryInitError),
}

/// Begins the log on stderr. Once a process.
pub fn install(config: &Config) -> Result<(), Error> {
    // The mask asks the telephone library, and the library tells what it is asked: its voice would be masked for ever.
    let filter = EnvFilter::try_new(&config.log.filter)?.add_directive("rlibphonenumber=off".parse()?);
    let home = config.house.region;
    match config.log.format {
        LogFormat::Pretty => {
            let text = Layer::new().with_writer(stderr).with_ansi(stderr().is_terminal());
            tracing_subscriber::registry().with(filter).with(text.fmt_fields(line::Text(home))).try_init()?;
        }
        LogFormat::Json => {
            let json = Layer::new().with_writer(stderr).with_ansi(false);
            let json = json.fmt_fields(line::Object(home)).event_format(line::Json(home));
            tracing_subscriber::registry().with(filter).with(json).try_init()?;
        }
    }
    log_panics();
    Ok(())
}

/// Panics are told like everything else, so that they are masked and found by whoever reads the log.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let what = panic.payload_as_str().unwrap_or("without a text");
        tracing::error!(place, "panicked: {what}");
    }));
}
