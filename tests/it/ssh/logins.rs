//! Keys of every kind that people have, and those that do not open the door.

use std::fs;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::session::Exit;
use karnay::adapters::ssh::{BadKey, Options, PrivateKey, Ssh};
use karnay::ports::RemoteHost as _;

use super::{refused, session};
use crate::sshd::{Sshd, base64, user};

const KINDS: [(&str, &[&str]); 6] = [
    ("ed25519", &["-t", "ed25519"]),
    ("rsa", &["-t", "rsa", "-b", "3072"]),
    ("rsa_pem", &["-t", "rsa", "-b", "2048", "-m", "PEM"]),
    ("rsa_pkcs8", &["-t", "rsa", "-b", "2048", "-m", "PKCS8"]),
    ("ecdsa", &["-t", "ecdsa"]),
    ("ecdsa_pem", &["-t", "ecdsa", "-m", "PEM"]),
];

#[tokio::test]
async fn keys_of_every_kind_and_form_log_in() {
    let server = Sshd::start();
    for (name, how) in KINDS {
        let path = server.make_key(name, how);
        server.allow(name);
        let key = PrivateKey::parse(&base64(&path)).unwrap();
        let ssh = Ssh::new(Options { key, ..server.options("true") });
        let exit = ssh.launch(name, &session()).await;
        assert!(exit.as_ref().is_ok_and(Exit::success), "{name}: {exit:?}");
    }
}

#[tokio::test]
async fn an_ed25519_key_as_openssl_writes_it_logs_in() {
    let server = Sshd::start();
    let path = server.path("pkcs8");
    let made = Command::new("openssl").args(["genpkey", "-algorithm", "ed25519", "-out"]).arg(&path).status();
    assert!(made.unwrap().success());
    // OpenSSH of this age cannot read it, so its public half is put together here: the last 32 bytes of its DER.
    let der = Command::new("openssl").args(["pkey", "-pubout", "-outform", "DER", "-in"]).arg(&path).output();
    let der = der.unwrap().stdout;
    let mut blob = b"\0\0\0\x0bssh-ed25519\0\0\0\x20".to_vec();
    blob.extend_from_slice(&der[der.len() - 32..]);
    fs::write(server.path("pkcs8.pub"), format!("ssh-ed25519 {}\n", STANDARD.encode(blob))).unwrap();
    server.allow("pkcs8");
    let key = PrivateKey::parse(&base64(&path)).unwrap();
    let exit = Ssh::new(Options { key, ..server.options("true") }).launch("one", &session()).await;
    assert!(exit.as_ref().is_ok_and(Exit::success), "{exit:?}");
}

#[tokio::test]
async fn a_key_that_came_through_windows_logs_in() {
    let server = Sshd::start();
    let text = fs::read_to_string(server.path("client")).unwrap().replace('\n', "\r\n");
    let key = PrivateKey::parse(&STANDARD.encode(text.trim_end())).unwrap();
    let exit = Ssh::new(Options { key, ..server.options("true") }).launch("one", &session()).await;
    assert!(exit.as_ref().is_ok_and(Exit::success), "{exit:?}");
}

#[tokio::test]
async fn a_key_that_is_not_allowed_is_refused_with_what_to_check() {
    let server = Sshd::start();
    for (name, how, kind) in [("a", ["-t", "ed25519"], "ed25519"), ("b", ["-t", "rsa"], "RSA")] {
        let key = PrivateKey::parse(&base64(&server.make_key(name, &how))).unwrap();
        let why = refused(&Ssh::new(Options { key, ..server.options("true") })).await;
        assert_eq!(
            why,
            format!(
                "SSH connection error: Login refused for {} at 127.0.0.1:{} with a key of kind {kind}. \
                 Check REMOTE_USER, PRIVATE_KEY_BASE64 and authorized_keys there",
                user(),
                server.port
            )
        );
    }
}

#[tokio::test]
async fn a_damaged_key_is_told_from_a_refused_one() {
    let server = Sshd::start();
    let text = fs::read_to_string(server.make_key("damaged", &["-t", "rsa", "-m", "PEM"])).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let damaged = [&lines[..4], &lines[lines.len() - 1..]].concat().join("\n");
    let key = PrivateKey::parse(&STANDARD.encode(damaged)).unwrap();
    let why = refused(&Ssh::new(Options { key, ..server.options("true") })).await;
    assert!(why.starts_with("SSH connection error: PRIVATE_KEY_BASE64 cannot be used"), "{why}");
}

#[test]
fn a_passphrase_is_noticed_before_anybody_is_called() {
    let folder = tempfile::TempDir::new().unwrap();
    for (name, form) in [("openssh", None), ("pem", Some("PEM")), ("pkcs8", Some("PKCS8"))] {
        let path = folder.path().join(name);
        let mut keygen = Command::new("ssh-keygen");
        keygen.args(["-q", "-t", "rsa", "-b", "2048", "-N", "a passphrase", "-f"]).arg(&path);
        keygen.args(form.map_or(vec![], |form| vec!["-m", form]));
        assert!(keygen.status().unwrap().success());
        assert_eq!(PrivateKey::parse(&base64(&path)).unwrap_err(), BadKey::Passphrase, "{name}");
        assert_eq!(
            PrivateKey::parse(&base64(&path.with_extension("pub"))).unwrap_err(),
            BadKey::Public,
            "{name}"
        );
    }
}

#[test]
fn what_is_no_key_is_told_so() {
    let parse = |text: &str| PrivateKey::parse(&STANDARD.encode(text)).unwrap_err();
    assert_eq!(parse("PuTTY-User-Key-File-3: ssh-ed25519\n"), BadKey::Putty);
    assert_eq!(parse("hello"), BadKey::Unknown);
    assert_eq!(parse(""), BadKey::Unknown);
    assert_eq!(
        parse("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----"),
        BadKey::Unknown
    );
    assert_eq!(PrivateKey::parse("not base64").unwrap_err(), BadKey::NoText);
}

#[test]
fn a_key_prints_nothing_of_itself() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("key");
    assert!(Command::new("ssh-keygen").args(["-q", "-N", "", "-f"]).arg(&path).status().unwrap().success());
    let key = PrivateKey::parse(&base64(&path)).unwrap();
    assert!(["PrivateKey(RSA, ***)", "PrivateKey(ed25519, ***)"].contains(&format!("{key:?}").as_str()));
}
