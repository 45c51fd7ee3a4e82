//! The drill of docs/operations.md, word for word, where `.env` names the live database: that one is left alone, and nothing is left.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{KEYS, backed_up, said};
use crate::documents::document;
use crate::ports::free_port;
use crate::world::{KARNAY, World, report};

/// The drill with the places of this test instead of the written ones.
fn written(world: &World, backup: &Path) -> String {
    let text = document("docs/operations.md");
    let (_, drill) = text.split_once("### A drill\n").unwrap();
    let drill = drill.split("```").nth(1).unwrap().to_owned();
    let here = world.folder.path().display();
    let places = [
        ("/tmp/drill", format!("{here}/drill")),
        ("/mnt/keys/", format!("{here}/keys/")),
        ("/mnt/elsewhere/karnay/2026-11-21", backup.display().to_string()),
        ("/mnt/other/", format!("{here}/")),
        ("3999", free_port().to_string()),
    ];
    places.into_iter().fold(drill, |drill, (written, here)| {
        assert!(drill.contains(written), "{written} is not in\n{drill}");
        drill.replace(written, &here)
    })
}

/// As somebody types it in the folder of the live engine's settings.
fn typed(commands: &str, folder: &Path) -> (Option<i32>, String) {
    let programs = Path::new(KARNAY).parent().unwrap().display();
    let mut shell = Command::new("bash");
    shell.args(["-c", commands]).current_dir(folder).env_clear().stdin(Stdio::null());
    shell.env("PATH", format!("{programs}:/usr/local/bin:/usr/bin:/bin")).env("LOG", "warn");
    said(&shell.output().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_drill_as_it_is_written_leaves_the_live_database_alone() {
    let mut world = World::postgres().await;
    world.start().await;
    for number in 0..5 {
        assert_eq!(world.report(&report("session-1-abc123", number)).await.unwrap().status(), 200);
    }
    let signed =
        world.http.post(world.url("/audit/checkpoints")).bearer_auth(world.token()).json(&Value::Null);
    assert!(signed.send().await.unwrap().status().is_success());
    let folder = world.folder.path();
    let backup = backed_up(&world, "backup");
    fs::write(folder.join("kept.ndjson"), world.run(&["checkpoint"]).stdout).unwrap();
    let list = folder.join("forgotten.ndjson");
    assert!(world.run(&["forgotten", "export", "--to", list.to_str().unwrap()]).status.success());
    fs::create_dir(folder.join("keys")).unwrap();
    for key in KEYS {
        fs::copy(world.data().join(key), folder.join("keys").join(key)).unwrap();
    }
    let settings = folder.join("etc");
    fs::create_dir(&settings).unwrap();
    fs::write(settings.join(".env"), format!("DATABASE_URL={}\n", world.database_url())).unwrap();
    let live = world.events();

    let drill = written(&world, &backup);
    let (code, told) = typed(&drill, &settings);
    assert!(code == Some(2) && told.contains("--nobody"), "nobody was ever forgotten here: {told}");
    assert!(!told.contains("the drill went well") && !folder.join("drill").exists(), "{told}");
    let (code, told) = typed(&drill.replace("forgotten apply", "forgotten apply --nobody"), &settings);
    assert!(code == Some(0) && told.contains("the drill went well"), "{told}");
    assert!(told.contains("RESTORED at "), "it is the restored one that answers: {told}");
    assert!(!folder.join("drill").exists());
    assert_eq!(world.events(), live, "the live one knows nothing of it");
    assert!(world.status().await["restored"].is_null());
    assert!(world.stop().success());
}

#[test]
fn that_nobody_was_forgotten_is_said_to_a_running_engine_and_to_no_backup() {
    let world = World::sqlite();
    for args in [
        &["--nobody-was-forgotten", "backup"][..],
        &["backup", "--nobody-was-forgotten"],
        &["--nobody-was-forgotten"],
    ] {
        let (code, told) = said(&world.run(&[&["restore"], args].concat()));
        assert!(code == Some(2) && told.contains("--nobody-was-forgotten"), "{args:?}: {told}");
    }
    assert!(!world.data().exists());
}
