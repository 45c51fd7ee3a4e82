//! The protocols' public suites, fetched by whoever wants them run and never part of this project, against the example server.
//! `SUITES_DIR` names a folder with `engine.io-protocol` and `socket.io-protocol` as they are published.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::program::{ProtocolServer, install, output};
use super::stage::until;

const SUITES: [(&str, usize); 2] = [("engine.io-protocol", 24), ("socket.io-protocol", 32)];
/// The suites know no other.
const PORT: u16 = 3_000;

#[expect(clippy::disallowed_methods, reason = "what the test run is told, and not the engine")]
fn asked() -> Option<PathBuf> {
    std::env::var("SUITES_DIR").ok().map(PathBuf::from)
}

/// Past the test harness, which keeps what a test that succeeds has printed to itself.
fn say_loudly(what: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr().lock(), "\n*** {what} ***\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_public_suites_pass_whole() {
    let Some(suites) = asked() else {
        say_loudly(
            "SKIPPED: the public suites of Engine.IO and Socket.IO were NOT run, for SUITES_DIR names no copy of them (README, \"Real time\")",
        );
        return;
    };
    let mut server = ProtocolServer::start();
    until("port 3000 answers", || std::net::TcpStream::connect(("127.0.0.1", PORT)).is_ok()).await;
    assert!(!server.has_ended(), "something else listens at port {PORT}, which the suites insist on");
    for (suite, tests) in SUITES {
        passes(&suites.join(suite).join("test-suite"), tests).await;
    }
}

async fn passes(folder: &Path, tests: usize) {
    install(folder).await;
    let mut mocha = Command::new("npx");
    mocha.args(["--no-install", "mocha", "--exit", "test-suite.js"]).current_dir(folder);
    let out = output(mocha).await;
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(
        out.status.success() && said.contains(&format!("{tests} passing")),
        "{}\n{said}",
        folder.display()
    );
    say_loudly(&format!("{tests} of {tests} tests of {} pass", folder.display()));
}
