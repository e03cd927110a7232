create index event_count_by_type on event_count (event_type, day);
