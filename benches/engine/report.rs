//! The table in docs/performance.md. Only the block between the two marks is written; what people wrote around it stays,
//! and so do the reasons that they gave in the table's last column, and the lines of what was not measured this time.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;

use crate::figures::Figure;
use crate::machine;

const BEGIN: &str = "<!-- figures: written by `make bench`, reasons by people -->";
const END: &str = "<!-- end of figures -->";

const FRESH: &str = "# How fast it is

`make bench` measures this on the machine it runs on and writes the table below.
The engine is measured from outside, as the program that `make run` starts: release build, durable commits, nothing switched off.
Ratios are taken inside one run, both sides in turns; absolute figures belong to this machine and this day.
";

pub(crate) fn write(figures: &[Figure], load_before: &str, out: &Path) -> Result<()> {
    let known = std::fs::read_to_string(out).unwrap_or_else(|_| format!("{FRESH}\n{BEGIN}\n{END}\n"));
    let (before, rest) = known.split_once(BEGIN).unwrap_or((&known, ""));
    let (old, after) = rest.split_once(END).unwrap_or((rest, "\n"));
    let block = block(figures, load_before, old);
    std::fs::write(out, format!("{before}{BEGIN}\n{block}{END}{after}"))?;
    Ok(())
}

/// Said earlier, by the figure they were said of.
fn reasons(old: &str) -> HashMap<String, String> {
    let reason = |line: &str| {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [number, what, _, _, _, reason] = cells.as_slice() else { return None };
        (!reason.is_empty()).then(|| (format!("{number} {what}"), (*reason).to_owned()))
    };
    old.lines().filter_map(reason).collect()
}

/// What is measured, in the order of the table.
const PARTS: [&str; 12] = ["P1", "R15", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P9", "A1", "A2"];

fn block(figures: &[Figure], load_before: &str, old: &str) -> String {
    let mut text = String::from("\n| machine | |\n|---|---|\n");
    for (what, value) in machine::facts() {
        let _ = writeln!(text, "| {what} | {value} |");
    }
    let _ = writeln!(text, "| load before | {load_before} |");
    text.push_str("\nMedian (least–most) of the runs.\n\n");
    text.push_str("| | what | figure | target | | reason |\n|---|---|---|---|---|---|\n");
    let reasons = reasons(old);
    for part in PARTS {
        let measured: Vec<_> = figures.iter().filter(|figure| figure.number == part).collect();
        for figure in &measured {
            text.push_str(&line(figure, &reasons));
        }
        let known = |line: &&str| line.starts_with(&format!("| {part} |"));
        for kept in old.lines().filter(known).filter(|_| measured.is_empty()) {
            let _ = writeln!(text, "{kept}");
        }
    }
    text.push('\n');
    text
}

fn line(figure: &Figure, reasons: &HashMap<String, String>) -> String {
    let Figure { number, what, series, .. } = figure;
    let unit = if figure.unit == "ratio" { "" } else { figure.unit };
    let value = format!("{series} {unit}");
    let (target, verdict) = (figure.wanted(), figure.verdict());
    let reason = reasons.get(&format!("{number} {what}")).map_or("", String::as_str);
    format!("| {number} | {what} | {} | {target} | {verdict} | {reason} |\n", value.trim())
}
