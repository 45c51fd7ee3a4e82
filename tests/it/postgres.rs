//! A real PostgreSQL for tests: found on this machine, started in a temporary folder, gone with its last user.
//! The server is the child of a small shell that ends it when this process is gone, however that happened.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection, Executor};
use tempfile::TempDir;

use crate::ports::free_port;

/// Whether the server syncs. Tests that cut nobody's power need not wait for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sync {
    Off,
    On,
}

pub(crate) struct Server {
    bin: PathBuf,
    folder: TempDir,
    port: u16,
    sync: Sync,
    running: Mutex<Option<Child>>,
}

static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// `read` comes back when the test process closes the pipe or dies.
const WATCHDOG: &str = r#""$@" & server=$!; read -r _; kill -QUIT $server 2>/dev/null; wait $server"#;

impl Server {
    /// The server that tests share, as long as one of them holds it.
    pub(crate) fn shared() -> Arc<Self> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let server = Arc::new(Self::own(Sync::Off));
            *shared = Arc::downgrade(&server);
            server
        })
    }

    /// A server for one test, to be stopped and started.
    pub(crate) fn own(sync: Sync) -> Self {
        Self::own_in(&std::env::temp_dir(), sync)
    }

    /// The same with its data in a folder under `parent`.
    pub(crate) fn own_in(parent: &Path, sync: Sync) -> Self {
        let folder = tempfile::Builder::new().prefix("karnay-pg-").tempdir_in(parent).unwrap();
        if let Some((uid, gid)) = servant() {
            chown(folder.path(), Some(uid), Some(gid)).unwrap();
        }
        let server = Self { bin: binaries(), folder, port: free_port(), sync, running: Mutex::new(None) };
        let initdb = server
            .command("initdb")
            .args(["--auth=trust", "--username=postgres", "--encoding=UTF8"])
            .args(["--locale=C", "--no-sync", "-D"])
            .arg(server.data())
            .output()
            .unwrap();
        assert!(initdb.status.success(), "initdb: {}", String::from_utf8_lossy(&initdb.stderr));
        server.start();
        server
    }

    /// Starts it, again on the same port, and waits until it answers.
    pub(crate) fn start(&self) {
        let mut running = self.running.lock().unwrap();
        assert!(running.is_none(), "the server runs already");
        let log =
            fs::OpenOptions::new().create(true).append(true).open(self.folder.path().join("log")).unwrap();
        let sync = if self.sync == Sync::On { "on" } else { "off" };
        let mut shell = self.command("");
        shell.args(["-c", WATCHDOG, "watchdog"]).arg(self.bin.join("postgres")).arg("-D").arg(self.data());
        for setting in [
            format!("port={}", self.port),
            format!("unix_socket_directories={}", self.folder.path().display()),
            format!("fsync={sync}"),
            format!("full_page_writes={sync}"),
            // After a crash the server syncs its folder: in one go rather than file by file.
            "recovery_init_sync_method=syncfs".into(),
            "listen_addresses=127.0.0.1".into(),
            "max_connections=200".into(),
            "shared_buffers=128MB".into(),
        ] {
            shell.arg("-c").arg(setting);
        }
        let shell = shell.stdin(Stdio::piped()).stdout(log.try_clone().unwrap()).stderr(log).spawn();
        *running = Some(shell.unwrap());
        let until = Instant::now() + Duration::from_secs(30);
        while !self.answers() {
            assert!(Instant::now() < until, "PostgreSQL does not start: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn answers(&self) -> bool {
        let (port, host) = (self.port.to_string(), self.folder.path());
        let asked = self.command("pg_isready").args(["-q", "-p", &port, "-h"]).arg(host).status();
        asked.unwrap().success()
    }

    /// `stop_immediate` beside whatever else this thread does: the server waits for connections that are just being
    /// opened, and whoever opens one has to be able to go on.
    pub(crate) async fn cut(self: &Arc<Self>) {
        let server = Arc::clone(self);
        tokio::task::spawn_blocking(move || server.stop_immediate()).await.unwrap();
    }

    pub(crate) async fn mend(self: &Arc<Self>) {
        let server = Arc::clone(self);
        tokio::task::spawn_blocking(move || server.start()).await.unwrap();
    }

    /// As if the power had been cut.
    pub(crate) fn stop_immediate(&self) {
        let Some(mut shell) = self.running.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return;
        };
        let mut stop = self.command("pg_ctl");
        stop.args(["stop", "-s", "-w", "-m", "immediate", "-D"]).arg(self.data());
        // What it says matters little: closing the pipe ends the server in any case.
        let _ = stop.stderr(Stdio::null()).status();
        drop(shell.stdin.take());
        let _ = shell.wait();
    }

    /// A new, empty database, as a URL.
    pub(crate) async fn database(&self) -> String {
        let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        self.run("postgres", &format!("CREATE DATABASE {name}")).await;
        self.url(&name)
    }

    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres:secret-of-tests@127.0.0.1:{}/{database}", self.port)
    }

    pub(crate) async fn run(&self, database: &str, sql: &str) {
        connect(&self.url(database)).await.execute(sqlx::raw_sql(sql)).await.unwrap();
    }

    /// Everything of a database, as its own tool tells it.
    pub(crate) fn dump(&self, url: &str) -> Vec<u8> {
        let out = self.command("pg_dump").args(["--inserts", "--dbname", url]).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        out.stdout
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// One of the server's programs, or the shell, as the server's own user.
    fn command(&self, program: &str) -> Command {
        let path = if program.is_empty() { PathBuf::from("/bin/sh") } else { self.bin.join(program) };
        let mut command = Command::new(path);
        if let Some((uid, gid)) = servant() {
            command.uid(uid).gid(gid);
        }
        command.current_dir(self.folder.path());
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop_immediate();
    }
}

/// A plain connection, for looking and meddling.
pub(crate) async fn connect(url: &str) -> PgConnection {
    let options: PgConnectOptions = url.parse().unwrap();
    PgConnection::connect_with(&options.disable_statement_logging()).await.unwrap()
}

pub(crate) fn binaries() -> PathBuf {
    let asked = Command::new("pg_config").arg("--bindir").output();
    let named = asked.ok().map(|said| PathBuf::from(String::from_utf8_lossy(&said.stdout).trim()));
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|folders| folders.flatten().map(|folder| folder.path().join("bin")).collect())
        .unwrap_or_default();
    versions.sort();
    let found = versions.into_iter().rev().chain(named).find(|bin| bin.join("initdb").exists());
    found.expect("these tests need PostgreSQL's server programs; `make test` installs them")
}

/// The server refuses to run as root: then it runs as the user that the package made.
pub(crate) fn servant() -> Option<(u32, u32)> {
    let me = Command::new("id").arg("-u").output().unwrap().stdout;
    if String::from_utf8_lossy(&me).trim() != "0" {
        return None;
    }
    let users = fs::read_to_string(Path::new("/etc/passwd")).unwrap();
    let fields = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let postgres = fields.into_iter().find(|fields| fields.first() == Some(&"postgres"));
    let postgres = postgres.expect("there is no user postgres to run the server as");
    Some((postgres[2].parse().unwrap(), postgres[3].parse().unwrap()))
}
