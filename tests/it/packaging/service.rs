//! The service: systemd understands it, finds it well closed, and nothing that the engine does is taken away from it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use super::{changed, content, is_there, path, text};
use crate::world::{KARNAY, World, report};

/// systemd counts what is left open, from 0 to 10, here times ten.
const EXPOSURE_MAX: &str = "20";

/// The unit as it stands, with this build instead of the installed one.
fn unit(folder: &Path) -> std::path::PathBuf {
    let unit = folder.join("karnay.service");
    std::fs::write(&unit, changed(&text("karnay.service"), &[("/usr/local/bin/karnay", KARNAY)])).unwrap();
    unit
}

#[test]
fn systemd_understands_the_service() {
    if !is_there("systemd-analyze") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut verify = Command::new("systemd-analyze");
    verify.args(["verify", "--man=no"]).arg(unit(folder.path()));
    let said = content(verify);
    let ours: Vec<&str> = said.lines().filter(|line| line.contains("karnay.service")).collect();
    assert!(ours.is_empty(), "{ours:#?}");
    let mut security = Command::new("systemd-analyze");
    security.args(["security", "--offline=true", "--no-pager", "--threshold", EXPOSURE_MAX]);
    security.arg(path("karnay.service"));
    content(security);
}

#[test]
fn systemd_makes_the_user() {
    if !is_there("systemd-sysusers") {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("etc")).unwrap();
    let mut sysusers = Command::new("systemd-sysusers");
    sysusers.arg("--root").arg(root.path()).arg(path("karnay.sysusers"));
    content(sysusers);
    let users = std::fs::read_to_string(root.path().join("etc/passwd")).unwrap();
    assert!(users.contains("karnay:") && users.contains(":/var/lib/karnay:/usr/sbin/nologin"), "{users}");
}

/// The values of one line of the unit.
fn line(name: &str) -> BTreeSet<String> {
    let text = text("karnay.service");
    let found = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    found.expect(name).split(' ').map(str::to_owned).collect()
}

/// What a filter of systemd's lets through, with the filters that it is made of.
fn allowed(filter: &str, calls: &mut BTreeSet<String>) {
    let mut asked = Command::new("systemd-analyze");
    asked.args(["syscall-filter", "--no-pager", filter]);
    for name in content(asked).lines().skip(1).map(str::trim).filter(|name| !name.starts_with('#')) {
        if name.starts_with('@') {
            allowed(name, calls);
        } else {
            calls.insert(name.to_owned());
        }
    }
}

/// Everything that the engine asks of the kernel is asked under the eyes of strace and compared with what the service may ask.
#[tokio::test(flavor = "multi_thread")]
async fn the_service_may_do_what_the_engine_does() {
    let mut world = World::sqlite();
    let trace = world.folder.path().join("trace");
    if !is_there("systemd-analyze") || !world.strace(&["-o", trace.to_str().unwrap()]) {
        return;
    }
    world.set("REMOTE_HOST", "simulated");
    world.set("KERIO_PBX_HOST", "simulated");
    world.start().await;
    // What asks the engine would write its own trace over this one.
    world.under.clear();
    world.upload("numbers.txt", b"+998901234567\n").await;
    let sent = world.report(&report("session-1738862891234-abc123", 1)).await.unwrap();
    assert_eq!(sent.status(), 200);
    world.get("/calls/history").await;
    world.status().await;
    assert!(world.stop().success());

    let mut may = BTreeSet::new();
    for filter in line("SystemCallFilter") {
        allowed(&filter, &mut may);
    }
    let families = line("RestrictAddressFamilies");
    let trace = std::fs::read_to_string(trace).unwrap();
    let mut seen = BTreeSet::new();
    for (name, given) in trace.lines().filter_map(call) {
        assert!(may.contains(name), "the service may not call {name}");
        seen.insert(name);
        if name == "socket" {
            let family = given.split(',').next().unwrap();
            assert!(families.contains(family), "the service may not open sockets of {family}");
        }
        // MemoryDenyWriteExecute.
        let maps = ["mmap", "mprotect", "pkey_mprotect"].contains(&name);
        let both = given.contains("PROT_WRITE") && given.contains("PROT_EXEC");
        assert!(!maps || !both, "{name} {given}");
    }
    for name in ["accept4", "fdatasync", "socket", "mmap"] {
        assert!(seen.contains(name), "the trace has no {name}: {seen:?}");
    }
}

/// `1234 name(given…`, but not the second half of one that was interrupted.
fn call(line: &str) -> Option<(&str, &str)> {
    let (_, call) = line.split_once(' ')?;
    let (name, given) = call.trim_start().split_once('(')?;
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (plain && !name.is_empty()).then_some((name, given))
}
