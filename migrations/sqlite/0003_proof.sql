-- Signed checkpoints: what the journal was, up to a position, under a key whose private half is not in here.
-- docs/evidence.md says which bytes are signed.

-- The public keys in the order in which they signed, each vouched for by the one before it.
CREATE TABLE signing_keys (
    number           INTEGER PRIMARY KEY,
    key              BLOB    NOT NULL,
    made_at          INTEGER NOT NULL,
    -- The first checkpoint that is its own to sign.
    first_checkpoint INTEGER NOT NULL,
    vouched_by       BLOB    NOT NULL,
    signature        BLOB    NOT NULL
) STRICT;

CREATE TABLE checkpoints (
    number    INTEGER PRIMARY KEY,
    position  INTEGER NOT NULL,
    digest    BLOB    NOT NULL,
    signed_at INTEGER NOT NULL,
    key       BLOB    NOT NULL,
    signature BLOB    NOT NULL
) STRICT;

-- The checkpoint that covers an event is the first one at or behind it.
CREATE UNIQUE INDEX checkpoints_position ON checkpoints (position);

CREATE TRIGGER signing_keys_are_not_changed BEFORE UPDATE ON signing_keys
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER signing_keys_are_not_removed BEFORE DELETE ON signing_keys
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER checkpoints_are_not_changed BEFORE UPDATE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER checkpoints_are_not_removed BEFORE DELETE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
