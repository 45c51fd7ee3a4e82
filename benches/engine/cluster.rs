//! A PostgreSQL server of the benchmark's own, as durable as PostgreSQL is by default, gone when it is dropped.
//! As root it runs as the user `postgres`, since PostgreSQL refuses to run as root.

use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use sqlx::{Connection as _, Executor as _, PgConnection};
use tempfile::TempDir;

const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";
const START_MAX: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(crate) struct Cluster {
    server: Child,
    port: u16,
    databases: u32,
    _folder: TempDir,
}

/// A fresh database in it.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) url: String,
}

impl Cluster {
    pub(crate) async fn start() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("bench-postgres-").tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777))?;
        let data = folder.path().join("data");
        let initdb = ["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-D"];
        let made = program("initdb", folder.path())?.args(initdb).arg(&data).stdout(Stdio::null()).status()?;
        ensure!(made.success(), "initdb failed");
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let log = std::fs::File::create(folder.path().join("log"))?;
        let mut command = program("postgres", folder.path())?;
        command.arg("-D").arg(&data).arg("-p").arg(port.to_string()).arg("-k").arg(folder.path());
        for setting in ["listen_addresses=127.0.0.1", "fsync=on", "synchronous_commit=on", "shared_buffers=256MB"] {
            command.arg("-c").arg(setting);
        }
        let server = command.stdout(log.try_clone()?).stderr(log).spawn()?;
        let cluster = Self { server, port, databases: 0, _folder: folder };
        cluster.wait().await?;
        Ok(cluster)
    }

    async fn wait(&self) -> Result<()> {
        let began = Instant::now();
        loop {
            match PgConnection::connect(&self.url("postgres")).await {
                Ok(connection) => return Ok(connection.close().await?),
                Err(why) if began.elapsed() > START_MAX => bail!("PostgreSQL does not start: {why}"),
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    pub(crate) async fn database(&mut self, name: &str) -> Result<Database> {
        self.databases += 1;
        let name = format!("{name}_{}", self.databases);
        let mut connection = PgConnection::connect(&self.url("postgres")).await?;
        connection.execute(sqlx::raw_sql(&format!("CREATE DATABASE {name}"))).await?;
        // What earlier runs left in memory is not this one's to write.
        connection.execute("CHECKPOINT").await?;
        connection.close().await?;
        Ok(Database { url: self.url(&name) })
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Fast shutdown: open connections are closed.
        let _ = Command::new("kill").arg("-INT").arg(self.server.id().to_string()).status();
        let _ = self.server.wait();
    }
}

fn program(name: &str, folder: &Path) -> Result<Command> {
    let path = PathBuf::from(PROGRAMS).join(name);
    ensure!(path.exists(), "{} is missing; `make test` installs it", path.display());
    let mut command = if std::fs::metadata("/proc/self").context("no /proc")?.uid() == 0 {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(path);
        command
    } else {
        Command::new(path)
    };
    command.current_dir(folder);
    Ok(command)
}
