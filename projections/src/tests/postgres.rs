//! A real PostgreSQL server for these tests, on a free loopback port, in a folder of its own. It goes when this process does.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, PgConnection, PgPool};

const BINARIES: &str = "/usr/lib/postgresql/15/bin";
/// The server ends when its standard input does, however this process ends.
const SERVE: &str = r#"
trap '' INT TERM
initdb -D "$1/data" -A trust -U postgres -N >"$1/initdb" 2>&1 || exit 1
postgres -D "$1/data" -k "$1" -h 127.0.0.1 -p "$2" -c fsync=off -c max_connections=200 -c shared_buffers=64MB >"$1/log" 2>&1 &
server=$!
read _
kill -INT $server
wait $server
rm -rf "$1"
"#;

struct Server {
    port: u16,
    _process: Mutex<Child>,
}

/// None, loudly, where there is no PostgreSQL on this machine.
pub(super) async fn database() -> Option<PgPool> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let server = SERVER.get_or_init(start).as_ref()?;
    let options =
        PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(server.port).username("postgres");
    let name = format!("screens_{}", COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    let mut admin = reach(&options.clone().database("postgres")).await;
    sqlx::query(&format!("create database {name}")).execute(&mut admin).await.unwrap();
    Some(PgPoolOptions::new().max_connections(8).connect_with(options.database(&name)).await.unwrap())
}

async fn reach(options: &PgConnectOptions) -> PgConnection {
    for _ in 0..300 {
        if let Ok(connection) = PgConnection::connect_with(options).await {
            return connection;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("PostgreSQL did not start");
}

#[expect(clippy::print_stderr, reason = "what is not tested is said aloud")]
fn start() -> Option<Server> {
    if !std::path::Path::new(BINARIES).join("postgres").exists() {
        eprintln!("NO POSTGRESQL UNDER {BINARIES}: THE SCREENS ARE NOT TESTED ON IT");
        return None;
    }
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let folder = tempfile::Builder::new().prefix("karnay-screens-").tempdir().unwrap().keep();
    let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let mut command = if root {
        assert!(Command::new("chown").arg("postgres").arg(&folder).status().unwrap().success());
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", "sh", "-c", SERVE, "sh"]);
        command
    } else {
        let mut command = Command::new("sh");
        command.args(["-c", SERVE, "sh"]);
        command
    };
    let path = format!("{BINARIES}:/usr/sbin:/usr/bin:/sbin:/bin");
    let process = command
        .arg(&folder)
        .arg(port.to_string())
        .env("PATH", path)
        .current_dir("/")
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    Some(Server { port, _process: Mutex::new(process) })
}
