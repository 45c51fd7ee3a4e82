-- Who does what only one node at a time may do. The database's own clock tells when a lease is over: nodes' clocks differ.
-- Nothing depends on it for safety: what two nodes would do at once, the streams' versions let only one of them do.

CREATE TABLE public.leases (
    name  text COLLATE "C" PRIMARY KEY,
    owner uuid        NOT NULL,
    until timestamptz NOT NULL
);

UPDATE public.journal_head SET format = 3;
