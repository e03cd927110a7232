//! Methods about the bot's menu and about payments.

use super::{
    Kind::{Array, Boolean, Object, Text},
    Method, Parameter, optional, required,
};
use crate::methods::{commands, payments};

const WHERE: &[Parameter] = &[optional("scope", Object), optional("language_code", Text)];

pub(super) const METHODS: &[Method] = &[
    Method::now("setMyCommands", commands::set, &[&[required("commands", Array)], WHERE]),
    Method::now("getMyCommands", commands::get, &[WHERE]),
    Method::now("deleteMyCommands", commands::delete, &[WHERE]),
    Method::now(
        "answerPreCheckoutQuery",
        payments::answer,
        &[&[required("pre_checkout_query_id", Text), required("ok", Boolean), optional("error_message", Text)]],
    ),
];
