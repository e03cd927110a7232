-- People, what they wrote in numbers, and their profiles.

create table person (
    id                  text        primary key,    -- a Telegram user's number, or 'api.<client>'
    display_name        text,                       -- null: unknown, deleted account, or erased
    username            text,                       -- without @
    language            text,                       -- IETF tag, as their account says
    chosen_language     text,                       -- IETF tag, as they told the bot
    time_zone           text,                       -- IANA name, as they told the bot
    first_seen_at       timestamptz,                -- earliest sighting or message
    last_seen_at        timestamptz not null default 'epoch', -- latest sighting or message; the epoch: neither
    first_message_at    timestamptz,
    last_message_at     timestamptz,
    messages_count      bigint      not null default 0, -- distinct messages
    conversations_count bigint      not null default 0, -- distinct conversations written in
    has_profile         boolean     not null default false,
    profile_enriched_at timestamptz,                -- the newest enrichment of the profile as it stands
    profile_strategy    text,                       -- the strategy asked for in it
    profile_digest      text,                       -- sha256 of the plugin that decided it, in hex
    vip                 boolean     not null default false, -- on the operator's list
    premium             boolean,                    -- has Telegram Premium; null: nobody said
    left_alone          text,                       -- 'cleared': the profile was emptied on request; 'erased': nothing
                                                    -- was heard of them since they were forgotten; null: neither
    last_position       bigint      not null        -- of the last event folded into this person
);

-- Which messages were counted for whom: what keeps the counts right when a message is observed again.
create table person_message (
    person       text   not null,
    conversation text   not null,
    message_id   bigint not null,
    primary key (person, conversation, message_id)
);

create table person_conversation (
    person           text        not null,
    conversation     text        not null,
    messages_count   bigint      not null,          -- distinct messages of this person there
    first_message_at timestamptz not null,
    last_message_at  timestamptz not null,
    primary key (person, conversation)
);

create table profile_field (
    person     text         not null,
    key        text         not null,
    value      text         not null,
    confidence numeric(5,4) not null,               -- 0 to 1
    evidence   text[]       not null,               -- '<conversation>/<message>'
    set_at     timestamptz  not null,
    position   bigint       not null,               -- of the enrichment that set it
    primary key (person, key)
);

create table profile_enrichment (
    person          text        not null,
    position        bigint      not null,           -- of its event
    strategy        text        not null,           -- asked for
    plugin          text        not null,           -- that decided
    plugin_digest   text        not null,           -- sha256 of the artifact, in hex
    wit_version     text        not null,
    input_hash      text        not null,
    journal_hash    text        not null,
    output_hash     text        not null,
    fuel            bigint      not null,
    tokens          bigint      not null,
    cost            numeric     not null,           -- US dollars
    duration_us     bigint      not null,
    fallback_reason text,                           -- why another strategy than the one asked for decided
    question        text,                           -- to the person, that would help; null: none, or erased
    fields_set      integer     not null,           -- 0 too when the person is erased
    fields_unset    integer     not null,
    enriched_at     timestamptz not null,
    primary key (person, position)
);

create table profile_failure (
    person        text        not null,
    position      bigint      not null,
    strategy      text        not null,
    plugin_digest text        not null,
    fault         text        not null,             -- out_of_fuel, trap, refused, …
    failed_at     timestamptz not null,
    primary key (person, position)
);
