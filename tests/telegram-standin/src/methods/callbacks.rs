//! `answerCallbackQuery`.

use serde_json::json;

use crate::{
    api::{ApiError, Call, Outcome},
    limits::CALLBACK_TEXT_MAX,
    state::{CallbackAnswer, Change},
};

/// Tells the person who pressed a button something, or only that it was heard.
pub(crate) fn answer(call: &mut Call<'_>) -> Outcome {
    let text = call.parameters.text("text").map(str::to_owned);
    if text.as_ref().is_some_and(|text| text.chars().count() > CALLBACK_TEXT_MAX) {
        return Err(ApiError::bad("MESSAGE_TOO_LONG"));
    }
    let id = call.parameters.text("callback_query_id").unwrap_or_default();
    let lifetime = i64::try_from(call.hub.options.callback_lifetime.as_secs()).unwrap_or(i64::MAX);
    let open = call.world.callbacks.get(id).filter(|query| query.answer.is_none() && call.now - query.at < lifetime);
    let Some(mut query) = open.cloned() else {
        return Err(ApiError::bad("query is too old and response timeout expired or query ID is invalid"));
    };
    query.answer = Some(CallbackAnswer {
        text,
        show_alert: call.parameters.flag("show_alert"),
        url: call.parameters.text("url").map(str::to_owned),
    });
    call.world.put(Change::Callback(query));
    Ok(json!(true))
}
