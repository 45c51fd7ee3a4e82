//! What a backup refuses: to be put over something, to be taken over something, to be put back when anything in it was changed, and
//! to leave half of itself behind.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::{backed_up, manifest, said};
use crate::world::{World, report};

async fn reported(world: &mut World) {
    world.start().await;
    for number in 0..20 {
        assert_eq!(world.report(&report("session-1-abc123", number)).await.unwrap().status(), 200);
    }
    fs::create_dir_all(world.data().join("exchange-recordings")).unwrap();
    fs::write(world.data().join("exchange-recordings/one.wav"), b"RIFF").unwrap();
}

/// The byte of a file that begins that text.
fn change(file: &Path, text: &str) {
    let mut bytes = fs::read(file).unwrap();
    let at = bytes.windows(text.len()).rposition(|window| window == text.as_bytes()).unwrap();
    bytes[at] ^= 1;
    fs::write(file, bytes).unwrap();
}

fn emptied(world: &World) {
    fs::remove_dir_all(world.data().join("exchange-recordings")).unwrap();
    for name in names(&world.data()).iter().filter(|name| name.contains(".db")) {
        fs::remove_file(world.data().join(name)).unwrap();
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = entries.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_byte_is_named_and_nothing_is_put_back() {
    let mut world = World::sqlite();
    reported(&mut world).await;
    let folder = world.folder.path().join("backup");
    let (code, told) = said(&world.run(&["backup", "--recordings", folder.to_str().unwrap()]));
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains(" bytes in 2 files\n"), "{told}");
    assert_eq!(names(&folder), ["journal.db", "manifest.json", "recordings"]);
    let mode = fs::metadata(folder.join("journal.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "nobody else on this machine reads it");
    assert!(world.stop().success());
    let from = folder.to_str().unwrap();
    let (code, told) = said(&world.run(&["restore", from]));
    assert!(code == Some(2) && told.contains("journal.db is there already"), "{told}");
    emptied(&world);

    let whole = fs::read(folder.join("journal.db")).unwrap();
    for (text, says) in
        [("\"reported\"", "position "), ("CREATE TABLE policies", "journal.db is not what was written")]
    {
        change(&folder.join("journal.db"), text);
        for task in [&["verify", "--backup", from][..], &["restore", from]] {
            let (code, told) = said(&world.run(task));
            assert!(
                code == Some(1) && told.contains("journal.db is not what was written, between its bytes"),
                "{told}"
            );
            assert!(told.contains(says), "{told}");
        }
        fs::write(folder.join("journal.db"), &whole).unwrap();
    }
    change(&folder.join("recordings/one.wav"), "RIFF");
    let (code, told) = said(&world.run(&["restore", from]));
    assert!(code == Some(1) && told.contains("recordings/one.wav is not what was written"), "{told}");
    assert!(!world.data().join("journal.db").exists(), "nothing was put in place");

    change(&folder.join("recordings/one.wav"), "SIFF");
    let (code, told) = said(&world.run(&["verify", "--backup", from]));
    assert!(code == Some(0) && told.contains("is whole"), "{told}");
    let (code, told) = said(&world.run(&["restore", from]));
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(fs::read(world.data().join("exchange-recordings/one.wav")).unwrap(), b"RIFF");
    world.start().await;
    assert_eq!(world.json("/calls/session/session-1-abc123").await["processedNumbers"], 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_whole_or_not_there() {
    let mut world = World::sqlite();
    reported(&mut world).await;
    let backup = backed_up(&world, "backup");
    let tables = &manifest(&backup)["tables"];
    assert_eq!([&tables["events"], &tables["person_keys"], &tables["restores"]], [21, 20, 0], "{tables}");
    let (code, told) = said(&world.run(&["backup", backup.to_str().unwrap()]));
    assert!(code == Some(2) && told.contains("is there already"), "{told}");
    let (code, told) = said(&world.run(&["backup", "/proc/nowhere"]));
    assert!(code == Some(2) && told.contains("/proc"), "{told}");
    // A disk that is not mounted, and the very disk that may be lost.
    let away = world.folder.path().join("mnt/elsewhere");
    let (code, told) = said(&world.run(&["backup", away.join("first").to_str().unwrap()]));
    assert!(code == Some(2) && told.contains("mount the disk"), "{told}");
    assert!(!world.folder.path().join("mnt").exists(), "nothing is made where it should be: {told}");
    for inside in ["data/backup", "data/exchange-recordings/backup", "data/../data/backup"] {
        let (code, told) = said(&world.run(&["backup", inside]));
        assert!(code == Some(2) && told.contains("lies in the data folder"), "{told}");
        assert!(!world.folder.path().join(inside).exists());
    }
    // Killed in the middle: nothing has its name, and the next one clears away what was left.
    let partial = world.folder.path().join(".second.partial");
    fs::create_dir_all(&partial).unwrap();
    fs::write(partial.join("journal.db"), b"half").unwrap();
    let (code, told) = said(&world.run(&["restore", partial.to_str().unwrap()]));
    assert!(code == Some(2) && told.contains("no backup that was finished"), "{told}");
    backed_up(&world, "second");
    assert!(!partial.exists());
}

/// A manifest that was written by anybody names its files and no others.
#[tokio::test(flavor = "multi_thread")]
async fn fuzz_manifests_of_backups() {
    let mut world = World::sqlite();
    reported(&mut world).await;
    let folder = world.folder.path().join("backup");
    let (code, told) = said(&world.run(&["backup", "--recordings", folder.to_str().unwrap()]));
    assert_eq!(code, Some(0), "{told}");
    assert!(world.stop().success());
    let file = folder.join("manifest.json");
    let good = fs::read(&file).unwrap();
    fuzz::fuzz("manifests of backups", &[&good], |bytes| {
        fs::write(&file, bytes).unwrap();
        match karnay::journal::backup::manifest(&folder) {
            Ok(manifest) => {
                let is_strange =
                    |name: &str| name.starts_with('/') || name.split('/').any(|part| part == "..");
                assert!(!manifest.files.iter().any(|seal| is_strange(&seal.name)), "{:?}", manifest.files);
                manifest.files.len().to_string()
            }
            // What is wrong, but for the line and the column.
            Err(why) => why.to_string().replace(|letter: char| letter.is_ascii_digit(), ""),
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn another_data_key_is_refused_and_none_is_missed() {
    let mut world = World::sqlite();
    reported(&mut world).await;
    let backup = backed_up(&world, "backup");
    assert!(world.stop().success());
    let (key, kept) = (world.data().join("data.key"), world.folder.path().join("data.key"));
    fs::copy(&key, &kept).unwrap();
    emptied(&world);
    fs::write(&key, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
    let (code, told) = said(&world.run(&["restore", backup.to_str().unwrap()]));
    assert!(code == Some(2) && told.contains("DATA_KEY is not the one"), "{told}");
    fs::remove_file(&key).unwrap();
    let (code, told) = said(&world.run(&["restore", backup.to_str().unwrap()]));
    assert!(code == Some(0) && told.contains("NOTE: the data key is not here"), "{told}");
    assert!(told.contains("next: put data.key into DATA_DIR"), "{told}");
    fs::rename(kept, key).unwrap();
    world.start().await;
    assert_eq!(world.json("/calls/session/session-1-abc123").await["processedNumbers"], 20);
}
