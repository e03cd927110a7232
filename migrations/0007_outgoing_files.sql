-- Files that go out, and what the outbox knows of chats: who does not hear us, which group goes on elsewhere.

-- The bytes, put here before the event that names them is appended; the sweep removes what nobody waits for.
create table delivery.file (
    digest     text        primary key check (digest ~ '^[0-9a-f]{64}$'), -- sha256 of bytes
    bytes      bytea       not null,
    size_bytes bigint      not null generated always as (octet_length(bytes)) stored,
    -- When it was last put in; by the database's clock, as the sweep reckons.
    stored_at  timestamptz not null default clock_timestamp()
);
-- Pictures are compressed already.
alter table delivery.file alter column bytes set storage external;
create index file_by_age on delivery.file (stored_at);

-- What Telegram calls a file since it has its bytes. The id is one bot's, and good for one kind only.
create table delivery.known_file (
    bot     bigint not null,
    digest  text   not null references delivery.file on delete cascade,
    kind    text   not null check (kind in ('photo', 'document', 'voice')),
    file_id text   not null,
    primary key (bot, digest, kind)
);

-- Chats that the bot is blocked in: nothing is tried there.
create table delivery.parked_chat (
    bot   bigint      not null,
    chat  bigint      not null,
    since timestamptz not null,
    primary key (bot, chat)
);

-- Groups that became supergroups: what is asked for the one goes to the other.
create table delivery.migrated_chat (
    bot    bigint not null,
    chat   bigint not null,
    became bigint not null,
    primary key (bot, chat)
);

alter table delivery.outbox
    -- The topic of a forum.
    add column topic      bigint,
    -- Digests of the files that it needs; none of them is swept away.
    add column files      text[]      not null default '{}',
    -- How many messages its first part becomes; each later one is a single message.
    add column messages   smallint    not null default 1 check (messages between 1 and 10),
    -- When not_before was set: where the clock says less, it was put back, and the wait is over.
    add column delayed_at timestamptz not null default 'epoch',
    drop constraint outbox_kind_check,
    add constraint outbox_kind_check
        check (kind in ('send', 'edit', 'answer_press', 'photo', 'document', 'voice', 'media_group'));

-- Who is next in each chat.
create index outbox_next on delivery.outbox (bot, chat, priority, seq)
    where state = 'waiting' and kind <> 'answer_press';

alter table delivery.reminder add column topic bigint;
