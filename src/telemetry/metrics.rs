//! The metrics' names, units and buckets in one place, and the recorder that `/metrics` is rendered from.

use std::sync::OnceLock;
use std::time::Duration;

use metrics::{describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Renders what was measured. Cheap to clone.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// As Prometheus reads it.
    pub fn render(&self) -> String {
        self.0.render()
    }
}

/// Samples of histograms are kept until they are folded; this often, also where nobody asks for them.
const FOLD_EVERY: Duration = Duration::from_secs(5);

const BATCH_EVENTS: [f64; 8] = [1.0, 4.0, 16.0, 64.0, 256.0, 512.0, 1_024.0, 2_048.0];
const SECONDS: [f64; 14] =
    [0.000_5, 0.001, 0.002, 0.004, 0.008, 0.015, 0.03, 0.06, 0.125, 0.25, 0.5, 1.0, 2.5, 10.0];

/// The process's metrics; the first call installs the recorder. None where a program around us installed its own.
pub fn metrics() -> Option<Metrics> {
    static METRICS: OnceLock<Option<Metrics>> = OnceLock::new();
    METRICS.get_or_init(install).clone()
}

fn install() -> Option<Metrics> {
    let seconds = Matcher::Suffix("_seconds".to_owned());
    let batch = Matcher::Full("karnay_batch_events".to_owned());
    let builder = PrometheusBuilder::new().set_buckets_for_metric(seconds, &SECONDS).ok()?;
    let handle = builder.set_buckets_for_metric(batch, &BATCH_EVENTS).ok()?.install_recorder().ok()?;
    describe();
    begin();
    let folded = handle.clone();
    let fold = move || {
        loop {
            std::thread::sleep(FOLD_EVERY);
            folded.run_upkeep();
        }
    };
    std::thread::Builder::new().name("metrics".to_owned()).spawn(fold).ok()?;
    Some(Metrics(handle))
}

fn describe() {
    describe_counter!("karnay_appends_total", "Units appended to the journal");
    describe_counter!("karnay_events_total", "Events appended to the journal");
    describe_histogram!("karnay_batch_events", "Events that shared one commit");
    describe_histogram!("karnay_commit_seconds", "Time from the first write of a batch until it is synced");
    describe_histogram!("karnay_checkpoint_seconds", "Time of moving the log into the file, SQLite only");
    describe_gauge!("karnay_ready", "Whether requests can be served");
    describe_gauge!("karnay_uptime_seconds", "Time since the start");
    describe_gauge!("karnay_position", "The journal's newest position");
    describe_gauge!("karnay_journal_wrong", "Whether the last look at the whole journal found it changed");
    describe_gauge!("karnay_restore_unconfirmed", "Whether a restore waits for its confirmation");
    describe_gauge!("karnay_disk_free_bytes", "Room that is left where the data folder lies");
    describe_gauge!("karnay_disk_low", "Whether that is less than DISK_FREE_MIN_MB");
    describe_gauge!("karnay_under_way", "Commands under way, by kind of aggregate");
    describe_gauge!("karnay_keeper_busy", "Commands turned away by keepers, by kind of aggregate");
    describe_gauge!("karnay_effects", "Effects, by state");
    describe_gauge!("karnay_projection_position", "The newest position a screen holds");
    describe_gauge!("karnay_actor_beat_age_ms", "Time since an actor's last sign of life");
    describe_counter!(
        "karnay_rate_limited_total",
        "Requests turned away because somebody asked too often, by limit: key, address"
    );
    describe_counter!("karnay_refused_total", "Requests that were not let in, by reason");
    describe_counter!(
        "karnay_sign_ins_total",
        "Sign-ins tried, by outcome: granted, denied, slowed, failed for the engine's own reasons"
    );
    describe_counter!(
        "karnay_spans_lost_total",
        "Spans of traces that the collector did not take, or too many at once"
    );
    describe_counter!("karnay_parked_total", "Streams that were parked, by screen");
    describe_counter!("karnay_policy_unreadable_total", "Events that a policy could not read");
    describe_gauge!("karnay_queue_depth", "Entries waiting, by queue");
    describe_gauge!("karnay_projection_lag_events", "Events a screen is behind the journal");
    describe_gauge!(
        "karnay_projection_lag_seconds",
        "While a screen is behind: age of the newest event it holds"
    );
    describe_gauge!("karnay_projection_parked", "Streams a screen has parked");
    describe_counter!("karnay_actor_restarts_total", "Restarts, by actor");
    describe_doors();
}

/// Who comes in, and whom the engine calls itself.
fn describe_doors() {
    describe_counter!("karnay_http_requests_total", "Requests answered, by route and status");
    describe_histogram!("karnay_http_seconds", "Time to answer, by route");
    describe_counter!("karnay_pbx_polls_total", "Looks at an exchange's calls, by outcome");
    describe_counter!(
        "karnay_pbx_log_rows_total",
        "Rows of an exchange's log that were read, and those among them that were new"
    );
    describe_counter!(
        "karnay_pbx_unknown_total",
        "Calls and rows of an exchange that could not be understood, by list"
    );
    describe_counter!(
        "karnay_webhook_deliveries_total",
        "Events sent to receivers outside, by outcome of the try: delivered, failed, dead"
    );
    describe_counter!(
        "karnay_webhook_disabled_total",
        "Endpoints that were disabled since nothing was taken there"
    );
    describe_gauge!("karnay_webhook_waiting", "Events that wait for another try, on the node that sends");
    describe_gauge!("karnay_webhook_full", "Endpoints where so much waits that nothing further is sent");
    describe_gauge!("karnay_sockets", "Sockets that were let in, by namespace");
    describe_gauge!("karnay_pbx_connected", "Whether the exchange answered when it was last asked");
    describe_gauge!("karnay_pbx_refused", "Whether the exchange does not let us in");
    describe_counter!("karnay_busy_total", "Requests turned away because something was full, by where");
}

/// What seldom happens is there as 0 from the start: something that appears as 1 has never grown, as Prometheus counts.
fn begin() {
    metrics::counter!("karnay_busy_total", "where" => "http").increment(0);
    for outcome in ["granted", "denied", "slowed", "failed"] {
        metrics::counter!("karnay_sign_ins_total", "outcome" => outcome).increment(0);
    }
    for outcome in ["delivered", "failed", "dead"] {
        metrics::counter!("karnay_webhook_deliveries_total", "outcome" => outcome).increment(0);
    }
    for limit in ["key", "address"] {
        metrics::counter!("karnay_rate_limited_total", "limit" => limit).increment(0);
    }
    for counter in ["karnay_webhook_disabled_total", "karnay_spans_lost_total"] {
        metrics::counter!(counter).increment(0);
    }
    for gauge in ["karnay_webhook_waiting", "karnay_webhook_full"] {
        metrics::gauge!(gauge).set(0.0);
    }
    metrics::gauge!("karnay_journal_wrong").set(0.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_rendered_with_their_buckets() {
        let handle = metrics().unwrap();
        metrics::counter!("karnay_appends_total").increment(2);
        metrics::histogram!("karnay_commit_seconds").record(0.003);
        metrics::histogram!("karnay_batch_events").record(3.0);
        metrics::gauge!("karnay_projection_lag_seconds", "projection" => "call_history").set(1.0);
        let text = handle.render();
        for line in [
            "# HELP karnay_appends_total Units appended to the journal",
            "karnay_appends_total 2",
            "karnay_commit_seconds_bucket{le=\"0.004\"} 1",
            "karnay_batch_events_bucket{le=\"4\"} 1",
            "karnay_projection_lag_seconds{projection=\"call_history\"} 1",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}
