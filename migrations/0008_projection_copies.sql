-- What stands beside the live tables of a read model, events that were left out of it, and work asked of the process
-- that keeps the projections.

-- Positions a second, smoothed over some five seconds: the pace so far, since when, and how many positions came since.
-- Asked with none it is what is left of an old pace.
create function projection.pace(pace double precision, since timestamptz, positions bigint) returns double precision
language sql volatile as $$
    select case when pace = 0 then positions / elapsed
                else pace * kept + positions / elapsed * (1 - kept) end
    from (select greatest(extract(epoch from clock_timestamp() - since)::double precision, 0.001) as elapsed) gone,
         lateral (select exp(-least(elapsed / 5, 100)) as kept) weight
$$;

alter table projection.checkpoint add column pace double precision not null default 0;

-- Tables of a projection that nobody reads by the usual way: those of a rebuild, the ones that were live before the
-- last switch, and those that stand as the log once was.
create table projection.copy (
    name        text        not null,
    version     integer     not null,
    role        text        not null check (role in ('next', 'previous', 'as_of')),
    fingerprint text        not null,
    position    bigint      not null default 0 check (position >= 0),
    -- Where it ends; null: where the log does.
    until       bigint,
    -- The log's head when the last page was read; position / head is its progress.
    head        bigint      not null default 0,
    indexed     boolean     not null default false,
    pace        double precision not null default 0,
    started_at  timestamptz not null default clock_timestamp(),
    updated_at  timestamptz not null default clock_timestamp(),
    -- When it goes by itself.
    expires_at  timestamptz,
    primary key (name, version, role),
    check ((role = 'as_of') = (until is not null))
) with (fillfactor = 10);

-- A rebuild that was interrupted begins anew: its tables have another name. No release had this table.
drop table projection.rebuild;

-- Events that could not be applied. One that waits stops its projection; one that was skipped is left out of every
-- replay of this version.
create table projection.parked (
    name       text        not null,
    version    integer     not null,
    position   bigint      not null,
    stream     text,                       -- null: the event itself could not be read
    event_type text,
    kind       text        not null check (kind in ('poison', 'refused', 'panicked', 'corrupt')),
    reason     text        not null,       -- without the event's data
    attempts   integer     not null default 1,
    parked_at  timestamptz not null default clock_timestamp(),
    tried_at   timestamptz not null default clock_timestamp(),
    skipped_at timestamptz,                -- null: it waits
    skipped_by text,
    why        text,
    primary key (name, version, position),
    check ((skipped_at is null) = (skipped_by is null) and (skipped_at is null) = (why is null))
);

create table projection.job (
    id         bigint      generated always as identity primary key,
    kind       text        not null check (kind in ('rebuild', 'switch', 'rollback', 'as_of')),
    name       text,                       -- null: every projection
    switch     boolean     not null default false, -- of a rebuild: what is built becomes live
    until      bigint,                     -- of an as_of: where it ends
    asked_by   text        not null,
    asked_at   timestamptz not null default clock_timestamp(),
    -- What makes a repeat of the request this job, by who asked.
    request    text,
    state      text        not null default 'queued' check (state in ('queued', 'running', 'done', 'failed')),
    started_at timestamptz,
    ended_at   timestamptz,
    error      text,                       -- without data
    check ((kind = 'as_of') = (until is not null)),
    check ((kind = 'as_of') = (name is null))
);
create index job_open on projection.job (id) where state in ('queued', 'running');
create index job_by_name on projection.job (name, id);
create unique index job_by_request on projection.job (asked_by, request);
