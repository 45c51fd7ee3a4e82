//! The scripts under real shells, without SSH in between.

use std::process::{Command, Output};

use tempfile::TempDir;

use super::*;

fn sh(home: &TempDir, line: &str) -> Output {
    Command::new("sh").args(["-c", line]).env("HOME", home.path()).output().unwrap()
}

fn ran(home: &TempDir, command: &str, effect: Option<&str>) -> (String, String, Told) {
    let said = sh(home, &run(command, "session-1-abc", effect));
    let mut stderr = String::from_utf8(said.stderr).unwrap();
    let told = told(&mut stderr);
    (String::from_utf8(said.stdout).unwrap(), stderr, told)
}

#[test]
fn outputs_and_code_come_through() {
    let home = TempDir::new().unwrap();
    let (stdout, stderr, told) = ran(&home, "echo \"out $SESSION_ID\"; echo err >&2; exit 3", Some("one"));
    assert_eq!((stdout.as_str(), stderr.as_str(), told), ("out session-1-abc\n", "err\n", Told::Code(3)));
    let (_, _, told) = ran(&home, "kill -TERM $$", None);
    assert_eq!(told, Told::Code(143));
}

#[test]
fn an_effect_is_begun_once_and_can_be_asked_about() {
    let home = TempDir::new().unwrap();
    let count = "echo x >>\"$HOME/runs\"; exit 7";
    assert_eq!(ran(&home, count, Some("one")).2, Told::Code(7));
    assert_eq!(ran(&home, count, Some("one")).2, Told::Begun);
    assert_eq!(ran(&home, count, Some("two")).2, Told::Code(7));
    assert_eq!(std::fs::read_to_string(home.path().join("runs")).unwrap(), "x\nx\n");
    assert_eq!(sh(&home, &ask("one")).stdout, b"7\n");
    assert_eq!(sh(&home, &ask("three")).stdout, b"");
    let (_, meanwhile, _) = ran(&home, &format!("{} >&2", ask("four")), Some("four"));
    assert_eq!(meanwhile.trim(), "running");
    let told = ["7\n", "running\n", "", "?"].map(known);
    assert_eq!(told, [Known::Code(7), Known::Running, Known::Nothing, Known::Nothing]);
}

/// Its number may be another process's by then, and after a boot all of them are.
#[test]
fn one_that_is_gone_without_a_word_does_not_run() {
    let home = TempDir::new().unwrap();
    ran(&home, "cp \"$HOME\"/.karnay/*.begun \"$HOME/mark\"", Some("one"));
    let mark = std::fs::read_to_string(home.path().join("mark")).unwrap();
    let [boot, pid, since] = mark.split_whitespace().collect::<Vec<_>>()[..] else { panic!("{mark}") };
    let me = std::process::id().to_string();
    let mine = std::fs::read_to_string("/proc/self/stat").unwrap();
    let mine = mine.rsplit(") ").next().unwrap().split(' ').nth(19).unwrap().to_owned();
    for (begun, said) in [
        (mark.clone(), "gone\n"),
        (format!("{boot} {me} {mine}\n"), "running\n"),
        (format!("{boot} {me} {since}\n"), "gone\n"),
        (format!("00000000-0000-0000-0000-000000000000 {me} {mine}\n"), "gone\n"),
        (format!("{boot} {pid} {mine}\n"), "gone\n"),
        // A far end that cannot tell its processes apart.
        ("\n".to_owned(), "running\n"),
    ] {
        std::fs::write(home.path().join(".karnay").join(format!("{}.begun", super::mark("two"))), &begun)
            .unwrap();
        assert_eq!(String::from_utf8(sh(&home, &ask("two")).stdout).unwrap(), said, "{begun}");
    }
    assert_eq!(known("gone\n"), Known::Nothing);
}

#[test]
fn a_home_that_cannot_be_written_is_no_hindrance() {
    let line = run("echo ran", "s", Some("one"));
    let said = Command::new("sh").args(["-c", &line]).env("HOME", "/dev/null").output().unwrap();
    let mut stderr = String::from_utf8(said.stderr).unwrap();
    assert_eq!((said.stdout.as_slice(), told(&mut stderr)), (b"ran\n".as_slice(), Told::Code(0)));
    assert_eq!(stderr, "");
}

#[test]
fn of_a_long_stderr_only_the_beginning_comes_through() {
    let home = TempDir::new().unwrap();
    let (_, stderr, told) = ran(&home, "head -c 10000000 /dev/zero | tr '\\0' x >&2", None);
    assert_eq!(told, Told::Code(0));
    assert!(stderr.ends_with("x\n… and 9934464 bytes more"), "{}", &stderr[65_530..]);
}

#[test]
fn a_command_whose_listener_is_gone_is_not_killed() {
    let home = TempDir::new().unwrap();
    let command = "for n in 1 2 3 4 5; do echo $n; echo $n >&2; sleep 0.1; done; echo done >\"$HOME/end\"";
    let mut shell = Command::new("sh")
        .args(["-c", &run(command, "s", Some("one"))])
        .env("HOME", home.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop((shell.stdout.take(), shell.stderr.take()));
    shell.wait().unwrap();
    assert_eq!(std::fs::read_to_string(home.path().join("end")).unwrap(), "done\n");
    assert_eq!(sh(&home, &ask("one")).stdout, b"0\n");
}

#[test]
fn the_last_word_is_the_one_that_counts() {
    let tell = |text: &str| {
        let mut text = text.to_owned();
        (told(&mut text), text)
    };
    assert_eq!(
        tell("a\nkarnay-exit:1\nb\nkarnay-exit:2\n"),
        (Told::Code(2), "a\nkarnay-exit:1\nb".to_owned())
    );
    assert_eq!(tell("no word"), (Told::Nothing, "no word".to_owned()));
    assert_eq!(tell("\nkarnay-exit:\n"), (Told::Nothing, String::new()));
}
