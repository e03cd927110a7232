-- What is yet to go out to Telegram, and which reminders are yet to be told. Filled from the log by the automation
-- `deliveries` behind its own checkpoint, which no rebuild touches; a row leaves when the log knows what became of it.
create schema delivery;

create table delivery.checkpoint (
    name     text   primary key,
    -- Every event up to here has left its trace in the tables below.
    position bigint not null check (position >= 0)
) with (fillfactor = 10);

create table delivery.outbox (
    id             uuid        primary key,
    -- The order within a chat.
    seq            bigint      generated always as identity,
    bot            bigint      not null,
    chat           bigint      not null,
    conversation   text        not null,
    purpose        text        not null check (purpose in ('reply', 'reminder')),
    -- Of a reminder: which, when it was due, and whether its message says that it is late.
    reminder       uuid,
    due_at         timestamptz,
    late           boolean     not null default false,
    in_reply_to    bigint,
    -- 0 answer, 1 alert, 2 report.
    priority       smallint    not null check (priority between 0 and 2),
    kind           text        not null check (kind in ('send', 'edit', 'answer_press')),
    -- The message of ours that is edited.
    edits          bigint,
    -- A JSON array of what goes out one after the other; all but the last are the beginning of a long text.
    parts          json        not null,
    -- What the parts became, as far as they went out.
    sent_ids       bigint[]    not null default '{}',
    parts_sent     smallint    not null default 0,
    state          text        not null default 'waiting' check (state in ('waiting', 'sending', 'sent', 'failed')),
    attempts       smallint    not null default 0,
    not_before     timestamptz not null default 'epoch',
    -- Who sends holds a lease and a number; whoever comes back with an older number is too late to say anything.
    lease_until    timestamptz,
    fence          bigint      not null default 0,
    -- It was on its way when we were killed, or Telegram did not answer: it may go out twice.
    maybe_repeated boolean     not null default false,
    reason         text,
    enqueued_at    timestamptz not null,
    settled_at     timestamptz,
    check ((purpose = 'reminder') = (reminder is not null and due_at is not null)),
    check ((kind = 'edit') = (edits is not null))
);

create index outbox_by_chat on delivery.outbox (bot, chat, seq) where state in ('waiting', 'sending');
create index outbox_settled on delivery.outbox (seq) where state in ('sent', 'failed');

create table delivery.reminder (
    reminder     uuid        primary key,
    person       text        not null,
    conversation text        not null,
    text         text,                              -- null: its person is erased
    zone         text        not null,
    due_at       timestamptz not null,
    -- Where it stands for delivery: told and failed ones wait for being put off, cancelled ones for nothing.
    state        text        not null check (state in ('scheduled', 'queued', 'done'))
);

create index reminder_due on delivery.reminder (due_at, reminder) where state = 'scheduled';
