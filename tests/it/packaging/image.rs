//! What the program needs of the machine it runs on, and what its image says of itself.
//! No image is built here: the file says so in its first line.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use karnay::config::settings;

use super::{content, is_there, text};
use crate::world::KARNAY;

/// The C library with its parts, and what unwinds a panic. Everything else is inside.
const LIBRARIES: [&str; 8] =
    ["linux-vdso", "ld-linux", "libc.so", "libm.so", "libgcc_s.so", "libpthread.so", "libdl.so", "librt.so"];

#[test]
fn the_program_needs_the_c_library_alone() {
    if !is_there("ldd") {
        return;
    }
    let mut ldd = Command::new("ldd");
    ldd.arg(KARNAY);
    let needed = content(ldd);
    let names: BTreeSet<&str> = needed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.iter().any(|name| name.starts_with("libc.so")), "{needed}");
    let file = |name: &str| name.rsplit('/').next().unwrap().to_owned();
    let foreign: Vec<&&str> =
        names.iter().filter(|name| !LIBRARIES.iter().any(|known| file(name).starts_with(known))).collect();
    assert!(foreign.is_empty(), "the program needs {foreign:?} of the machine");
}

/// The words of one instruction, continued lines included.
fn instructions(word: &str) -> Vec<String> {
    let whole = text("Containerfile").replace("\\\n", " ");
    let begins = format!("{word} ");
    whole.lines().filter_map(|line| line.strip_prefix(&begins)).map(str::to_owned).collect()
}

#[test]
fn the_image_is_made_of_what_is_there() {
    assert!(text("Containerfile").starts_with("# UNVERIFIED:"), "nobody has built it");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seen = 0;
    for copied in instructions("COPY").iter().filter(|copied| !copied.starts_with("--from")) {
        let mut words: Vec<&str> = copied.split(' ').collect();
        words.pop();
        for source in words {
            assert!(root.join(source).exists(), "{source} is copied and is not there");
            seen += 1;
        }
    }
    assert_eq!(seen, 4);
    let cargo = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let rust = cargo.split("rust-version = \"").nth(1).unwrap().split('"').next().unwrap();
    assert!(instructions("FROM").iter().any(|from| from.contains(&format!("rust:{rust}-"))), "Rust {rust}");
}

#[test]
fn the_image_sets_what_can_be_set() {
    let last = instructions("ENV").pop().unwrap();
    let names: Vec<&str> = last.split_whitespace().filter_map(|word| word.split('=').next()).collect();
    assert_eq!(names, ["HOST", "PORT", "DATA_DIR", "LOG_FORMAT"]);
    for name in names {
        assert!(settings().iter().any(|setting| setting.name == name), "there is no setting {name}");
    }
}
