//! A real OpenSSH server for tests: its own keys, its own configuration, a free port on loopback, a home in a temporary folder.
//! Who logs in is the user that runs the tests. The server is the child of a small shell that ends it when this process is gone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::world::World;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use karnay::adapters::ssh::{HostKey, Options, PrivateKey, Ssh};
use karnay::adapters::system::SystemIds;
use tempfile::TempDir;

use crate::ports::free_port;

const SERVER: &str = "/usr/sbin/sshd";
/// `read` comes back when the test process closes the pipe or dies. Whoever is logged in goes with the server.
const WATCHDOG: &str = r#""$@" & server=$!; echo $server >server.pid; read -r _; for session in $(pgrep -P $server); do kill -KILL $session; done; kill $server 2>/dev/null; wait $server"#;
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Sshd {
    folder: TempDir,
    pub(crate) port: u16,
    host_keys: Vec<&'static str>,
    more: String,
    running: Option<Child>,
}

impl Sshd {
    pub(crate) fn start() -> Self {
        Self::with(&["ed25519"], "")
    }

    /// With a host key of each kind that is asked for.
    pub(crate) fn with_both_keys() -> Self {
        Self::with(&["ed25519", "rsa"], "")
    }

    /// `more` are lines of its configuration, which come before the others and so count.
    pub(crate) fn with(host_keys: &[&'static str], more: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("karnay-sshd-").tempdir().unwrap();
        fs::create_dir(folder.path().join("home")).unwrap();
        let mut server = Self {
            folder,
            port: free_port(),
            host_keys: host_keys.to_vec(),
            more: more.to_owned(),
            running: None,
        };
        for kind in host_keys {
            server.make_key(&format!("host_{kind}"), &["-t", kind]);
        }
        server.make_key("client", &["-t", "ed25519"]);
        server.allow("client");
        server.run();
        server
    }

    /// A key pair in its folder.
    pub(crate) fn make_key(&self, name: &str, how: &[&str]) -> PathBuf {
        let path = self.path(name);
        let _ = fs::remove_file(&path);
        let mut keygen = Command::new("ssh-keygen");
        if !how.contains(&"-N") {
            keygen.args(["-N", ""]);
        }
        let said = keygen.args(["-q", "-f"]).arg(&path).args(how).output().unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        path
    }

    /// Whoever has this key may log in.
    pub(crate) fn allow(&self, name: &str) {
        let public = fs::read_to_string(self.path(name).with_extension("pub")).unwrap();
        let allowed = fs::read_to_string(self.path("authorized_keys")).unwrap_or_default();
        fs::write(self.path("authorized_keys"), allowed + &public).unwrap();
    }

    pub(crate) fn run(&mut self) {
        fs::create_dir_all("/run/sshd").unwrap();
        fs::write(self.path("config"), self.config()).unwrap();
        let shell = Command::new("/bin/sh")
            .args(["-c", WATCHDOG, "watchdog", SERVER, "-D", "-f"])
            .arg(self.path("config"))
            // Not to stderr, where it would stand among what commands say.
            .arg("-E")
            .arg(self.path("log"))
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.running = Some(shell.unwrap());
        let began = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(began.elapsed() < PATIENCE, "sshd does not start: {}", self.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn config(&self) -> String {
        let folder = self.folder.path().display();
        let host_keys = self.host_keys.iter().map(|kind| format!("HostKey {folder}/host_{kind}"));
        let host_keys = host_keys.collect::<Vec<_>>().join("\n");
        format!(
            "{}\n{host_keys}\nPort {}\nListenAddress 127.0.0.1\nAuthorizedKeysFile {folder}/authorized_keys\n\
             PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n\
             MaxStartups 100\nLogLevel DEBUG1\nSubsystem sftp internal-sftp\nSetEnv HOME={folder}/home\n",
            self.more, self.port
        )
    }

    pub(crate) fn stop(&mut self) {
        if let Some(mut shell) = self.running.take() {
            drop(shell.stdin.take());
            let _ = shell.wait();
        }
    }

    /// A signal for everybody who is logged in; false where nobody is.
    pub(crate) fn signal_sessions(&self, signal: &str) -> bool {
        let pid = fs::read_to_string(self.path("server.pid")).unwrap();
        let found = Command::new("pgrep").args(["-P", pid.trim()]).output().unwrap();
        let sessions = String::from_utf8(found.stdout).unwrap();
        for session in sessions.split_whitespace() {
            let _ = Command::new("/bin/kill").args([signal, session]).stderr(Stdio::null()).status();
        }
        !sessions.is_empty()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.path("home")
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// A file of known hosts that names one of its host keys for one host.
    pub(crate) fn known_hosts(&self, kind: &str, host: &str) -> PathBuf {
        let public = fs::read_to_string(self.path(&format!("host_{kind}")).with_extension("pub")).unwrap();
        let path = self.path("known_hosts");
        fs::write(&path, format!("{host} {public}")).unwrap();
        path
    }

    pub(crate) fn itself(&self) -> String {
        format!("[127.0.0.1]:{}", self.port)
    }

    /// As `ssh-keygen -l` shows it.
    pub(crate) fn fingerprint(&self, kind: &str) -> String {
        let shown =
            Command::new("ssh-keygen").args(["-l", "-f"]).arg(self.path(&format!("host_{kind}"))).output();
        let shown = String::from_utf8(shown.unwrap().stdout).unwrap();
        shown.split_whitespace().nth(1).unwrap().to_owned()
    }

    /// As a user sets it.
    pub(crate) fn is_the_remote_host_of(&self, world: &mut World) {
        world.set("REMOTE_HOST", "127.0.0.1");
        world.set("REMOTE_PORT", &self.port.to_string());
        world.set("REMOTE_USER", &user());
        world.set("PRIVATE_KEY_BASE64", &base64(&self.path("client")));
        world.set("REMOTE_HOST_KEY", &self.fingerprint("ed25519"));
    }

    /// Options that reach it, with its ed25519 key known.
    pub(crate) fn options(&self, command: &str) -> Options {
        Options {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            user: user(),
            key: PrivateKey::parse(&base64(&self.path("client"))).unwrap(),
            known_hosts: None,
            host_key: HostKey::Fingerprint(self.fingerprint(self.host_keys[0])),
            kept_hosts: self.path("kept_hosts"),
            path: self.home().join("numbers.txt").display().to_string(),
            command: command.to_owned(),
            stop_command: None,
            recordings: self.home().join("recordings").display().to_string(),
            timeout: PATIENCE,
            patience: Duration::from_secs(10),
            outside: None,
            ids: Arc::new(SystemIds),
        }
    }

    pub(crate) fn ssh(&self, command: &str) -> Ssh {
        Ssh::new(self.options(command))
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.stop();
    }
}

pub(crate) fn base64(path: &Path) -> String {
    STANDARD.encode(fs::read(path).unwrap())
}

/// Nobody logs in as another user.
pub(crate) fn user() -> String {
    let me = Command::new("id").arg("-un").output().unwrap().stdout;
    String::from_utf8(me).unwrap().trim().to_owned()
}
