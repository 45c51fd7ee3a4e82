//! What the engine says about itself: logs with telephone numbers masked, metrics for Prometheus, and traces where they are wanted.
//! It owns how they look. What is said, and when, is everyone's own business.

mod line;
mod metrics;
mod traces;

use std::io::{IsTerminal as _, stderr};

use tracing::Metadata;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use crate::config::{Config, LogFormat};

pub use metrics::{Metrics, metrics};
pub use traces::Traces;

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("LOG: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    #[error("the log was begun twice: {0}")]
    Twice(#[from] TryInitError),
    #[error("OTEL_EXPORTER_OTLP_ENDPOINT: {0}")]
    Traces(String),
}

/// Begins the log on stderr. Once a process.
pub fn install(config: &Config) -> Result<(), Error> {
    let (filter, log) = log(config)?;
    tracing_subscriber::registry().with(log).with(filter).try_init()?;
    log_panics();
    Ok(())
}

/// The same, and traces where a collector is set: without one, nothing stands between the log and what is said there.
pub fn install_traced(config: &Config) -> Result<Option<Traces>, Error> {
    let Some(collector) = &config.traces.collector else { return install(config).map(|()| None) };
    // Whoever begins to count before there is a recorder counts for nobody.
    metrics();
    let (filter, log) = log(config)?;
    let (of_ours, traces) = traces::begin(config, collector)?;
    let spans = tracing_opentelemetry::layer().with_tracer(of_ours).with_location(false).with_threads(false);
    let spans = spans.with_tracked_inactivity(false).with_context_activation(false);
    let spans = spans.with_filter(filter_fn(is_ours).with_max_level_hint(LevelFilter::DEBUG));
    tracing_subscriber::registry().with(log.with_filter(filter)).with(spans).try_init()?;
    log_panics();
    Ok(Some(traces))
}

/// Texts of the log are no part of a trace.
fn is_ours(what: &Metadata<'_>) -> bool {
    what.is_span() && what.target().starts_with(env!("CARGO_CRATE_NAME"))
}

/// The mask asks the telephone library, and the library tells what it is asked: its voice would be masked for ever. That somebody else's
/// certificate does not hold is told by whoever called them, once, and is no error of ours.
const SILENT: [&str; 2] = ["rlibphonenumber=off", "rustls_platform_verifier=off"];

type Log = Box<dyn Layer<Registry> + Send + Sync>;

fn log(config: &Config) -> Result<(EnvFilter, Log), Error> {
    let mut filter = EnvFilter::try_new(&config.log.filter)?;
    for silent in SILENT {
        filter = filter.add_directive(silent.parse()?);
    }
    let home = config.house.region;
    let layer = fmt::Layer::new().with_writer(stderr);
    let log = match config.log.format {
        LogFormat::Pretty => layer.with_ansi(stderr().is_terminal()).fmt_fields(line::Text(home)).boxed(),
        LogFormat::Json => {
            layer.with_ansi(false).fmt_fields(line::Object(home)).event_format(line::Json(home)).boxed()
        }
    };
    Ok((filter, log))
}

/// Panics are told like everything else, so that they are masked and found by whoever reads the log.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let what = panic.payload_as_str().unwrap_or("without a text");
        tracing::error!(place, "panicked: {what}");
    }));
}
