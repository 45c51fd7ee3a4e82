//! What `packaging/` gives to those who run the engine, tried with the programs it is for: systemd, nginx, Caddy, promtool.
//! Where one of them is missing, that is said loudly.

mod figures;
mod image;
mod proxies;
mod service;

use std::path::PathBuf;
use std::process::{Command, Output};

/// A file of `packaging/`.
fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("packaging").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap()
}

/// The text with a part of it in other words; a part that is not there is a mistake of the test.
fn changed(text: &str, parts: &[(&str, &str)]) -> String {
    parts.iter().fold(text.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "{old} is not in\n{text}");
        text.replace(old, new)
    })
}

#[expect(clippy::print_stderr, reason = "what was not run is to be heard of")]
fn is_there(program: &str) -> bool {
    let there = Command::new("sh").args(["-c", &format!("command -v {program}")]).output().unwrap();
    if !there.status.success() {
        eprintln!("NOT RUN: {program} is missing");
    }
    there.status.success()
}

/// What it prints, where it is content.
fn content(mut command: Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{command:?}: {said}");
    said
}
