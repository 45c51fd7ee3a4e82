//! Words that belong in few places or in none: SQL, ways around a mailbox's limit, globals, ticks that starve.

use super::source::{Rust, Tree};
use super::{Offences, Rule};

const CODE: [&str; 3] = ["src/", "domain/src/", "projections/src/"];

/// What is never called, and what is instead.
const BANNED: [(&str, &str); 8] = [
    ("do_send", "it ignores a full or dead mailbox: try_send or send"),
    ("run_interval", "it starves under a flooded mailbox: the tick is a message from a timer task"),
    ("SystemService", "no globals: app.rs hands out handles"),
    ("SystemRegistry", "no globals: app.rs hands out handles"),
    ("ArbiterService", "no globals: app.rs hands out handles"),
    ("from_registry", "no globals: app.rs hands out handles"),
    ("supervisor", "it does not survive a panic: the guardian does"),
    ("Supervisor", "it does not survive a panic: the guardian does"),
];

/// Who may keep an actor's address; everyone else holds a handle that finds the living one.
const ADDRESS_KEEPERS: [&str; 3] = ["src/actors/guardian", "src/dispatch", "src/app"];

pub(super) const RULES: [Rule; 3] = [
    Rule {
        name: "SQL stays in the journal and the screens",
        check: sql,
        planted: &[
            (&[("src/http/calls.rs", "const Q: &str = \"SELECT id FROM calls\";")], "select"),
            (&[("src/actors/projector.rs", "f(\"insert into effects values (1)\")")], "insert into"),
            (&[("src/cli/verify.rs", "f(r#\"PRAGMA integrity_check\"#)")], "pragma"),
            (&[("domain/src/call.rs", "f(\"UPDATE calls\\n SET a = 1\")")], "update"),
        ],
        innocent: &[
            ("src/journal/sqlite.rs", "f(\"SELECT 1 FROM events\")"),
            ("projections/src/call_history.rs", "f(\"SELECT 1 FROM calls\")"),
            ("src/http/calls.rs", "// SELECT id FROM calls\nf(\"select one of the updates\")"),
        ],
    },
    Rule {
        name: "nothing goes around a mailbox",
        check: banned,
        planted: &[
            (&[("src/actors/hub.rs", "address.do_send(Nudge);")], "do_send"),
            (&[("src/actors/hub.rs", "context.run_interval(SECOND, f);")], "run_interval"),
            (&[("src/actors/hub.rs", "impl SystemService for Hub {}")], "SystemService"),
        ],
        innocent: &[("src/actors/hub.rs", "// no do_send\nfn do_send_later() { log(\"run_interval\") }")],
    },
    Rule {
        name: "addresses are kept by the guardian and by dispatch",
        check: addresses,
        planted: &[
            (&[("src/http/calls.rs", "struct Calls {\n    hub: Addr<Hub>,\n}")], "src/http/calls.rs:2"),
            (&[("src/actors/hub.rs", "pub struct Handle(Recipient<Nudge>);")], "src/actors/hub.rs:1"),
            (&[("src/http.rs", "static HUB: OnceLock<Addr<Hub>> = OnceLock::new();")], "src/http.rs:1"),
        ],
        innocent: &[
            ("src/actors/guardian.rs", "struct Guardian { ward: Addr<Ward> }"),
            ("src/actors/hub.rs", "fn start(a: &'static str) -> Addr<Hub> { let a: Addr<Hub> = f(); a }"),
        ],
    },
];

fn sql(tree: &Tree) -> Offences {
    let outside = |path: &str| !path.starts_with("src/journal") && !path.starts_with("projections/");
    let mut offences = Offences::new();
    for source in tree.within(&CODE, ".rs").filter(|source| outside(&source.path)) {
        for (line, string) in source.rust().strings {
            if let Some(word) = statement(&string) {
                offences.push(format!("{}: {word} outside the journal and the screens", source.at(line)));
            }
        }
    }
    offences
}

/// The kind of statement a text is, if it is one.
fn statement(text: &str) -> Option<&'static str> {
    const STATEMENTS: [(&str, &str); 8] = [
        ("select", " from "),
        ("insert into", " values"),
        ("insert into", " select "),
        ("update", " set "),
        ("delete from", ""),
        ("create table", ""),
        ("drop table", ""),
        ("pragma", ""),
    ];
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let begins = |head: &str| text.starts_with(&format!("{head} "));
    STATEMENTS.iter().find(|(head, then)| begins(head) && text.contains(then)).map(|(head, _)| *head)
}

fn banned(tree: &Tree) -> Offences {
    let mut offences = Offences::new();
    for source in tree.within(&CODE, ".rs") {
        for (line, token) in source.rust().tokens() {
            if let Some((word, instead)) = BANNED.iter().find(|(word, _)| *word == token) {
                offences.push(format!("{}: {word}: {instead}", source.at(line)));
            }
        }
    }
    offences
}

fn addresses(tree: &Tree) -> Offences {
    let kept = |path: &str| ADDRESS_KEEPERS.iter().any(|keeper| path.starts_with(keeper));
    let mut offences = Offences::new();
    for source in tree.within(&["src/"], ".rs").filter(|source| !kept(&source.path)) {
        let lines = stored_addresses(&source.rust());
        offences
            .extend(lines.into_iter().map(|line| format!("{}: an address is kept here", source.at(line))));
    }
    offences
}

/// Lines where a struct, an enum or a static holds the address of an actor.
fn stored_addresses(rust: &Rust) -> Vec<usize> {
    let tokens = rust.tokens();
    let mut found = Vec::new();
    let (mut inside, mut depth) = (false, 0_i32);
    let before = |index: usize| {
        index.checked_sub(1).and_then(|index| tokens.get(index)).map_or("", |(_, token)| *token)
    };
    for (index, (line, token)) in tokens.iter().enumerate() {
        match *token {
            "struct" | "enum" | "static" if depth == 0 => inside |= before(index) != "'",
            "{" | "(" if inside => depth += 1,
            "}" | ")" if inside => {
                depth -= 1;
                inside = depth > 0 || *token == ")";
            }
            ";" | "=" if depth == 0 => inside = false,
            "Addr" | "Recipient" | "WeakAddr" if inside => found.push(*line),
            _ => {}
        }
    }
    found
}
