-- The log. Written by commands/event-store alone, read by everybody through the port in domain/log.

create schema es;

-- The position of the last event. Every append moves this one row in its own transaction: positions are dense and
-- become visible in their order, so a reader that saw position n has seen everything before it. A sequence would let a
-- smaller number appear after a larger one. The room left in its pages keeps the updates HOT: no index is touched.
create table es.head (
    id smallint primary key check (id = 1),
    position bigint not null check (position >= 0)
) with (fillfactor = 10, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

insert into es.head (id, position) values (1, 0);

-- `json`, not `jsonb`: the log is read whole and never searched by its data, the text comes back as it was written, and
-- replay is half as fast again. Names compare by their bytes: nothing here is sorted for people.
create table es.event (
    position bigint constraint event_position primary key,
    stream text collate "C" not null,
    revision bigint not null check (revision >= 0),
    event_id uuid not null,
    type text collate "C" not null,
    version smallint not null check (version >= 0),
    data json not null,
    meta json not null,
    recorded_at timestamptz not null default clock_timestamp(),
    constraint event_stream_revision unique (stream, revision),
    constraint event_id unique (event_id)
);

-- A reader that wants few types finds them without reading the rest.
create index event_type_position on es.event (type, position);

-- A repeat of a command finds its first result here.
create table es.command (
    command_id uuid constraint command_id primary key,
    first_position bigint not null,
    last_position bigint not null,
    fingerprint text,
    at timestamptz not null default clock_timestamp(),
    check (first_position <= last_position)
);

-- What happened does not change. The one exception is retention: a transaction that says so by
-- `set local chronogram.retention = 'on'` may blank the data of an event (to JSON null) and nothing else: its place,
-- type and metadata stay, so positions stay dense and the log can still be checked.
create function es.refuse_change() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and current_setting('chronogram.retention', true) = 'on' then
        if new.data::text = 'null'
            and (new.position, new.stream, new.revision, new.event_id, new.type, new.version, new.meta::text, new.recorded_at)
              = (old.position, old.stream, old.revision, old.event_id, old.type, old.version, old.meta::text, old.recorded_at)
        then
            return new;
        end if;
        raise exception 'retention may blank the data of an event (to JSON null) and change nothing else'
            using errcode = 'restrict_violation';
    end if;
    raise exception 'es.event is append-only: % is refused', lower(tg_op)
        using errcode = 'restrict_violation',
              hint = 'What was wrong is put right by a further event.';
end
$$;

create trigger event_is_never_updated before update on es.event
    for each row execute function es.refuse_change();
create trigger event_is_never_deleted before delete or truncate on es.event
    for each statement execute function es.refuse_change();
