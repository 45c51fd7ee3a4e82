//! The documents say what is so: settings as they are, files that exist, commands that run.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use karnay::config;

use crate::ports::free_port;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn document(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

#[test]
fn the_readme_has_every_setting_with_its_default() {
    let readme = document("README.md");
    let (_, after) = readme.split_once("<!-- settings: generated, a test compares -->\n").unwrap();
    let (table, _) = after.split_once("<!-- settings end -->").unwrap();
    assert_eq!(table.trim(), config::table().trim(), "\nREADME.md should have:\n{}", config::table());
}

#[test]
fn the_example_settings_are_the_defaults() {
    let example = config::example();
    assert_eq!(document("docs/.env.example"), example, "\ndocs/.env.example should be:\n{example}");
}

/// Whatever stands in backticks and looks like a path of this repository.
fn paths(markdown: &str) -> Vec<&str> {
    const TOP: [&str; 11] = [
        "src/",
        "domain/",
        "projections/",
        "tests/",
        "docs/",
        "migrations/",
        "web/",
        "benches/",
        "examples/",
        "packaging/",
        ".ci/",
    ];
    let quoted = markdown.split('`').skip(1).step_by(2);
    let linked = markdown.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let own =
        |path: &&str| TOP.iter().any(|top| path.starts_with(top)) && !path.contains(['<', ' ', '*', '{']);
    quoted.chain(linked).filter(own).collect()
}

#[test]
fn documents_name_files_that_exist() {
    for name in [
        "README.md",
        "docs/ARCHITECTURE.md",
        "docs/problems.md",
        "docs/idempotency.md",
        "docs/operations.md",
        "docs/own-projection.md",
        "docs/webhooks.md",
        "docs/security.md",
        "examples/README.md",
    ] {
        let text = document(name);
        let fenceless: String = text.split("```").step_by(2).collect::<Vec<_>>().concat();
        for path in paths(&fenceless) {
            assert!(root().join(path).exists(), "{name} names {path}, which does not exist");
        }
    }
}

#[test]
fn paths_are_found_in_text() {
    let found = paths("see `src/http.rs` and [that](docs/adr), not `a/b` or `tests/it/<kind>.json`");
    assert_eq!(found, ["src/http.rs", "docs/adr"]);
}

/// The tests that a section names, each with its file.
fn tests_named(section: &str) -> Vec<(&str, &str)> {
    let lists = section.lines().filter_map(|line| line.strip_prefix("- `")?.split_once("`: "));
    lists
        .flat_map(|(file, names)| names.split('`').skip(1).step_by(2).map(move |name| (file, name)))
        .collect()
}

/// Whether a file has a test of that name, and no mere function.
pub(crate) fn has_test(source: &str, name: &str) -> bool {
    let found = source.split_once(&format!("fn {name}(")).map(|(before, _)| before);
    let lines = found.into_iter().flat_map(|before| before.rsplit('\n').skip(1));
    lines.map(str::trim).take_while(|line| line.starts_with('#')).any(|line| line.contains("test"))
}

#[test]
fn each_point_of_security_names_tests_that_exist() {
    let text = document("docs/security.md");
    let sections: Vec<&str> = text.split("\n## API").skip(1).collect();
    assert_eq!(sections.len(), 10);
    for (number, section) in (1..).zip(sections) {
        let named = tests_named(section);
        assert!(section.starts_with(&format!("{number}: ")) && named.len() >= 3, "API{number}: {named:?}");
        for (file, name) in named {
            assert!(has_test(&document(file), name), "API{number} names {name}, which is no test of {file}");
        }
    }
}

#[test]
fn a_test_is_told_from_a_mere_function() {
    let source = "#[tokio::test(flavor = \"x\")]\nasync fn one() {}\n\nfn two() {}\n";
    assert_eq!(["one", "two", "three"].map(|name| has_test(source, name)), [true, false, false]);
}

/// The blocks of shell commands, in order.
fn blocks(markdown: &str) -> Vec<&str> {
    let blocks = markdown.split("```sh\n").skip(1);
    blocks.filter_map(|block| block.split("```").next()).collect()
}

#[test]
fn the_readmes_make_targets_exist() {
    let readme = document("README.md");
    let made: Vec<&str> = blocks(&readme).into_iter().filter(|block| block.starts_with("make ")).collect();
    assert_eq!(made, ["make run\n", "make test\n"]);
    for block in made {
        let target = block.trim().trim_start_matches("make ");
        let dry = Command::new("make").args(["-n", target]).current_dir(root()).output().unwrap();
        assert!(dry.status.success(), "make -n {target}: {}", String::from_utf8_lossy(&dry.stderr));
    }
}

/// Whatever was renamed since would load the machine beside all others, and nobody would see why one of them fails.
#[test]
fn what_runs_alone_exists() {
    let makefile = document("Makefile");
    let named = makefile.lines().find_map(|line| line.strip_prefix("ALONE := ")).unwrap();
    let all = Command::new(std::env::current_exe().unwrap()).arg("--list").output().unwrap();
    let all = String::from_utf8(all.stdout).unwrap();
    for name in named.split_whitespace() {
        assert!(all.lines().any(|test| test.starts_with(name)), "no test is called {name}");
    }
}

/// An engine as `make run` starts it, with a folder and a port of its own; stopped when dropped.
struct Engine {
    process: Child,
    folder: tempfile::TempDir,
    port: u16,
}

impl Engine {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let mut command = Command::new(root().join(".ci/simulated"));
        command.args([env!("CARGO_BIN_EXE_karnay"), "serve"]).current_dir(folder.path()).stdin(Stdio::null());
        let process = command.env("PORT", port.to_string()).spawn().unwrap();
        let engine = Self { process, folder, port };
        let ready = "for _ in $(seq 150); do curl -s http://localhost:3000/health/ready && exit; sleep 0.2; done; exit 1";
        engine.shell(ready);
        engine
    }

    /// Runs commands as a reader of the README would, against this engine and this build.
    fn shell(&self, commands: &str) -> String {
        let here = commands
            .replace("localhost:3000", &format!("localhost:{}", self.port))
            .replace("target/release/karnay", env!("CARGO_BIN_EXE_karnay"));
        let strict = format!("set -euo pipefail\ncurl() {{ command curl --fail-with-body \"$@\"; }}\n{here}");
        let mut shell = Command::new("bash");
        shell.args(["-c", &strict]).current_dir(self.folder.path()).env("PORT", self.port.to_string());
        let out = shell.stdin(Stdio::null()).output().unwrap();
        let (said, complained) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        assert!(out.status.success(), "{}\n{commands}\n{said}\n{complained}", out.status);
        said.into_owned()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let asked = Command::new("kill").arg(self.process.id().to_string()).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

#[test]
fn every_command_of_the_readme_runs() {
    let readme = document("README.md");
    let engine = Engine::start();
    let said: Vec<String> = blocks(&readme)
        .into_iter()
        .filter(|block| !block.starts_with("make "))
        .map(|block| engine.shell(block))
        .collect();
    let [calls, health, contacts, campaign, kerio, events, terminal] = &said[..] else {
        panic!("the README has other blocks now: {}", said.len())
    };
    assert!(calls.contains("\"ANSWERED\""), "{calls}");
    assert!(health.contains("openapi"), "{health}");
    assert!(contacts.contains("\"totalPages\":1"), "{contacts}");
    assert!(campaign.contains("\"callable\":1"), "{campaign}");
    assert!(campaign.contains("\"RUNNING\"") && campaign.contains("\"rules\":"), "{campaign}");
    assert!(kerio.contains("\"configured\":"), "{kerio}");
    assert!(events.contains("event: position\ndata: {\"position\":"), "{events}");
    assert!(terminal.contains("reported"), "{terminal}");
    assert!(engine.folder.path().join("data").is_dir(), "the data lies under data/");
}
