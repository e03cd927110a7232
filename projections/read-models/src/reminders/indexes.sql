-- One index for every filter and order that queries.rs offers.

create index reminder_by_due on reminder (due_at, id);
create index reminder_by_state_due on reminder (state, due_at, id);
create index reminder_by_person_due on reminder (person, due_at, id);
create index reminder_by_person_state_due on reminder (person, state, due_at, id);
