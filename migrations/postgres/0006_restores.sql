-- That the journal was restored from a backup, which knows nothing of what happened after it was taken.

CREATE TABLE public.restores (
    number       bigint PRIMARY KEY,
    -- Where the backup ended.
    position     bigint NOT NULL,
    taken_at     bigint NOT NULL,
    restored_at  bigint NOT NULL,
    -- When a list of those who were forgotten was applied since.
    applied_at   bigint,
    applied_by   text,
    -- Until somebody has confirmed it nothing is begun that could ring anybody.
    confirmed_at bigint,
    confirmed_by text
);

-- What became of it after the backup nobody here knows: it is asked about and never sent.
ALTER TABLE public.effects ADD COLUMN doubted integer NOT NULL DEFAULT 0;

UPDATE public.journal_head SET format = 6;
