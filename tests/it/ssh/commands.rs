//! Commands at the far end: how they end, what they say, how often they are run.

use std::time::{Duration, Instant};

use domain::ids::SessionId;
use domain::session::Exit;
use karnay::adapters::ssh::{Options, Ssh};
use karnay::ports::{Known, RemoteHost as _, Trouble};

use super::{launched, refused, said, session};
use crate::sshd::Sshd;

#[tokio::test]
async fn the_command_learns_the_session_in_both_ways() {
    let server = Sshd::start();
    let exit = launched(&server.ssh(r#"echo {sessionId} "$SESSION_ID""#)).await;
    assert_eq!(exit.stdout, "session-1738862891234-abc123 session-1738862891234-abc123\n");
    assert!(exit.success() && exit.stderr.is_empty(), "{exit:?}");
}

/// The oddest that a session may be called. What a shell would read into others is kept out by their type,
/// and by quoting, which has tests of its own.
#[tokio::test]
async fn odd_sessions_arrive_as_they_are() {
    let server = Sshd::start();
    let ssh = server.ssh(r#"printf '%s|%s' {sessionId} "$SESSION_ID""#);
    for name in ["-n", "--", "..", ":", "a:b", "-rf", "0"] {
        let name = SessionId::parse(name).unwrap();
        let exit = ssh.launch(name.as_str(), &name).await.unwrap();
        assert_eq!(exit.stdout, format!("{name}|{name}", name = name.as_str()));
    }
    for name in ["a b", "it's", "$(id)", "`id`", "a;id", "a|id", "\"", "\\", "*", "a\nb"] {
        assert!(SessionId::parse(name).is_err(), "{name:?}");
    }
}

#[tokio::test]
async fn a_bad_end_is_told_with_its_reason() {
    let server = Sshd::start();
    let exit = launched(&server.ssh("echo some; echo no line >&2; exit 3")).await;
    assert_eq!((exit.code, exit.signal), (Some(3), None));
    assert_eq!((exit.stdout.as_str(), exit.stderr.as_str()), ("some\n", "no line\n"));
}

#[tokio::test]
async fn a_killed_command_is_no_success() {
    let server = Sshd::start();
    let exit = launched(&server.ssh("kill -TERM $$")).await;
    assert_eq!((exit.code, exit.signal.as_deref()), (None, Some("TERM")));
}

#[tokio::test]
async fn ten_megabytes_on_both_outputs_are_read_and_few_are_kept() {
    let server = Sshd::with(&["ed25519"], "RekeyLimit 4M");
    let flood = "head -c 10000000 /dev/zero | tr '\\0' x";
    for command in [
        format!("{flood}; echo end >&2"),
        format!("{flood} >&2; echo end"),
        format!("{flood} >&2 & {flood}; wait"),
    ] {
        let exit = server.ssh(&command).launch(&command, &session()).await.unwrap();
        assert!(exit.success(), "{command}: {:?} {:?}", exit.code, exit.signal);
        for said in [&exit.stdout, &exit.stderr] {
            let whole = said == "end\n" || said.ends_with("\n… and 9934464 bytes more");
            assert!(whole && said.len() < 66_000, "{command}: {} bytes", said.len());
        }
        assert!(exit.stdout != exit.stderr || command.contains('&'), "{command}");
    }
}

#[tokio::test]
async fn what_takes_too_long_is_not_waited_for() {
    let server = Sshd::start();
    let timeout = Duration::from_millis(1_500);
    let ssh = Ssh::new(Options { timeout, ..server.options("echo begun; exec sleep 60") });
    let began = Instant::now();
    let why = refused(&ssh).await;
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!(
        why,
        "The remote command has not come back within 1 s. It may be running still, and it is not run again"
    );
    // Nobody else ends it.
    server.signal_sessions("-KILL");
}

#[tokio::test]
async fn a_connection_lost_in_the_middle_leaves_open_what_became_of_the_command() {
    let server = Sshd::start();
    let mark = server.home().join("begun");
    let ssh = server.ssh("touch \"$HOME/begun\"; sleep 1; touch \"$HOME/ended\"; exit 5");
    let cut = async {
        while !mark.exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(server.signal_sessions("-KILL"));
    };
    let session = session();
    let (answer, ()) = tokio::join!(ssh.launch("one", &session), cut);
    let why = said(answer);
    assert!(why.contains("lost while the command ran") && why.contains("unknown"), "{why}");

    // It went on by itself, and the far end tells first that it runs, and then how it ended.
    let (began, mut ran) = (Instant::now(), false);
    let exit = loop {
        match ssh.ask("one").await {
            Ok(Known::Ended(exit)) => break exit,
            Ok(Known::Running { .. }) => ran = true,
            lost @ (Ok(Known::Untold) | Err(_)) => panic!("{lost:?}"),
        }
        assert!(began.elapsed() < Duration::from_secs(20), "nobody tells how it ended");
    };
    assert!(ran);
    assert_eq!((exit.code, server.home().join("ended").exists()), (Some(5), true));
}

#[tokio::test]
async fn an_effect_is_begun_once_whoever_asks() {
    let server = Sshd::start();
    let ssh = server.ssh("echo x >>\"$HOME/lines\"");
    launched(&ssh).await;
    let why = refused(&server.ssh("echo x >>\"$HOME/lines\"")).await;
    assert!(why.contains("begun before"), "{why}");
    assert_eq!(std::fs::read_to_string(server.home().join("lines")).unwrap(), "x\n");
    ssh.launch("two", &session()).await.unwrap();
    assert_eq!(std::fs::read_to_string(server.home().join("lines")).unwrap(), "x\nx\n");
}

#[tokio::test]
async fn the_far_end_is_asked_how_it_ended() {
    let server = Sshd::start();
    let ssh = server.ssh("exit 4");
    assert_eq!(ssh.ask("one").await, Ok(Known::Untold));
    launched(&ssh).await;
    let exit = Exit { code: Some(4), ..Exit::default() };
    assert_eq!(server.ssh("true").ask("one").await, Ok(Known::Ended(exit)));
    let elsewhere = Ssh::new(Options { port: crate::ports::free_port(), ..server.options("true") });
    assert!(matches!(elsewhere.ask("one").await, Err(Trouble::Later { .. })));
}

/// Without marks it is run all the same, and nobody can tell afterwards.
#[tokio::test]
async fn a_home_that_cannot_be_written_is_no_hindrance() {
    let server = Sshd::with(&["ed25519"], "SetEnv HOME=/proc");
    let ssh = server.ssh("echo ran");
    assert_eq!(launched(&ssh).await.stdout, "ran\n");
    assert_eq!(ssh.ask("one").await, Ok(Known::Untold));
}

#[tokio::test]
async fn a_session_is_stopped_by_its_name() {
    let server = Sshd::start();
    let stop_command = Some("echo stopped {sessionId}".to_owned());
    let ssh = Ssh::new(Options { stop_command, ..server.options("true") });
    for _ in 0..2 {
        let exit = ssh.stop(&session()).await.unwrap().unwrap();
        assert_eq!(exit.stdout, "stopped session-1738862891234-abc123\n");
    }
    assert_eq!(server.ssh("true").stop(&session()).await.unwrap(), None);
}

/// A server that runs something else ends it well; so does libssh2 where no exit status came at all.
#[tokio::test]
async fn an_exit_nobody_told_of_is_not_a_good_one() {
    let server = Sshd::with(&["ed25519"], "ForceCommand true");
    let why = refused(&server.ssh("true")).await;
    assert!(why.contains("did not say how the remote command ended"), "{why}");
    let server = Sshd::start();
    let why = refused(&server.ssh("kill -KILL $PPID")).await;
    assert!(why.contains("did not say how the remote command ended"), "{why}");
}
