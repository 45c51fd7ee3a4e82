//! What must be written down wherever something is added: a golden file for an event, a number for a migration,
//! a line in the rebuild test for a screen, a paragraph for a problem.

use super::source::Tree;
use super::{Offences, Rule};

/// Migrations of the journal are numbered below, those of the screens from here on.
const SCREENS_FROM: u32 = 100;
const DOCUMENT_LINES_MAX: usize = 250;

pub(super) const RULES: [Rule; 5] = [
    Rule {
        name: "every event has its golden file",
        check: goldens,
        planted: &[
            (&[("domain/src/call.rs", CALL)], "call.ended"),
            (&[("domain/src/call/recorded.rs", CALL)], "call.ended"),
            (&[("tests/it/golden/call.v1.json", "{}")], "call.v1"),
        ],
        innocent: &[("domain/src/call.rs", CALL), ("tests/it/golden/call.ended.v1.json", "{}")],
    },
    Rule {
        name: "migrations are numbered in their range",
        check: migrations,
        planted: &[
            (&[("migrations/sqlite/1_journal.sql", "")], "1_journal"),
            (&[("migrations/sqlite/0002_journal.sql", "")], "0002"),
            (&[("migrations/postgres/0001_journal.sql", "DROP TABLE events;")], "drop"),
            (&[("migrations/postgres/0101_nobody.sql", "")], "nobody"),
            (&[("migrations/mysql/0001_journal.sql", "")], "mysql"),
        ],
        innocent: &[
            ("migrations/sqlite/0001_journal.sql", "-- a backdrop table\nCREATE TABLE events (a);"),
            ("migrations/sqlite/0002_effects.sql", ""),
            ("migrations/postgres/0001_journal.sql", ""),
            ("migrations/sqlite/0101_call_history.sql", "DROP TABLE calls;"),
            ("projections/src/call_history.rs", ""),
        ],
    },
    Rule {
        name: "every screen is in the rebuild test",
        check: rebuilt,
        planted: &[
            (&[("projections/src/dial_queue.rs", SCREEN)], "dial_queue"),
            (
                &[("projections/src/dial_queue.rs", SCREEN), ("tests/it/rebuild.rs", "call_history::all()")],
                "dial_queue",
            ),
        ],
        innocent: &[
            ("projections/src/dial_queue.rs", SCREEN),
            ("projections/src/projection.rs", "pub trait Projection {}"),
            ("projections/src/tests.rs", "impl Projection for Counter { }"),
            ("tests/it/rebuild.rs", "dial_queue::all()"),
        ],
    },
    Rule {
        name: "every problem is documented",
        check: problems,
        planted: &[
            (&[("src/http/problem.rs", PROBLEMS), ("docs/problems.md", "## `busy`\n")], "no-such-call"),
            (&[("docs/problems.md", "## `busy`\n")], "busy"),
        ],
        innocent: &[
            ("src/http/problem.rs", PROBLEMS),
            ("docs/problems.md", "# Problems\n\n## `busy`\n\nx\n\n## no-such-call\n"),
        ],
    },
    Rule {
        name: "the architecture fits into one sitting",
        check: documents,
        planted: &[(&[("docs/ARCHITECTURE.md", MANY_LINES)], "251")],
        innocent: &[("docs/ARCHITECTURE.md", "short"), ("docs/performance.md", MANY_LINES)],
    },
];

const CALL: &str = "fn event_type(&self) -> String { match self { Self::Ended => \"ended\" }.to_owned() }\n\
                    fn event_version(&self) -> String { \"1\".to_owned() }";
const SCREEN: &str = "impl Projection for Screen { }";
const PROBLEMS: &str = "codes! {\n    Busy = S, \"busy\", \"Try again shortly\";\n    NoCall = N, \"no-such-call\", \"There is none\";\n}\n\
                        const OTHER: &str = \"not-a-slug\";";

const MANY_LINES: &str = {
    const LINES: [u8; DOCUMENT_LINES_MAX + 1] = [b'\n'; DOCUMENT_LINES_MAX + 1];
    match std::str::from_utf8(&LINES) {
        Ok(text) => text,
        Err(_) => "",
    }
};

const GOLDEN: &str = "tests/it/golden/";

/// Names of the golden files: kind, event and version.
fn golden_names(tree: &Tree) -> Vec<&str> {
    tree.within(&[GOLDEN], ".json")
        .filter_map(|source| source.path.strip_prefix(GOLDEN)?.strip_suffix(".json"))
        .collect()
}

/// Kind and name of every event, as the domain's own `event_type` gives them.
fn events(tree: &Tree) -> Vec<String> {
    let mut events = Vec::new();
    for source in tree.within(&["domain/src/"], ".rs") {
        let rust = source.rust();
        let line_of = |words: &str| rust.lines().find(|(_, code)| code.contains(words)).map(|(line, _)| line);
        let (Some(first), Some(last)) = (line_of("fn event_type("), line_of("fn event_version(")) else {
            continue;
        };
        let names = rust.strings.iter().filter(|(line, _)| (first..last).contains(line));
        // A part of an aggregate lies in the aggregate's folder.
        let kind = source.folders().nth(2).unwrap_or_else(|| source.stem());
        events.extend(names.map(|(_, name)| format!("{kind}.{name}")));
    }
    events
}

fn goldens(tree: &Tree) -> Offences {
    let (events, goldens) = (events(tree), golden_names(tree));
    let missing =
        events.iter().filter(|event| !goldens.iter().any(|golden| *golden == format!("{event}.v1")));
    let mut offences: Offences = missing.map(|event| format!("{GOLDEN}{event}.v1.json is missing")).collect();
    let stray = goldens.iter().filter(|golden| {
        let known = golden.rsplit_once(".v").filter(|(_, version)| version.parse::<u32>().is_ok());
        known.is_none_or(|(event, _)| event.split('.').count() != 2)
    });
    offences.extend(stray.map(|golden| format!("{GOLDEN}{golden}.json is not <kind>.<event>.v<version>")));
    offences
}

fn migrations(tree: &Tree) -> Offences {
    let mut offences = Offences::new();
    let screens: Vec<&str> = tree.within(&["projections/src/"], ".rs").map(super::Source::stem).collect();
    let mut next = [("sqlite", 1), ("postgres", 1)];
    for source in tree.within(&["migrations/"], ".sql") {
        let path = &source.path;
        let store = source.folders().nth(1).unwrap_or("");
        let Some((_, expected)) = next.iter_mut().find(|(name, _)| *name == store) else {
            offences.push(format!("{path}: there is no store named {store}"));
            continue;
        };
        let numbered = source.stem().split_once('_').filter(|(number, _)| number.len() == 4);
        let Some((number, name)) =
            numbered.and_then(|(number, name)| Some((number.parse::<u32>().ok()?, name)))
        else {
            offences.push(format!("{path}: a migration is four digits, _ and a name"));
            continue;
        };
        if number >= SCREENS_FROM {
            if !screens.contains(&name) {
                offences.push(format!("{path}: no screen is named {name}"));
            }
            continue;
        }
        if number != *expected {
            offences.push(format!("{path}: the journal's next migration is {expected:04}"));
        }
        *expected = number + 1;
        let sql = source.text.to_lowercase();
        if sql.lines().any(|line| line.trim_start().starts_with("drop table")) {
            offences.push(format!("{path}: the journal is only added to, this is a drop"));
        }
    }
    offences
}

fn rebuilt(tree: &Tree) -> Offences {
    let test = tree.file("tests/it/rebuild.rs").map_or("", |source| source.text.as_str());
    let sources = tree.within(&["projections/src/"], ".rs").filter(|source| !source.is_test());
    let screens = sources.filter(|source| source.rust().code.contains(" Projection for "));
    let missing = screens.filter(|source| !test.contains(source.stem()));
    missing.map(|source| format!("{} is not in tests/it/rebuild.rs", source.path)).collect()
}

/// The slugs in the table of `src/http/problem.rs`, which the macro `codes!` reads.
fn slugs(tree: &Tree) -> Vec<String> {
    let Some(source) = tree.file("src/http/problem.rs") else { return vec![] };
    let rust = source.rust();
    let mut lines = rust.lines().skip_while(|(_, code)| !code.trim_start().starts_with("codes! {"));
    let first = lines.next().map_or(0, |(line, _)| line);
    let last = lines.find(|(_, code)| code.starts_with('}')).map_or(0, |(line, _)| line);
    let slug = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    let strings = rust.strings.iter().filter(|(line, text)| (first..last).contains(line) && slug(text));
    strings.map(|(_, text)| text.clone()).collect()
}

fn problems(tree: &Tree) -> Offences {
    let slugs = slugs(tree);
    let document = tree.file("docs/problems.md").map_or("", |source| source.text.as_str());
    let headings = document.lines().filter_map(|line| line.strip_prefix("## "));
    let documented: Vec<&str> = headings.map(|heading| heading.trim_matches('`')).collect();
    let missing = slugs.iter().filter(|slug| !documented.contains(&slug.as_str()));
    let mut offences: Offences = missing.map(|slug| format!("docs/problems.md has no `## {slug}`")).collect();
    let stray = documented.iter().filter(|heading| !slugs.iter().any(|slug| slug == *heading));
    offences
        .extend(stray.map(|heading| format!("docs/problems.md describes {heading}, which no answer has")));
    offences
}

fn documents(tree: &Tree) -> Offences {
    let Some(source) = tree.file("docs/ARCHITECTURE.md") else { return vec![] };
    let lines = source.text.lines().count();
    let long = (lines > DOCUMENT_LINES_MAX)
        .then(|| format!("docs/ARCHITECTURE.md has {lines} lines, {DOCUMENT_LINES_MAX} at most"));
    long.into_iter().collect()
}

#[test]
fn the_events_of_the_house_are_found() {
    let events = events(&Tree::read());
    for event in ["session.opened", "call.amended", "quarantine.held"] {
        assert!(events.iter().any(|name| name == event), "{event} is not among {events:?}");
    }
}
