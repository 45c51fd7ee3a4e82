//! PostgreSQL under Patroni: three servers that commit on two of them, whoever keeps them, and one door that leads to the primary.
//! Patroni's members agree among themselves (Raft), so that nothing else has to run. Everything ends with the test's process.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::ports::free_port;
use crate::postgres::{binaries, connect, servant};

const MEMBERS: usize = 3;
const PATIENCE: Duration = Duration::from_mins(3);
/// Asks Patroni who is the primary so often.
const LOOK: Duration = Duration::from_millis(100);

/// `read` comes back when the test process closes the pipe or dies; Patroni stops its server then.
const WATCHDOG: &str =
    r#"folder=$1; shift; "$@" & echo $! >"$folder/patroni.pid"; read -r _; kill -TERM $! 2>/dev/null; wait"#;

/// Python with Patroni, installed once beside what is built.
fn python() -> PathBuf {
    let wanted = include_str!("requirements.txt");
    let built = std::env::current_exe().unwrap();
    let folder = built.ancestors().nth(3).unwrap().join("patroni");
    let (python, marker) = (folder.join("bin/python"), folder.join("installed"));
    if fs::read_to_string(&marker).is_ok_and(|installed| installed == wanted) {
        return python;
    }
    let run = |command: &mut Command| {
        let out = command.output().unwrap();
        assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
    };
    // The servers' own user has to be able to run it: first the system's, which is everybody's.
    let system = Path::new("/usr/bin/python3");
    let own = if system.exists() { system } else { Path::new("python3") };
    run(Command::new(own).args(["-m", "venv", "--clear"]).arg(&folder));
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/nodes/requirements.txt");
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
    run(Command::new(&python).args(install).arg(requirements));
    fs::write(marker, wanted).unwrap();
    python
}

/// One server and the Patroni that keeps it.
struct Member {
    folder: PathBuf,
    server: u16,
    api: u16,
    raft: u16,
    keeper: Option<Child>,
}

impl Member {
    fn new(folder: PathBuf, [server, api, raft]: [u16; 3]) -> Self {
        fs::create_dir(&folder).unwrap();
        if let Some((uid, gid)) = servant() {
            chown(&folder, Some(uid), Some(gid)).unwrap();
        }
        Self { folder, server, api, raft, keeper: None }
    }

    fn settings(&self, name: &str, partners: &[String]) -> Value {
        let at = |port: u16| format!("127.0.0.1:{port}");
        let (data, socket) = (self.folder.join("data"), &self.folder);
        json!({
            "scope": "karnay",
            "name": name,
            "restapi": { "listen": at(self.api), "connect_address": at(self.api) },
            "raft": { "data_dir": self.folder.join("raft"), "self_addr": at(self.raft), "partner_addrs": partners },
            "bootstrap": {
                // As quick as Patroni allows.
                "dcs": { "ttl": 20, "loop_wait": 1, "retry_timeout": 3, "synchronous_mode": true },
                "initdb": [{ "auth": "trust" }, { "encoding": "UTF8" }, { "locale": "C" }],
            },
            "postgresql": {
                "listen": at(self.server),
                "connect_address": at(self.server),
                "data_dir": data,
                "bin_dir": binaries(),
                "pgpass": self.folder.join("pgpass"),
                "authentication": { "superuser": { "username": "postgres" }, "replication": { "username": "postgres" } },
                "pg_hba": ["host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust", "local all all trust"],
                "parameters": { "unix_socket_directories": socket, "max_connections": 100 },
            },
        })
    }

    fn start(&mut self, python: &Path) {
        let log = fs::File::create(self.folder.join("log")).unwrap();
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", WATCHDOG, "watchdog"]).arg(&self.folder).arg(python).args(["-m", "patroni"]);
        shell.arg(self.folder.join("patroni.yml")).current_dir(&self.folder);
        if let Some((uid, gid)) = servant() {
            shell.uid(uid).gid(gid);
        }
        let shell = shell.stdin(Stdio::piped()).stdout(log.try_clone().unwrap()).stderr(log);
        self.keeper = Some(shell.spawn().unwrap());
    }

    fn said(&self) -> String {
        let said = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        said.lines().rev().take(12).collect::<Vec<_>>().join("\n")
    }

    /// The first line of a file that says under which number a process runs.
    fn kill(&self, file: &str) {
        let text = fs::read_to_string(self.folder.join(file)).unwrap();
        let pid = text.lines().next().unwrap().trim();
        assert!(Command::new("/bin/kill").args(["-KILL", pid]).status().unwrap().success());
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            drop(keeper.stdin.take());
            let _ = keeper.wait();
        }
    }
}

/// Each for one purpose, though nobody has them yet.
fn free_ports() -> [[u16; 3]; MEMBERS] {
    let mut taken = vec![];
    let mut another = || loop {
        let port = free_port();
        if !taken.contains(&port) {
            taken.push(port);
            return port;
        }
    };
    std::array::from_fn(|_| std::array::from_fn(|_| another()))
}

pub(super) struct Patroni {
    members: Vec<Member>,
    /// The primary's port as Patroni tells it.
    primary: watch::Receiver<Option<u16>>,
    door: u16,
    /// Goes last.
    _folder: TempDir,
}

impl Patroni {
    /// Three members of which one leads and another one has everything that was committed.
    pub(super) async fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("karnay-patroni-").tempdir().unwrap();
        if let Some((uid, gid)) = servant() {
            chown(folder.path(), Some(uid), Some(gid)).unwrap();
        }
        let python = tokio::task::spawn_blocking(python).await.unwrap();
        let ports = free_ports();
        let mut members: Vec<_> =
            (0..MEMBERS).map(|nth| Member::new(folder.path().join(format!("m{nth}")), ports[nth])).collect();
        let rafts: Vec<_> = members.iter().map(|member| format!("127.0.0.1:{}", member.raft)).collect();
        for (nth, member) in members.iter_mut().enumerate() {
            let partners: Vec<_> = rafts.iter().filter(|raft| **raft != rafts[nth]).cloned().collect();
            let settings = member.settings(&format!("m{nth}"), &partners);
            fs::write(member.folder.join("patroni.yml"), settings.to_string()).unwrap();
            member.start(&python);
        }
        let apis = members.iter().map(|member| (member.api, member.server)).collect();
        let (say, primary) = watch::channel(None);
        tokio::spawn(look(apis, say));
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let door = listener.local_addr().unwrap().port();
        tokio::spawn(open(listener, primary.clone()));
        let patroni = Self { members, primary, door, _folder: folder };
        patroni.until_commits_are_on_two().await;
        patroni
    }

    /// Through the door.
    pub(super) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.door)
    }

    fn leader(&self) -> Option<&Member> {
        let port = (*self.primary.borrow())?;
        self.members.iter().find(|member| member.server == port)
    }

    fn said(&self) -> String {
        self.members.iter().map(|member| member.said() + "\n--\n").collect()
    }

    /// A commit waits for another server than the primary.
    pub(super) async fn until_commits_are_on_two(&self) {
        let began = Instant::now();
        let sql = "SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')";
        loop {
            if let Some(leader) = self.leader() {
                let url = format!("postgres://postgres@127.0.0.1:{}/postgres", leader.server);
                let count: i64 = sqlx::query_scalar(sql).fetch_one(&mut connect(&url).await).await.unwrap();
                if count > 0 {
                    return;
                }
            }
            assert!(began.elapsed() < PATIENCE, "no second server: {}", self.said());
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The primary is gone without a word, and whoever keeps it.
    pub(super) fn lose_the_primary(&self) {
        let leader = self.leader().expect("there is a primary");
        // First the keeper, who would start the server again.
        leader.kill("patroni.pid");
        leader.kill("data/postmaster.pid");
    }

    /// Its server alone: whoever keeps it finds out.
    pub(super) fn shoot_the_server(&self) {
        self.leader().expect("there is a primary").kill("data/postmaster.pid");
    }

    pub(super) fn primary(&self) -> Option<u16> {
        *self.primary.borrow()
    }

    /// Until Patroni says that another server than this one leads.
    pub(super) async fn until_another_leads(&mut self, than: Option<u16>) {
        let another = self.primary.wait_for(|port| port.is_some() && *port != than);
        let told = tokio::time::timeout(PATIENCE, another).await.is_ok();
        assert!(told, "nobody else leads: {}", self.said());
    }
}

/// Who leads says so with 200 at `/primary`, and nobody else does.
async fn look(members: Vec<(u16, u16)>, say: watch::Sender<Option<u16>>) {
    let http = reqwest::Client::builder().timeout(Duration::from_secs(2)).build().unwrap();
    while !say.is_closed() {
        let mut primary = None;
        for (api, server) in &members {
            let asked = http.get(format!("http://127.0.0.1:{api}/primary")).send().await;
            if asked.is_ok_and(|said| said.status() == 200) {
                primary = Some(*server);
            }
        }
        say.send_if_modified(|known| std::mem::replace(known, primary) != primary);
        tokio::time::sleep(LOOK).await;
    }
}

/// As a balancer before Patroni does: whoever comes is led to the primary, and let go when that is another one.
async fn open(listener: TcpListener, primary: watch::Receiver<Option<u16>>) {
    while let Ok((mut client, _)) = listener.accept().await {
        let mut primary = primary.clone();
        tokio::spawn(async move {
            let Some(port) = *primary.borrow_and_update() else { return };
            let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
            tokio::select! {
                _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
                _ = primary.wait_for(|now| *now != Some(port)) => {}
            }
        });
    }
}
