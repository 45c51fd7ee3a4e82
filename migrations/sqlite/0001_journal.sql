-- The journal on SQLite. Precious: migrations only add.
-- docs/adr/0002-journal-layout.md measures why these tables and no others.

CREATE TABLE events (
    position       INTEGER PRIMARY KEY,
    aggregate_type TEXT    NOT NULL,
    aggregate_id   TEXT    NOT NULL,
    sequence       INTEGER NOT NULL,
    event_type     TEXT    NOT NULL,
    event_version  TEXT    NOT NULL,
    payload        TEXT    NOT NULL,
    metadata       TEXT    NOT NULL,
    occurred_at    INTEGER NOT NULL,
    recorded_at    INTEGER NOT NULL,
    hash           BLOB    NOT NULL
) STRICT;

-- A stream's version is its highest sequence here; two writers of one version meet in this index.
CREATE UNIQUE INDEX events_stream ON events (aggregate_type, aggregate_id, sequence);

-- One row a commit: what was written together, and the digest that chains it to the batch before.
CREATE TABLE batches (
    last        INTEGER PRIMARY KEY,
    first       INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    digest      BLOB    NOT NULL
) STRICT;

-- What became of commands that carry an id of their own.
CREATE TABLE commands (
    organization TEXT    NOT NULL,
    id           BLOB    NOT NULL,
    body         BLOB    NOT NULL,
    first        INTEGER NOT NULL,
    last         INTEGER NOT NULL,
    recorded_at  INTEGER NOT NULL,
    PRIMARY KEY (organization, id)
) STRICT, WITHOUT ROWID;

-- Keys ascend with time, so this index only grows at its end. Rows here may be destroyed: that is how a person is forgotten.
CREATE TABLE person_keys (
    id           BLOB PRIMARY KEY,
    organization TEXT NOT NULL,
    person       BLOB NOT NULL,
    wrapped      BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- What tells the journal's data key from any other: with a wrong one nothing is begun.
CREATE TABLE data_key (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    mark BLOB NOT NULL
) STRICT;

CREATE TABLE policies (
    name       TEXT PRIMARY KEY,
    checkpoint INTEGER NOT NULL,
    state      TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE effects (
    id            TEXT PRIMARY KEY,
    state         TEXT    NOT NULL CHECK (state IN ('ready', 'sent', 'done')),
    intent        TEXT    NOT NULL,
    circumstances TEXT    NOT NULL,
    fence         INTEGER NOT NULL DEFAULT 0,
    tries         INTEGER NOT NULL DEFAULT 0,
    owner         BLOB,
    due_at        INTEGER NOT NULL,
    done_at       INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX effects_due ON effects (due_at) WHERE state <> 'done';

-- Written to find out whether anything can be written; the filler means nothing.
CREATE TABLE probes (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    filler BLOB NOT NULL
) STRICT;

CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER events_are_not_removed BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER batches_are_not_changed BEFORE UPDATE ON batches
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER batches_are_not_removed BEFORE DELETE ON batches
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
