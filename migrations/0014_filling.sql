-- Runs that fill profiles: which are under way, how far they are, what came of them. Who was filled, by what and for how
-- much is in the log; here stands what a run needs to go on with when it was killed, and what operators look at.
create schema filling;

create table filling.run (
    id         uuid        primary key,
    wanted     text        not null,       -- digest of the strategy and of whom it is about
    strategy   text        not null,
    since      timestamptz not null,       -- only profiles that were filled before may be replaced, where any may
    began_at   timestamptz not null,
    told_at    timestamptz not null,       -- when it last said how far it is
    ended_at   timestamptz,
    outcome    text check (outcome in ('done', 'limit', 'budget_exhausted', 'cancelled', 'abandoned')),
    cancelled  boolean     not null default false, -- somebody wants it to stop
    people     bigint      not null default 0,     -- whom it is about, as counted when it began
    report     jsonb       not null default '{}',
    check ((ended_at is null) = (outcome is null))
);
-- The same command joins the run that is under way.
create unique index run_under_way on filling.run (wanted) where ended_at is null;
create index run_last on filling.run (wanted, began_at);
