-- How many events of each type were recorded on each day.

create table event_count (
    day        date   not null,                     -- of recorded_at, in UTC
    event_type text   not null,
    events     bigint not null,
    primary key (day, event_type)
);
