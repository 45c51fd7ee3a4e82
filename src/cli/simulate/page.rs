//! What a simulation came to, on a page for people. Every figure is the report's.

use std::io::{self, Write};

use chrono::{DateTime, Utc};
use domain::campaign::Why;
use domain::simulation::report::{End, Report};
use domain::zone::Zone;
use serde::Serialize;

use super::super::table::{self, counted as number_of, grouped};
use super::Options;

pub(super) fn print(report: &Report, options: &Options, house: Zone, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "SIMULATED: nobody was rung, nothing was recorded, and what people said is made up (seed {}).",
        options.seed
    )?;
    writeln!(out, "{}\n", end(report, options, house))?;
    figures(report, out)?;
    counted(out, "OUTCOME", "CALLS", report.outcomes.iter().map(|(name, calls)| (name.clone(), *calls)))?;
    counted(
        out,
        "CALLS EACH",
        "CONTACTS",
        report.attempts.iter().map(|(calls, of)| (calls.to_string(), *of)),
    )?;
    counted(out, "SKIPPED BY", "CONTACTS", report.skipped.iter().map(|(rule, of)| (text(rule), *of)))?;
    counted(out, "PUT OFF BY", "TIMES", report.deferred.iter().map(|(rule, times)| (text(rule), *times)))?;
    counted(
        out,
        "DAY",
        "CALLS",
        report.days.iter().map(|(day, calls)| (day.format("%a %F").to_string(), *calls)),
    )
}

fn end(report: &Report, options: &Options, house: Zone) -> String {
    let wall = |at: DateTime<Utc>| format!("{} {house}", house.wall(at).format("%F %H:%M"));
    let began = wall(options.start);
    match &report.end {
        End::Completed { at } => format!("Started {began}, completed {}.", wall(*at)),
        End::Paused { at, why } => format!("Started {began}, PAUSED {}: {}", wall(*at), reason(why)),
        End::Running => format!(
            "Started {began}, NOT THROUGH after {}: {} still open.",
            number_of(options.days.into(), "day", "days"),
            number_of(report.contacts.open.into(), "contact is", "contacts are")
        ),
    }
}

fn reason(why: &Why) -> String {
    match why {
        Why::Asked => "somebody asked for it.".to_owned(),
        Why::Budget { figures } => format!("the budget is used up ({figures})."),
        Why::Restored { position } => format!("it comes from a backup that ends at position {position}."),
        Why::Breaker(tripped) => format!(
            "the agent fails too often ({} in a row, {} of the last {}).",
            tripped.in_a_row, tripped.failed, tripped.of_last
        ),
    }
}

fn figures(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let Report { contacts, callbacks, promises, .. } = report;
    let mut rows = vec![
        ("contacts", grouped(contacts.total.into())),
        ("  success", grouped(contacts.success.into())),
        ("  failed", grouped(contacts.failed.into())),
        ("  callback requested", grouped(contacts.callback_requested.into())),
        ("  skipped", grouped(contacts.skipped.into())),
        ("  open", grouped(contacts.open.into())),
        ("calls", grouped(report.calls.into())),
        ("conversations", grouped(report.conversations.into())),
        ("minutes talked", grouped(report.talk_secs / 60)),
        ("promises", grouped(promises.made.into())),
        ("  amount", promises.amount.to_string()),
        ("callbacks asked for", grouped(callbacks.asked_for.into())),
        ("  called in time", grouped(callbacks.in_time.into())),
        ("  called late", grouped(callbacks.late.into())),
    ];
    let busiest = report.busiest.map(|hour| {
        (hour.begins.format("%F %H:%M").to_string(), number_of(hour.calls.into(), "call", "calls"))
    });
    rows.extend(busiest.map(|(begins, calls)| ("busiest hour", format!("{calls} from {begins}"))));
    let rows: Vec<[String; 2]> = rows.into_iter().map(|(name, figure)| [name.to_owned(), figure]).collect();
    table::print(out, ["FIGURE", ""], &rows)
}

/// A table, where there is anything in it.
fn counted(
    out: &mut dyn Write,
    what: &str,
    of: &str,
    counts: impl Iterator<Item = (String, u32)>,
) -> io::Result<()> {
    let rows: Vec<[String; 2]> = counts.map(|(name, count)| [name, grouped(count.into())]).collect();
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    table::print(out, [what, of], &rows)
}

/// As it is stored.
fn text(name: &impl Serialize) -> String {
    let told = serde_json::to_value(name).unwrap_or_default();
    told.as_str().map_or_else(String::new, str::to_owned)
}
