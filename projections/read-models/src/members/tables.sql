-- How many members channels have, day by day, and who was seen to run them.

create table member_count (
    channel  bigint      not null,
    day      date        not null,                  -- in UTC
    members  bigint      not null,                  -- by the last count of that day
    taken_at timestamptz not null,
    source   text        not null,                  -- bot_api
    position bigint      not null,                  -- of that count
    primary key (channel, day)
);

create table channel_administrator (
    channel  bigint      not null,
    person   text        not null,
    seen_at  timestamptz not null,                  -- last
    position bigint      not null,                  -- of the last time
    primary key (channel, person)
);
