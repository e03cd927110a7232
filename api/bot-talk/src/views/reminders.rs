//! Reminders: scheduled, listed, put off, cancelled, and the reminder itself.

use chronogram_model::{
    ReminderId,
    conversation::{Button, OutgoingMessage},
    reminder::{Due, ReminderStatus},
};
use jiff::{SignedDuration, Timestamp};

use super::{Page, Reader, answers::one_phrase};
use crate::{
    buttons::{Press, PutOff},
    compose::{Composer, Style},
    language::Language,
    texts::{Phrase, Word, say},
    words::{self, on_one_line, shortened},
};

/// How many reminders stand on a page: with two buttons each, what fits on a phone.
pub const REMINDERS_A_PAGE: u32 = 5;

/// From when on a reminder says that it is late. Less is the ordinary time a message takes.
pub const LATE_MIN: SignedDuration = SignedDuration::from_secs(60);

/// The most that a list shows of a reminder, in UTF-16 units.
const LINE_MAX: usize = 160;

/// A reminder that is to come.
#[derive(Clone, Debug)]
pub struct ReminderLine {
    /// Which.
    pub id: ReminderId,
    /// Of what.
    pub text: String,
    /// When.
    pub due_at: Timestamp,
}

/// It will be told: the moment, the zone and the time left are said, so that a slip is seen at once.
pub fn reminder_scheduled(reader: &Reader<'_>, id: ReminderId, text: &str, due: &Due) -> OutgoingMessage {
    let mut message = Composer::new(reader.language);
    message.say(&say::reminder_scheduled(bold_moment(reader, due.at), left(reader, due.at)));
    message.paragraph().words(text);
    message.row([later_button(reader.language, id, None), cancel_button(reader.language, id, None)]);
    message.finish()
}

/// The message came so late that its moment is over: the reminder comes at once, and says that it is late.
pub fn reminder_over(reader: &Reader<'_>, due: &Due) -> OutgoingMessage {
    one_phrase(reader.language, &say::reminder_over(bold_moment(reader, due.at)))
}

/// A page of what will be told, the next first, with buttons for each.
pub fn reminders(reader: &Reader<'_>, page: &Page<'_, ReminderLine>) -> OutgoingMessage {
    let language = reader.language;
    if page.items.is_empty() && page.number == 0 {
        let example = Word::code(Composer::plain(language, &say::example_remind()));
        return one_phrase(language, &say::reminders_none(example));
    }
    let mut message = Composer::new(language);
    message.say(&say::reminders_title(i64::try_from(page.total).unwrap_or(i64::MAX)));
    let pages = page.pages(REMINDERS_A_PAGE);
    if pages > 1 {
        let (number, pages) = (i64::from(page.number) + 1, i64::try_from(pages).unwrap_or(i64::MAX));
        message.words(" · ").say(&say::page(number, pages));
    }
    message.line().say(&say::times_in(reader.zone.name().label()));
    for (number, line) in page.numbered(REMINDERS_A_PAGE) {
        message.paragraph().words(&format!("{number}. ")).words(&shortened(&on_one_line(&line.text), LINE_MAX)).line();
        let moment = words::moment_alone(line.due_at, reader.zone);
        message.say(&say::reminders_when(moment, left(reader, line.due_at)));
        message.row([later_button(language, line.id, Some(number)), cancel_button(language, line.id, Some(number))]);
    }
    message.row(page.turning(language, REMINDERS_A_PAGE, Press::RemindersPage));
    message.row([Press::Close.button(Composer::plain(language, &say::button_close()))]);
    message.finish()
}

/// Asks to when a reminder is to be put off.
pub fn reschedule_menu(reader: &Reader<'_>, line: &ReminderLine) -> OutgoingMessage {
    let mut message = Composer::new(reader.language);
    message.say(&say::reminder_put_off_ask(bold_moment(reader, line.due_at)));
    message.paragraph().words(&line.text);
    put_off_rows(&mut message, reader.language, line.id);
    let close = Press::Close.button(Composer::plain(reader.language, &say::button_close()));
    message.row([cancel_button(reader.language, line.id, None), close]);
    message.finish()
}

/// It will be told later.
pub fn reminder_put_off(reader: &Reader<'_>, id: ReminderId, text: &str, due: &Due) -> OutgoingMessage {
    let mut message = Composer::new(reader.language);
    message.say(&say::reminder_put_off(bold_moment(reader, due.at), left(reader, due.at)));
    message.paragraph().words(text);
    message.row([later_button(reader.language, id, None), cancel_button(reader.language, id, None)]);
    message.finish()
}

/// It will not be told.
pub fn reminder_cancelled(language: Language, text: &str) -> OutgoingMessage {
    let mut message = Composer::new(language);
    message.say(&say::reminder_cancelled());
    message.paragraph().words(text);
    message.finish()
}

/// There is no such reminder, or it is somebody else's, which is not told apart.
pub fn reminder_not_found(language: Language) -> OutgoingMessage {
    one_phrase(language, &say::reminder_not_found("/reminders"))
}

/// Nothing is left to cancel or put off, because of how the reminder stands.
pub fn reminder_already_told(language: Language, status: ReminderStatus) -> OutgoingMessage {
    let phrase = match status {
        ReminderStatus::Sent => say::reminder_already_told(),
        ReminderStatus::Cancelled => say::reminder_already_cancelled(),
        ReminderStatus::Failed => say::reminder_has_failed(),
        ReminderStatus::Unknown | ReminderStatus::Scheduled => say::reminder_not_found("/reminders"),
    };
    one_phrase(language, &phrase)
}

/// The reminder itself, told now. One that comes [`LATE_MIN`] or more after it was due says so.
pub fn reminder(reader: &Reader<'_>, line: &ReminderLine) -> OutgoingMessage {
    let mut message = Composer::new(reader.language);
    message.words("⏰ ").words(&line.text);
    let late = reader.now.duration_since(line.due_at);
    if late >= LATE_MIN {
        message.paragraph().say(&say::reminder_late(words::span(late), words::moment(line.due_at, reader.zone)));
    }
    put_off_rows(&mut message, reader.language, line.id);
    message.finish()
}

fn bold_moment<'a>(reader: &Reader<'_>, at: Timestamp) -> Word<'a> {
    let mut moment = Composer::new(reader.language);
    moment.say(&words::moment(at, reader.zone));
    Word::styled(moment.finish().text, Style::Bold)
}

/// "через 2 часа 30 минут"; for what is due already, "вот-вот".
fn left<'a>(reader: &Reader<'_>, at: Timestamp) -> Phrase<'a> {
    let left = at.duration_since(reader.now);
    if left.as_secs() < 1 { say::left_none() } else { say::left(words::span(left)) }
}

fn put_off_rows(message: &mut Composer, language: Language, id: ReminderId) {
    let label = |to: PutOff| match to {
        PutOff::TenMinutes => say::button_ten_minutes(),
        PutOff::Hour => say::button_hour(),
        PutOff::Day => say::button_day(),
        PutOff::TomorrowAtNine => say::button_tomorrow_at_nine(),
    };
    for row in PutOff::ALL.chunks(2) {
        message.row(row.iter().map(|to| Press::PutOff(id, *to).button(Composer::plain(language, &label(*to)))));
    }
}

/// Buttons of a list carry the number of their line.
fn numbered(language: Language, label: &Phrase<'_>, number: Option<u64>) -> String {
    let label = Composer::plain(language, label);
    number.map_or_else(|| label.clone(), |number| format!("{label} {number}"))
}

fn later_button(language: Language, id: ReminderId, number: Option<u64>) -> Button {
    Press::RescheduleMenu(id).button(numbered(language, &say::button_later(), number))
}

fn cancel_button(language: Language, id: ReminderId, number: Option<u64>) -> Button {
    Press::CancelReminder(id).button(numbered(language, &say::button_cancel(), number))
}
