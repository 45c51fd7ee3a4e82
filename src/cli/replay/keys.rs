//! Keys as they are pressed, without waiting for the end of a line. The terminal is left as it was found.

use std::io::{self, Read as _};
use std::process::{Command, Stdio};

use tokio::sync::mpsc;

/// What somebody wants of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Pause,
    Step,
    Faster,
    Slower,
    Quit,
}

impl Key {
    fn of(byte: u8) -> Option<Self> {
        match byte {
            b' ' | b'p' => Some(Self::Pause),
            b's' | b'.' => Some(Self::Step),
            b'+' | b'=' => Some(Self::Faster),
            b'-' => Some(Self::Slower),
            b'q' => Some(Self::Quit),
            _ => None,
        }
    }
}

const WAITING_MAX: usize = 64;

/// Read on a thread of its own, which ends with the process: nothing interrupts a reading of the terminal.
pub(super) fn pressed() -> mpsc::Receiver<Key> {
    let (tell, told) = mpsc::channel(WAITING_MAX);
    std::thread::spawn(move || {
        for byte in io::stdin().lock().bytes() {
            let Ok(byte) = byte else { break };
            if Key::of(byte).is_some_and(|key| tell.blocking_send(key).is_err()) {
                break;
            }
        }
    });
    told
}

/// While it lives, keys are told at once and not shown.
#[derive(Debug)]
pub(super) struct Raw {
    /// How the terminal was, in its own words.
    before: Option<String>,
}

impl Raw {
    pub(super) fn begin() -> Self {
        let before = stty(&["-g"]);
        // Ctrl-C still interrupts.
        stty(&["-icanon", "-echo", "min", "1", "time", "0"]);
        Self { before }
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        match &self.before {
            Some(before) => stty(&[before]),
            None => stty(&["sane"]),
        };
    }
}

/// The terminal is the one at standard input. One that does not obey tells keys at the end of a line.
fn stty(words: &[&str]) -> Option<String> {
    let mut command = Command::new("stty");
    let output = command.args(words).stdin(Stdio::inherit()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
