-- The journal on PostgreSQL. Precious: migrations only add.
-- docs/adr/0002-journal-layout.md measures why these tables and no others.

-- The first seven columns are postgres-es's, so that its programs read our streams; the others are ours.
-- json and not jsonb: it keeps the bytes as they were sent, and those are what the hash covers.
-- Names compare by bytes: faster, and an operating system's new sorting rules cannot damage the index.
CREATE TABLE public.events (
    aggregate_type text COLLATE "C" NOT NULL,
    aggregate_id   text COLLATE "C" NOT NULL,
    sequence       bigint NOT NULL CHECK (sequence >= 0),
    event_type     text   NOT NULL,
    event_version  text   NOT NULL,
    payload        json   NOT NULL,
    metadata       json   NOT NULL,
    position       bigint NOT NULL,
    -- Microseconds since 1970.
    occurred_at    bigint NOT NULL,
    recorded_at    bigint NOT NULL,
    hash           bytea  NOT NULL,
    -- A stream's version is its highest sequence here; two writers of one version meet in this index.
    CONSTRAINT events_stream PRIMARY KEY (aggregate_type, aggregate_id, sequence),
    CONSTRAINT events_position UNIQUE (position)
);

-- Where the journal ends. Whoever appends locks this row last and holds it to the commit: that is why positions have no gaps.
-- Room is left in the page for the row's next versions, so that moving it touches no index.
CREATE TABLE public.journal_head (
    one         boolean PRIMARY KEY DEFAULT true CHECK (one),
    format      integer NOT NULL,
    position    bigint  NOT NULL,
    recorded_at bigint  NOT NULL,
    digest      bytea   NOT NULL
) WITH (fillfactor = 10);

INSERT INTO public.journal_head (format, position, recorded_at, digest)
VALUES (1, 0, 0, decode(repeat('00', 32), 'hex'));

-- One row a commit: what was written together, and the digest that chains it to the batch before.
CREATE TABLE public.batches (
    last        bigint PRIMARY KEY,
    first       bigint NOT NULL,
    recorded_at bigint NOT NULL,
    digest      bytea  NOT NULL
);

-- What became of commands that carry an id of their own.
CREATE TABLE public.commands (
    organization text COLLATE "C" NOT NULL,
    id           uuid   NOT NULL,
    body         bytea  NOT NULL,
    first        bigint NOT NULL,
    last         bigint NOT NULL,
    recorded_at  bigint NOT NULL,
    PRIMARY KEY (organization, id)
);

-- Keys ascend with time, so this index only grows at its end. Rows here may be destroyed: that is how a person is forgotten.
CREATE TABLE public.person_keys (
    id           uuid PRIMARY KEY,
    organization text  NOT NULL,
    person       bytea NOT NULL,
    wrapped      bytea NOT NULL
);

-- What tells the journal's data key from any other: with a wrong one nothing is begun.
CREATE TABLE public.data_key (
    one  boolean PRIMARY KEY CHECK (one),
    mark bytea NOT NULL
);

CREATE TABLE public.policies (
    name       text   PRIMARY KEY,
    checkpoint bigint NOT NULL,
    state      text   NOT NULL
);

CREATE TABLE public.effects (
    id            text COLLATE "C" PRIMARY KEY,
    state         text    NOT NULL CHECK (state IN ('ready', 'sent', 'done')),
    intent        text    NOT NULL,
    circumstances text    NOT NULL,
    fence         bigint  NOT NULL DEFAULT 0,
    tries         integer NOT NULL DEFAULT 0,
    owner         uuid,
    due_at        bigint  NOT NULL,
    done_at       bigint
);

CREATE INDEX effects_due ON public.effects (due_at) WHERE state <> 'done';

CREATE FUNCTION public.journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$;

CREATE TRIGGER events_are_not_changed BEFORE UPDATE OR DELETE ON public.events
FOR EACH ROW EXECUTE FUNCTION public.journal_is_append_only();
CREATE TRIGGER events_are_not_emptied BEFORE TRUNCATE ON public.events
FOR EACH STATEMENT EXECUTE FUNCTION public.journal_is_append_only();
CREATE TRIGGER batches_are_not_changed BEFORE UPDATE OR DELETE ON public.batches
FOR EACH ROW EXECUTE FUNCTION public.journal_is_append_only();
CREATE TRIGGER batches_are_not_emptied BEFORE TRUNCATE ON public.batches
FOR EACH STATEMENT EXECUTE FUNCTION public.journal_is_append_only();
