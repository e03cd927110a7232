-- Conversations and what was said in them, as last observed.

create table conversation (
    id               text        primary key,       -- '<bot>.<chat>', 'export.<chat>', 'api.<client>'
    kind             text        not null,          -- ChatKind: private, bot, saved_messages, group, supergroup, channel, api
    title            text,                          -- null: never described, or its person is erased
    title_person     text,                          -- whose name the title is, where it belongs to a person
    opened_at        timestamptz,                   -- when the log first heard of it by ConversationOpened
    first_message_at timestamptz,                   -- earliest sent_at observed
    last_message_at  timestamptz not null default 'epoch', -- latest sent_at observed; the epoch: no message yet
    messages_count   bigint      not null default 0,       -- distinct messages, service messages not among them
    last_position    bigint      not null           -- of the last event folded into this conversation
);

create table message (
    conversation  text        not null,
    message_id    bigint      not null,
    sender_person text,                             -- null: a chat or nobody known
    sender_chat   bigint,
    sent_at       timestamptz not null,
    received_at   timestamptz,                      -- null: read from an export
    assumed_zone  text,                             -- IANA zone an old export's local time was read in
    text          text,                             -- null: its person is erased
    entities      jsonb       not null,             -- [Entity], offsets in UTF-16 units
    media_kind    text,                             -- photo, video, …; a kind of the source's own as it names it
    media         jsonb,                            -- Media
    reply_to      bigint,
    forward       jsonb,                            -- Forward
    reactions     jsonb       not null,             -- [ReactionCount]
    via_bot       text,
    touched_at    timestamptz,                      -- Telegram's edit or reaction time, no proof of an edit
    edited_at     timestamptz,                      -- when its words were last edited, where an update said so
    nul_replaced  boolean     not null,             -- U+0000 became U+FFFD
    source        text        not null,             -- export, api, telegram
    position      bigint      not null,             -- of the newest observation
    observations  bigint      not null,             -- how often it was observed
    primary key (conversation, message_id)
);

create table service_message (
    conversation text        not null,
    message_id   bigint      not null,
    action       text        not null,              -- pin_message, …, as the source names it
    actor_person text,
    actor_chat   bigint,
    happened_at  timestamptz not null,
    details      jsonb,                             -- ServiceAction; null: its person is erased
    source       text        not null,
    position     bigint      not null,
    observations bigint      not null,
    primary key (conversation, message_id)
);

-- What we said, or meant to.
create table reply (
    id             uuid        primary key,
    conversation   text        not null,
    person         text,                            -- whom it is for, where it is for a person
    in_reply_to    bigint,
    kind           text        not null,            -- Outgoing::kind: send, photo, …; send too when its person is erased
    text           text,                            -- null: nothing to show, or its person is erased
    priority       text        not null,            -- answer, alert, report
    state          text        not null,            -- requested, sent, failed
    requested_at   timestamptz not null,
    settled_at     timestamptz,                     -- sent or given up
    message_ids    bigint[]    not null default '{}', -- the messages it became
    maybe_repeated boolean     not null default false, -- it may have gone out twice
    reason         text,                            -- of a failure: blocked, chat_not_found, …
    position       bigint      not null             -- of the last event about it
);
