-- An index of a log that lies in EventStoreDB or KurrentDB (EVENT_STORE_URL=esdb://…), which finds nothing by id. All of it
-- is read from that log again when it is missing; with the log in Postgres these tables stay empty.

create schema kurrent;

-- Everything up to here is indexed.
create table kurrent.checkpoint (
    id smallint primary key check (id = 1),
    position bigint not null check (position >= 0)
);

insert into kurrent.checkpoint (id, position) values (1, 0);

-- Which events there are: an import asks before it appends.
create table kurrent.event (
    event_id uuid primary key
);

-- A repeat of a command finds its first result here.
create table kurrent.command (
    command_id uuid primary key,
    first_position bigint not null,
    last_position bigint not null,
    last_revision bigint not null,
    fingerprint text
);

-- Which streams there are, and how far they are.
create table kurrent.stream (
    stream text collate "C" primary key,
    last_revision bigint not null,
    last_position bigint not null,
    last_recorded_at timestamptz not null
);
