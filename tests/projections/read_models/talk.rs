//! What happens in a chat with a bot, made by hand: edits, replies that went out, failed or still wait, and reminders.

use chronogram_model::{
    Authored, ChatId, ConversationId, MessageId, Origin, PersonId, Personal, ReminderId, ReplyId,
    conversation::{
        BotBlocked, MessageEdited, Outgoing, OutgoingMessage, Priority, ReplyFailed, ReplyRequested, ReplySent,
    },
    reminder::{
        Due, ReminderCancelled, ReminderDelivered, ReminderDeliveryFailed, ReminderEvent, ReminderRescheduled,
        ReminderScheduled,
    },
};

use super::history::{History, at, message, person};

/// Two messages of which one is edited, and four replies; the second round tells more of the first round's.
pub(crate) fn with_bot(history: &mut History, round: i64) {
    let chat = ConversationId::Bot { bot: 42, chat: ChatId::private(8) };
    for number in 0..2 {
        history.talk(&chat, message(500 + number, 8, 300 + number, "как было"));
    }
    let message = message(500, 8, 300, &format!("как стало {round}"));
    history.talk(&chat, MessageEdited { message, edited_at: at(400 + round) });
    for number in 0..4 {
        let origin = Origin::of(&["talk", &round.to_string()]);
        let reply = ReplyId::of(origin, usize::try_from(number).unwrap());
        history.talk(&chat, asked(reply, number));
        match number {
            0 => {
                let message_ids = vec![MessageId(600), MessageId(601)];
                history.talk(&chat, ReplySent { reply, message_ids, maybe_repeated: round == 1, sent_at: at(500) });
            }
            1 => {
                let reason = "blocked".to_owned();
                history.talk(&chat, ReplyFailed { reply, reason, failed_at: at(501) });
            }
            _ => {}
        }
    }
    history.talk(&chat, BotBlocked { person: person(8), blocked_at: at(502) });
    for number in 0..5 {
        reminder(history, &chat, round, number);
    }
}

/// Five ways that a reminder may go; those of the first round are told, and put off in the second.
fn reminder(history: &mut History, chat: &ConversationId, round: i64, number: i64) {
    let id = |round: i64| ReminderId::of(Origin::of(&["reminder", &round.to_string(), &number.to_string()]));
    let due = |second| Due { at: at(second), zone: "Europe/Moscow".to_owned(), wall_clock: number == 0 };
    let mut note = |round: i64, event: ReminderEvent| {
        history.record(id(round).stream(), &event);
    };
    let scheduled = ReminderScheduled {
        reminder: id(round),
        person: person(8),
        conversation: chat.clone(),
        topic: None,
        text: Personal::of(person(8), format!("дело {number}")),
        due: due(700 + number),
        scheduled_at: at(600),
    };
    note(round, scheduled.into());
    let (due_at, message_ids) = (at(700 + number), vec![MessageId(602)]);
    match number {
        1 => note(round, ReminderCancelled { cancelled_at: at(610) }.into()),
        2 => {
            let (late, delivered_at) = (round == 1, at(800));
            let told = ReminderDelivered { due_at, message_ids, late, maybe_repeated: false, delivered_at };
            note(round, told.into());
        }
        3 => note(round, ReminderDeliveryFailed { due_at, reason: "blocked".to_owned(), failed_at: at(801) }.into()),
        _ => {}
    }
    if round == 1 && number >= 2 {
        note(0, ReminderRescheduled { due: due(900), rescheduled_at: at(850) }.into());
    }
}

/// One more reply, due one second after the other; it failed, or is yet to go out.
pub(crate) fn reply(history: &mut History, chat: &ConversationId, number: i64, failed: bool) {
    let reply = ReplyId::of(Origin::of(&["reply", &number.to_string()]), 0);
    history.talk(chat, ReplyRequested { requested_at: at(number % 3_000), ..asked(reply, number) });
    if failed {
        history.talk(chat, ReplyFailed { reply, reason: "blocked".to_owned(), failed_at: at(5_000) });
    }
}

/// One more reminder, due one second after the other; it failed, or is yet to be told.
pub(crate) fn reminder_of(history: &mut History, person: &PersonId, chat: &ConversationId, number: i64, failed: bool) {
    let reminder = ReminderId::of(Origin::of(&["reminder of", &number.to_string()]));
    let due = Due { at: at(number % 3_000), zone: "UTC".to_owned(), wall_clock: false };
    let due_at = due.at;
    let scheduled = ReminderScheduled {
        topic: None,
        reminder,
        person: person.clone(),
        conversation: chat.clone(),
        text: Personal::of(person.clone(), format!("дело {number}")),
        due,
        scheduled_at: at(0),
    };
    history.record(reminder.stream(), &ReminderEvent::from(scheduled));
    if failed {
        let failed = ReminderDeliveryFailed { due_at, reason: "blocked".to_owned(), failed_at: at(5_000) };
        history.record(reminder.stream(), &ReminderEvent::from(failed));
    }
}

fn asked(reply: ReplyId, number: i64) -> ReplyRequested {
    let words = OutgoingMessage { text: format!("ответ {number}"), ..OutgoingMessage::default() };
    let outgoing = match number % 3 {
        0 => Outgoing::Send(words),
        1 => Outgoing::Edit { message_id: MessageId(600), message: words },
        _ => Outgoing::AnswerPress { press: "17".to_owned(), text: None },
    };
    ReplyRequested {
        reply,
        in_reply_to: (number == 0).then_some(MessageId(500)),
        topic: None,
        outgoing: Authored::by(Some(person(8)), outgoing),
        priority: Priority::Answer,
        requested_at: at(450 + number),
    }
}
