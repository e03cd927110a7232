-- Counts are asked for by channel and day: the primary key.

create index channel_administrator_by_person on channel_administrator (person, channel);
