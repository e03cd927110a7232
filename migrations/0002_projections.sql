-- How far every read model got. The rows of a read model lie in a schema of its own, `<name>_v<version>`, made by the
-- projection engine, never by a migration.
create schema projection;

create table projection.checkpoint (
    name           text        not null,
    version        integer     not null check (version > 0),
    -- Digest of its tables, indexes and event types: another one means that the rows are of another shape.
    fingerprint    text        not null,
    -- Every event up to here is in the rows, or is none of the types it reads.
    position       bigint      not null default 0 check (position >= 0),
    state          text        not null default 'running' check (state in ('running', 'stopped')),
    -- Why it stopped and at which event, without that event's data.
    error          text,
    error_position bigint,
    created_at     timestamptz not null default clock_timestamp(),
    updated_at     timestamptz not null default clock_timestamp(),
    primary key (name, version),
    check (state = 'running' or error is not null)
) with (fillfactor = 10); -- one small row, updated with every batch: updates stay on its page

-- A rebuild under way, or one that was killed and can go on: deleted in the transaction that switches.
create table projection.rebuild (
    name        text        not null,
    version     integer     not null,
    fingerprint text        not null,
    position    bigint      not null default 0 check (position >= 0),
    -- The log's head when the last page was read; position / head is its progress.
    head        bigint      not null default 0,
    indexed     boolean     not null default false,
    started_at  timestamptz not null default clock_timestamp(),
    updated_at  timestamptz not null default clock_timestamp(),
    primary key (name, version)
) with (fillfactor = 10);
