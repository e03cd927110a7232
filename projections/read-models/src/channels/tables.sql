-- Channels and their posts, as last observed.

create table channel (
    id            bigint      primary key,          -- the Bot API's chat id, -100…
    username      text,                             -- without @
    title         text,
    public        boolean,                          -- null: not known
    tracked       boolean     not null default false,
    tracked_at    timestamptz,                      -- null unless tracked
    posts_count   bigint      not null default 0,   -- distinct posts
    first_post_at timestamptz,
    last_post_at  timestamptz,
    last_position bigint      not null              -- of the last event folded into this channel
);

create table post (
    channel         bigint      not null,
    post_id         bigint      not null,
    posted_at       timestamptz not null,
    assumed_zone    text,                           -- IANA zone an old export's local time was read in
    author          text,                           -- signature, plain text of the channel
    text            text        not null,
    entities        jsonb       not null,           -- [Entity], offsets in UTF-16 units
    media_kind      text,
    media           jsonb,                          -- Media
    reply_to        bigint,
    forward         jsonb,                          -- Forward
    reactions       jsonb       not null,           -- [ReactionCount]
    reactions_total bigint      not null,           -- sum of their counts
    touched_at      timestamptz,                    -- Telegram's edit or reaction time, no proof of an edit
    nul_replaced    boolean     not null,           -- U+0000 became U+FFFD
    source          text        not null,
    position        bigint      not null,           -- of the newest observation
    observations    bigint      not null,
    primary key (channel, post_id)
);

create table channel_service_message (
    channel      bigint      not null,
    message_id   bigint      not null,
    action       text        not null,
    actor_person text,
    actor_chat   bigint,
    happened_at  timestamptz not null,
    details      jsonb,                             -- ServiceAction; null: its person is erased
    source       text        not null,
    position     bigint      not null,
    observations bigint      not null,
    primary key (channel, message_id)
);
