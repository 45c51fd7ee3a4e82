-- That the journal was restored from a backup, which knows nothing of what happened after it was taken.

CREATE TABLE restores (
    number       INTEGER PRIMARY KEY,
    -- Where the backup ended.
    position     INTEGER NOT NULL,
    taken_at     INTEGER NOT NULL,
    restored_at  INTEGER NOT NULL,
    -- When a list of those who were forgotten was applied since.
    applied_at   INTEGER,
    applied_by   TEXT,
    -- Until somebody has confirmed it nothing is begun that could ring anybody.
    confirmed_at INTEGER,
    confirmed_by TEXT
) STRICT;

-- What became of it after the backup nobody here knows: it is asked about and never sent.
ALTER TABLE effects ADD COLUMN doubted INTEGER NOT NULL DEFAULT 0;
