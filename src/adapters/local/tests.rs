//! Real commands, run by a real shell.

use tempfile::TempDir;

use super::*;
use crate::adapters::kept;

fn local(folder: &TempDir, command: &str) -> Local {
    Local::open(options(folder, command)).unwrap()
}

fn options(folder: &TempDir, command: &str) -> Options {
    Options {
        command: command.to_owned(),
        stop_command: Some("echo stopped {sessionId}".to_owned()),
        path: folder.path().join("numbers.txt"),
        recordings: folder.path().join("recordings"),
        timeout: Duration::from_secs(20),
        folder: folder.path().join("remote"),
    }
}

fn session() -> SessionId {
    SessionId::parse("session-1-abc").unwrap()
}

#[tokio::test]
async fn the_command_learns_the_session_in_both_ways() {
    let folder = TempDir::new().unwrap();
    let host = local(&folder, r#"echo {sessionId} "$SESSION_ID""#);
    let exit = host.launch("one", &session()).await.unwrap();
    assert_eq!(exit.stdout, "session-1-abc session-1-abc\n");
    assert!(exit.success());
}

#[tokio::test]
async fn secrets_stay_out_of_its_environment() {
    let folder = TempDir::new().unwrap();
    // Cargo sets this one for the test; it stands for any setting of the engine's own.
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
    let exit = local(&folder, "env").launch("one", &session()).await.unwrap();
    assert!(exit.stdout.contains("PATH=") && !exit.stdout.contains("CARGO_MANIFEST_DIR"), "{}", exit.stdout);
}

#[tokio::test]
async fn a_bad_end_is_told_with_its_reason() {
    let folder = TempDir::new().unwrap();
    let host = local(&folder, "echo no numbers >&2; exit 3");
    let exit = host.launch("one", &session()).await.unwrap();
    assert_eq!((exit.code, exit.stderr.as_str()), (Some(3), "no numbers\n"));
    let host = local(&folder, "kill -TERM $$");
    let exit = host.launch("two", &session()).await.unwrap();
    assert_eq!((exit.code, exit.signal.as_deref()), (None, Some("15")));
}

#[tokio::test]
async fn ten_megabytes_are_read_and_few_are_kept() {
    let folder = TempDir::new().unwrap();
    let host = local(&folder, "head -c 10000000 /dev/zero | tr '\\0' x; echo end >&2");
    let exit = host.launch("one", &session()).await.unwrap();
    assert!(exit.stdout.len() < kept::LEN_MAX + 100);
    assert!(exit.stdout.ends_with("and 9934464 bytes more"), "{}", &exit.stdout[kept::LEN_MAX..]);
    assert_eq!(exit.stderr, "end\n");
}

#[tokio::test]
async fn what_takes_too_long_is_killed_with_its_children() {
    let folder = TempDir::new().unwrap();
    let mark = folder.path().join("survived");
    let command = format!("echo begun; (sleep 2; touch {}) & sleep 60", mark.display());
    let timeout = Duration::from_millis(300);
    let host = Local::open(Options { timeout, ..options(&folder, &command) }).unwrap();
    let exit = host.launch("one", &session()).await.unwrap();
    assert_eq!(exit.stdout, "begun\n");
    assert!(exit.signal.as_deref().is_some_and(|why| why.starts_with('9')), "{exit:?}");
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert!(!mark.exists());
}

#[tokio::test]
async fn what_goes_on_in_the_background_is_not_waited_for_and_not_harmed() {
    let folder = TempDir::new().unwrap();
    let mark = folder.path().join("survived");
    let command = format!("(sleep 1; echo late; touch {}) & echo started", mark.display());
    let exit = local(&folder, &command).launch("one", &session()).await.unwrap();
    assert_eq!(exit.stdout, "started\n");
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(mark.exists());
}

#[tokio::test]
async fn an_effect_is_begun_once_whoever_asks() {
    let folder = TempDir::new().unwrap();
    let lines = folder.path().join("lines");
    let host = local(&folder, &format!("echo x >> {}", lines.display()));
    host.launch("one", &session()).await.unwrap();
    assert!(matches!(host.launch("one", &session()).await, Err(Trouble::Never { .. })));
    assert_eq!(std::fs::read_to_string(&lines).unwrap(), "x\n");
    host.launch("two", &session()).await.unwrap();
    assert_eq!(std::fs::read_to_string(&lines).unwrap(), "x\nx\n");
}

#[tokio::test]
async fn another_process_can_ask_how_it_ended() {
    let folder = TempDir::new().unwrap();
    let exit = local(&folder, "echo done; exit 4").launch("one", &session()).await.unwrap();
    let later = local(&folder, "false");
    assert_eq!(later.ask("one").await, Ok(Known::Ended(exit)));
    assert_eq!(later.ask("two").await, Ok(Known::Untold));
}

/// Until another process that asks hears something else.
async fn when_it_runs_no_more(host: &Local, effect: &str) -> Known {
    let began = std::time::Instant::now();
    loop {
        match host.ask(effect).await.unwrap() {
            Known::Running { .. } => assert!(began.elapsed() < Duration::from_secs(20)),
            known @ (Known::Ended(_) | Known::Untold) => return known,
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn until_there(path: &std::path::Path) {
    let began = std::time::Instant::now();
    while !path.exists() {
        assert!(began.elapsed() < Duration::from_secs(20), "{}", path.display());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_begun_one_runs_until_it_ends_whoever_began_it() {
    let folder = TempDir::new().unwrap();
    let (began, go) = (folder.path().join("began"), folder.path().join("go"));
    let command = format!(
        "echo begun; touch {0}; while [ -e {0} ] && [ ! -e {1} ]; do sleep 0.01; done; echo ended; echo bad >&2; exit 4",
        began.display(),
        go.display()
    );
    let host = local(&folder, &command);
    let session = session();
    let launch = tokio::time::timeout(Duration::from_secs(20), host.launch("one", &session));
    tokio::select! {
        done = launch => panic!("{done:?}"),
        () = until_there(&began) => {}
    }
    // Nobody waits for it any more.
    let later = local(&folder, "false");
    assert_eq!(later.ask("one").await, Ok(Known::Running { again: RUNNING_AGAIN }));
    assert!(matches!(host.launch("one", &session).await, Err(Trouble::Never { .. })));
    std::fs::write(go, "").unwrap();
    let Known::Ended(exit) = when_it_runs_no_more(&later, "one").await else { panic!("it left no mark") };
    assert_eq!((exit.code, exit.stdout.as_str(), exit.stderr.as_str()), (Some(4), "begun\nended\n", "bad\n"));
}

/// As after a power cut: the mark of its beginning is there, and nobody holds it.
#[tokio::test]
async fn one_that_is_gone_without_a_word_is_untold() {
    let folder = TempDir::new().unwrap();
    let pid = folder.path().join("pid");
    let command = format!("echo $PPID >{0}.new; mv {0}.new {0}; sleep 60", pid.display());
    let host = local(&folder, &command);
    let session = session();
    tokio::select! {
        done = host.launch("one", &session) => panic!("{done:?}"),
        () = until_there(&pid) => {}
    }
    assert_eq!(host.ask("one").await, Ok(Known::Running { again: RUNNING_AGAIN }));
    let group = std::fs::read_to_string(&pid).unwrap();
    let mut kill = std::process::Command::new("sh");
    kill.args(["-c", "kill -s KILL -- -$1", "sh", group.trim()]);
    assert!(kill.status().unwrap().success());
    assert_eq!(when_it_runs_no_more(&host, "one").await, Known::Untold);
    assert!(matches!(host.launch("one", &session).await, Err(Trouble::Never { .. })), "it is not run again");
}

#[tokio::test]
async fn a_list_replaces_the_one_before_it_whole() {
    let folder = TempDir::new().unwrap();
    let host = local(&folder, "true");
    for list in ["+998901234567\n+998901234568\n", "+998901234569\n"] {
        host.place(Bytes::from_static(list.as_bytes())).await.unwrap();
        assert_eq!(std::fs::read_to_string(folder.path().join("numbers.txt")).unwrap(), list);
    }
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "no draft is left: {names:?}");
    let options = Options { path: folder.path().join("nowhere/numbers.txt"), ..options(&folder, "true") };
    let why = Local::open(options).unwrap().place(Bytes::new()).await.unwrap_err().to_string();
    assert!(why.contains("REMOTE_PATH") && why.contains("nowhere/numbers.txt"), "{why}");
}

#[tokio::test]
async fn a_session_is_stopped_by_its_name() {
    let folder = TempDir::new().unwrap();
    let exit = local(&folder, "true").stop(&session()).await.unwrap().unwrap();
    assert_eq!(exit.stdout, "stopped session-1-abc\n");
    let without = Local::open(Options { stop_command: None, ..options(&folder, "true") }).unwrap();
    assert_eq!(without.stop(&session()).await.unwrap(), None);
}

#[tokio::test]
async fn a_recording_is_read_from_where_one_asks() {
    let folder = TempDir::new().unwrap();
    let host = local(&folder, "true");
    assert!(host.recording("call.mp3", 0).await.unwrap().is_none(), "not there yet");
    std::fs::create_dir(folder.path().join("recordings")).unwrap();
    std::fs::write(folder.path().join("recordings/call.mp3"), "a recorded call").unwrap();
    let recording = host.recording("call.mp3", 2).await.unwrap().unwrap();
    assert_eq!(recording.size, 15);
    let pieces: Vec<_> = futures_util::StreamExt::collect(recording.bytes).await;
    let bytes: Vec<u8> = pieces.into_iter().flat_map(|piece| piece.unwrap().to_vec()).collect();
    assert_eq!(bytes, b"recorded call");
    std::fs::write(folder.path().join("secret"), "not a recording").unwrap();
    for outside in ["../secret", folder.path().join("secret").to_str().unwrap()] {
        assert!(host.recording(outside, 0).await.unwrap().is_none(), "{outside}");
    }
}
