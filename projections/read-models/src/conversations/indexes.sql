-- One index for every filter and order that queries.rs and reply_queries.rs offer.

create index conversation_by_last_message on conversation (last_message_at, id);
create index conversation_by_kind_last_message on conversation (kind, last_message_at, id);
create index conversation_by_kind on conversation (kind, id);

-- The message's primary key serves "messages after an id" (row B12).
create index message_by_sent_at on message (conversation, sent_at, message_id);
create index message_by_sender on message (conversation, sender_person, message_id);
-- History by client and time (row B12), over all conversations; within one too, where the fixed conversation leaves
-- the order (sent_at, message_id).
create index message_by_person on message (sender_person, sent_at, conversation, message_id)
    where sender_person is not null;

create index reply_by_conversation on reply (conversation, requested_at, id);
create index reply_by_state on reply (state, requested_at, id);
create index reply_by_person on reply (person) where person is not null; -- for erasure
