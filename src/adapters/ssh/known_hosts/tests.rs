//! Files as OpenSSH writes them, hashed by OpenSSH itself.

use std::process::Command;

use super::*;

/// Not a key, but base64.
const KEY: &str = "AAAAC3NzaC1lZDI1NTE5";

fn found(hosts: &str, host: &str, port: u16) -> bool {
    !Keys::parse(&format!("{hosts} ssh-ed25519 {KEY} a comment\n"), host, port).good.is_empty()
}

#[test]
fn a_host_is_found_by_its_name_and_port() {
    assert!(found("call.example", "call.example", 22));
    assert!(found("CALL.example", "Call.Example", 22));
    assert!(found("other,call.example,192.0.2.7", "192.0.2.7", 22));
    assert!(found("[call.example]:2222", "call.example", 2222));
    assert!(found("[::1]:2222", "::1", 2222));
    assert!(!found("call.example", "call.example", 2222));
    assert!(!found("[call.example]:2222", "call.example", 22));
    assert!(!found("call.example.org", "call.example", 22));
}

#[test]
fn patterns_stand_for_hosts_and_against_them() {
    assert!(found("*.example", "call.example", 22));
    assert!(found("192.0.2.?", "192.0.2.7", 22));
    assert!(found("*", "anything", 22));
    assert!(found("c*l*.ex*e", "call.example", 22));
    assert!(!found("*.example,!call.example", "call.example", 22));
    assert!(!found("192.0.2.?", "192.0.2.77", 22));
    assert!(!found("!call.example", "other", 22));
}

#[test]
fn hashed_names_are_recognised() {
    let folder = tempfile::TempDir::new().unwrap();
    let (file, key) = (folder.path().join("known_hosts"), folder.path().join("key"));
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).status();
    assert!(made.unwrap().success());
    let public = fs::read_to_string(key.with_extension("pub")).unwrap();
    fs::write(&file, format!("call.example {public}[call.example]:2222 {public}")).unwrap();
    assert!(Command::new("ssh-keygen").arg("-Hf").arg(&file).output().unwrap().status.success());
    assert!(!fs::read_to_string(&file).unwrap().contains("call.example"));
    for (host, port, known) in
        [("call.example", 22, 1), ("call.example", 2222, 1), ("call.example", 2223, 0), ("other", 22, 0)]
    {
        assert_eq!(Keys::read(&file, host, port).unwrap().good.len(), known, "{host}:{port}");
    }
}

#[test]
fn marked_lines_are_no_ordinary_ones() {
    let text = format!(
        "# a remark\n\n@revoked * ssh-rsa {KEY}\n@cert-authority * ssh-rsa {KEY}\n@revoked\nbroken\nhost ssh-rsa ???\n"
    );
    let keys = Keys::parse(&text, "host", 22);
    assert_eq!((keys.good.len(), keys.revoked.len()), (0, 1));
}

#[test]
fn what_is_added_is_found_again() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("known_hosts");
    add(&file, "Call.example", 2222, "ssh-ed25519", b"bytes").unwrap();
    assert_eq!(Keys::read(&file, "call.example", 2222).unwrap().good, [b"bytes".to_vec()]);
    assert_eq!(Keys::read(&file, "call.example", 22).unwrap(), Keys::default());
}
