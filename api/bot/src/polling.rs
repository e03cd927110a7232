//! One loop that asks Telegram for updates. The next offset, which acknowledges, is sent only when everything that
//! follows from the updates before it is durable.

use std::{collections::HashMap, time::Duration};

use chronogram_automations::leadership::{Leadership, pulse};
use chronogram_bot_talk::{Language, menu::menu, views::Role};
use chronogram_gateways::telegram::{MenuCommand, MenuScope, TelegramError, Update};
use chronogram_model::{ChatId, PersonId};
use futures::future::join_all;
use tokio_util::sync::CancellationToken;

use crate::{Bot, waiting::pause};

/// The lock's number, with the bot's: one process a bot polls.
const LOCK: i64 = 0x6368_726f_706f_6c6c;
/// How long one poll waits for updates.
const POLL: Duration = Duration::from_secs(25);
/// How often who stands by looks whether the leader is gone.
const STAND_BY: Duration = Duration::from_secs(1);
/// The first pause after a failure; each further one is twice as long, up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(15);

impl Bot {
    /// Polls until it is stopped, or stands by while another process does.
    pub async fn run(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.take_the_lock().await {
                Ok(Some(leadership)) => {
                    self.poll(&stop, leadership).await;
                }
                Ok(None) => pause(STAND_BY, &stop).await,
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "the lock of polling cannot be taken");
                    pause(STAND_BY, &stop).await;
                }
            }
        }
    }

    async fn take_the_lock(&self) -> sqlx::Result<Option<Leadership>> {
        let lock = LOCK ^ self.parts.account.id;
        let Some(mut leadership) = Leadership::take(&self.parts.pool, lock, "chronogram polling").await? else {
            return Ok(None);
        };
        leadership.lives_by_its_pulse().await?;
        Ok(Some(leadership))
    }

    /// Polls as long as it is ours to do.
    async fn poll(&self, stop: &CancellationToken, mut leadership: Leadership) {
        self.prepare(stop).await;
        let (mut offset, mut failures) = (0, 0);
        while !stop.is_cancelled() {
            let polled = tokio::select! {
                () = stop.cancelled() => break,
                _lost = pulse(leadership.connection()) => {
                    tracing::warn!("the lock of polling is lost; another process may go on");
                    return;
                }
                polled = self.parts.telegram.updates(offset, POLL) => polled,
            };
            match polled {
                Ok(updates) => {
                    failures = 0;
                    if !leadership.holds().await {
                        tracing::warn!("the lock of polling is lost; another process may go on");
                        return;
                    }
                    // The greatest, not the last: what is acknowledged here never comes again.
                    let Some(last) = updates.iter().map(|update| update.id.0).max() else {
                        // All up to the offset are acknowledged by this. From here on none is needed, and ids may start
                        // anew, lower, as Telegram does after a quiet week: an old offset would throw those away.
                        offset = 0;
                        continue;
                    };
                    if !self.handle_all(updates, stop).await {
                        break;
                    }
                    offset = i32::try_from(last).map_or(i32::MAX, |last| last.saturating_add(1));
                }
                Err(error) => {
                    failures += 1;
                    self.say(&error);
                    let wait = match error {
                        TelegramError::RetryAfter(wait) => wait,
                        TelegramError::Unauthorized | TelegramError::Conflict => PAUSE_MAX,
                        _ => PAUSE_MIN.saturating_mul(1 << (failures - 1_u32).min(10)).min(PAUSE_MAX),
                    };
                    pause(wait, stop).await;
                }
            }
        }
        leadership.give_up().await;
    }

    fn say(&self, error: &TelegramError) {
        metrics::counter!("telegram_poll_failures_total", "kind" => error.kind()).increment(1);
        match error {
            TelegramError::Conflict => tracing::error!(
                bot = %self.parts.account.username,
                "another program polls this bot, or a webhook is set: only one may; stop the other"
            ),
            TelegramError::Unauthorized => tracing::error!("Telegram does not know the bot's token"),
            other => tracing::warn!(error = other as &dyn std::error::Error, "Telegram gives no updates"),
        }
    }

    /// Chats go beside each other, the updates of one chat one after the other. False: told to stop before the end.
    async fn handle_all(&self, updates: Vec<Update>, stop: &CancellationToken) -> bool {
        let mut chats: HashMap<Option<i64>, Vec<Update>> = HashMap::new();
        for update in updates {
            chats.entry(update.chat().map(|chat| chat.id.0)).or_default().push(update);
        }
        join_all(chats.into_values().map(|updates| self.handle_in_order(updates, stop)))
            .await
            .into_iter()
            .all(|done| done)
    }

    /// An update that fails for a reason of ours is tried again until it is done: those after it wait.
    async fn handle_in_order(&self, updates: Vec<Update>, stop: &CancellationToken) -> bool {
        for update in updates {
            let mut failures = 0_u32;
            while let Err(trouble) = self.handle(&update).await {
                failures += 1;
                metrics::counter!("telegram_update_failures_total").increment(1);
                tracing::error!(
                    update = update.id.0,
                    failures,
                    error = &trouble as &dyn std::error::Error,
                    "an update cannot be handled yet; it is tried again"
                );
                pause(PAUSE_MIN.saturating_mul(1 << (failures - 1).min(10)).min(PAUSE_MAX), stop).await;
                if stop.is_cancelled() {
                    return false;
                }
            }
        }
        true
    }

    /// Polling and a webhook exclude each other; what waits stays. And the menu of commands in every language.
    async fn prepare(&self, stop: &CancellationToken) {
        while let Err(error) = self.parts.telegram.delete_webhook().await {
            self.say(&error);
            pause(PAUSE_MAX.min(Duration::from_secs(2)), stop).await;
            if stop.is_cancelled() {
                return;
            }
        }
        self.set_menus_or_say_so().await;
    }

    /// Without its menu the bot works all the same.
    pub(crate) async fn set_menus_or_say_so(&self) {
        if let Err(error) = self.set_menus().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the menu of commands is not set");
        }
    }

    async fn set_menus(&self) -> Result<(), TelegramError> {
        let lines = |language, role| -> Vec<MenuCommand> {
            let line = |entry: chronogram_bot_talk::menu::MenuEntry| MenuCommand {
                command: entry.command.to_owned(),
                description: entry.description,
            };
            menu(language, role).into_iter().map(line).collect()
        };
        for language in Language::ALL {
            // English is what everybody sees whose language has no menu of its own.
            let tag = (language != Language::default()).then_some(language.tag());
            self.parts.telegram.set_menu(MenuScope::PrivateChats, tag, &lines(language, Role::Person)).await?;
            for admin in &self.parts.admins {
                let PersonId::Telegram(user) = admin else { continue };
                let scope = MenuScope::Chat(ChatId::private(*user));
                // Who never spoke to the bot has no chat yet: their menu comes with the next start.
                match self.parts.telegram.set_menu(scope, tag, &lines(language, Role::Admin)).await {
                    Ok(()) | Err(TelegramError::NotFound | TelegramError::Forbidden) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }
}
