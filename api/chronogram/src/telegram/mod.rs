//! The bot in this process: where Telegram is, who polls, who sends.

mod house;
mod standin;
mod webhook;
mod words;

use std::{collections::HashSet, sync::Arc, time::Duration};

use chronogram_automations::{
    collection::{Collection, CollectionParts},
    deliveries::{ChatActions, Deliveries, DeliveryParts},
};
use chronogram_bot::{Bot, BotParts};
use chronogram_gateways::telegram::{BotAccount, BotApi, Telegram, TelegramError};
use chronogram_http::TelegramWebhook;
use chronogram_model::PersonId;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{cli::Role, foundation::Foundation, settings::Settings};
use standin::Standin;
use webhook::Webhook;

/// How long the start waits between two tries to learn who the bot is.
const RETRY: Duration = Duration::from_secs(2);

/// Where the bot's Telegram is.
pub(crate) struct Connection {
    api: BotApi,
    admins: HashSet<PersonId>,
    /// Takes what Telegram brings; none: we poll.
    webhook: Option<Arc<Webhook>>,
    /// Held as long as it is needed: it ends when this is dropped.
    standin: Option<Standin>,
}

impl Connection {
    /// Telegram with a token, the stand-in for `up` without one. `None`: there is no bot; says why.
    pub(crate) async fn open(settings: &Settings, may_stand_in: bool) -> anyhow::Result<Option<Self>> {
        let admins = settings.telegram_admins.clone();
        if let Some(token) = &settings.telegram_token {
            let api = BotApi::new(token, settings.telegram_api_url.as_deref())?;
            let webhook = webhook(settings, token);
            return Ok(Some(Self { api, admins: admins.unwrap_or_default(), webhook, standin: None }));
        }
        if !may_stand_in {
            return Ok(None);
        }
        let Some(standin) = Standin::start(&settings.data).await? else { return Ok(None) };
        let api = BotApi::new(standin.token(), Some(standin.url()))?;
        // Who sits before the chat page runs the system.
        let admins = admins.unwrap_or_else(|| Standin::PEOPLE.into_iter().map(PersonId::Telegram).collect());
        Ok(Some(Self { api, admins, webhook: webhook(settings, standin.token()), standin: Some(standin) }))
    }

    /// What to tell whoever starts us.
    pub(crate) fn line(&self) -> String {
        match &self.standin {
            Some(standin) => format!("{}  (STAND-IN, not Telegram: set TELEGRAM_BOT_TOKEN)", standin.url()),
            None if self.webhook.is_some() => "takes what Telegram brings to TELEGRAM_WEBHOOK_URL".to_owned(),
            None => "polls Telegram".to_owned(),
        }
    }

    /// Takes what Telegram brings, where it brings it here.
    pub(crate) fn webhook(&self) -> Option<Arc<dyn TelegramWebhook>> {
        self.webhook.clone().map(|webhook| webhook as Arc<dyn TelegramWebhook>)
    }

    /// Starts what the roles ask for, as soon as it is known who the bot is.
    pub(crate) fn run(
        &self,
        house: &Foundation,
        settings: &Settings,
        roles: &[Role],
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) {
        let telegram: Arc<dyn Telegram> = Arc::new(self.api.clone());
        let (deliveries, bot) = (roles.contains(&Role::Automations), roles.contains(&Role::Bot));
        let actions = ChatActions::default();
        if roles.contains(&Role::Automations) {
            let collection = Collection::new(CollectionParts {
                pool: house.pool.clone(),
                store: house.store.clone(),
                codec: house.codec.clone(),
                clock: house.clock.clone(),
                telegram: telegram.clone(),
            });
            let stop = stop.clone();
            tasks.spawn(async move { collection.run(stop).await });
        }
        let delivery = DeliveryParts {
            pool: house.pool.clone(),
            store: house.store.clone(),
            codec: house.codec.clone(),
            clock: house.clock.clone(),
            telegram: telegram.clone(),
            bot: 0,
            actions: actions.clone(),
            reminder_words: words::reminder_words(),
            split: Arc::new(chronogram_bot_talk::split::split),
        };
        let parts = BotParts {
            telegram: telegram.clone(),
            account: BotAccount { id: 0, username: String::new() },
            pool: house.pool.clone(),
            queries: house.queries.clone(),
            store: house.store.clone(),
            codec: house.codec.clone(),
            clock: house.clock.clone(),
            house: Arc::new(house::BotHouse::new(house)),
            actions,
            admins: self.admins.clone(),
            default_zone: settings.default_zone.clone(),
        };
        let (tasks, stop, webhook) = (tasks.clone(), stop.clone(), self.webhook.clone());
        tasks.clone().spawn(async move {
            let Some(account) = who_we_are(telegram.as_ref(), &stop).await else { return };
            if deliveries {
                let (deliveries, stop) = (Deliveries::new(DeliveryParts { bot: account.id, ..delivery }), stop.clone());
                tasks.spawn(async move { deliveries.run(stop).await });
            }
            if bot {
                let bot = Arc::new(Bot::new(BotParts { account, ..parts }));
                match webhook {
                    Some(webhook) => webhook.run(bot, stop).await,
                    None => bot.run(stop).await,
                }
            }
        });
    }
}

fn webhook(settings: &Settings, token: &str) -> Option<Arc<Webhook>> {
    settings.telegram_webhook_url.clone().map(|url| Arc::new(Webhook::new(url, token)))
}

/// Asks until Telegram says it; `None`: told to stop.
async fn who_we_are(telegram: &dyn Telegram, stop: &CancellationToken) -> Option<BotAccount> {
    loop {
        match telegram.me().await {
            Ok(account) => {
                tracing::info!(bot = %account.username, "the bot is known to Telegram");
                return Some(account);
            }
            Err(TelegramError::Unauthorized) => tracing::error!("Telegram does not know TELEGRAM_BOT_TOKEN"),
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "Telegram does not say who we are"),
        }
        tokio::select! {
            () = stop.cancelled() => return None,
            () = tokio::time::sleep(RETRY) => {}
        }
    }
}
