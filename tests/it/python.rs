//! Python with what a file of requirements names, apart from the system's and installed once beside what is built.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// What a program printed, which must have gone well.
pub(crate) fn said(command: &mut Command) -> String {
    let out = command.output().unwrap_or_else(|why| panic!("{command:?}: {why}"));
    assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

/// The program, in a folder of that name; `requirements` is a file's path in the checkout.
pub(crate) fn with(name: &str, requirements: &str) -> PathBuf {
    // Whoever else needs it meanwhile would clear what is being installed.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join(requirements);
    let wanted = std::fs::read_to_string(&requirements).unwrap();
    let built = std::env::current_exe().unwrap();
    let folder = built.ancestors().nth(3).unwrap().join(name);
    let (python, marker) = (folder.join("bin/python"), folder.join("installed"));
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    if std::fs::read_to_string(&marker).is_ok_and(|installed| installed == wanted) {
        return python;
    }
    said(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
    let install =
        ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:", "-r"];
    said(Command::new(&python).args(install).arg(requirements));
    std::fs::write(marker, wanted).unwrap();
    python
}
