#![allow(clippy::unwrap_used)]
use super::*;
use crate::{ChatId, Origin};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn due(second: i64) -> Due {
    Due { at: at(second), zone: "Europe/Moscow".to_owned(), wall_clock: false }
}

fn reminder() -> ReminderId {
    ReminderId::of(Origin::of(&["test"]))
}

fn schedule(second: i64) -> ReminderAction {
    let person = PersonId::Telegram(7);
    ReminderAction::Schedule {
        text: Personal::of(person.clone(), "tea".to_owned()),
        person,
        conversation: ConversationId::Bot { bot: 1, chat: ChatId::private(7) },
        topic: None,
        due: due(second),
    }
}

fn delivered(second: i64) -> ReminderAction {
    let (due_at, delivered_at) = (at(second), at(second + 1));
    let event = ReminderDelivered { due_at, message_ids: Vec::new(), late: false, maybe_repeated: false, delivered_at };
    ReminderAction::NoteDelivered(event)
}

/// Given what was done at second 0, when `action` at `second`.
fn given_when(given: &[ReminderAction], action: ReminderAction, second: i64) -> Result<usize, ReminderRejection> {
    let command = |what, second| ReminderCommand { reminder: reminder(), what, at: at(second) };
    let state = given.iter().fold(ReminderState::default(), |state, action| {
        let events = Reminder::decide(&state, &command(action.clone(), 0)).unwrap();
        events.iter().fold(state, Reminder::evolve)
    });
    Reminder::decide(&state, &command(action, second)).map(|events| events.len())
}

#[test]
fn a_reminder_lies_ahead_but_not_further_than_ten_years() {
    assert_eq!(given_when(&[], schedule(60), 0), Ok(1));
    assert_eq!(given_when(&[], schedule(60), 60), Err(ReminderRejection::InThePast { due: at(60) }));
    let far = 11 * 366 * 86_400;
    assert_eq!(given_when(&[], schedule(far), 0), Err(ReminderRejection::TooFarAhead { due: at(far) }));
}

#[test]
fn what_was_cancelled_stays_so() {
    let given = [schedule(60), ReminderAction::Cancel];
    let status = ReminderStatus::Cancelled;
    let refused = Err(ReminderRejection::NotScheduled { reminder: reminder(), status });
    assert_eq!(given_when(&given, ReminderAction::Cancel, 1), refused.clone());
    assert_eq!(given_when(&given, ReminderAction::Reschedule(due(90)), 1), refused);
    assert_eq!(given_when(&given, delivered(60), 61), Ok(0), "a message that was on its way changes nothing");
}

#[test]
fn what_was_told_can_be_put_off_and_is_told_again() {
    let given = [schedule(60), delivered(60)];
    assert_eq!(given_when(&given, ReminderAction::Reschedule(due(120)), 61), Ok(1));
    let again = [schedule(60), delivered(60), ReminderAction::Reschedule(due(120))];
    assert_eq!(given_when(&again, delivered(60), 62), Ok(0), "the first time says nothing about the second");
    assert_eq!(given_when(&again, delivered(120), 121), Ok(1));
}

#[test]
fn nothing_is_done_about_a_reminder_that_nobody_knows() {
    assert_eq!(given_when(&[], ReminderAction::Cancel, 0), Err(ReminderRejection::Unknown(reminder())));
    assert_eq!(given_when(&[], ReminderAction::Reschedule(due(9)), 0), Err(ReminderRejection::Unknown(reminder())));
    assert_eq!(given_when(&[schedule(60)], schedule(60), 0), Err(ReminderRejection::Exists(reminder())));
}

#[test]
fn a_note_that_was_kept_to_the_microsecond_is_about_the_same_moment() {
    let fine = Due { at: at(60) + SignedDuration::from_nanos(1_234_567), ..due(60) };
    let ReminderAction::Schedule { person, conversation, topic, text, .. } = schedule(60) else { unreachable!() };
    let scheduled = ReminderAction::Schedule { person, conversation, topic, text, due: fine.clone() };
    let kept = Timestamp::from_microsecond(fine.at.as_microsecond()).unwrap();
    let event = ReminderDelivered {
        due_at: kept,
        message_ids: Vec::new(),
        late: false,
        maybe_repeated: false,
        delivered_at: at(61),
    };
    assert_eq!(given_when(&[scheduled], ReminderAction::NoteDelivered(event), 61), Ok(1));
}
