//! Methods that send messages and change them.

use super::{
    Kind::{Array, Boolean, Chat, FileOrText, Integer, Markup, Object, Text},
    Method, Parameter, optional, required,
    updates::file,
};
use crate::methods::{deletes, edits, forwards, media, messages, payments};

const CHAT: &[Parameter] = &[required("chat_id", Chat)];
const BUSINESS: &[Parameter] = &[optional("business_connection_id", Text)];
const THREAD: &[Parameter] = &[optional("message_thread_id", Integer)];
const QUIET: &[Parameter] = &[optional("disable_notification", Boolean), optional("protect_content", Boolean)];
const PAID: &[Parameter] = &[optional("allow_paid_broadcast", Boolean)];
const EFFECT: &[Parameter] = &[optional("message_effect_id", Text)];
const REPLY: &[Parameter] = &[optional("reply_parameters", Object)];
const MARKUP: &[Parameter] = &[optional("reply_markup", Markup)];
const INLINE: &[Parameter] = &[optional("reply_markup", Object)];
const WORDS: &[Parameter] = &[
    required("text", Text),
    optional("parse_mode", Text),
    optional("entities", Array),
    optional("link_preview_options", Object),
];
const CAPTION: &[Parameter] =
    &[optional("caption", Text), optional("parse_mode", Text), optional("caption_entities", Array)];
const ABOVE: &[Parameter] = &[optional("show_caption_above_media", Boolean)];
const THUMBNAIL: &[Parameter] = &[optional("thumbnail", FileOrText)];
const FROM: &[Parameter] = &[required("from_chat_id", Chat)];
const ONE: &[Parameter] = &[required("message_id", Integer)];
const MANY: &[Parameter] = &[required("message_ids", Array)];
const START: &[Parameter] = &[optional("video_start_timestamp", Integer)];
const TARGET: &[Parameter] =
    &[optional("chat_id", Chat), optional("message_id", Integer), optional("inline_message_id", Text)];
const GOODS: &[Parameter] = &[
    required("title", Text),
    required("description", Text),
    required("payload", Text),
    required("currency", Text),
    required("prices", Array),
    optional("provider_token", Text),
    optional("provider_data", Text),
    optional("max_tip_amount", Integer),
    optional("suggested_tip_amounts", Array),
    optional("photo_url", Text),
    optional("photo_size", Integer),
    optional("photo_width", Integer),
    optional("photo_height", Integer),
    optional("need_name", Boolean),
    optional("need_phone_number", Boolean),
    optional("need_email", Boolean),
    optional("need_shipping_address", Boolean),
    optional("send_phone_number_to_provider", Boolean),
    optional("send_email_to_provider", Boolean),
    optional("is_flexible", Boolean),
];

pub(super) const SENDING: &[Method] = &[
    Method::now("sendMessage", messages::send, &[BUSINESS, CHAT, THREAD, WORDS, QUIET, PAID, EFFECT, REPLY, MARKUP]),
    Method::now(
        "sendPhoto",
        media::send_photo,
        &[
            &[file("photo"), optional("has_spoiler", Boolean)],
            BUSINESS,
            CHAT,
            THREAD,
            CAPTION,
            ABOVE,
            QUIET,
            PAID,
            EFFECT,
            REPLY,
            MARKUP,
        ],
    ),
    Method::now(
        "sendDocument",
        media::send_document,
        &[
            &[file("document"), optional("disable_content_type_detection", Boolean)],
            BUSINESS,
            CHAT,
            THREAD,
            THUMBNAIL,
            CAPTION,
            QUIET,
            PAID,
            EFFECT,
            REPLY,
            MARKUP,
        ],
    ),
    Method::now(
        "sendVoice",
        media::send_voice,
        &[
            &[file("voice"), optional("duration", Integer)],
            BUSINESS,
            CHAT,
            THREAD,
            CAPTION,
            QUIET,
            PAID,
            EFFECT,
            REPLY,
            MARKUP,
        ],
    ),
    Method::now(
        "sendMediaGroup",
        media::send_group,
        &[&[required("media", Array)], BUSINESS, CHAT, THREAD, QUIET, PAID, EFFECT, REPLY],
    ),
    Method::now("sendChatAction", messages::action, &[&[required("action", Text)], BUSINESS, CHAT, THREAD]),
    Method::now(
        "sendInvoice",
        payments::send,
        &[&[optional("start_parameter", Text)], CHAT, THREAD, GOODS, QUIET, PAID, EFFECT, REPLY, INLINE],
    ),
    Method::now("createInvoiceLink", payments::link, &[&[optional("subscription_period", Integer)], BUSINESS, GOODS]),
    Method::now("forwardMessage", forwards::forward, &[CHAT, THREAD, FROM, START, QUIET, ONE]),
    Method::now("forwardMessages", forwards::forward_many, &[CHAT, THREAD, FROM, MANY, QUIET]),
    Method::now(
        "copyMessage",
        forwards::copy,
        &[CHAT, THREAD, FROM, ONE, START, CAPTION, ABOVE, QUIET, PAID, REPLY, MARKUP],
    ),
    Method::now(
        "copyMessages",
        forwards::copy_many,
        &[CHAT, THREAD, FROM, MANY, QUIET, &[optional("remove_caption", Boolean)]],
    ),
];

pub(super) const CHANGING: &[Method] = &[
    Method::now("editMessageText", edits::text, &[BUSINESS, TARGET, WORDS, INLINE]),
    Method::now("editMessageCaption", edits::caption, &[BUSINESS, TARGET, CAPTION, ABOVE, INLINE]),
    Method::now("editMessageMedia", edits::media, &[BUSINESS, TARGET, &[required("media", Object)], INLINE]),
    Method::now("editMessageReplyMarkup", edits::markup, &[BUSINESS, TARGET, INLINE]),
    Method::now("deleteMessage", deletes::one, &[CHAT, ONE]),
    Method::now("deleteMessages", deletes::many, &[CHAT, MANY]),
];
