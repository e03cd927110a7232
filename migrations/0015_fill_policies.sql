-- When fill policies are due and what came of them last. The policies themselves are in the log; a row that is lost is
-- planned anew from them.
create table filling.policy (
    name     text        primary key,
    schedule text        not null,     -- what due_at was reckoned by; another one is planned anew
    due_at   timestamptz not null,     -- the next time; while its run is under way, the time that the run is of
    rests    text,                     -- why it does nothing although it is on: no_model, no_budget, not_active
    last_at  timestamptz,              -- when it was done last
    last_run uuid,                     -- the run of that time; null where there was nobody to fill, or it rested
    outcome  text                      -- of the run; nobody; or why it rested
);

-- Runs that were asked for with an idempotency key: the same key with another wish is refused.
create table filling.request (
    id          uuid        primary key, -- made of who asked and the key
    fingerprint text        not null,    -- of the whole wish
    run         uuid,                    -- null: it was not begun yet
    asked_at    timestamptz not null
);
