//! `karnay backup` and `restore`.

pub(in crate::cli) const BACKUP: &str = "\
Copies the journal as it is at one moment to a folder, and checks the copy before it has its name.
It only reads, and may run beside an engine at work. docs/operations.md says what is to be kept beside it.";

pub(in crate::cli) const BACKUP_MORE: &str = "\
Examples:
  karnay backup /mnt/elsewhere/karnay-$(date +%F)
  karnay backup --recordings /mnt/elsewhere/karnay-$(date +%F)
  DATABASE_URL=postgres://karnay:secret@db/karnay karnay backup /mnt/elsewhere/karnay-$(date +%F)

The folder is made and must not be there. It holds manifest.json and journal.db, whichever store it comes from, and can be put back into \
either. What personal data in it is sealed with is not in it: keep data.key or DATA_KEY elsewhere, signing.key and jwt.secret too. Screens \
are built anew.

Prints: up to which position it goes, its digest, and how large it is; progress on stderr.

Exit codes: 0 taken and checked, 1 what was copied is not sound, 2 wrong use, FOLDER is there, or the journal cannot be read";

pub(in crate::cli) const RESTORE: &str = "\
Puts a backup back into an empty data folder, or an empty database where DATABASE_URL is set, after checking all of it.
With --confirm it tells the running engine that people may be rung again.";

pub(in crate::cli) const RESTORE_MORE: &str = "\
Examples:
  karnay restore /mnt/elsewhere/karnay-2026-11-21
  DATABASE_URL=postgres://karnay:secret@db/karnay karnay restore /mnt/elsewhere/karnay-2026-11-21
  karnay restore --confirm

Put data.key (or DATA_KEY) back first. A restored engine knows nothing of what happened after the backup, so until somebody has confirmed \
it, it pauses every campaign that runs and starts no session; karnay status says so. What was to be done at the backup's moment is asked \
about and never done again. Campaigns stay paused after the confirmation and are started one by one.

Prints: up to which position it goes and what to do next; with --confirm whether anything waited for it.

Exit codes: 0 restored or confirmed, 1 the backup is wrong, which is then named, or the engine is away, 2 wrong use, the target is not \
empty, or it belongs to another data key";
