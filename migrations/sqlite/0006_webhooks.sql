-- How far each endpoint has been sent what it wants, and what became of what was sent: beside the journal, and no events of it.

CREATE TABLE webhook_standings (
    organization  TEXT    NOT NULL,
    endpoint      TEXT    NOT NULL,
    -- Where sending goes on: whatever is wanted before it was taken, given up, or waits below.
    position      INTEGER NOT NULL,
    -- Since when nothing was taken there.
    failing_since INTEGER,
    moved_at      INTEGER NOT NULL,
    PRIMARY KEY (organization, endpoint)
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook_deliveries (
    organization TEXT    NOT NULL,
    endpoint     TEXT    NOT NULL,
    -- The event's; what was sent is made of it anew each time.
    position     INTEGER NOT NULL,
    message      TEXT    NOT NULL,
    event_type   TEXT    NOT NULL,
    -- Events of one stream are sent one after another.
    lane         INTEGER NOT NULL,
    state        TEXT    NOT NULL,
    tries        INTEGER NOT NULL,
    first_at     INTEGER NOT NULL,
    due_at       INTEGER NOT NULL,
    -- What came of the last try.
    tried_at     INTEGER,
    status       INTEGER,
    took_ms      INTEGER,
    answer       TEXT,
    PRIMARY KEY (organization, endpoint, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (organization, endpoint, position)
    WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_tried ON webhook_deliveries (tried_at) WHERE state <> 'waiting';
