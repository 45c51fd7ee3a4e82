-- Lists of numbers, apart from the events: an event that held a million numbers would be none.
-- A chunk is written before the event that accepts its list, which holds the digest over all of them.

CREATE TABLE list_chunks (
    organization TEXT    NOT NULL,
    list         BLOB    NOT NULL,
    number       INTEGER NOT NULL,
    -- Sixteen bytes a number on the list, in its order: who stands on it, for those who hold the data key.
    fingerprints BLOB    NOT NULL,
    -- Every row of the sheet with what became of it, sealed with the list's own key.
    sealed       BLOB    NOT NULL,
    stored_at    INTEGER NOT NULL,
    PRIMARY KEY (organization, list, number)
) STRICT;
