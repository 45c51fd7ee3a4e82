//! The client that front ends have, as npm has it, against a server with short heartbeats.

use std::process::Command;
use std::time::Duration;

use karnay::realtime::socket_io::Options;

use super::program::{install, output, root};
use super::stage::{Stage, quick, until};

#[tokio::test(flavor = "multi_thread")]
async fn the_real_client_is_served_over_every_transport() {
    let folder = root().join("tests/realtime");
    install(&folder).await;
    // Short heartbeats, and patience: on a loaded machine Node stands still for longer than the suites allow.
    let stage = Stage::new(Options { ping_timeout: Duration::from_secs(10), ..quick() });
    let mut node = Command::new("node");
    node.args(["--test", "--test-reporter=spec"]).current_dir(&folder);
    node.env("KARNAY_URL", format!("http://127.0.0.1:{}", stage.port));
    let out = output(node).await;
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success() && said.contains("pass 27"), "{said}");
    until("everybody is gone", || stage.server.sessions() == 0).await;
}
