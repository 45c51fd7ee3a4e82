-- Lists of numbers, apart from the events: an event that held a million numbers would be none.
-- A chunk is written before the event that accepts its list, which holds the digest over all of them.

CREATE TABLE public.list_chunks (
    organization text COLLATE "C" NOT NULL,
    list         uuid    NOT NULL,
    number       integer NOT NULL,
    -- Sixteen bytes a number on the list, in its order: who stands on it, for those who hold the data key.
    fingerprints bytea   NOT NULL,
    -- Every row of the sheet with what became of it, sealed with the list's own key.
    sealed       bytea   NOT NULL,
    stored_at    bigint  NOT NULL,
    PRIMARY KEY (organization, list, number)
);

UPDATE public.journal_head SET format = 2;
