//! Crates and folders import one way. Data flows in, is decided, is remembered, is shown; so do the imports.

use super::source::Tree;
use super::{Offences, Rule};

/// What a folder of `src` may import, in the order of the way in. Everything may import `domain`.
/// `ports` is one page of words that whoever touches the world has to speak, time and ids among them;
/// `config` is what was set, as values.
const ARROWS: [(&str, &[&str]); 9] = [
    ("config", &[]),
    ("ports", &[]),
    ("telemetry", &["config"]),
    ("journal", &["ports"]),
    ("dispatch", &["journal", "ports"]),
    ("adapters", &["ports"]),
    ("actors", &["dispatch", "journal", "projections", "ports"]),
    ("http", &["dispatch", "projections", "ports", "config", "actors::hub", "actors::pbx", "realtime"]),
    ("realtime", &["ports"]),
];

/// Where everything comes together.
const COMPOSITION: [&str; 4] = ["app", "cli", "lib", "main"];

/// What the rules may not even link: whoever waits, rolls dice or knows a store is no rule.
const IMPURE: [&str; 12] = [
    "actix",
    "actix-web",
    "anyhow",
    "aws-lc-rs",
    "projections",
    "karnay",
    "rand",
    "reqwest",
    "rusqlite",
    "sqlx",
    "tokio",
    "tracing",
];

pub(super) const RULES: [Rule; 6] = [
    Rule {
        name: "folders of src import one way",
        check: folders,
        planted: &[
            (&[("src/http/calls.rs", "use crate::journal::Journal;")], "journal"),
            (&[("src/journal.rs", "use crate::{dispatch::Dispatch, ports::Clock};")], "dispatch"),
            (&[("src/dispatch/keeper.rs", "fn f() { crate::http::serve(); }")], "http"),
            (&[("src/adapters/ssh.rs", "use super::super::actors::Hub;")], "actors"),
            (&[("src/config.rs", "use projections::Screens;")], "projections"),
            (&[("src/http.rs", "use crate::actors::{guardian, hub};")], "guardian"),
            (&[("src/telemetry.rs", "use crate::journal::Journal;")], "journal"),
            (&[("src/misplaced.rs", "//! nothing")], "misplaced"),
        ],
        innocent: &[
            (
                "src/http/calls.rs",
                "use crate::dispatch; use crate::http::problem; use crate::actors::hub::Hub;",
            ),
            (
                "src/http/auth.rs",
                "use super::problem; // not crate::journal\nconst A: &str = \"crate::journal\";",
            ),
            ("src/app.rs", "use crate::{http, journal, actors};"),
            ("src/journal/sqlite.rs", "pub(crate) fn f() { super::micros(); }\nuse domain::fact::Fact;"),
        ],
    },
    Rule {
        name: "the protocols know nothing of calls",
        check: protocols,
        planted: &[
            (&[("src/realtime/codec.rs", "use crate::dispatch::Dispatch;")], "dispatch"),
            (&[("src/realtime/socket_io/rooms.rs", "use domain::ids::Organization;")], "domain"),
            (&[("src/realtime/engine_io.rs", "use super::socket_io::Server;")], "socket_io"),
        ],
        innocent: &[
            ("src/realtime/engine_io.rs", "use crate::ports::Ids;\nuse session::Phase;"),
            ("src/realtime/socket_io/rooms.rs", "use crate::realtime::codec;\nuse super::Push;"),
        ],
    },
    Rule {
        name: "the simulated exchange and those who ask it share no word",
        check: strangers,
        planted: &[
            (&[("src/adapters/simulated_pbx/log.rs", "use domain::pbx::said::Row;")], "domain"),
            (&[("src/adapters/simulated_pbx.rs", "use crate::ports::{Clock, Pbx};")], "ports::Pbx"),
            (&[("src/adapters/simulated_pbx/rest.rs", "use super::super::kerio::Call;")], "kerio"),
            (&[("src/adapters/kerio/calls.rs", "use super::super::simulated_pbx::Row;")], "simulated_pbx"),
        ],
        innocent: &[
            (
                "src/adapters/simulated_pbx/core.rs",
                "use crate::ports::{Clock, Ids};\n// as domain::pbx has it",
            ),
            ("src/adapters/kerio.rs", "use crate::ports::Pbx;\nuse domain::pbx::said::Row;"),
        ],
    },
    Rule {
        name: "crates import one way",
        check: crates,
        planted: &[
            (&[("domain/Cargo.toml", "[dependencies]\ntokio.workspace = true\n")], "tokio"),
            (&[("projections/Cargo.toml", "[dependencies]\nkarnay = { path = \"..\" }\n")], "karnay"),
            (&[("projections/Cargo.toml", "[dependencies]\nactix = \"0.13\"\n")], "actix"),
        ],
        innocent: &[
            ("domain/Cargo.toml", "[package]\nname = \"domain\"\n[dependencies]\nserde.workspace = true\n"),
            ("projections/Cargo.toml", "[dependencies]\ndomain.workspace = true\ntokio.workspace = true\n"),
            ("Cargo.toml", "[dependencies]\ntokio.workspace = true\n"),
        ],
    },
    Rule {
        name: "nothing under domain waits, reads a clock or throws dice",
        check: purity,
        planted: &[
            (&[("domain/src/call.rs", "fn f() { Utc::now() }")], "now"),
            (&[("domain/src/call.rs", "fn f() { Uuid::new_v4() }")], "new_v4"),
            (&[("domain/src/call.rs", "async fn wait() {}")], "async"),
            (&[("domain/src/call.rs", "use std::fs;")], "std::fs"),
        ],
        innocent: &[(
            "domain/src/call.rs",
            "async fn handle(&mut self) { sink.write(event, self).await; }\n// Utc::now\nuse std::fmt;",
        )],
    },
    Rule {
        name: "lib.rs lists modules and holds no code",
        check: lists,
        planted: &[(&[("src/lib.rs", "//! x\npub mod journal;\nfn f() {}")], "src/lib.rs:3")],
        innocent: &[(
            "src/lib.rs",
            "//! x\n\n#[cfg(test)]\nmod tests;\npub mod journal;\npub use journal::Journal;\n",
        )],
    },
];

fn folders(tree: &Tree) -> Offences {
    let mut offences = Offences::new();
    for source in tree.within(&["src/"], ".rs") {
        let Some(module) = source.module().filter(|module| !COMPOSITION.contains(module)) else { continue };
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == module) else {
            offences.push(format!("{} is in no folder of the house", source.path));
            continue;
        };
        let below = source.path.trim_start_matches("src/").trim_end_matches(".rs");
        let depth = below.split('/').count();
        for (line, import) in imported(&source.rust().tokens(), depth) {
            let own = import.starts_with(module);
            let fits = |allowed: &&str| import == **allowed || import.starts_with(&format!("{allowed}::"));
            if !own && !allowed.iter().any(fits) {
                offences.push(format!("{}: {module} may not import {import}", source.at(line)));
            }
        }
    }
    offences
}

/// Protocols, each with those beside it that it may stand on.
const PROTOCOLS: [(&str, &[&str]); 3] =
    [("engine_io", &[]), ("codec", &["engine_io"]), ("socket_io", &["engine_io", "codec"])];

fn protocols(tree: &Tree) -> Offences {
    let mut offences = Offences::new();
    for (protocol, beneath) in PROTOCOLS {
        let folder = format!("src/realtime/{protocol}");
        let banned = PROTOCOLS.iter().map(|(name, _)| *name);
        let banned: Vec<&str> = banned.filter(|name| *name != protocol && !beneath.contains(name)).collect();
        for source in tree.within(&[folder.as_str()], ".rs") {
            let depth = source.path.trim_start_matches("src/").split('/').count();
            let rust = source.rust();
            let tokens = rust.tokens();
            let house = imported(&tokens, depth).into_iter();
            let far =
                house.filter(|(_, import)| !import.starts_with("ports") && !import.starts_with("realtime"));
            let near = tokens.iter().filter(|(_, token)| *token == "domain" || banned.contains(token));
            let named = near.map(|(line, token)| (*line, (*token).to_owned()));
            offences.extend(
                far.chain(named).map(|(line, import)| format!("{}: it knows {import}", source.at(line))),
            );
        }
    }
    offences
}

/// Both must be written from what is known about the box, lest they be wrong together.
fn strangers(tree: &Tree) -> Offences {
    const ASKING: [&str; 2] = ["src/adapters/kerio", "src/adapters/pbx_rest"];
    const ASKED: &str = "src/adapters/simulated_pbx";
    let mut offences = Offences::new();
    let sides: [(&[&str], &[&str]); 2] =
        [(&ASKING, &["simulated_pbx"]), (&[ASKED], &["domain", "kerio", "pbx_rest"])];
    for (folders, banned) in sides {
        for source in tree.within(folders, ".rs") {
            let rust = source.rust();
            let tokens = rust.tokens();
            let named = tokens.iter().filter(|(_, token)| banned.contains(token));
            let named = named.map(|(line, token)| (*line, (*token).to_owned()));
            let depth = source.path.trim_start_matches("src/").split('/').count();
            let house = imported(&tokens, depth).into_iter().filter(|(_, import)| {
                source.path.starts_with(ASKED) && !["ports::Clock", "ports::Ids"].contains(&import.as_str())
            });
            offences.extend(
                named.chain(house).map(|(line, word)| format!("{}: it knows {word}", source.at(line))),
            );
        }
    }
    offences
}

/// Every path that leads out of a file into another folder, as `folder::next`.
fn imported(tokens: &[(usize, &str)], depth: usize) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (index, (line, token)) in tokens.iter().enumerate() {
        let begins = index == 0 || tokens[index - 1].1 != "::";
        let next = |offset: usize| tokens.get(index + offset).map_or("", |(_, token)| *token);
        match *token {
            "crate" if next(1) == "::" => found.extend(branches(&tokens[index + 2..])),
            "projections" if begins && next(1) == "::" => found.push((*line, "projections".to_owned())),
            "super" if begins => {
                let ups = (0..=depth).take_while(|up| next(up * 2) == "super").count();
                if ups == depth && next(ups * 2 - 1) == "::" {
                    found.extend(branches(&tokens[index + ups * 2..]));
                }
            }
            _ => {}
        }
    }
    found
}

/// The heads of a use tree at its root: `a::b` gives `a::b`, `{a::b::c, d}` gives `a::b` and `d`.
fn branches(tokens: &[(usize, &str)]) -> Vec<(usize, String)> {
    let Some((line, first)) = tokens.first() else { return vec![] };
    match *first {
        "{" => members(tokens).into_iter().flat_map(branches).collect(),
        "self" | "*" => vec![],
        name => match tokens {
            [_, (_, "::"), after @ ..] if after.first().is_some_and(|(_, token)| *token == "{") => {
                let below = members(after).into_iter().filter_map(|member| member.first().copied());
                below.map(|(line, next)| (line, format!("{name}::{next}"))).collect()
            }
            [_, (_, "::"), (_, next), ..] => vec![(*line, format!("{name}::{next}"))],
            _ => vec![(*line, name.to_owned())],
        },
    }
}

/// The members of a group that begins with `{`, each from its first token on.
fn members<'a, 'b>(tokens: &'a [(usize, &'b str)]) -> Vec<&'a [(usize, &'b str)]> {
    let (mut depth, mut found) = (0_i32, Vec::new());
    for (index, (_, token)) in tokens.iter().enumerate() {
        let opened = depth;
        depth += i32::from(*token == "{") - i32::from(*token == "}");
        if depth == 0 {
            break;
        }
        if opened <= 1 && depth == 1 && (*token == "{" || *token == ",") {
            found.push(&tokens[index + 1..]);
        }
    }
    found.retain(|member| member.first().is_some_and(|(_, token)| *token != "}"));
    found
}

fn crates(tree: &Tree) -> Offences {
    let banned: [(&str, &[&str]); 2] = [
        ("domain/Cargo.toml", &IMPURE),
        ("projections/Cargo.toml", &["actix", "actix-web", "karnay", "reqwest"]),
    ];
    let mut offences = Offences::new();
    for (path, banned) in banned {
        let lines = tree.file(path).into_iter().flat_map(|source| source.text.lines());
        let dependencies =
            lines.skip_while(|line| *line != "[dependencies]").take_while(|line| *line != "[lints]");
        let names = dependencies.filter_map(|line| line.split(['.', ' ', '=']).next());
        let wrong = names.filter(|name| banned.contains(name));
        offences.extend(wrong.map(|name| format!("{path} may not depend on {name}")));
    }
    offences
}

fn purity(tree: &Tree) -> Offences {
    const BANNED: [&str; 9] = [
        "::now(",
        "now_v7(",
        "new_v4(",
        "std::fs",
        "std::net",
        "std::env",
        "std::thread",
        "Instant",
        "SystemTime",
    ];
    let mut offences = Offences::new();
    for source in tree.within(&["domain/src/"], ".rs") {
        for (line, code) in source.rust().lines() {
            let named = BANNED.iter().find(|word| code.contains(**word)).copied();
            let waits = code.contains("async fn") && !code.contains("async fn handle(");
            if let Some(word) = named.or_else(|| waits.then_some("async")) {
                offences.push(format!("{}: no {word} in a rule", source.at(line)));
            }
        }
    }
    offences
}

fn lists(tree: &Tree) -> Offences {
    const HEADS: [&str; 5] = ["pub mod ", "pub(crate) mod ", "mod ", "pub use ", "#"];
    let mut offences = Offences::new();
    for path in ["src/lib.rs", "domain/src/lib.rs", "projections/src/lib.rs"] {
        let Some(source) = tree.file(path) else { continue };
        let mut begins = true;
        for (line, code) in
            source.rust().lines().map(|(line, code)| (line, code.trim())).filter(|(_, code)| !code.is_empty())
        {
            if begins && !HEADS.iter().any(|head| code.starts_with(head)) {
                offences.push(format!("{}: code in lib.rs", source.at(line)));
            }
            begins = code.ends_with(';') || code.ends_with(']');
        }
    }
    offences
}

#[test]
fn groups_are_followed_to_their_heads() {
    let source = super::Source {
        path: String::new(),
        text: "use crate::{a::{self, b::c}, d, e::*}; use crate::f; use crate::g::{h, i::j};".to_owned(),
    };
    let found: Vec<String> =
        imported(&source.rust().tokens(), 1).into_iter().map(|(_, import)| import).collect();
    assert_eq!(found, ["a::self", "a::b", "d", "e::*", "f", "g::h", "g::i"]);
}
