//! The remote host played by this machine: the remote command run here, with what a login shell would know and none of the engine's secrets.
//! Beside each effect it keeps two marks in its folder: that the command was begun, and how it ended. After a crash they tell.

mod marks;
mod output;

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use domain::ids::SessionId;
use domain::session::{Exit, Remote};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::process::{Child, Command};

use crate::ports::{RemoteHost, Trouble};
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
    /// A command that takes longer is killed, with everything it started in its process group.
    pub timeout: Duration,
    /// Where the marks are kept: `remote` in the data folder.
    pub folder: PathBuf,
}

#[derive(Debug)]
pub struct Local {
    command: String,
    timeout: Duration,
    marks: Marks,
}

impl Local {
    pub fn open(options: Options) -> io::Result<Self> {
        let Options { command, timeout, folder } = options;
        tracing::warn!("the remote command runs on this machine (REMOTE_HOST=local)");
        Ok(Self { command, timeout, marks: Marks::open(folder)? })
    }

    async fn run(&self, effect: String, session: SessionId) -> Result<Exit, Trouble> {
        match self.marks.begin(&effect).await {
            Ok(()) => {}
            Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {
                return Err(never("this start was begun before; it is not run again".into()));
            }
            Err(why) => return Err(never(format!("cannot write to the data folder: {why}"))),
        }
        let child = match self.spawn(&session) {
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

    fn spawn(&self, session: &SessionId) -> io::Result<Child> {
        let kept = PASSED_ON.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        let kept: Vec<(&&str, OsString)> = kept.collect();
        Command::new("sh")
            .arg("-c")
            .arg(self.command.replace("{sessionId}", &quoted(session.as_str())))
            .env_clear()
            .envs(kept)
            .env("SESSION_ID", session.as_str())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
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
        let ended = tokio::time::timeout(self.timeout, child.wait()).await;
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
            return Some(format!("9, for it had not ended after {} s", self.timeout.as_secs()));
        }
        signal
    }
}

impl RemoteHost for Local {
    fn kind(&self) -> Remote {
        Remote::Local
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
}

fn never(why: String) -> Trouble {
    Trouble::Never { why }
}

/// One word for the shell, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
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
