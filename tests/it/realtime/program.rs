//! The example that serves the protocols' suites, as a program of its own, and Node beside it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tokio::sync::Mutex;

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The example, stopped by its id when it is dropped.
pub(super) struct ProtocolServer(Child);

impl ProtocolServer {
    /// Cargo builds examples for its tests, beside them.
    pub(super) fn start() -> Self {
        let program = beside().join("protocol_server");
        assert!(program.exists(), "{} is missing: cargo build --examples", program.display());
        let child = Command::new(program).stdin(Stdio::null()).spawn().unwrap();
        Self(child)
    }

    pub(super) fn has_ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }
}

impl Drop for ProtocolServer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn beside() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().and_then(Path::parent).unwrap().join("examples")
}

/// What a command says, on a thread where it may block.
pub(super) async fn output(mut command: Command) -> Output {
    command.stdin(Stdio::null());
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

/// A package's modules as its lock names them, from the registry where they are not there yet.
pub(crate) async fn install(folder: &Path) {
    // Whoever else needs it meanwhile would find half of it, or begin with it anew.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());
    let _turn = ONE_AT_A_TIME.lock().await;
    if folder.join("node_modules/.package-lock.json").exists() {
        return;
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--silent", "--no-audit", "--no-fund"]).current_dir(folder);
    let out = output(npm).await;
    assert!(out.status.success(), "npm ci in {}: {}", folder.display(), String::from_utf8_lossy(&out.stderr));
}
