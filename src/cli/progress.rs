//! Progress on stderr: a bar on a terminal, a line every few seconds elsewhere; both with how fast and the time left.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::table::grouped;

/// How often a line is due where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(2);
const BAR: &str =
    "{prefix} [{wide_bar}] {percent:>3} %  {human_pos} of {human_len} {unit}  {per_sec}  {eta} left";
const EVENTS: &str = "events";

#[derive(Debug)]
pub(super) struct Progress {
    what: String,
    unit: &'static str,
    shape: Shape,
}

#[derive(Debug)]
enum Shape {
    Bar(ProgressBar),
    Lines { began: Instant, first: Option<u64>, said: Instant },
}

impl Progress {
    /// Of so many events.
    pub(super) fn begin(what: &str) -> Self {
        Self::counted(what, EVENTS)
    }

    pub(super) fn counted(what: &str, unit: &'static str) -> Self {
        let shape = if io::stderr().is_terminal() { Shape::Bar(bar(what, unit)) } else { lines() };
        Self { what: what.to_owned(), unit, shape }
    }

    /// `done` of `total`.
    pub(super) fn at(&mut self, done: u64, total: u64) {
        match &mut self.shape {
            Shape::Bar(bar) => {
                bar.set_length(total);
                bar.set_position(done);
            }
            Shape::Lines { began, first, said } => {
                let first = *first.get_or_insert(done);
                if said.elapsed() >= LINE_EVERY {
                    *said = Instant::now();
                    let rate = rate(done.saturating_sub(first), began.elapsed());
                    let line = line((&self.what, self.unit), done, total, rate);
                    // Progress that cannot be shown is no reason to stop.
                    let _ = writeln!(io::stderr(), "{line}");
                }
            }
        }
    }

    /// Leaves the terminal clean for the result.
    pub(super) fn end(self) {
        if let Shape::Bar(bar) = self.shape {
            bar.finish_and_clear();
        }
    }
}

fn bar(what: &str, unit: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template(BAR).unwrap_or_else(|_| ProgressStyle::default_bar());
    let style =
        style.with_key("per_sec", move |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
            // A bar that cannot be drawn is no reason to stop.
            let _ = write!(out, "{:.0} {unit}/s", state.per_sec());
        });
    let style = style.with_key("unit", move |_: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
        let _ = out.write_str(unit);
    });
    ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr())
        .with_style(style)
        .with_prefix(what.to_owned())
}

fn lines() -> Shape {
    let now = Instant::now();
    Shape::Lines { began: now, first: None, said: now }
}

/// How many a second.
fn rate(events: u64, time: Duration) -> u64 {
    let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    events.saturating_mul(1_000).checked_div(millis).unwrap_or(0)
}

fn line((what, unit): (&str, &str), done: u64, total: u64, rate: u64) -> String {
    let percent = done.saturating_mul(100).checked_div(total).unwrap_or(100).min(100);
    let left = match total.saturating_sub(done).checked_div(rate) {
        Some(seconds) => format!("{} left", HumanDuration(Duration::from_secs(seconds))),
        None => "time left unknown".to_owned(),
    };
    let [done, total, rate] = [done, total, rate].map(grouped);
    format!("{what}: {percent} %, {done} of {total} {unit}, {rate} {unit}/s, {left}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_can_be_drawn() {
        assert!(ProgressStyle::with_template(BAR).is_ok());
    }

    #[test]
    fn a_line_says_how_far_how_fast_and_how_long() {
        assert_eq!(
            line(("call_history", EVENTS), 45_000, 100_000, rate(45_000, Duration::from_secs(4))),
            "call_history: 45 %, 45,000 of 100,000 events, 11,250 events/s, 4 seconds left"
        );
        assert_eq!(line(("x", "hours"), 0, 0, 0), "x: 100 %, 0 of 0 hours, 0 hours/s, time left unknown");
    }
}
