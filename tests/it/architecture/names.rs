//! Names and places: one noun, every place; no folder by kind; no drawer for what has no home.

use super::source::Tree;
use super::{Offences, Rule};

const CODE: [&str; 5] = ["src/", "domain/", "projections/", "tests/", "benches/"];

/// Names that say nothing, so that anything may be put there.
const DRAWERS: [&str; 7] = ["utils", "util", "helpers", "helper", "common", "misc", "manager"];
/// Folders that sort by kind what belongs together by subject.
const KINDS: [&str; 9] =
    ["commands", "events", "models", "services", "handlers", "controllers", "types", "traits", "entities"];

/// Lines of a file, its tests aside.
const LINES_MAX: usize = 400;

pub(super) const RULES: [Rule; 4] = [
    Rule {
        name: "no drawers",
        check: drawers,
        planted: &[
            (&[("src/http/utils.rs", "//! x")], "utils"),
            (&[("domain/src/common/phone.rs", "//! x")], "common"),
            (&[("src/session_manager.rs", "//! x")], "manager"),
            (&[("src/http/mod.rs", "//! x")], "mod.rs"),
            (&[("src/journal.rs", "//! x\nmod helpers { }")], "helpers"),
        ],
        innocent: &[("src/http/calls.rs", "//! utils\nmod helper_line;")],
    },
    Rule {
        name: "no folders by kind",
        check: kinds,
        planted: &[(&[("src/events/call.rs", "//! x")], "events")],
        innocent: &[("src/cli/events.rs", "//! x")],
    },
    Rule {
        name: "every file says what it owns",
        check: introductions,
        planted: &[(&[("src/http/calls.rs", "use std::fmt;\n")], "src/http/calls.rs")],
        innocent: &[("src/http/calls.rs", "//! What it owns.\n")],
    },
    Rule {
        name: "no file is too long",
        check: lengths,
        planted: &[(&[("src/http/calls.rs", LONG)], "401")],
        innocent: &[("src/http/calls/tests.rs", LONG), ("tests/it/calls.rs", LONG)],
    },
];

/// One line more than a file may have.
const LONG: &str = {
    const LINES: [u8; LINES_MAX + 1] = [b'\n'; LINES_MAX + 1];
    match std::str::from_utf8(&LINES) {
        Ok(text) => text,
        Err(_) => "",
    }
};

fn drawers(tree: &Tree) -> Offences {
    let drawer = |name: &str| name.split('_').find(|part| DRAWERS.contains(part)).map(str::to_owned);
    let mut offences = Offences::new();
    for source in tree.within(&CODE, ".rs") {
        if source.path.ends_with("/mod.rs") {
            offences.push(format!("{}: a module is noun.rs beside noun/, never mod.rs", source.path));
        }
        let named = source.folders().chain([source.stem()]).find_map(drawer);
        offences
            .extend(named.map(|name| format!("{}: {name} says nothing about what is in it", source.path)));
        for pair in source.rust().tokens().windows(3) {
            let [(_, "mod"), (line, name), (_, "{")] = pair else { continue };
            if DRAWERS.contains(name) {
                offences.push(format!("{}: {name} says nothing about what is in it", source.at(*line)));
            }
        }
    }
    offences
}

fn kinds(tree: &Tree) -> Offences {
    let sources = tree.within(&["src/", "domain/src/", "projections/src/"], ".rs");
    let offence = |source: &super::Source| {
        let folder = source.folders().find(|folder| KINDS.contains(folder))?;
        Some(format!("{}: {folder}/ sorts by kind; put it beside its noun", source.path))
    };
    sources.filter_map(offence).collect()
}

fn introductions(tree: &Tree) -> Offences {
    let silent = tree.within(&CODE, ".rs").filter(|source| !source.text.starts_with("//! "));
    silent.map(|source| format!("{} does not begin with what it owns (//!)", source.path)).collect()
}

fn lengths(tree: &Tree) -> Offences {
    let sources = tree.within(&["src/", "domain/src/", "projections/src/"], ".rs");
    let code = sources.filter(|source| !source.is_test());
    let counted = code.map(|source| {
        let lines = source.text.lines();
        // A test module in the file itself does not count against it.
        (source, lines.take_while(|line| *line != "#[cfg(test)]").count())
    });
    let long = counted.filter(|(_, lines)| *lines > LINES_MAX);
    long.map(|(source, lines)| format!("{} has {lines} lines, {LINES_MAX} at most", source.path)).collect()
}
