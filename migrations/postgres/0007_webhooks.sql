-- How far each endpoint has been sent what it wants, and what became of what was sent: beside the journal, and no events of it.

CREATE TABLE public.webhook_standings (
    organization  text COLLATE "C" NOT NULL,
    endpoint      text COLLATE "C" NOT NULL,
    -- Where sending goes on: whatever is wanted before it was taken, given up, or waits below.
    position      bigint NOT NULL,
    -- Since when nothing was taken there.
    failing_since bigint,
    moved_at      bigint NOT NULL,
    PRIMARY KEY (organization, endpoint)
);

CREATE TABLE public.webhook_deliveries (
    organization text COLLATE "C" NOT NULL,
    endpoint     text COLLATE "C" NOT NULL,
    -- The event's; what was sent is made of it anew each time.
    position     bigint NOT NULL,
    message      text   NOT NULL,
    event_type   text   NOT NULL,
    -- Events of one stream are sent one after another.
    lane         bigint NOT NULL,
    state        text   NOT NULL,
    tries        bigint NOT NULL,
    first_at     bigint NOT NULL,
    due_at       bigint NOT NULL,
    -- What came of the last try.
    tried_at     bigint,
    status       bigint,
    took_ms      bigint,
    answer       text,
    PRIMARY KEY (organization, endpoint, position)
);

CREATE INDEX webhook_deliveries_waiting ON public.webhook_deliveries (organization, endpoint, position)
    WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_tried ON public.webhook_deliveries (tried_at) WHERE state <> 'waiting';

UPDATE public.journal_head SET format = 7;
