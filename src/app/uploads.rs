//! Where uploaded files lie until they are read, and what is left of them after a crash.

use std::path::PathBuf;

use crate::config::Config;

pub(super) fn uploads(config: &Config) -> PathBuf {
    config.store.data_dir.join("uploads")
}

/// What was being read when the engine was killed holds numbers in clear, and nobody reads it any more.
pub(super) fn forget_uploads(config: &Config) {
    let folder = uploads(config);
    match std::fs::remove_dir_all(&folder) {
        Err(why) if why.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(cause = %why, folder = %folder.display(), "files of earlier uploads cannot be removed");
        }
        _ => {}
    }
}
