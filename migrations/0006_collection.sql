-- Which channels are to be counted next, and when. Filled from the log by the automation `collection` behind its own
-- checkpoint, which no rebuild touches. What was counted is in the log; here is only what is yet to be done.
create schema collection;

create table collection.checkpoint (
    name     text   primary key,
    -- Every event up to here has left its trace in the table below.
    position bigint not null check (position >= 0)
) with (fillfactor = 10);

create table collection.channel (
    channel     bigint      primary key,
    -- One that is no longer tracked stays, so that tracking it again is one update.
    tracked     boolean     not null,
    -- When its members are to be counted next.
    due_at      timestamptz not null,
    -- Failures of ours or Telegram's since it was last counted or refused: the pause grows with them.
    attempts    smallint    not null default 0,
    -- Who asks Telegram holds it until then.
    lease_until timestamptz
);

create index channel_due on collection.channel (due_at, channel) where tracked;
