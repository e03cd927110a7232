//! `setMyCommands`, `getMyCommands`, `deleteMyCommands`, and which menu a person sees.

use serde_json::{Value, json};

use crate::{
    api::{ApiError, Call, Outcome},
    ids::{ChatId, UserId},
    state::{BotCommand, Change, ChatKind, Tables},
};

const COMMANDS_MAX: usize = 100;
const COMMAND_MAX: usize = 32;
const DESCRIPTION_MAX: usize = 256;

/// Puts a menu in place, for a scope and a language.
pub(crate) fn set(call: &mut Call<'_>) -> Outcome {
    let list = call.parameters.get("commands").cloned().unwrap_or_default();
    let parsed = serde_json::from_value::<Vec<BotCommand>>(list);
    let mut commands = parsed.map_err(|error| ApiError::bad(format!("can't parse BotCommand: {error}")))?;
    if commands.len() > COMMANDS_MAX {
        return Err(ApiError::bad("BOT_COMMANDS_TOO_MUCH"));
    }
    for command in &mut commands {
        if let Some(bare) = command.command.strip_prefix('/') {
            command.command = bare.to_owned();
        }
        let is_name = (1..=COMMAND_MAX).contains(&command.command.len())
            && command.command.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !is_name {
            return Err(ApiError::bad("BOT_COMMAND_INVALID"));
        }
        if !(1..=DESCRIPTION_MAX).contains(&command.description.trim().chars().count()) {
            return Err(ApiError::bad("BOT_COMMAND_DESCRIPTION_INVALID"));
        }
    }
    let key = key_of(call)?;
    call.world.put(Change::Commands { key, commands });
    Ok(json!(true))
}

/// The menu of exactly this scope and language.
pub(crate) fn get(call: &mut Call<'_>) -> Outcome {
    let key = key_of(call)?;
    Ok(json!(call.world.commands.get(&key).cloned().unwrap_or_default()))
}

/// Takes a menu away.
pub(crate) fn delete(call: &mut Call<'_>) -> Outcome {
    let key = key_of(call)?;
    call.world.put(Change::Commands { key, commands: Vec::new() });
    Ok(json!(true))
}

/// Scope and language as one key of the table.
fn key_of(call: &Call<'_>) -> Result<String, ApiError> {
    let language = call.parameters.text("language_code").unwrap_or_default();
    let is_code = language.is_empty() || (language.len() == 2 && language.chars().all(|c| c.is_ascii_lowercase()));
    if !is_code {
        return Err(ApiError::bad("invalid language code specified"));
    }
    let scope = call.parameters.get("scope");
    let kind = scope.and_then(|scope| scope.get("type")).and_then(Value::as_str);
    let chat = || {
        let given = scope.and_then(|scope| scope.get("chat_id"));
        let named = given.and_then(Value::as_str).map(|name| name.trim_start_matches('@'));
        let id = match named {
            Some(name) => name.parse().ok().or_else(|| call.world.chat_named(name).map(|chat| chat.id.0)),
            None => given.and_then(Value::as_i64),
        };
        id.filter(|id| call.world.chats.contains_key(&ChatId(*id))).ok_or_else(|| ApiError::bad("chat not found"))
    };
    let scope = match (scope, kind) {
        (None, _) | (_, Some("default")) => "default".to_owned(),
        (_, Some(kind @ ("all_private_chats" | "all_group_chats" | "all_chat_administrators"))) => kind.to_owned(),
        (_, Some(kind @ ("chat" | "chat_administrators"))) => format!("{kind} {}", chat()?),
        (Some(scope), Some("chat_member")) => {
            let user = scope.get("user_id").and_then(Value::as_i64);
            let user = user.ok_or_else(|| ApiError::bad("invalid user_id specified"))?;
            format!("chat_member {} {user}", chat()?)
        }
        _ => return Err(ApiError::bad("can't parse BotCommandScope: Unsupported type specified")),
    };
    Ok(key(&scope, language))
}

fn key(scope: &str, language: &str) -> String {
    format!("{scope}/{language}")
}

/// The menu that a person sees in a chat: the narrowest scope wins, the person's language before none.
pub(crate) fn menu(tables: &Tables, chat: ChatId, user: UserId) -> Vec<BotCommand> {
    let Some(place) = tables.chats.get(&chat) else { return Vec::new() };
    let is_admin = place.standing(user).is_admin();
    let mut scopes = Vec::new();
    if place.kind == ChatKind::Private {
        scopes.extend([format!("chat {chat}"), "all_private_chats".to_owned()]);
    } else {
        scopes.push(format!("chat_member {chat} {user}"));
        scopes.extend(is_admin.then(|| format!("chat_administrators {chat}")));
        scopes.push(format!("chat {chat}"));
        scopes.extend(is_admin.then(|| "all_chat_administrators".to_owned()));
        scopes.push("all_group_chats".to_owned());
    }
    scopes.push("default".to_owned());
    let language = tables.users.get(&user).and_then(|user| user.language_code.clone()).unwrap_or_default();
    let language = language.split('-').next().unwrap_or_default();
    let mut keys = scopes.iter().flat_map(|scope| [key(scope, language), key(scope, "")]);
    keys.find_map(|key| tables.commands.get(&key)).cloned().unwrap_or_default()
}
