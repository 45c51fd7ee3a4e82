//! The ten rules under which libssh2 is used, each with a test of its name. The fifth and the tenth have theirs
//! beside the code, where a socket's options and a job's panic can be seen.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::join_all;
use karnay::adapters::ssh::{HostKey, Options, Ssh};
use karnay::ports::{Known, RemoteHost};

use super::{launched, refused, said, session};
use crate::sshd::Sshd;

#[tokio::test]
async fn rule_1_one_port_owns_all_of_it() {
    let server = Sshd::start();
    let stop_command = Some("true".to_owned());
    let host: Arc<dyn RemoteHost> = Arc::new(Ssh::new(Options { stop_command, ..server.options("true") }));
    host.place(Bytes::from_static(b"+998901234567\n")).await.unwrap();
    assert!(host.launch("one", &session()).await.unwrap().success());
    assert!(matches!(host.ask("one").await.unwrap(), Known::Ended(exit) if exit.success()));
    assert!(host.stop(&session()).await.unwrap().unwrap().success());
    assert!(host.recording("none.mp3", 0).await.unwrap().is_none());
}

/// This server lets nobody do two things at once on one connection.
#[tokio::test]
async fn rule_2_each_job_has_its_own_session_with_one_thing_at_a_time() {
    let server = Sshd::with(&["ed25519"], "MaxSessions 1");
    let logins = |log: &str| log.lines().filter(|line| line.starts_with("Accepted publickey")).count();
    let ssh = server.ssh("echo out; echo err >&2");
    let jobs = (0..8).map(|job| {
        let (ssh, session) = (&ssh, session());
        async move { ssh.launch(&job.to_string(), &session).await.unwrap() }
    });
    for exit in join_all(jobs).await {
        assert_eq!((exit.stdout.as_str(), exit.stderr.as_str()), ("out\n", "err\n"));
    }
    assert_eq!(logins(&server.log()), 8);
}

/// The test's own thread is the only one of its runtime.
#[tokio::test(flavor = "current_thread")]
async fn rule_3_a_frozen_host_holds_up_no_thread_but_its_own() {
    let server = Sshd::start();
    let timeout = Duration::from_secs(2);
    let ssh = Ssh::new(Options { timeout, ..server.options("touch \"$HOME/begun\"; sleep 60") });
    let (mark, session) = (server.home().join("begun"), session());
    let freeze = async {
        while !mark.exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(server.signal_sessions("-STOP"));
    };
    let mut longest = Duration::ZERO;
    let watch = async {
        loop {
            let before = Instant::now();
            tokio::time::sleep(Duration::from_millis(10)).await;
            longest = longest.max(before.elapsed());
        }
    };
    let why = tokio::select! {
        (answer, ()) = async { tokio::join!(ssh.launch("one", &session), freeze) } => said(answer),
        () = watch => unreachable!("it watches for ever"),
    };
    assert!(why.contains("has not come back"), "{why}");
    // A test machine is busy; a thread that is held up stays so for the session's ten seconds.
    assert!(longest < Duration::from_secs(1), "{longest:?}");
}

#[tokio::test]
async fn rule_4_every_step_has_a_limit_and_so_has_its_end() {
    let server = Sshd::start();
    let patience = Duration::from_secs(2);
    let ssh = Ssh::new(Options { patience, ..server.options("true") });
    let list = Bytes::from(vec![b'1'; 128 << 20]);
    let begun = || {
        let entries = std::fs::read_dir(server.home()).unwrap().map(Result::unwrap);
        entries.filter_map(|entry| entry.metadata().ok()).any(|known| known.len() > 1 << 20)
    };
    let freeze = async {
        while !begun() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(server.signal_sessions("-STOP"));
        Instant::now()
    };
    let (placed, frozen) = tokio::join!(ssh.place(list), freeze);
    let why = said(placed);
    assert!(why.contains("lost during the upload"), "{why}");
    assert!(frozen.elapsed() < Duration::from_secs(4), "{:?}", frozen.elapsed());
}

#[tokio::test]
async fn rule_6_the_algorithms_are_the_pinned_ones_and_no_others() {
    let server = Sshd::start();
    launched(&server.ssh("true")).await;
    let log = server.log();
    for line in [
        "kex: algorithm: curve25519-sha256",
        "kex: host key algorithm: ssh-ed25519",
        "kex: client->server cipher: aes256-ctr MAC: hmac-sha2-256 compression: none",
        "kex: server->client cipher: aes256-ctr MAC: hmac-sha2-256 compression: none",
    ] {
        assert!(log.contains(line), "{line} is not in {log}");
    }
    for other in
        ["Ciphers chacha20-poly1305@openssh.com", "MACs hmac-sha1", "KexAlgorithms ecdh-sha2-nistp256"]
    {
        let server = Sshd::with(&["ed25519"], other);
        let why = refused(&server.ssh("true")).await;
        assert!(why.contains("no algorithm in common") && why.contains("aes256-ctr"), "{other}: {why}");
    }
    let server = Sshd::with(&["ecdsa"], "");
    let why = refused(&server.ssh("true")).await;
    assert!(why.contains("a host key of kind ed25519"), "{why}");
}

#[tokio::test]
async fn rule_7_a_host_that_is_not_believed_learns_nothing_about_us() {
    const ASKED: &str = "userauth-request for user";
    let server = Sshd::start();
    let options = Options { host_key: HostKey::Listed, ..server.options("true") };
    let why = refused(&Ssh::new(options)).await;
    assert!(why.contains("is unknown"), "{why}");
    assert!(!server.log().contains(ASKED), "{}", server.log());
    launched(&server.ssh("true")).await;
    assert!(server.log().contains(ASKED), "the log never tells");
}

/// The whole group is killed, so that nobody at the far end is left to tell of it but the server.
#[tokio::test]
async fn rule_8_a_killed_command_is_a_failure_whatever_its_exit_status() {
    let server = Sshd::start();
    let exit = launched(&server.ssh("kill -KILL 0")).await;
    assert_eq!((exit.code, exit.signal.as_deref()), (None, Some("KILL")));
    assert!(!exit.success());
}

/// Whoever reads the list while lists come and go sees one of them, whole.
#[tokio::test(flavor = "multi_thread")]
async fn rule_9_a_list_is_moved_over_the_other_in_one_step() {
    let server = Sshd::start();
    let ssh = server.ssh("true");
    let lists = [Bytes::from(vec![b'1'; 300_000]), Bytes::from(vec![b'2'; 700_000])];
    ssh.place(lists[0].clone()).await.unwrap();
    let path = server.home().join("numbers.txt");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (seen_of, mut stopped) = (lists.clone(), stopped);
    let reader = tokio::task::spawn_blocking(move || {
        let mut seen = 0_u32;
        while stopped.try_recv().is_err() {
            let there = std::fs::read(&path).unwrap();
            assert!(seen_of.iter().any(|list| *list == there), "{} bytes", there.len());
            seen += 1;
        }
        seen
    });
    for round in 0..6 {
        ssh.place(lists[(round + 1) % 2].clone()).await.unwrap();
    }
    stop.send(()).unwrap();
    assert!(reader.await.unwrap() > 10);
}
