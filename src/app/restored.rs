//! What the log says at the start of an engine that stands on a restored backup: nothing works as it did, and why is easily forgotten.

use crate::journal::Journal;

pub(super) async fn tell(journal: &Journal) {
    // Where the journal cannot be read something else says so.
    let Ok(Some(held)) = journal.held().await else { return };
    let forgotten = if held.forgotten_applied {
        "a list of those who were forgotten was applied since"
    } else {
        "and NOBODY IS FORGOTTEN AGAIN whom it brought back, until karnay forgotten apply <list>"
    };
    let taken = held.taken_at.format("%Y-%m-%d %H:%M:%S UTC");
    tracing::warn!(
        position = held.position,
        "the journal was restored from a backup of {taken}: nobody is rung until karnay restore --confirm; {forgotten}"
    );
}
