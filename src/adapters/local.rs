//! The remote host played by this machine: the remote command run here, with what a login shell would know and none of the engine's secrets.
//! A list replaces the file at `REMOTE_PATH`, recordings are read from `REMOTE_RECORDINGS_PATH`, both here.
//! A command goes on when the engine ends. Beside each effect two marks in the folder tell afterwards: that the command was begun,
//! which is locked for as long as it runs, and how it ended.

pub(super) mod files;
mod marks;
mod output;
mod said;

use std::fs::File;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use bytes::Bytes;
use domain::ids::SessionId;
use domain::session::{Exit, Remote};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::process::{Child, Command};

use crate::adapters::quoting::filled;
use crate::ports::{Known, Recording, RemoteHost, Trouble};
use marks::{Mark, Marks};
use output::Output;
use said::Said;

/// What the command may see of the engine's environment. Settings, and with them secrets, stay out.
const PASSED_ON: [&str; 10] =
    ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR"];

/// `$1` the command, `$2` the mark of its end, `$3` that mark before it is whole. Whatever it starts inherits the lock on the
/// mark of its beginning, which comes in as its stdin.
const RUN: &str = "\
    exec 9<&0 </dev/null; sh -c \"$1\"; r=$?; \
    (umask 077; echo $r >\"$3\" && mv -f \"$3\" \"$2\"); exit $r";

/// Added to a signal's number in a shell's `$?`.
const SIGNALLED: i32 = 128;
/// Signals have smaller numbers.
const SIGNALS: i32 = 32;

/// The marks of a command are asked for again after so long: that costs two small reads.
const RUNNING_AGAIN: Duration = Duration::from_millis(500);

/// This machine has no room for another process at the moment.
const NO_ROOM: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
pub struct Options {
    /// `{sessionId}` in it stands for the session's name.
    pub command: String,
    /// The same for the command that stops the calls.
    pub stop_command: Option<String>,
    /// The file that a list replaces.
    pub path: PathBuf,
    /// The folder that recordings are read from.
    pub recordings: PathBuf,
    /// A command that takes longer is killed, with everything it started in its process group.
    pub timeout: Duration,
    /// Where the marks are kept: `remote` in the data folder.
    pub folder: PathBuf,
}

#[derive(Debug)]
pub struct Local {
    options: Options,
    marks: Marks,
}

impl Local {
    pub fn open(options: Options) -> io::Result<Self> {
        tracing::warn!("the remote command runs on this machine (REMOTE_HOST=local)");
        Ok(Self { marks: Marks::open(options.folder.clone())?, options })
    }

    async fn run(&self, effect: String, session: SessionId) -> Result<Exit, Trouble> {
        let begun = match self.marks.begin(&effect).await {
            Ok(begun) => begun,
            Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {
                return Err(never("this start was begun before; it is not run again".into()));
            }
            Err(why) => return Err(never(format!("cannot write to the data folder: {why}"))),
        };
        let mut child = match self.begin(&effect, &session, begun) {
            Ok(child) => child,
            Err(why) => return Err(self.not_begun(&effect, &why).await),
        };
        let status = self.end_of(&mut child).await;
        let (status, killed) = status.map_err(|why| never(format!("the remote command was lost: {why}")))?;
        let otherwise = match status.signal() {
            _ if killed => self.too_long(),
            Some(signal) => (SIGNALLED + signal).to_string(),
            None => status.code().unwrap_or_default().to_string(),
        };
        let end = self.marks.end(&effect, otherwise.clone()).await.unwrap_or_else(|why| {
            tracing::error!(effect, cause = %why, "how the remote command ended could not be kept for after a crash");
            otherwise
        });
        Ok(self.exit(&effect, &end).await)
    }

    /// Whoever runs the command has its lock; we do not, once it is begun.
    fn begin(&self, effect: &str, session: &SessionId, begun: File) -> io::Result<Child> {
        let (stdout, stderr) = (self.said(effect, "out").listen()?, self.said(effect, "err").listen()?);
        let mut run = shell(RUN);
        run.env("SESSION_ID", session.as_str());
        run.arg(filled(&self.options.command, session.as_str()));
        run.arg(self.marks.path(effect, "exit")).arg(self.marks.path(effect, "tmp"));
        run.stdin(begun).stdout(stdout).stderr(stderr).spawn()
    }

    fn said(&self, effect: &str, output: &str) -> Said {
        Said::at(self.marks.path(effect, output))
    }

    async fn known(&self, effect: &str) -> io::Result<Known> {
        Ok(match self.marks.look(effect).await? {
            Mark::Ended(end) => Known::Ended(self.exit(effect, &end).await),
            Mark::Running => Known::Running { again: RUNNING_AGAIN },
            Mark::Nothing => Known::Untold,
        })
    }

    async fn exit(&self, effect: &str, end: &str) -> Exit {
        let (code, signal) = ended(end.trim());
        let stdout = self.said(effect, "out").text().await;
        let stderr = self.said(effect, "err").text().await;
        Exit { code, signal, stdout, stderr }
    }

    /// Nothing was run, so that another try is no second start.
    async fn not_begun(&self, effect: &str, why: &io::Error) -> Trouble {
        let crowded = matches!(why.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::OutOfMemory);
        if crowded && self.marks.undo(effect).await.is_ok() {
            return Trouble::Later { after: NO_ROOM };
        }
        never(format!("the shell cannot be started: {why}"))
    }

    async fn wait(&self, mut child: Child) -> io::Result<Exit> {
        let stdout = child.stdout.take().map(Output::read);
        let stderr = child.stderr.take().map(Output::read);
        let (status, killed) = self.end_of(&mut child).await?;
        let (code, signal) = (status.code(), self.signal(status, killed));
        let (stdout, stderr) = (Output::text(stdout).await, Output::text(stderr).await);
        Ok(Exit { code, signal, stdout, stderr })
    }

    /// And whether it had to be killed.
    async fn end_of(&self, child: &mut Child) -> io::Result<(ExitStatus, bool)> {
        if let Ok(status) = tokio::time::timeout(self.options.timeout, child.wait()).await {
            return Ok((status?, false));
        }
        kill_group(child).await;
        Ok((child.wait().await?, true))
    }

    fn signal(&self, status: ExitStatus, killed: bool) -> Option<String> {
        if killed { Some(self.too_long()) } else { status.signal().map(|number| number.to_string()) }
    }

    fn too_long(&self) -> String {
        format!("9, for it had not ended after {} s", self.options.timeout.as_secs())
    }
}

impl RemoteHost for Local {
    fn kind(&self) -> Remote {
        Remote::Local
    }

    fn place(&self, numbers: Bytes) -> BoxFuture<'_, Result<(), Trouble>> {
        let path = self.options.path.clone();
        async move {
            let placed = files::replace(path.clone(), numbers).await;
            placed.map_err(|why| never(format!("REMOTE_PATH: {} cannot be replaced: {why}", path.display())))
        }
        .boxed()
    }

    fn launch(&self, effect: &str, session: &SessionId) -> BoxFuture<'_, Result<Exit, Trouble>> {
        self.run(effect.to_owned(), session.clone()).boxed()
    }

    fn ask(&self, effect: &str) -> BoxFuture<'_, Result<Known, Trouble>> {
        let effect = effect.to_owned();
        async move {
            let known = self.known(&effect).await;
            known.map_err(|why| never(format!("the mark of this start cannot be read: {why}")))
        }
        .boxed()
    }

    fn stop(&self, session: &SessionId) -> BoxFuture<'_, Result<Option<Exit>, Trouble>> {
        let session = session.clone();
        async move {
            let Some(command) = &self.options.stop_command else { return Ok(None) };
            let mut stop = shell(&filled(command, session.as_str()));
            stop.env("SESSION_ID", session.as_str());
            let child = stop.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
            let child = child.map_err(|why| never(format!("the shell cannot be started: {why}")))?;
            let exit = self.wait(child).await;
            exit.map(Some).map_err(|why| never(format!("the stop command was lost: {why}")))
        }
        .boxed()
    }

    fn recording(&self, name: &str, from: u64) -> BoxFuture<'_, Result<Option<Recording>, Trouble>> {
        let (folder, name) = (self.options.recordings.clone(), name.to_owned());
        async move {
            let opened = files::open(&folder, &name, from).await;
            opened.map_err(|why| never(format!("REMOTE_RECORDINGS_PATH: a recording cannot be read: {why}")))
        }
        .boxed()
    }

    fn remove_recording(&self, name: &str) -> BoxFuture<'_, Result<bool, Trouble>> {
        let (folder, name) = (self.options.recordings.clone(), name.to_owned());
        async move {
            let removed = files::remove(&folder, &name).await;
            removed
                .map_err(|why| never(format!("REMOTE_RECORDINGS_PATH: a recording cannot be removed: {why}")))
        }
        .boxed()
    }
}

fn never(why: String) -> Trouble {
    Trouble::Never { why }
}

/// A shell's `$?` tells of a killed command with 128 and the signal's number; what is no number are words for a signal.
fn ended(end: &str) -> (Option<i32>, Option<String>) {
    match end.parse::<i32>() {
        Ok(code) if (1..SIGNALS).contains(&(code - SIGNALLED)) => {
            (None, Some((code - SIGNALLED).to_string()))
        }
        Ok(code) => (Some(code), None),
        Err(_) => (None, Some(end.to_owned())),
    }
}

/// In a process group of its own, so that it does not end with the engine, and can be ended with all that it started.
fn shell(script: &str) -> Command {
    let kept = PASSED_ON.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
    let mut shell = Command::new("sh");
    shell.args(["-c", script, "sh"]).env_clear().envs(kept).stdin(Stdio::null()).process_group(0);
    shell
}

/// The leader was not waited for yet, so its number is still its own. The shell's own `kill` is on every machine.
async fn kill_group(child: &Child) {
    let Some(leader) = child.id() else { return };
    let killed = Command::new("sh")
        .args(["-c", r#"kill -s KILL -- "-$1""#, "sh"])
        .arg(leader.to_string())
        .status()
        .await;
    if !killed.is_ok_and(|status| status.success()) {
        tracing::error!(leader, "a remote command that took too long could not be killed");
    }
}

#[cfg(test)]
mod tests;
