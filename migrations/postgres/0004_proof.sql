-- Signed checkpoints: what the journal was, up to a position, under a key whose private half is not in here.
-- docs/evidence.md says which bytes are signed.

-- The public keys in the order in which they signed, each vouched for by the one before it.
CREATE TABLE public.signing_keys (
    number           bigint PRIMARY KEY,
    key              bytea  NOT NULL,
    made_at          bigint NOT NULL,
    -- The first checkpoint that is its own to sign.
    first_checkpoint bigint NOT NULL,
    vouched_by       bytea  NOT NULL,
    signature        bytea  NOT NULL
);

-- The checkpoint that covers an event is the first one at or behind it.
CREATE TABLE public.checkpoints (
    number    bigint PRIMARY KEY,
    position  bigint NOT NULL UNIQUE,
    digest    bytea  NOT NULL,
    signed_at bigint NOT NULL,
    key       bytea  NOT NULL,
    signature bytea  NOT NULL
);

CREATE TRIGGER signing_keys_are_not_changed BEFORE UPDATE OR DELETE ON public.signing_keys
FOR EACH ROW EXECUTE FUNCTION public.journal_is_append_only();
CREATE TRIGGER signing_keys_are_not_emptied BEFORE TRUNCATE ON public.signing_keys
FOR EACH STATEMENT EXECUTE FUNCTION public.journal_is_append_only();
CREATE TRIGGER checkpoints_are_not_changed BEFORE UPDATE OR DELETE ON public.checkpoints
FOR EACH ROW EXECUTE FUNCTION public.journal_is_append_only();
CREATE TRIGGER checkpoints_are_not_emptied BEFORE TRUNCATE ON public.checkpoints
FOR EACH STATEMENT EXECUTE FUNCTION public.journal_is_append_only();

UPDATE public.journal_head SET format = 4;
