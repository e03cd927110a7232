-- The log is chained: each event's hash covers the one before it and all that is stored of the event itself, so that a
-- change that went past the triggers is found, and where (`chronogram fsck`; how it is made: commands/event-store).
alter table es.event add column hash bytea;

-- Nobody appends without one. Events of older releases get theirs when the database is brought to this version; until
-- then nothing is appended, by no release.
alter table es.event add constraint event_hash check (hash is not null and octet_length(hash) = 32) not valid;

-- What retention blanked: the digest of what stood there, without which its hash could no longer be checked.
create table es.blanked (
    position    bigint primary key,
    data_digest bytea not null check (octet_length(data_digest) = 32)
);

-- What happened does not change. Two transactions say so themselves and may do one thing each:
-- `set local chronogram.retention = 'on'`: blank the data of an event (to JSON null); its place, type, metadata and hash
-- stay. `set local chronogram.upgrade = 'on'`: give an event of an older release its hash, and seal its words; once.
create or replace function es.refuse_change() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and current_setting('chronogram.upgrade', true) = 'on' then
        if old.hash is null and new.hash is not null and new.version >= old.version
            and (new.position, new.stream, new.revision, new.event_id, new.type, new.meta::text, new.recorded_at)
              = (old.position, old.stream, old.revision, old.event_id, old.type, old.meta::text, old.recorded_at)
        then
            return new;
        end if;
        raise exception 'an upgrade may give an event its first hash and seal its data, and change nothing else'
            using errcode = 'restrict_violation';
    end if;
    if tg_op = 'UPDATE' and current_setting('chronogram.retention', true) = 'on' then
        if new.data::text = 'null' and new.hash is not distinct from old.hash
            and (new.position, new.stream, new.revision, new.event_id, new.type, new.version, new.meta::text, new.recorded_at)
              = (old.position, old.stream, old.revision, old.event_id, old.type, old.version, old.meta::text, old.recorded_at)
        then
            insert into es.blanked (position, data_digest)
            values (old.position, sha256(convert_to(old.data::text, 'UTF8'))) on conflict do nothing;
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

-- Words of people stand in the log sealed with a key of their person. Here are these keys, sealed themselves with the
-- master key, which is not in the database. Backed up apart from the log: who is erased is gone from old backups of the
-- log too, once the backups of these tables are.
create schema person;

create table person.key (
    id         uuid        primary key,          -- stands in every value that it sealed
    person     text        collate "C" not null,
    wrapped    bytea,                            -- null: destroyed, and with it every word it sealed
    made_at    timestamptz not null default clock_timestamp(),
    erased_at  timestamptz,
    check ((wrapped is null) = (erased_at is not null))
);

-- A person has one key at a time. Who was erased and comes back gets another one.
create unique index key_of_person on person.key (person) where wrapped is not null;
create index key_by_person on person.key (person);

-- Secrets of the whole house, sealed with the master key: what keeps digests of people's words from being guessed. The
-- first of them also tells whether a master key is the right one.
create table person.secret (
    name    text  primary key,
    wrapped bytea not null
);

-- Counts erasures: who keeps keys in memory looks here whether some of them are gone.
create table person.erasures (
    id     smallint primary key check (id = 1),
    number bigint   not null
);
insert into person.erasures (id, number) values (1, 0);

-- Whom a message is for: who is erased is told nothing more. Null: for nobody in particular, or put in before this.
alter table delivery.outbox add column person text;
create index outbox_by_person on delivery.outbox (person);
create index reminder_by_person on delivery.reminder (person);
