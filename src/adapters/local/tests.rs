//! Real commands, run by a real shell.

use tempfile::TempDir;

use super::*;

fn local(folder: &TempDir, command: &str) -> Local {
    let (command, timeout) = (command.to_owned(), Duration::from_secs(20));
    Local::open(Options { command, timeout, folder: folder.path().join("remote") }).unwrap()
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
    assert!(exit.stdout.len() < output::KEPT_LEN_MAX + 100);
    assert!(exit.stdout.ends_with("and 9934464 bytes more"), "{}", &exit.stdout[output::KEPT_LEN_MAX..]);
    assert_eq!(exit.stderr, "end\n");
}

#[tokio::test]
async fn what_takes_too_long_is_killed_with_its_children() {
    let folder = TempDir::new().unwrap();
    let mark = folder.path().join("survived");
    let command = format!("echo begun; (sleep 2; touch {}) & sleep 60", mark.display());
    let host = Local { timeout: Duration::from_millis(300), ..local(&folder, &command) };
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
    assert_eq!(later.ask("one").await, Ok(Some(exit)));
    assert_eq!(later.ask("two").await, Ok(None));
}

#[tokio::test]
async fn a_begun_one_that_never_ended_is_unknown() {
    let folder = TempDir::new().unwrap();
    let host = local(&folder, "sleep 30");
    let session = session();
    let launch = host.launch("one", &session);
    assert!(tokio::time::timeout(Duration::from_millis(200), launch).await.is_err());
    assert_eq!(host.ask("one").await, Ok(None));
    assert!(matches!(host.launch("one", &session).await, Err(Trouble::Never { .. })));
}
