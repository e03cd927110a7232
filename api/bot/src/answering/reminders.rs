//! Reminders: asked for, shown, put off, cancelled.

use chronogram_bot_talk::{
    buttons::PutOff,
    views::{self, Notice, REMINDERS_A_PAGE, ReminderLine},
};
use chronogram_gateways::telegram::wire;
use chronogram_handlers::HandleError;
use chronogram_model::{
    Personal, ReminderId,
    conversation::OutgoingMessage,
    reminder::{Due, ReminderAction, ReminderCommand, ReminderEvent, ReminderRejection},
};
use chronogram_read_models::{
    Direction,
    reminders::{self, ReminderFilter, ReminderRow},
};

use super::{
    Listener, PressAnswer,
    paging::{NumberedPage, numbered_page},
};
use crate::{Bot, Trouble, reading, updates::Incoming};

impl Bot {
    pub(super) async fn remind(
        &self,
        incoming: &Incoming,
        message: &wire::Message,
        listener: &Listener,
        due: Due,
        text: String,
    ) -> Result<OutgoingMessage, Trouble> {
        let reminder = ReminderId::of(incoming.origin);
        let what = ReminderAction::Schedule {
            person: listener.person.clone(),
            conversation: self.conversation(&message.chat),
            topic: reading::topic(message),
            text: Personal::of(listener.person.clone(), text.clone()),
            due: due.clone(),
        };
        // Of a message that lay at Telegram the moment may be over by now; asked for it was in time.
        let command = ReminderCommand { reminder, what, at: reading::asked_at(message, incoming.now) };
        match self.reminders.handle(&command, &incoming.context(Some(&listener.person))).await {
            Ok(handled) => {
                // A repeated update hears of the moment that was set the first time.
                let first = handled.events.iter().find_map(|event| match event {
                    ReminderEvent::ReminderScheduled(scheduled) => Some(&scheduled.due),
                    _ => None,
                });
                let due = first.unwrap_or(&due);
                if due.at <= incoming.now {
                    return Ok(views::reminder_over(&listener.reader(), due));
                }
                Ok(views::reminder_scheduled(&listener.reader(), reminder, &text, due))
            }
            // What was understood lies ahead of the moment when it was said: nothing is left to refuse.
            Err(HandleError::Rejected(_)) => Ok(views::reminder_not_found(listener.language)),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn list_reminders(&self, listener: &Listener, page: u32) -> Result<OutgoingMessage, Trouble> {
        self.fresh().await?;
        let filter = ReminderFilter {
            person: Some(listener.person.clone()),
            state: Some("scheduled".to_owned()),
            ..ReminderFilter::default()
        };
        let total = reminders::count_reminders(&self.parts.queries, &filter).await?;
        let (queries, filter) = (&self.parts.queries, &filter);
        let read = |request| async move { reminders::reminders(queries, filter, Direction::Ascending, &request).await };
        let NumberedPage { rows, number, total } = numbered_page(page, total, REMINDERS_A_PAGE, read).await?;
        let lines: Vec<_> = rows.into_iter().map(line).collect();
        Ok(views::reminders(&listener.reader(), &views::Page { items: &lines, number, total }))
    }

    pub(super) async fn cancel_reminder(
        &self,
        incoming: &Incoming,
        listener: &Listener,
        id: ReminderId,
    ) -> Result<PressAnswer, Trouble> {
        let Some(row) = self.own(listener, id).await? else {
            return Ok(PressAnswer::only(Notice::ReminderNotFound));
        };
        let command = ReminderCommand { reminder: id, what: ReminderAction::Cancel, at: incoming.now };
        match self.reminders.handle(&command, &incoming.context(Some(&listener.person))).await {
            Ok(_) => {
                let words = views::reminder_cancelled(listener.language, &row.text);
                Ok(PressAnswer::edit(Notice::ReminderCancelled, words))
            }
            Err(HandleError::Rejected(rejection)) => Ok(refused(&rejection)),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn reschedule_menu(&self, listener: &Listener, id: ReminderId) -> Result<PressAnswer, Trouble> {
        match self.own(listener, id).await? {
            Some(row) => Ok(PressAnswer::edit(Notice::Done, views::reschedule_menu(&listener.reader(), &row))),
            None => Ok(PressAnswer::only(Notice::ReminderNotFound)),
        }
    }

    pub(super) async fn put_off(
        &self,
        incoming: &Incoming,
        listener: &Listener,
        id: ReminderId,
        to: PutOff,
    ) -> Result<PressAnswer, Trouble> {
        let Some(row) = self.own(listener, id).await? else {
            return Ok(PressAnswer::only(Notice::ReminderNotFound));
        };
        let due = to.due(row.due_at, incoming.now, &listener.zone);
        let what = ReminderAction::Reschedule(due.clone());
        let command = ReminderCommand { reminder: id, what, at: incoming.now };
        match self.reminders.handle(&command, &incoming.context(Some(&listener.person))).await {
            Ok(_) => {
                let words = views::reminder_put_off(&listener.reader(), id, &row.text, &due);
                Ok(PressAnswer::edit(Notice::ReminderPutOff, words))
            }
            Err(HandleError::Rejected(rejection)) => Ok(refused(&rejection)),
            Err(error) => Err(error.into()),
        }
    }

    /// The reminder, where it is theirs.
    async fn own(&self, listener: &Listener, id: ReminderId) -> Result<Option<ReminderLine>, Trouble> {
        let state = self.reminders.state(&id.stream()).await?;
        if state.person() != Some(&listener.person) {
            return Ok(None);
        }
        self.fresh().await?;
        let found = reminders::reminders_by_id(&self.parts.queries, &[id]).await?.pop();
        Ok(found.map(line))
    }
}

fn line(row: ReminderRow) -> ReminderLine {
    ReminderLine { id: ReminderId(row.id), text: row.text.unwrap_or_default(), due_at: row.due_at }
}

fn refused(rejection: &ReminderRejection) -> PressAnswer {
    PressAnswer::only(match rejection {
        ReminderRejection::NotScheduled { .. } => Notice::ReminderAlreadyTold,
        ReminderRejection::Unknown(_) => Notice::ReminderNotFound,
        ReminderRejection::Exists(_) | ReminderRejection::InThePast { .. } | ReminderRejection::TooFarAhead { .. } => {
            Notice::Failed
        }
    })
}
