//! `karnay backup`, `restore`, `move` and `import`.

pub(in crate::cli) const BACKUP: &str = "\
Copies the journal as it is at one moment to a folder, and checks the copy before it has its name.
It only reads, and may run beside an engine at work. docs/operations.md says what is to be kept beside it.";

pub(in crate::cli) const BACKUP_MORE: &str = "\
Examples:
  karnay backup /mnt/elsewhere/karnay/$(date +%F)
  karnay backup --recordings /mnt/elsewhere/karnay/$(date +%F)
  DATABASE_URL=postgres://karnay:secret@db/karnay karnay backup /mnt/elsewhere/karnay/$(date +%F)

The folder is made and must not be there; the one above it must, so that a disk that is not mounted is found out, and not in DATA_DIR. It holds manifest.json and journal.db, whichever store it comes from, and can be put back into \
either. What personal data in it is sealed with is not in it: keep data.key or DATA_KEY elsewhere, signing.key and jwt.secret too. Screens \
are built anew.

Prints: up to which position it goes, its digest, and how large it is; progress on stderr.

Exit codes: 0 taken and checked, 1 what was copied is not sound, or it was taken and persons' keys are lost in it, which is said, 2 wrong use, FOLDER is there, is in DATA_DIR or has no folder above it, the journal cannot be read, or it \
was moved elsewhere";

pub(in crate::cli) const RESTORE: &str = "\
Puts a backup back into an empty data folder, or an empty database where DATABASE_URL is set, after checking all of it.
With --confirm it tells the running engine that people may be rung again.";

pub(in crate::cli) const RESTORE_MORE: &str = "\
Examples:
  karnay restore /mnt/elsewhere/karnay/2026-11-21
  DATABASE_URL=postgres://karnay:secret@db/karnay karnay restore /mnt/elsewhere/karnay/2026-11-21
  karnay restore --confirm
  karnay restore --confirm --nobody-was-forgotten

Put data.key (or DATA_KEY) back first. A restored engine knows nothing of what happened after the backup, so until somebody has confirmed \
it, it pauses every campaign that runs and starts no session; karnay status says so. A backup brings back whoever was forgotten after it \
was taken: karnay forgotten apply comes before --confirm, which is refused otherwise, unless --nobody-was-forgotten says that there is \
nobody. What was to be done at the backup's moment is asked \
about and never done again. Campaigns stay paused after the confirmation and are started one by one.

Prints: up to which position it goes and what to do next; with --confirm whether anything waited for it.

Exit codes: 0 restored or confirmed, 1 the backup is wrong, which is then named, it was restored and persons' keys are lost in it, no list of the forgotten was applied, or the engine is away, 2 wrong use, the target is not \
empty, or it belongs to another data key";

pub(in crate::cli) const MOVE: &str = "\
Moves the journal from the data folder to PostgreSQL, with its positions, digests, keys, cursors and checkpoints.
The engine has to be stopped. The folder keeps journal and keys, and a mark against going on with it.";

pub(in crate::cli) const MOVE_MORE: &str = "\
Examples:
  karnay move --to postgres://karnay:secret@db/karnay
  DATABASE_URL=postgres://karnay:secret@db/karnay karnay move
  DATABASE_URL=postgres://karnay:secret@db/karnay karnay serve

Everything is carried over in one transaction into an empty database, verified there, and only then is the folder marked: moved.json in it \
says where it went. Remove that file to go on with the folder as it was. Keys stay in the folder, which the engine goes on using for them. \
Screens are removed from it and built anew at the first start. The journal that stays in the folder is a backup, from which nobody is \
forgotten any more: remove journal.db when nobody goes back to it, and at the latest when backups of that day are removed.

Prints: what arrived, its digest, and how to start; progress on stderr.

Exit codes: 0 moved, 1 what arrived is not what was sent, or nothing arrived, 2 wrong use, an engine runs on the folder, it was moved \
before, or the database is not empty";

pub(in crate::cli) const IMPORT: &str = "\
Takes in the history of another program that stands on postgres-es, as reports of calls, each once.
Its database is only read; a mapping says what its events mean. docs/operations.md shows one.";

pub(in crate::cli) const IMPORT_MORE: &str = "\
Examples:
  karnay import --from postgres://reader:secret@old/calls --mapping calls.toml --dry-run
  karnay import --from postgres://reader:secret@old/calls --mapping calls.toml

Every event is looked at before anything is imported: where one is neither mapped nor named under leave, or lacks something, nothing is. \
Reports go to the running engine by its own door, so start it with UNKNOWN_SESSION=create where it does not know their sessions. \
Each bears its aggregate and its sequence as eventId: said again, after a break for instance, it is known.

Prints: a table of what was read and what becomes of it, the first 20 places of what cannot be imported, and how many were imported, were \
known before, are kept in quarantine, were refused; progress on stderr.

Exit codes: 0 done, or a dry run that found nothing amiss, 1 something cannot be imported, or the engine is away, 2 wrong use, the mapping is \
wrong, or the database cannot be read";
