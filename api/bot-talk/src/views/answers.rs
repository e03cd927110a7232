//! Short answers that belong to no one thing: noted, not understood, refused, gone wrong; and notices over a chat.

use chronogram_model::conversation::OutgoingMessage;

use crate::{
    compose::Composer,
    language::Language,
    texts::{Phrase, Word, say},
};

/// What somebody said was received and kept.
pub fn noted(language: Language) -> OutgoingMessage {
    one_phrase(language, &say::noted())
}

/// There is no such command; the name is one that [`Request::Unknown`](crate::Request::Unknown) holds.
pub fn unknown_command(language: Language, command: &str) -> OutgoingMessage {
    one_phrase(language, &say::unknown_command(format!("/{command}"), "/help"))
}

/// This is for admins only.
pub fn refused(language: Language) -> OutgoingMessage {
    one_phrase(language, &say::refused("/help"))
}

/// Something of ours failed. With `error_id` those who run the bot find what.
pub fn something_went_wrong(language: Language, error_id: &str) -> OutgoingMessage {
    one_phrase(language, &say::something_went_wrong(Word::code(error_id)))
}

/// What is shown for a moment over the chat when a button was pressed: at most 200 UTF-16 units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// What was asked for is done.
    Done,
    /// The reminder is cancelled.
    ReminderCancelled,
    /// The reminder is put off.
    ReminderPutOff,
    /// The reminder is not there, or not theirs.
    ReminderNotFound,
    /// The reminder was told before it could be cancelled.
    ReminderAlreadyTold,
    /// The button is of another release, or under a message too old.
    OldButton,
    /// The button is not for whom pressed it.
    NotForYou,
    /// Something of ours failed.
    Failed,
}

impl Notice {
    /// Every notice.
    pub const ALL: [Self; 8] = [
        Self::Done,
        Self::ReminderCancelled,
        Self::ReminderPutOff,
        Self::ReminderNotFound,
        Self::ReminderAlreadyTold,
        Self::OldButton,
        Self::NotForYou,
        Self::Failed,
    ];
}

/// The words of a notice, for `Outgoing::AnswerPress`.
pub fn notice(language: Language, notice: Notice) -> String {
    let phrase = match notice {
        Notice::Done => say::notice_done(),
        Notice::ReminderCancelled => say::notice_cancelled(),
        Notice::ReminderPutOff => say::notice_put_off(),
        Notice::ReminderNotFound => say::notice_not_found(),
        Notice::ReminderAlreadyTold => say::notice_already_told(),
        Notice::OldButton => say::notice_old_button(),
        Notice::NotForYou => say::notice_not_for_you(),
        Notice::Failed => say::notice_failed(),
    };
    Composer::plain(language, &phrase)
}

/// A message of one phrase.
pub(super) fn one_phrase(language: Language, phrase: &Phrase<'_>) -> OutgoingMessage {
    let mut message = Composer::new(language);
    message.say(phrase);
    message.finish()
}
