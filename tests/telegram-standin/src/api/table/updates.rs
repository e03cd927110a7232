//! Methods about the bot itself, its updates and its webhook.

use super::{
    Kind::{Array, Boolean, File, FileOrText, Integer, Text},
    Method, Parameter, Run, optional, required,
};
use crate::methods::{callbacks, files, me, webhooks};

const ALLOWED: &[Parameter] = &[optional("allowed_updates", Array)];
const DROP: &[Parameter] = &[optional("drop_pending_updates", Boolean)];

pub(super) const METHODS: &[Method] = &[
    Method::now("getMe", me::get, &[]),
    Method {
        name: "getUpdates",
        run: Run::Poll,
        groups: &[&[optional("offset", Integer), optional("limit", Integer), optional("timeout", Integer)], ALLOWED],
    },
    Method::now(
        "setWebhook",
        webhooks::set,
        &[
            &[
                required("url", Text),
                optional("certificate", File),
                optional("ip_address", Text),
                optional("max_connections", Integer),
                optional("secret_token", Text),
            ],
            ALLOWED,
            DROP,
        ],
    ),
    Method::now("deleteWebhook", webhooks::delete, &[DROP]),
    Method::now("getWebhookInfo", webhooks::info, &[]),
    Method::now("getFile", files::get, &[&[required("file_id", Text)]]),
    Method::now(
        "answerCallbackQuery",
        callbacks::answer,
        &[&[
            required("callback_query_id", Text),
            optional("text", Text),
            optional("show_alert", Boolean),
            optional("url", Text),
            optional("cache_time", Integer),
        ]],
    ),
];

/// A file that is sent: an upload or a known one.
pub(super) const fn file(name: &'static str) -> Parameter {
    required(name, FileOrText)
}
