//! What a due reminder says, in the person's language and zone.

use std::sync::Arc;

use chronogram_automations::deliveries::{DueReminder, ReminderWords};
use chronogram_bot_talk::{
    Language, Zones,
    views::{self, Reader, ReminderLine},
};
use jiff::SignedDuration;

pub(super) fn reminder_words() -> ReminderWords {
    let zones = Zones::built_in();
    Arc::new(move |due: &DueReminder| {
        let language = Language::of_tag(due.language.as_deref());
        let zone = zones.get_or_utc(&due.zone);
        // The view says "late" from the distance between due and now; a message in time shows none.
        let now = due.due_at.saturating_add(due.late_by.unwrap_or(SignedDuration::ZERO)).unwrap_or(due.due_at);
        let line = ReminderLine { id: due.reminder, text: due.text.clone(), due_at: due.due_at };
        views::reminder(&Reader { language, zone: &zone, now }, &line)
    })
}
