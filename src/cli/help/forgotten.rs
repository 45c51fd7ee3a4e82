//! `karnay forgotten` and what is beneath it.

pub(in crate::cli) const FORGOTTEN: &str = "\
Keeps what was forgotten forgotten when a backup is restored that is older.
docs/personal-data.md says what forgetting is, and which rule backups are kept by.";

pub(in crate::cli) const FORGOTTEN_MORE: &str = "\
Examples:
  karnay forgotten export --to /mnt/elsewhere/forgotten.ndjson
  karnay forgotten apply /mnt/elsewhere/forgotten.ndjson
  karnay forgotten apply --help

Prints: what each of them prints is said in its own help.

Exit codes: 0 done, 1 somebody is left, or the engine refused, 2 wrong use, or data cannot be opened";

pub(in crate::cli) const FORGOTTEN_EXPORT: &str = "\
Prints whom this journal has forgotten, or adds to the list in a file what is missing there.
Keep it beside the backups, newer than each. The journal is only read, also beside an engine.";

pub(in crate::cli) const FORGOTTEN_EXPORT_MORE: &str = "\
Examples:
  karnay forgotten export --to /mnt/elsewhere/forgotten.ndjson
  DATABASE_URL=postgres://karnay:secret@db/karnay karnay forgotten export | wc -l

With --to no line is ever lost: what the file has stays, also where this journal knows less, as one does that was just restored. The file is \
written beside and put in its place when it is whole. A list belongs to one data key. Do not let a shell write the list with >, which \
empties it first.

Prints: with --to how many lines the list has and how many of them are new. Without it one JSON object a line, the oldest first: organization, contact, numbers (keyed hashes, which say nothing without the data key), \
at, by (who asked for it), dataKey (which tells that key from another). Nothing of a person is in it.

Exit codes: 0 done, 2 the journal cannot be opened or was moved elsewhere, or FILE cannot be written, is no such list, or is of another data key";

pub(in crate::cli) const FORGOTTEN_APPLY: &str = "\
Forgets again everybody on a list whom a restored backup brought back.
It asks the running engine and waits until every place is rewritten.";

pub(in crate::cli) const FORGOTTEN_APPLY_MORE: &str = "\
Examples:
  karnay forgotten apply /mnt/elsewhere/forgotten.ndjson
  HOST=127.0.0.1 karnay forgotten apply /mnt/elsewhere/forgotten.ndjson
  karnay forgotten apply --nobody /mnt/elsewhere/forgotten.ndjson

Start the engine on the restored data with HOST=127.0.0.1 first, so that nobody else sees what it brought back, and let others in when \
this has ended with 0: it then tells the engine that the list was applied, without which karnay restore --confirm is refused. Applying a list twice does no harm; whoever has a forgotten number since then is somebody new and is left alone. \
Numbers are forgotten too of contacts that the backup knows nothing of yet. \
When it was asked for first, and by whom, becomes part of the reason that is recorded here.

Prints: what became of each line, and how many were listed, are forgotten again, were known before, are not known here and are left.

Exit codes: 0 everybody listed is forgotten, 1 somebody is left, or the engine is away, 2 wrong use, FILE is no such list, names \
nobody, or is of another data key";
