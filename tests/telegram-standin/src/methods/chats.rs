//! `getChat`, `getChatMember`, `getChatMemberCount`, `getChatAdministrators`, `leaveChat`.

use serde_json::{Value, json};

use super::target;
use crate::{
    api::{ApiError, Call, Outcome},
    ids::UserId,
    state::{Change, ChatKind, Standing, render},
};

/// Reactions that one message may have here; the real default.
const REACTIONS_MAX: u8 = 11;

/// Everything about a chat.
pub(crate) fn get(call: &mut Call<'_>) -> Outcome {
    let chat = target::readable(call, "chat_id")?;
    let mut full = render::chat(call.world, &chat);
    let pinned = chat.pinned.last().and_then(|id| call.world.live_message(chat.id, *id));
    let pinned = pinned.map(|message| render::message(call.world, message));
    if let Some(full) = full.as_object_mut() {
        let is_group = !matches!(chat.kind, ChatKind::Private | ChatKind::Channel);
        full.insert("accent_color_id".to_owned(), json!(chat.id.0.unsigned_abs() % 7));
        full.insert("max_reaction_count".to_owned(), json!(REACTIONS_MAX));
        let gifts = chat.kind == ChatKind::Private;
        full.insert(
            "accepted_gift_types".to_owned(),
            json!({ "unlimited_gifts": gifts, "limited_gifts": gifts, "unique_gifts": gifts, "premium_subscription": gifts }),
        );
        if let Some(username) = full.get("username").cloned() {
            full.insert("active_usernames".to_owned(), json!([username]));
        }
        if let Some(description) = &chat.description {
            full.insert("description".to_owned(), json!(description));
        }
        if let Some(pinned) = pinned {
            full.insert("pinned_message".to_owned(), pinned);
        }
        if is_group {
            full.insert("permissions".to_owned(), permissions());
        }
    }
    Ok(full)
}

fn permissions() -> Value {
    let all = [
        "can_send_messages",
        "can_send_audios",
        "can_send_documents",
        "can_send_photos",
        "can_send_videos",
        "can_send_video_notes",
        "can_send_voice_notes",
        "can_send_polls",
        "can_send_other_messages",
        "can_add_web_page_previews",
        "can_change_info",
        "can_invite_users",
        "can_pin_messages",
        "can_manage_topics",
    ];
    all.iter().map(|name| ((*name).to_owned(), json!(true))).collect::<serde_json::Map<_, _>>().into()
}

/// What somebody is in a chat.
pub(crate) fn member(call: &mut Call<'_>) -> Outcome {
    let chat = target::readable(call, "chat_id")?;
    let user = UserId(call.parameters.integer("user_id").unwrap_or(0));
    if !call.world.users.contains_key(&user) {
        return Err(ApiError::bad("PARTICIPANT_ID_INVALID"));
    }
    if chat.kind == ChatKind::Channel && user != call.world.bot && !target::is_admin(call, &chat) {
        return Err(ApiError::bad("CHAT_ADMIN_REQUIRED"));
    }
    Ok(render::member(call.world, user, chat.standing(user), chat.kind == ChatKind::Channel))
}

/// How many are in a chat.
pub(crate) fn count(call: &mut Call<'_>) -> Outcome {
    Ok(json!(target::readable(call, "chat_id")?.count()))
}

/// Who runs a chat; bots other than this one are left out.
pub(crate) fn administrators(call: &mut Call<'_>) -> Outcome {
    let chat = target::readable(call, "chat_id")?;
    if chat.kind == ChatKind::Private {
        return Err(ApiError::bad("there are no administrators in the private chat"));
    }
    let is_channel = chat.kind == ChatKind::Channel;
    let admins = chat.members.iter().filter(|(_, standing)| standing.is_admin());
    Ok(admins
        .map(|(user, standing)| render::member(call.world, *user, *standing, is_channel))
        .collect::<Vec<_>>()
        .into())
}

/// The bot goes.
pub(crate) fn leave(call: &mut Call<'_>) -> Outcome {
    let mut chat = target::known(call, "chat_id")?;
    if chat.kind == ChatKind::Private {
        return Err(ApiError::bad("chat member status can't be changed in private chats"));
    }
    if !chat.standing(call.world.bot).is_inside() {
        return Err(ApiError::forbidden(format!("bot is not a member of the {} chat", chat.kind.name())));
    }
    chat.members.insert(call.world.bot, Standing::Left);
    call.world.put(Change::Chat(Box::new(chat)));
    Ok(json!(true))
}
