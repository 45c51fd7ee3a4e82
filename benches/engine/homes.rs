//! Where an engine under measurement keeps its data: a folder of its own, or that and a database of its own.
//! Everything it is told is a setting that anybody may give.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{fmt, fs};

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use karnay::journal::verify::Place;
use tempfile::TempDir;

use crate::child::Server;
use crate::forge::DATA_KEY;
use crate::ports::free_port;

/// A command that takes longer is not coming back.
const COMMAND_MAX: Duration = Duration::from_mins(5);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Store {
    Sqlite,
    Postgres,
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

#[derive(Debug)]
pub(crate) struct Home {
    pub(crate) store: Store,
    folder: TempDir,
    database: Option<String>,
    settings: Vec<String>,
}

impl Home {
    pub(crate) fn new(folder: TempDir, database: Option<String>) -> Self {
        let store = if database.is_some() { Store::Postgres } else { Store::Sqlite };
        Self { store, folder, database, settings: vec![] }
    }

    /// Settings that differ from the defaults, as `NAME=VALUE`.
    pub(crate) fn with(self, settings: &[String]) -> Self {
        Self { settings: settings.to_vec(), ..self }
    }

    /// These besides.
    pub(crate) fn and(mut self, settings: &[String]) -> Self {
        self.settings.extend_from_slice(settings);
        self
    }

    /// What lets an admin of the first organization in.
    pub(crate) fn token(&self) -> Result<String> {
        self.token_of("1")
    }

    pub(crate) fn token_of(&self, organization: &str) -> Result<String> {
        let out = self.command(0).args(["token", "--org", organization, "--role", "admin"]).output()?;
        ensure!(out.status.success(), "karnay token ended with {}", out.status);
        Ok(String::from_utf8(out.stdout)?.trim().to_owned())
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn place(&self) -> Place {
        match &self.database {
            Some(url) => Place::Url(url.clone()),
            None => Place::Folder(self.data()),
        }
    }

    /// What the call server would dial: a list is put here.
    pub(crate) fn numbers(&self) -> PathBuf {
        self.folder.path().join("numbers.txt")
    }

    /// The engine as anybody starts it.
    pub(crate) async fn start(&self) -> Result<Server> {
        let port = free_port();
        let mut command = self.command(port);
        command.arg("serve");
        Server::start(command, port, self.folder.path(), "engine.log").await
    }

    pub(crate) async fn parse_only(&self) -> Result<Server> {
        let port = free_port();
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--parse-only").arg(port.to_string());
        Server::start(command, port, self.folder.path(), "parse-only.log").await
    }

    /// Another command of the same program, beside the engine at that address; waits until it is through.
    pub(crate) async fn karnay(&self, beside: SocketAddr, arguments: &[&str]) -> Result<()> {
        let mut command = self.command(beside.port());
        let log =
            fs::File::options().create(true).append(true).open(self.folder.path().join("command.log"))?;
        command.args(arguments).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        // Elsewhere on this thread the load goes on meanwhile.
        let mut command = tokio::process::Command::from(command);
        let ended = tokio::time::timeout(COMMAND_MAX, command.kill_on_drop(true).status()).await;
        let status = ended.with_context(|| format!("karnay {} does not end", arguments.join(" ")))??;
        ensure!(status.success(), "karnay {} ended with {status}", arguments.join(" "));
        Ok(())
    }

    /// A command that no engine is beside.
    pub(crate) fn alone(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(0);
        command.args(arguments).stdin(Stdio::null());
        command
    }

    fn command(&self, port: u16) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_karnay"));
        let ours = ["PATH", "TMPDIR", "KARNAY_TEST_RUN"];
        let kept = std::env::vars_os().filter(|(name, _)| ours.iter().any(|ours| name == ours));
        command.env_clear().envs(kept).current_dir(self.folder.path());
        command.env("PORT", port.to_string()).env("DATA_DIR", self.data());
        command.env("DATA_KEY", STANDARD.encode(DATA_KEY)).env("UNKNOWN_SESSION", "create");
        // The call server is the benchmark itself, and has several lists at once.
        command.env("REMOTE_HOST", "local").env("REMOTE_COMMAND", "true").env("REMOTE_PATH", self.numbers());
        command.env("ALLOW_PARALLEL_SESSIONS", "true");
        if let Some(url) = &self.database {
            command.env("DATABASE_URL", url);
        }
        command.envs(self.settings.iter().filter_map(|setting| setting.split_once('=')));
        command
    }
}
