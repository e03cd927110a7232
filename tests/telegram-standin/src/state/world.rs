//! The tables, how a change alters them, and the numbers that are given once.

use std::{
    collections::{BTreeMap, VecDeque},
    ops::Deref,
};

use serde::{Deserialize, Serialize};

use super::{BotCommand, Callback, Change, Chat, FileRecord, Message, PreCheckout, Update, User};
use crate::{
    ids::{ChatId, MessageId, UpdateId, UserId},
    limits::UPDATE_LIFETIME_SECONDS,
};

/// Where updates are pushed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Webhook {
    pub(crate) url: String,
    pub(crate) secret: Option<String>,
    pub(crate) max_connections: usize,
    pub(crate) ip_address: Option<String>,
    pub(crate) has_certificate: bool,
}

/// Why the last delivery failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WebhookError {
    pub(crate) at: i64,
    pub(crate) message: String,
}

/// The last number given of each row. Numbers never go back.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Counters {
    update: i64,
    shared_message: i64,
    messages: BTreeMap<ChatId, i64>,
    file: i64,
    query: i64,
}

/// The first update of a new stand-in gets the number after this one.
const UPDATES_START: i64 = 500_000_000;

impl Default for Counters {
    fn default() -> Self {
        Self { update: UPDATES_START, shared_message: 0, messages: BTreeMap::new(), file: 0, query: 0 }
    }
}

/// All records.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Tables {
    pub(crate) users: BTreeMap<UserId, User>,
    pub(crate) chats: BTreeMap<ChatId, Chat>,
    pub(crate) messages: BTreeMap<ChatId, BTreeMap<MessageId, Message>>,
    pub(crate) files: BTreeMap<String, FileRecord>,
    pub(crate) updates: VecDeque<Update>,
    pub(crate) allowed_updates: Vec<String>,
    pub(crate) webhook: Option<Webhook>,
    pub(crate) webhook_error: Option<WebhookError>,
    pub(crate) commands: BTreeMap<String, Vec<BotCommand>>,
    pub(crate) callbacks: BTreeMap<String, Callback>,
    pub(crate) pre_checkouts: BTreeMap<String, PreCheckout>,
    counters: Counters,
}

impl Tables {
    pub(crate) fn apply(&mut self, change: Change) {
        match change {
            Change::User(user) => drop(self.users.insert(user.id, user)),
            Change::Chat(chat) => drop(self.chats.insert(chat.id, *chat)),
            Change::Message(message) => self.put_message(*message),
            Change::File(file) => {
                self.counters.file = self.counters.file.max(file.number);
                self.files.insert(file.file_id.clone(), file);
            }
            Change::Update(update) => {
                self.counters.update = self.counters.update.max(update.id.0);
                self.forget_older_than(update.at - UPDATE_LIFETIME_SECONDS);
                self.updates.push_back(*update);
            }
            Change::Confirmed { below } => self.updates.retain(|update| update.id >= below),
            Change::Delivered(id) => self.updates.retain(|update| update.id != id),
            Change::Repeat(id) => {
                self.updates.iter_mut().filter(|update| update.id == id).for_each(|update| update.twice = false);
            }
            Change::AllowedUpdates(allowed) => self.allowed_updates = allowed,
            Change::Webhook(webhook) => {
                self.webhook = webhook;
                self.webhook_error = None;
            }
            Change::WebhookFailed(error) => self.webhook_error = Some(error),
            Change::Commands { key, commands } if commands.is_empty() => drop(self.commands.remove(&key)),
            Change::Commands { key, commands } => drop(self.commands.insert(key, commands)),
            Change::Callback(callback) => {
                self.count_query(&callback.id);
                self.callbacks.insert(callback.id.clone(), callback);
            }
            Change::PreCheckout(query) => {
                self.count_query(&query.id);
                self.pre_checkouts.insert(query.id.clone(), query);
            }
            Change::Action { .. } => {}
        }
    }

    fn put_message(&mut self, message: Message) {
        let own = self.chats.get(&message.chat).is_some_and(|chat| chat.kind.counts_its_own());
        let counter = if own {
            self.counters.messages.entry(message.chat).or_default()
        } else {
            &mut self.counters.shared_message
        };
        *counter = (*counter).max(message.id.0);
        self.messages.entry(message.chat).or_default().insert(message.id, message);
    }

    /// Updates and questions that nobody can take or answer any more.
    fn forget_older_than(&mut self, at: i64) {
        while self.updates.front().is_some_and(|update| update.at <= at) {
            self.updates.pop_front();
        }
        self.callbacks.retain(|_, query| query.at > at);
        self.pre_checkouts.retain(|_, query| query.at > at);
    }

    fn count_query(&mut self, id: &str) {
        self.counters.query = self.counters.query.max(id.parse().unwrap_or(0) - QUERIES_START);
    }

    pub(crate) fn message(&self, chat: ChatId, id: MessageId) -> Option<&Message> {
        self.messages.get(&chat)?.get(&id)
    }

    /// A message that nobody deleted.
    pub(crate) fn live_message(&self, chat: ChatId, id: MessageId) -> Option<&Message> {
        self.message(chat, id).filter(|message| message.deleted_at.is_none())
    }

    pub(crate) fn chat_named(&self, username: &str) -> Option<&Chat> {
        self.chats
            .values()
            .find(|chat| chat.username.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(username)))
    }

    /// Updates that wait, the oldest first; those older than a day are gone.
    pub(crate) fn pending(&self, now: i64) -> impl DoubleEndedIterator<Item = &Update> {
        self.updates.iter().filter(move |update| update.at > now - UPDATE_LIFETIME_SECONDS)
    }

    pub(crate) fn next_message(&self, chat: &Chat) -> MessageId {
        let last = if chat.kind.counts_its_own() {
            self.counters.messages.get(&chat.id).copied().unwrap_or(0)
        } else {
            self.counters.shared_message
        };
        MessageId(last + 1)
    }

    pub(crate) fn next_update(&self) -> UpdateId {
        UpdateId(self.counters.update + 1)
    }

    pub(crate) fn next_file(&self) -> i64 {
        self.counters.file + 1
    }

    pub(crate) fn next_query(&self) -> String {
        (QUERIES_START + self.counters.query + 1).to_string()
    }
}

/// Ids of callback queries are long numbers in text.
const QUERIES_START: i64 = 4_000_000_000_000_000_000;

/// The tables, and the changes that no journal has yet.
#[derive(Debug)]
pub(crate) struct World {
    tables: Tables,
    /// The bot.
    pub(crate) bot: UserId,
    /// These many of the next updates are delivered twice: a fault, asked for.
    pub(crate) duplicates: u32,
    /// So many ids are left out before the next update: a fault, asked for.
    pub(crate) gap: u32,
    unwritten: Vec<Change>,
}

impl World {
    pub(crate) fn new(tables: Tables, bot: UserId) -> Self {
        Self { tables, bot, duplicates: 0, gap: 0, unwritten: Vec::new() }
    }

    pub(crate) fn put(&mut self, change: Change) {
        self.tables.apply(change.clone());
        self.unwritten.push(change);
    }

    /// The id of an update that is queued now.
    pub(crate) fn take_update_id(&mut self) -> UpdateId {
        UpdateId(self.next_update().0 + i64::from(std::mem::take(&mut self.gap)))
    }

    /// Whether the next update shall come twice.
    pub(crate) fn take_duplicate(&mut self) -> bool {
        let left = self.duplicates.checked_sub(1);
        self.duplicates = left.unwrap_or(0);
        left.is_some()
    }

    pub(crate) fn take_unwritten(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.unwritten)
    }
}

impl Deref for World {
    type Target = Tables;

    fn deref(&self) -> &Tables {
        &self.tables
    }
}
