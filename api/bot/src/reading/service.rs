//! Service messages: who came and went, what the chat is called now.

use std::collections::BTreeMap;

use chronogram_gateways::telegram::wire::{self, ChatMigration, MessageKind};
use chronogram_model::{Authored, ExportTime, MessageId, ServiceAction, ServiceMessageObserved, Source, cleaned};

use super::{full_name, sender, time};

/// The service message that a message is, named as exports name it; `None` for one that says something itself.
pub(crate) fn service(message: &wire::Message) -> Option<ServiceMessageObserved> {
    let (action, details) = details(message)?;
    let actor = sender(message);
    let actor_name = message.from.as_ref().map(full_name);
    let details = ServiceAction { actor_name, ..details };
    Some(ServiceMessageObserved {
        message_id: MessageId(message.id.0.into()),
        happened_at: time(message.date.timestamp()),
        time: ExportTime::Unix,
        details: Authored::by(actor.person().cloned(), details),
        actor,
        action: action.to_owned(),
        source: Source::Telegram,
    })
}

fn details(message: &wire::Message) -> Option<(&'static str, ServiceAction)> {
    let titled = |title: &str| ServiceAction { title: Some(cleaned(title)), ..ServiceAction::default() };
    let plain = ServiceAction::default;
    if let Some(migration) = message.chat_migration() {
        let (action, chat_id) = match migration {
            ChatMigration::To { chat_id } => ("migrate_to_supergroup", chat_id),
            ChatMigration::From { chat_id } => ("migrate_from_group", chat_id),
        };
        let other = BTreeMap::from([("chat".to_owned(), chat_id.to_string())]);
        return Some((action, ServiceAction { other, ..plain() }));
    }
    Some(match &message.kind {
        MessageKind::NewChatMembers(came) => {
            let members = came.new_chat_members.iter().map(full_name).collect();
            ("invite_members", ServiceAction { members, ..plain() })
        }
        MessageKind::LeftChatMember(left) => {
            let members = vec![full_name(&left.left_chat_member)];
            ("remove_members", ServiceAction { members, ..plain() })
        }
        MessageKind::NewChatTitle(new) => ("edit_group_title", titled(&new.new_chat_title)),
        MessageKind::NewChatPhoto(_) => ("edit_group_photo", plain()),
        MessageKind::DeleteChatPhoto(_) => ("delete_group_photo", plain()),
        MessageKind::GroupChatCreated(_) => ("create_group", plain()),
        MessageKind::SupergroupChatCreated(_) => ("create_supergroup", plain()),
        MessageKind::ChannelChatCreated(_) => ("create_channel", plain()),
        MessageKind::Pinned(pinned) => {
            let message_id = Some(MessageId(pinned.pinned.id().0.into()));
            ("pin_message", ServiceAction { message_id, ..plain() })
        }
        MessageKind::ForumTopicCreated(topic) => ("topic_created", titled(&topic.forum_topic_created.name)),
        MessageKind::ForumTopicEdited(_) => ("topic_edit", plain()),
        MessageKind::ForumTopicClosed(_) => ("topic_closed", plain()),
        MessageKind::ForumTopicReopened(_) => ("topic_reopened", plain()),
        MessageKind::SuccessfulPayment(paid) => {
            let payment = &paid.successful_payment;
            let other = BTreeMap::from([
                ("currency".to_owned(), payment.currency.clone()),
                ("total_amount".to_owned(), payment.total_amount.to_string()),
            ]);
            ("payment", ServiceAction { other, ..plain() })
        }
        MessageKind::Common(_) | MessageKind::Dice(_) | MessageKind::Invoice(_) | MessageKind::Giveaway(_) => {
            return None;
        }
        // Kinds that nobody here reads yet are kept as what they are: something happened.
        _ => ("other", plain()),
    })
}
