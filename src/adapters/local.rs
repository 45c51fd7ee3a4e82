//! The remote host played by this machine: the remote command run here, with what a login shell would know and none of the engine's secrets.
//! A list replaces the file at `REMOTE_PATH`, recordings are read from `REMOTE_RECORDINGS_PATH`, both here.
//! Beside each effect it keeps two marks in its folder: that the command was begun, and how it ended. After a crash they tell.

mod files;
mod marks;
mod output;

use std::ffi::OsString;
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
use crate::ports::{Recording, RemoteHost, Trouble};
use marks::Marks;
use output::Output;

/// What the command may see of the engine's environment. Settings, and with them secrets, stay out.
const PASSED_ON: [&str; 10] =
    ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR"];

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
        match self.marks.begin(&effect).await {
            Ok(()) => {}
            Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {
                return Err(never("this start was begun before; it is not run again".into()));
            }
            Err(why) => return Err(never(format!("cannot write to the data folder: {why}"))),
        }
        let child = match spawn(&self.options.command, &session) {
            Ok(child) => child,
            Err(why) => return Err(self.not_begun(&effect, &why).await),
        };
        let exit =
            self.wait(child).await.map_err(|why| never(format!("the remote command was lost: {why}")))?;
        if let Err(why) = self.marks.end(&effect, &exit).await {
            tracing::error!(effect, cause = %why, "how the remote command ended could not be kept for after a crash");
        }
        Ok(exit)
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
        let ended = tokio::time::timeout(self.options.timeout, child.wait()).await;
        let killed = ended.is_err();
        let status = if let Ok(status) = ended {
            status?
        } else {
            kill_group(&child).await;
            child.wait().await?
        };
        let (code, signal) = (status.code(), self.signal(status, killed));
        let (stdout, stderr) = (Output::text(stdout).await, Output::text(stderr).await);
        Ok(Exit { code, signal, stdout, stderr })
    }

    fn signal(&self, status: ExitStatus, killed: bool) -> Option<String> {
        let signal = status.signal().map(|number| number.to_string());
        if killed {
            return Some(format!("9, for it had not ended after {} s", self.options.timeout.as_secs()));
        }
        signal
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

    fn ask(&self, effect: &str) -> BoxFuture<'_, Result<Option<Exit>, Trouble>> {
        let effect = effect.to_owned();
        async move {
            let known = self.marks.ended(&effect).await;
            known.map_err(|why| never(format!("the mark of this start cannot be read: {why}")))
        }
        .boxed()
    }

    fn stop(&self, session: &SessionId) -> BoxFuture<'_, Result<Option<Exit>, Trouble>> {
        let session = session.clone();
        async move {
            let Some(command) = &self.options.stop_command else { return Ok(None) };
            let child = spawn(command, &session);
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
}

fn never(why: String) -> Trouble {
    Trouble::Never { why }
}

fn spawn(command: &str, session: &SessionId) -> io::Result<Child> {
    let kept = PASSED_ON.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
    let kept: Vec<(&&str, OsString)> = kept.collect();
    Command::new("sh")
        .arg("-c")
        .arg(filled(command, session.as_str()))
        .env_clear()
        .envs(kept)
        .env("SESSION_ID", session.as_str())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
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
