-- Reminders as they stand.

create table reminder (
    id             uuid        primary key,
    person         text        not null,
    conversation   text        not null,
    text           text,                            -- null: its person is erased
    due_at         timestamptz not null,
    zone           text        not null,            -- IANA zone it was said and is shown in
    wall_clock     boolean     not null,            -- said as a wall-clock time of that zone
    state          text        not null,            -- scheduled, cancelled, sent, failed
    scheduled_at   timestamptz not null,
    settled_at     timestamptz,                     -- told, cancelled or given up
    late           boolean     not null default false, -- its message said that it is late
    maybe_repeated boolean     not null default false, -- it may have been told twice
    reason         text,                            -- of a failure: blocked, …
    position       bigint      not null             -- of the last event about it
);
