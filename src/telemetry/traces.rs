//! Traces for a collector, over OTLP: the way of a request from the door through the journal and the screens to the sockets.
//! Spans go to a thread of its own over a short queue. A collector that is slow or away costs spans, which are counted, and never time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::phone::{Home, masked};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    SdkTracer, SdkTracerProvider, Span, SpanData, SpanExporter as _, SpanProcessor,
};
use reqwest::Url;
use tokio::runtime;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

use super::Error;
use crate::config::Config;

/// Ended spans that wait for the thread. What comes on top is lost, and counted.
const QUEUE_LEN_MAX: usize = 8_192;
/// Spans that are sent at once, and how long the first of them waits for others.
const BATCH_LEN_MAX: usize = 512;
const GATHERED_FOR: Duration = Duration::from_secs(1);
/// A collector that has not answered by then has not taken them.
const SEND_WAIT: Duration = Duration::from_secs(5);
/// At the end so long is waited for it; a stop is to be over in ten seconds, whoever is slow.
const CLOSE_WAIT: Duration = Duration::from_secs(1);

/// What a span says of itself. Whatever else a log's span holds, such as a path, stays in the house.
const TOLD: [&str; 8] = [
    "http.request.method",
    "http.route",
    "http.response.status_code",
    "request.id",
    "events",
    "position",
    "pushes",
    "screen",
];

/// What sends traces. Closed last, so that what the end has to tell is told as well.
#[derive(Debug)]
pub struct Traces {
    items: mpsc::Sender<Item>,
    /// Its tracers end with it.
    _provider: SdkTracerProvider,
}

#[derive(Debug)]
enum Item {
    Span(Box<SpanData>),
    Close(oneshot::Sender<()>),
}

/// Makes the tracer, and starts the thread that sends.
pub(super) fn begin(config: &Config, collector: &Url) -> Result<(SdkTracer, Traces), Error> {
    let resource = Resource::builder()
        .with_service_name(config.traces.service.clone())
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let (items, ended) = mpsc::channel(QUEUE_LEN_MAX);
    let lost = Arc::default();
    let queue = Queue { items: items.clone(), lost: Arc::clone(&lost) };
    let mut sender = Sender {
        exporter: exporter(collector)?,
        ended,
        lost,
        home: config.house.region,
        away: false,
        crowded: false,
    };
    sender.exporter.set_resource(&resource);
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|why| Error::Traces(why.to_string()))?;
    let thread = std::thread::Builder::new().name("traces".to_owned());
    let run = move || runtime.block_on(sender.run());
    thread.spawn(run).map_err(|why| Error::Traces(why.to_string()))?;
    let provider = SdkTracerProvider::builder().with_span_processor(queue).with_resource(resource).build();
    Ok((provider.tracer("karnay"), Traces { items, _provider: provider }))
}

const LOST: &str = "karnay_spans_lost_total";

fn exporter(collector: &Url) -> Result<SpanExporter, Error> {
    let wrong = |why: &dyn std::fmt::Display| Error::Traces(why.to_string());
    // The collector is where the setting says, whatever proxy the environment names.
    let client = reqwest::Client::builder().no_proxy().timeout(SEND_WAIT);
    let client = client.redirect(reqwest::redirect::Policy::none());
    SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_http_client(client.build().map_err(|why| wrong(&why))?)
        .with_endpoint(collector.as_str())
        .with_timeout(SEND_WAIT)
        .build()
        .map_err(|why| wrong(&why))
}

impl Traces {
    /// Sends what has ended by now, or gives it up after a while.
    pub async fn close(self) {
        let (tell, told) = oneshot::channel();
        let sent = async {
            let asked = self.items.send(Item::Close(tell)).await.is_ok();
            asked && told.await.is_ok()
        };
        if !timeout(CLOSE_WAIT, sent).await.unwrap_or(false) {
            tracing::warn!("the last traces were not sent: the collector did not take them in time");
        }
    }
}

/// Where spans end: nobody waits there.
#[derive(Debug)]
struct Queue {
    items: mpsc::Sender<Item>,
    lost: Arc<AtomicU64>,
}

impl SpanProcessor for Queue {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if self.items.try_send(Item::Span(Box::new(span))).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// The thread's own.
struct Sender {
    exporter: SpanExporter,
    ended: mpsc::Receiver<Item>,
    /// What found no room in the queue.
    lost: Arc<AtomicU64>,
    home: Home,
    /// The collector did not take the last ones, which was told.
    away: bool,
    /// That there was no room was told.
    crowded: bool,
}

impl Sender {
    async fn run(mut self) {
        while let Some(first) = self.ended.recv().await {
            let (batch, close) = self.gather(first).await;
            self.count();
            if !batch.is_empty() {
                self.send(batch).await;
            }
            if let Some(told) = close {
                // Whoever asked may have given up by now.
                let _ = told.send(());
                return;
            }
        }
    }

    async fn gather(&mut self, first: Item) -> (Vec<SpanData>, Option<oneshot::Sender<()>>) {
        let (mut batch, until) = (vec![], Instant::now() + GATHERED_FOR);
        let mut next = Some(first);
        loop {
            match next {
                Some(Item::Span(span)) => batch.push(told(*span, self.home)),
                Some(Item::Close(tell)) => return (batch, Some(tell)),
                None => return (batch, None),
            }
            if batch.len() >= BATCH_LEN_MAX {
                return (batch, None);
            }
            match timeout_at(until, self.ended.recv()).await {
                Ok(item) => next = item,
                Err(_) => return (batch, None),
            }
        }
    }

    async fn send(&mut self, batch: Vec<SpanData>) {
        let spans = u64::try_from(batch.len()).unwrap_or(0);
        let why = match timeout(SEND_WAIT, self.exporter.export(batch)).await {
            Ok(Ok(())) => {
                if std::mem::take(&mut self.away) {
                    tracing::info!("the collector takes traces again");
                }
                return;
            }
            Ok(Err(why)) => why.to_string(),
            Err(_) => "no answer in time".to_owned(),
        };
        metrics::counter!(LOST).increment(spans);
        if !std::mem::replace(&mut self.away, true) {
            tracing::warn!(cause = %why, "the collector does not take traces: they are lost until it does");
        }
    }

    /// Said here and not where it happens, which may be within the log itself.
    fn count(&mut self) {
        let lost = self.lost.swap(0, Ordering::Relaxed);
        metrics::counter!(LOST).increment(lost);
        if lost > 0 && !std::mem::replace(&mut self.crowded, true) {
            tracing::warn!("more is traced than can be sent: what finds no room is lost, and counted");
        }
    }
}

/// A span as it may be told outside: without what may name a person, and with texts as the log shows them.
fn told(mut span: SpanData, home: Home) -> SpanData {
    span.attributes.retain(|attribute| TOLD.contains(&attribute.key.as_str()));
    for KeyValue { value, .. } in &mut span.attributes {
        if let Value::String(text) = value {
            *text = masked(text.as_str(), home).into_owned().into();
        }
    }
    span
}
