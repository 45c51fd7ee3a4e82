//! The example clients against a real engine with the simulated call server: each does what its readers are promised.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::sim::numbers;
use crate::world::World;

const COUNT: u32 = 20;

/// Runs an example as its readers do, with a list of its own.
fn run(program: &str, example: &str, url: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("numbers.txt");
    std::fs::write(&list, numbers(COUNT)).unwrap();
    let mut command = Command::new(program);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example)).arg(list);
    command.env("KARNAY_URL", url).env("KARNAY_POLL_SECONDS", "0.2").env_remove("KARNAY_TOKEN");
    command.current_dir(folder.path()).stdin(Stdio::null()).output().unwrap()
}

/// What it prints when all goes well.
async fn prints(program: &str, example: &str) -> String {
    let mut world = World::sqlite();
    world.set("REMOTE_HOST", "simulated");
    world.set("UNKNOWN_SESSION", "404");
    world.start().await;
    let out = run(program, example, &world.url(""));
    let (said, complained) = (String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap());
    assert!(out.status.success() && complained.is_empty(), "{said}\n{complained}\n{}", world.said());
    assert!(said.contains("Text file uploaded successfully."), "{said}");
    let missing = numbers(COUNT).lines().filter(|number| !said.contains(number)).count();
    assert_eq!(missing, 0, "numbers without a result: {said}");
    assert!(world.stop().success());
    said
}

fn is_a_table(said: &str) {
    assert!(said.contains("Telefon        Status"), "{said}");
    assert!(
        said.contains("Muvaffaqiyatli tugallandi") && said.contains("(simulated: nobody is rung)"),
        "{said}"
    );
    assert!(said.contains("Operator bilan bog'landi  Simulyatsiya operatori"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_walkthrough_walks_through() {
    let said = prints("sh", "walkthrough.sh").await;
    assert!(said.contains("   COMPLETED 100%:"), "{said}");
    assert!(said.contains("5. The newest calls of all sessions."), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_client_follows_a_session_to_its_end() {
    is_a_table(&prints("python3", "client.py").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_javascript_client_follows_a_session_to_its_end() {
    is_a_table(&prints("node", "client.mjs").await);
}

/// Nobody listens there: each says so in a line and ends badly, without a page of its own insides.
#[test]
fn a_client_without_an_engine_says_so() {
    let nowhere = format!("http://127.0.0.1:{}", crate::ports::free_port());
    for (program, example) in [("sh", "walkthrough.sh"), ("python3", "client.py"), ("node", "client.mjs")] {
        let out = run(program, example, &nowhere);
        let complained = String::from_utf8(out.stderr).unwrap();
        assert_eq!(out.status.code(), Some(1), "{example}: {complained}");
        assert!(complained.trim().lines().count() == 1, "{example}: {complained}");
    }
}

#[test]
fn every_example_is_short() {
    for example in ["walkthrough.sh", "client.py", "client.mjs"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example);
        assert!(std::fs::read_to_string(path).unwrap().lines().count() <= 120, "{example}");
    }
}
