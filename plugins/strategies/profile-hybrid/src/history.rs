//! The input as the predictor sees it.

use chronogram_predictor::{History, Written};
use chronogram_strategy::prelude::*;

pub(crate) fn history(input: &ProfileInput) -> History<'_> {
    let own = input.messages.iter().filter(|message| message.from_user);
    History {
        messages: own.map(|message| Written { text: &message.text, sent_at_ms: message.facts.at("sent_at") }).collect(),
        messages_total: input.facts.count("messages_total"),
        chats_total: input.facts.count("conversations_total"),
        first_message_at_ms: input.facts.at("first_message_at"),
        last_message_at_ms: input.facts.at("last_message_at"),
    }
}
