//! Keyboards: each button is looked at as the real server does.

use serde_json::{Map, Value};

use crate::{
    api::{ApiError, Call},
    limits::{BUTTONS_MAX, CALLBACK_DATA_MAX},
};

/// What an inline button may do; exactly one of them.
const ACTIONS: &[&str] = &[
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
];
const COPY_TEXT_MAX: usize = 256;

/// `reply_markup` of a new message.
pub(super) fn any(call: &Call<'_>) -> Result<Option<Value>, ApiError> {
    let Some(markup) = call.parameters.get("reply_markup") else { return Ok(None) };
    if markup.get("inline_keyboard").is_some() {
        return inline(call);
    }
    if let Some(rows) = markup.get("keyboard") {
        for button in buttons(rows, "keyboard button")? {
            let text = button.as_str().or_else(|| button.get("text")?.as_str());
            if text.is_none_or(str::is_empty) {
                return Err(bad_button("keyboard button", "Field \"text\" must be a non-empty String"));
            }
        }
        return Ok(Some(markup.clone()));
    }
    let is_flag = |name: &str| markup.get(name).and_then(Value::as_bool) == Some(true);
    if is_flag("remove_keyboard") || is_flag("force_reply") {
        return Ok(Some(markup.clone()));
    }
    // `{}` and `false` flags mean no keyboard.
    Ok(None)
}

/// `reply_markup` where only buttons under the message are taken. An empty keyboard is none.
pub(super) fn inline(call: &Call<'_>) -> Result<Option<Value>, ApiError> {
    let Some(markup) = call.parameters.get("reply_markup") else { return Ok(None) };
    let Some(rows) = markup.get("inline_keyboard") else { return Ok(None) };
    let buttons = buttons(rows, "inline keyboard button")?;
    if buttons.len() > BUTTONS_MAX {
        return Err(ApiError::bad("reply markup is too long"));
    }
    for button in &buttons {
        check(button)?;
    }
    Ok((!buttons.is_empty()).then(|| markup.clone()))
}

fn bad_button(what: &str, why: &str) -> ApiError {
    ApiError::bad(format!("can't parse {what}: {why}"))
}

fn buttons<'a>(rows: &'a Value, what: &str) -> Result<Vec<&'a Value>, ApiError> {
    let rows = rows.as_array().ok_or_else(|| bad_button(what, "Field must be of type Array"))?;
    let mut all = Vec::new();
    for row in rows {
        all.extend(row.as_array().ok_or_else(|| bad_button(what, "a row must be of type Array"))?);
    }
    Ok(all)
}

fn check(button: &Value) -> Result<(), ApiError> {
    let what = "inline keyboard button";
    let fields = button.as_object().ok_or_else(|| bad_button(what, "InlineKeyboardButton must be an Object"))?;
    let text = fields.get("text").and_then(Value::as_str).unwrap_or_default();
    if text.trim().is_empty() {
        return Err(bad_button(what, "Field \"text\" must be a non-empty String"));
    }
    let actions = ACTIONS.iter().filter(|action| fields.get(**action).is_some_and(|value| !value.is_null())).count();
    match actions {
        0 => return Err(bad_button(what, "Text buttons are unallowed in the inline keyboard")),
        1 => {}
        _ => return Err(bad_button(what, "exactly one optional field must be used to specify type of the button")),
    }
    if let Some(data) = fields.get("callback_data") {
        let length = data.as_str().map_or(0, str::len);
        if length == 0 || length > CALLBACK_DATA_MAX {
            return Err(ApiError::bad("BUTTON_DATA_INVALID"));
        }
    }
    check_url(fields)?;
    if let Some(copied) = fields.get("copy_text") {
        let length = copied.get("text").and_then(Value::as_str).map_or(0, |text| text.chars().count());
        if length == 0 || length > COPY_TEXT_MAX {
            return Err(ApiError::bad("BUTTON_COPY_TEXT_INVALID"));
        }
    }
    Ok(())
}

fn check_url(fields: &Map<String, Value>) -> Result<(), ApiError> {
    let Some(url) = fields.get("url") else { return Ok(()) };
    let url = url.as_str().unwrap_or_default();
    let with_scheme = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
    let parsed = reqwest::Url::parse(&with_scheme).ok();
    let is_good = parsed.is_some_and(|parsed| {
        let host = parsed.host_str().unwrap_or_default();
        match parsed.scheme() {
            "http" | "https" => host.contains('.') || host == "localhost",
            "tg" | "ton" => true,
            _ => false,
        }
    });
    if is_good {
        Ok(())
    } else {
        Err(ApiError::bad(format!("inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")))
    }
}
