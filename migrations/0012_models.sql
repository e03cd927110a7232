-- What models may cost, and what they cost so far. What was asked and answered is in the log alone, sealed to whom it is
-- about; here stand names, veiled digests and money.
create schema model;

-- What was spent, and what calls on their way may yet cost. One row for the house and one for each plugin a UTC day, one
-- for each run.
create table model.account (
    name      text    primary key,
    opened_on date    not null,
    spent     numeric not null default 0 check (spent >= 0),
    reserved  numeric not null default 0 check (reserved >= 0)
);

create index account_opened on model.account (opened_on);

-- A call on its way: the most it can cost is put aside before it is made. One at a time for each request, so that two
-- processes that ask the same pay once.
create table model.reservation (
    request     text        primary key,
    call        uuid        not null unique default gen_random_uuid(),
    plugin      text        not null,
    run         uuid        not null,
    day         date        not null,
    amount      numeric     not null check (amount >= 0),
    -- Then whoever made it is gone, and the log tells what the call cost.
    lease_until timestamptz not null
);

create index reservation_lease on model.reservation (lease_until);
