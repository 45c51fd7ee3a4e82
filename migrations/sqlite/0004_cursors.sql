-- How far readers outside have come: bookmarks beside the journal, moved as often as they like.

CREATE TABLE cursors (
    organization TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    -- Where the reader goes on.
    position     INTEGER NOT NULL,
    moved_at     INTEGER NOT NULL,
    PRIMARY KEY (organization, name)
) STRICT, WITHOUT ROWID;
