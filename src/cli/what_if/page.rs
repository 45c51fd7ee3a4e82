//! What other rules would have changed, on a page for people. Every figure is the report's; what nobody knows is said to be unknown.

use std::io::{self, Write};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::hindsight::report::{Freed, Refused, Report, Sums};
use serde_json::Value;

use super::super::table::{self, counted, grouped};
use super::past::Missing;

/// How many attempts are listed where not all are wanted.
const LISTED: usize = 20;

#[derive(Debug, Clone, Copy)]
pub(super) struct Page<'a> {
    pub(super) report: &'a Report,
    pub(super) missing: &'a Missing,
    pub(super) zone: Tz,
    pub(super) all: bool,
    /// Which rules were compared, in words.
    pub(super) rules: &'a str,
}

impl Page<'_> {
    pub(super) fn print(self, out: &mut dyn Write) -> io::Result<()> {
        let Report { until, refused, freed, .. } = self.report;
        writeln!(out, "WHAT IF: nothing is recorded, and nobody is rung. {}", self.rules)?;
        writeln!(out, "Looked at up to {}.\n", self.wall(*until))?;
        self.sums(out)?;
        writeln!(out, "\n{}", self.end())?;
        self.changes(out)?;
        if !refused.is_empty() {
            writeln!(out, "\nATTEMPTS THAT WOULD NOT HAVE BEEN MADE")?;
            let rows: Vec<_> =
                refused.iter().take(self.listed(refused.len())).map(|one| self.refused(one)).collect();
            table::print(
                out,
                ["AT", "CONTACT", "TRY", "RULE", "ALLOWED FROM", "CERTAIN", "CAME TO", "FIGURES"],
                &rows,
            )?;
            self.rest(refused.len(), out)?;
        }
        if !freed.is_empty() {
            writeln!(out, "\nCONTACTS THAT WOULD NOT HAVE BEEN PUT OFF")?;
            let rows: Vec<_> =
                freed.iter().take(self.listed(freed.len())).map(|one| self.freed(one)).collect();
            table::print(out, ["AT", "CONTACT", "RULE", "PUT OFF UNTIL", "CERTAIN"], &rows)?;
            self.rest(freed.len(), out)?;
        }
        self.notes(out)
    }

    fn sums(self, out: &mut dyn Write) -> io::Result<()> {
        let Report { was, would, .. } = self.report;
        let count = |of: fn(&Sums) -> u64| [of(was), of(would)].map(grouped);
        let time = |of: fn(&Sums) -> Option<DateTime<Utc>>| [of(was), of(would)].map(|at| self.wall(at));
        let rows = [
            ("contacts", count(|sums| sums.contacts.into())),
            ("attempts", count(|sums| sums.attempts.into())),
            ("contacts rung", count(|sums| sums.called.into())),
            ("conversations", count(|sums| sums.conversations.into())),
            ("minutes talked", count(|sums| sums.talk_secs / 60)),
            ("promises", count(|sums| sums.promises.into())),
            ("opted out", count(|sums| sums.opted_out.into())),
            ("calls at once", count(|sums| sums.busiest.into())),
            ("first call", time(|sums| sums.first_call)),
            ("last call over", time(|sums| sums.last_ended)),
            ("contacts still open", count(|sums| sums.open.contacts.into())),
            ("  callable from", time(|sums| sums.open.earliest)),
        ];
        let rows = rows.map(|(name, [was, would])| [name.to_owned(), was, would]);
        table::print(out, ["FIGURE", "WAS", "OF IT WOULD BE LEFT"], &rows)
    }

    fn end(self) -> String {
        let Report { ended, stopped, would, refused, freed, .. } = self.report;
        let was = match ended {
            Some(at) => format!("It was over {}.", self.wall(Some(*at))),
            None => "It was not over.".to_owned(),
        };
        let then = match stopped {
            Some(stopped) => {
                format!(
                    "It would have stood still by {} ({}).",
                    self.wall(Some(stopped.at)),
                    stopped.why.as_str()
                )
            }
            None if refused.is_empty() && freed.is_empty() => {
                "By these rules it would have ended no otherwise.".to_owned()
            }
            None if would.open.contacts == 0 => {
                format!("Of the calls that are left the last is over {}.", self.wall(would.last_ended))
            }
            None => format!(
                "When it would have ended is unknown: {} would still be open, and what they would have said nobody knows.",
                counted(would.open.contacts.into(), "contact", "contacts")
            ),
        };
        format!("{was} {then}")
    }

    fn changes(self, out: &mut dyn Write) -> io::Result<()> {
        let Report { refused, freed, unreached, no_line, throttled, retries, .. } = self.report;
        let exact = refused.iter().filter(|one| one.exact).count();
        let count = |number: usize| grouped(u64::try_from(number).unwrap_or(u64::MAX));
        let mut rows = vec![
            ["attempts not made".to_owned(), count(refused.len())],
            ["  certain".to_owned(), count(exact)],
            ["  if those before are left out".to_owned(), count(refused.len() - exact)],
        ];
        let rules = self.report.by_rule();
        rows.extend(rules.iter().map(|(rule, of)| [format!("  by {rule}"), grouped((*of).into())]));
        let others = [
            ("contacts not called at all", *unreached),
            ("not put off", u32::try_from(freed.len()).unwrap_or(u32::MAX)),
            ("calls that would find no line", *no_line),
            ("calls sooner than allowed a second", *throttled),
            ("tried again sooner", retries.sooner),
            ("tried again later", retries.later),
            ("tried again where it was over", retries.more),
            ("over where it was tried again", retries.fewer),
            ("another silence after a promise", retries.other_silence),
        ];
        rows.extend(others.map(|(name, count)| [name.to_owned(), grouped(count.into())]));
        writeln!(out)?;
        table::print(out, ["DIFFERENCE", ""], &rows)
    }

    fn refused(self, one: &Refused) -> [String; 8] {
        let figures = serde_json::to_value(one.figures).unwrap_or_default();
        [
            self.wall(Some(one.at)),
            one.contact.to_string(),
            one.attempt.to_string(),
            one.why.as_str().to_owned(),
            one.earliest.map_or_else(|| "never by waiting".to_owned(), |at| self.wall(Some(at))),
            certain(one.exact),
            one.outcome.unwrap_or("-").to_owned(),
            if figures.is_string() { String::new() } else { plain(&figures) },
        ]
    }

    fn freed(self, one: &Freed) -> [String; 5] {
        let until = one.until.map_or_else(|| "for good".to_owned(), |at| self.wall(Some(at)));
        [
            self.wall(Some(one.at)),
            one.contact.to_string(),
            one.rule.as_str().to_owned(),
            until,
            certain(one.exact),
        ]
    }

    fn listed(self, len: usize) -> usize {
        if self.all { len } else { len.min(LISTED) }
    }

    fn rest(self, len: usize, out: &mut dyn Write) -> io::Result<()> {
        match len - self.listed(len) {
            0 => Ok(()),
            more => writeln!(out, "… and {more} more (--all shows them)"),
        }
    }

    fn notes(self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "\nCertain: the rules' own answer to what was recorded, at the very moment of the attempt. Not certain: an earlier call of the \
             same contact is left out there, or of the campaign where its budget or its breaker is asked. What people would have said in \
             other calls is unknown, and counted nowhere."
        )?;
        for (rule, calls) in &self.report.unexplained {
            writeln!(
                out,
                "{} made though {rule} stands against them by the settings of today too: the organization's rules are not \
                 recorded and may have been others then, or the engine had not heard yet. They count as allowed.",
                counted((*calls).into(), "call was", "calls were")
            )?;
        }
        if self.missing.forgotten > 0 {
            writeln!(
                out,
                "{} forgotten: the campaign's zone is taken for theirs.",
                counted(self.missing.forgotten, "contact was", "contacts were")
            )?;
        }
        if self.missing.unreadable > 0 {
            writeln!(
                out,
                "{} no sense to this version, and {} not in it.",
                counted(self.missing.unreadable, "event makes", "events make"),
                if self.missing.unreadable == 1 { "is" } else { "are" }
            )?;
        }
        Ok(())
    }

    fn wall(self, at: Option<DateTime<Utc>>) -> String {
        at.map_or_else(|| "-".to_owned(), |at| at.with_timezone(&self.zone).format("%F %T %Z").to_string())
    }
}

fn certain(exact: bool) -> String {
    if exact { "yes" } else { "no" }.to_owned()
}

/// `{"cap":{"found":3}}` as `cap.found 3`, and what a clock on the wall showed as a time and where that was.
fn plain(value: &Value) -> String {
    let wall =
        value.get("wall").map(|wall| ["time", "zone"].map(|name| wall.get(name).and_then(Value::as_str)));
    if let Some([Some(time), Some(zone)]) = wall {
        let time = time.split('.').next().unwrap_or(time).replace('T', " ");
        return format!("{time} in {zone}");
    }
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| {
                let inner = plain(value);
                let dot = if value.is_object() { "." } else { " " };
                format!("{name}{dot}{inner}")
            })
            .collect::<Vec<_>>()
            .join(" "),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(","),
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_)) => plain.to_string(),
    }
}
