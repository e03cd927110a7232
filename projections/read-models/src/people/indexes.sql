-- One index for every filter and order that queries.rs offers.

create index person_by_last_seen on person (last_seen_at, id);
create index person_by_messages on person (messages_count, id);
create index person_by_profile on person (has_profile, id);
create index person_by_profile_last_seen on person (has_profile, last_seen_at, id);
create index person_by_profile_messages on person (has_profile, messages_count, id);
-- Statistics: the profiles of each strategy and the oldest of them.
create index person_by_strategy on person (profile_strategy, profile_enriched_at) where has_profile;

create index person_conversation_by_last_message on person_conversation (person, last_message_at, conversation);
create index person_conversation_by_conversation on person_conversation (conversation, person);
