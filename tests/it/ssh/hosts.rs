//! Hosts that cannot be reached, that say nothing, and that are not who they should be.

use std::time::{Duration, Instant};

use karnay::adapters::ssh::{HostKey, Options, Ssh};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::{launched, refused};
use crate::ports::free_port;
use crate::sshd::Sshd;

const SHORT: Duration = Duration::from_millis(500);

#[tokio::test]
async fn a_port_where_nobody_listens_is_named() {
    let server = Sshd::start();
    let port = free_port();
    let ssh = Ssh::new(Options { port, ..server.options("true") });
    let why = refused(&ssh).await;
    assert_eq!(
        why,
        format!(
            "SSH connection error: Connection refused by 127.0.0.1:{port}. Check that its SSH server runs, and REMOTE_PORT"
        )
    );
}

#[tokio::test]
async fn a_host_that_nobody_knows_is_named() {
    let server = Sshd::start();
    // Too long for any name server to be asked.
    let host = "x".repeat(64);
    let ssh = Ssh::new(Options { host: host.clone(), ..server.options("true") });
    let why = refused(&ssh).await;
    assert_eq!(
        why,
        format!("SSH connection error: Host {host} not found. Check REMOTE_HOST and the name server")
    );
}

/// Nobody takes the connections of this socket, and there is room for one that waits.
#[tokio::test]
async fn a_connection_that_never_comes_is_a_timeout_in_the_documented_words() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let full = socket.listen(1).unwrap();
    let (address, mut waiting) = (full.local_addr().unwrap(), vec![]);
    while let Ok(stream) = tokio::time::timeout(SHORT, TcpStream::connect(address)).await {
        waiting.push(stream.unwrap());
        assert!(waiting.len() < 100, "there is always room");
    }
    let server = Sshd::start();
    let ssh = Ssh::new(Options { port: address.port(), patience: SHORT, ..server.options("true") });
    assert_eq!(
        refused(&ssh).await,
        format!("SSH connection error: Connection timeout to {address}. Check firewall and network")
    );
}

#[tokio::test]
async fn a_host_that_says_nothing_is_not_waited_for() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let server = Sshd::start();
    let ssh = Ssh::new(Options { port, patience: Duration::from_secs(1), ..server.options("true") });
    let began = Instant::now();
    let why = refused(&ssh).await;
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    assert!(
        why.starts_with(&format!(
            "SSH connection error: 127.0.0.1:{port} takes connections but says nothing for 1 s."
        )),
        "{why}"
    );
}

#[tokio::test]
async fn a_host_that_speaks_something_else_is_no_ssh_server() {
    let (server, listener) = (Sshd::start(), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(stream);
        }
    });
    let why = refused(&Ssh::new(Options { port, ..server.options("true") })).await;
    assert!(why.contains("does not speak SSH") && why.contains("REMOTE_PORT"), "{why}");
}

#[tokio::test]
async fn an_unknown_host_key_is_named_with_its_fingerprint() {
    let server = Sshd::with_both_keys();
    for known_hosts in [None, Some(server.known_hosts("ed25519", "other.example"))] {
        let options = Options { known_hosts, host_key: HostKey::Listed, ..server.options("true") };
        let why = refused(&Ssh::new(options)).await;
        let met = format!("unknown: ssh-ed25519 {}.", server.fingerprint("ed25519"));
        assert!(why.contains(&met) && why.contains("set REMOTE_HOST_KEY"), "{why}");
    }
}

#[tokio::test]
async fn a_wrong_host_key_is_refused_whatever_named_the_right_one() {
    let server = Sshd::with_both_keys();
    server.make_key("host_other", &["-t", "ed25519"]);
    let known_hosts = Some(server.known_hosts("other", &server.itself()));
    let listed = Options { known_hosts, host_key: HostKey::Listed, ..server.options("true") };
    let fingerprint = HostKey::Fingerprint(server.fingerprint("other"));
    let named = Options { host_key: fingerprint, ..server.options("true") };
    for (options, source) in [(listed, "REMOTE_KNOWN_HOSTS"), (named, "REMOTE_HOST_KEY")] {
        let why = refused(&Ssh::new(options)).await;
        assert!(why.contains("is not the expected one"), "{why}");
        assert!(why.contains(source) && why.contains(&server.fingerprint("ed25519")), "{why}");
    }
}

#[tokio::test]
async fn a_host_is_known_by_its_line_whichever_of_its_keys_that_names() {
    let server = Sshd::with_both_keys();
    for kind in ["ed25519", "rsa"] {
        let known_hosts = Some(server.known_hosts(kind, &server.itself()));
        let options = Options { known_hosts, host_key: HostKey::Listed, ..server.options("true") };
        assert!(launched_anew(options).await, "{kind}");
    }
}

#[tokio::test]
async fn a_host_is_known_by_a_hashed_line() {
    let server = Sshd::start();
    let known_hosts = server.known_hosts("ed25519", &server.itself());
    let hashed = std::process::Command::new("ssh-keygen").arg("-Hf").arg(&known_hosts).output().unwrap();
    assert!(hashed.status.success());
    assert!(!std::fs::read_to_string(&known_hosts).unwrap().contains("127.0.0.1"));
    let options =
        Options { known_hosts: Some(known_hosts), host_key: HostKey::Listed, ..server.options("true") };
    assert!(launched_anew(options).await);
}

#[tokio::test]
async fn a_revoked_key_is_never_right_again() {
    let server = Sshd::start();
    let known_hosts = server.known_hosts("ed25519", &server.itself());
    let line = std::fs::read_to_string(&known_hosts).unwrap();
    std::fs::write(&known_hosts, format!("{line}@revoked {line}")).unwrap();
    let options = Options { known_hosts: Some(known_hosts), ..server.options("true") };
    let why = refused(&Ssh::new(options)).await;
    assert!(why.contains("is revoked in REMOTE_KNOWN_HOSTS"), "{why}");
}

#[tokio::test]
async fn a_host_is_known_by_either_fingerprint() {
    let server = Sshd::with_both_keys();
    for kind in ["ed25519", "rsa"] {
        let host_key = HostKey::Fingerprint(server.fingerprint(kind));
        assert!(launched_anew(Options { host_key, ..server.options("true") }).await, "{kind}");
    }
}

#[tokio::test]
async fn the_key_met_first_is_kept_and_asked_for_ever_after() {
    let mut server = Sshd::start();
    let options = Options { host_key: HostKey::FirstUse, ..server.options("true") };
    assert!(launched_anew(options.clone()).await);
    let kept = std::fs::read_to_string(&options.kept_hosts).unwrap();
    assert!(kept.starts_with(&format!("{} ssh-ed25519 ", server.itself())), "{kept}");
    assert!(launched_anew(options.clone()).await);
    assert_eq!(std::fs::read_to_string(&options.kept_hosts).unwrap(), kept, "it is kept once");

    server.stop();
    server.make_key("host_ed25519", &["-t", "ed25519"]);
    server.run();
    let why = refused(&Ssh::new(options.clone())).await;
    assert!(why.contains("is not the expected one") && why.contains("kept_hosts"), "{why}");
    assert_eq!(std::fs::read_to_string(&options.kept_hosts).unwrap(), kept, "a lie is not kept");
}

async fn launched_anew(options: Options) -> bool {
    let ssh = Ssh::new(Options { command: "rm -rf \"$HOME/.karnay\"".to_owned(), ..options });
    launched(&ssh).await.success()
}
