-- How far readers outside have come: bookmarks beside the journal, moved as often as they like.

CREATE TABLE public.cursors (
    organization text COLLATE "C" NOT NULL,
    name         text COLLATE "C" NOT NULL,
    -- Where the reader goes on.
    position     bigint NOT NULL,
    moved_at     bigint NOT NULL,
    PRIMARY KEY (organization, name)
);

UPDATE public.journal_head SET format = 5;
