//! What is sent to the far end's shell. Each script is a constant in which nothing is filled in: what changes comes
//! as its arguments, each of them one quoted word, so that no name and no path can become a command.

use aws_lc_rs::digest::{SHA256, digest};

use crate::adapters::quoting::quoted;

/// Said last on stderr, so that an exit nobody told of is not taken for a good one, as libssh2 would.
const TOLD: &str = "\nkarnay-exit:";
/// Instead of a code: the effect has its mark already.
const BEGUN: &str = "begun";

/// `$1` the command, `$2` the session, `$3` the effect's hash, or nothing where no marks are kept.
///
/// A mark is made before the command and another with its code after it, in `~/.karnay`, where that can be written;
/// the first one says which boot, which process and since when it is, so that no other process passes for it;
/// marks of more than a month are dropped. The command's outputs go through readers that go on when nobody listens
/// any more, so that a connection that is lost does not kill what was started. Of stderr the first 64 KiB come through:
/// the rest would fill the channel's window while stdout is being read.
const RUN: &str = "\
    d=${HOME:-/}/.karnay; m=; SESSION_ID=$2; export SESSION_ID; \
    w=$({ cat /proc/sys/kernel/random/boot_id && echo $$ && sed 's/.*) //' /proc/$$/stat | cut -d ' ' -f 20; } 2>/dev/null); \
    if [ -n \"$3\" ] && (umask 077; mkdir -p \"$d\") 2>/dev/null; then \
      find \"$d\" -type f -mtime +30 -exec rm -f {} + 2>/dev/null; \
      if (umask 077; set -C; echo $w >\"$d/$3.begun\") 2>/dev/null; then m=$d/$3; \
      elif [ -e \"$d/$3.begun\" ]; then printf '\\nkarnay-exit:begun\\n' >&2; exit 1; fi; \
    fi; \
    exec 3>&1; \
    code=$({ { { sh -c \"$1\" </dev/null 3>&- 4>&- 5>&-; r=$?; \
      if [ -n \"$m\" ]; then (umask 077; echo $r >\"$m.tmp\" && mv -f \"$m.tmp\" \"$m.exit\"); fi; \
      echo $r >&4; } 2>&1 1>&5 5>&- | \
      { head -c 65536; n=$(wc -c); if [ \"$n\" -gt 0 ]; then printf '\\n… and %s bytes more' \"$n\"; fi; } >&2 4>&- 5>&-; } 5>&1 | \
      { cat; cat >/dev/null; } >&3 4>&-; } 4>&1); \
    printf '\\nkarnay-exit:%s\\n' \"$code\" >&2; exit \"${code:-1}\"";

/// `$1` the effect's hash: prints the code of its command, if it has ended, and that it runs, if the process that began it does.
/// That process leaves the code before it goes, so that the code is looked for after it. A far end without `/proc` cannot tell
/// its processes apart; there, whatever was begun is taken to run, for a person rung twice is worse than one rung late.
const ASK: &str = "\
    m=${HOME:-/}/.karnay/$1; s=running; \
    if { read -r b p t <\"$m.begun\"; } 2>/dev/null && [ -n \"$t\" ]; then \
      n=$({ cat /proc/sys/kernel/random/boot_id && sed 's/.*) //' \"/proc/$p/stat\" | cut -d ' ' -f 20; } 2>/dev/null); \
      [ \"$(echo $n)\" = \"$b $t\" ] || s=gone; \
    fi; \
    cat \"$m.exit\" 2>/dev/null || { [ ! -e \"$m.begun\" ] || echo $s; }";
/// Instead of a code.
const RUNNING: &str = "running";

/// `$1` a file: prints its digest, and nothing where there is no program for it.
const DIGEST: &str = "sha256sum <\"$1\" 2>/dev/null || :";

/// `$1` the file that was uploaded, `$2` the one that it replaces. What uploads left behind more than an hour ago goes too.
const REPLACE: &str = "\
    mv -fT -- \"$1\" \"$2\" || exit; sync -- \"${2%/*}/\" 2>/dev/null; \
    for f in \"$2\".karnay-*; do find \"$f\" -prune -mmin +60 -exec rm -f {} + 2>/dev/null; done; :";

/// How a command said that it ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Told {
    Code(i32),
    Begun,
    Nothing,
}

/// What the marks of a command tell.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Known {
    Code(i32),
    Running,
    Nothing,
}

pub(super) fn run(command: &str, session: &str, effect: Option<&str>) -> String {
    // An effect's name may hold anything; its hash is a file's name everywhere.
    let mark = effect.map(mark).unwrap_or_default();
    line(RUN, &[command, session, &mark])
}

pub(super) fn ask(effect: &str) -> String {
    line(ASK, &[&mark(effect)])
}

/// Understands what `ask` printed.
pub(super) fn known(stdout: &str) -> Known {
    match (stdout.trim(), stdout.trim().parse()) {
        (_, Ok(code)) => Known::Code(code),
        (RUNNING, Err(_)) => Known::Running,
        (_, Err(_)) => Known::Nothing,
    }
}

pub(super) fn sha256(path: &str) -> String {
    line(DIGEST, &[path])
}

pub(super) fn replace(draft: &str, path: &str) -> String {
    line(REPLACE, &[draft, path])
}

/// Takes what the script said of the exit off the end of stderr.
pub(super) fn told(stderr: &mut String) -> Told {
    let Some(at) = stderr.rfind(TOLD) else { return Told::Nothing };
    let last = stderr.split_off(at);
    let word = last.trim_start_matches(TOLD).trim_end();
    match (word, word.parse()) {
        (BEGUN, _) => Told::Begun,
        (_, Ok(code)) => Told::Code(code),
        (_, Err(_)) => Told::Nothing,
    }
}

/// A shell tells of a killed command with 128 and the signal's number.
pub(super) fn signal(code: i32) -> Option<&'static str> {
    match code - 128 {
        1 => Some("HUP"),
        2 => Some("INT"),
        3 => Some("QUIT"),
        4 => Some("ILL"),
        6 => Some("ABRT"),
        7 => Some("BUS"),
        8 => Some("FPE"),
        9 => Some("KILL"),
        11 => Some("SEGV"),
        13 => Some("PIPE"),
        14 => Some("ALRM"),
        15 => Some("TERM"),
        24 => Some("XCPU"),
        25 => Some("XFSZ"),
        _ => None,
    }
}

fn mark(effect: &str) -> String {
    hex::encode(digest(&SHA256, effect.as_bytes()))
}

/// Whatever shell the user logs in with, the script is run by `sh`.
fn line(script: &str, arguments: &[&str]) -> String {
    let words = [script, "karnay"].into_iter().chain(arguments.iter().copied());
    format!("exec sh -c {}", words.map(quoted).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests;
