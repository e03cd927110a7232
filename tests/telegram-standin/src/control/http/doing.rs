//! What people do: write, press, join, block.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Body, Query, Refused, asking::patience};
use crate::{
    control::{Answer, Control, ControlError, NewChat, NewUser, Speech},
    ids::{ChatId, MessageId, UserId},
    state::Standing,
};

type Done = Result<Json<Value>, Refused>;

fn done() -> Json<Value> {
    Json(json!({ "done": true }))
}

fn numbered(message: MessageId) -> Json<Value> {
    Json(json!({ "message_id": message }))
}

pub(super) async fn make_user(State(control): State<Control>, Body(new): Body<NewUser>) -> Done {
    Ok(Json(json!({ "id": control.user(new)? })))
}

pub(super) async fn make_chat(State(control): State<Control>, Body(new): Body<NewChat>) -> Done {
    Ok(Json(json!({ "id": control.chat(new)? })))
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Start {
    parameter: Option<String>,
}

pub(super) async fn start(State(control): State<Control>, Path(user): Path<UserId>, Query(link): Query<Start>) -> Done {
    Ok(numbered(control.start(user, link.parameter.as_deref())?))
}

pub(super) async fn block(State(control): State<Control>, Path(user): Path<UserId>) -> Done {
    control.block(user)?;
    Ok(done())
}

pub(super) async fn unblock(State(control): State<Control>, Path(user): Path<UserId>) -> Done {
    control.unblock(user)?;
    Ok(done())
}

#[derive(Deserialize)]
pub(super) struct Count {
    count: i64,
}

pub(super) async fn set_member_count(
    State(control): State<Control>,
    Path(chat): Path<ChatId>,
    Body(body): Body<Count>,
) -> Done {
    control.set_member_count(chat, body.count)?;
    Ok(done())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Upgrade {
    by: UserId,
}

pub(super) async fn upgrade(
    State(control): State<Control>,
    Path(chat): Path<ChatId>,
    Body(upgrade): Body<Upgrade>,
) -> Done {
    Ok(Json(json!({ "id": control.upgrade(chat, upgrade.by)? })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Member {
    status: Standing,
    /// Who does it; the person themselves when it is not said.
    by: Option<UserId>,
}

pub(super) async fn set_member(
    State(control): State<Control>,
    Path((chat, user)): Path<(ChatId, UserId)>,
    Body(member): Body<Member>,
) -> Done {
    control.stand(chat, member.by.unwrap_or(user), user, member.status)?;
    Ok(done())
}

#[derive(Deserialize)]
pub(super) struct Place {
    latitude: f64,
    longitude: f64,
}

#[derive(Deserialize)]
pub(super) struct Contact {
    phone_number: String,
    first_name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    from: UserId,
    text: Option<String>,
    location: Option<Place>,
    contact: Option<Contact>,
    reply_to: Option<MessageId>,
    thread: Option<MessageId>,
    date: Option<i64>,
    forward_origin: Option<Value>,
}

pub(super) async fn send(State(control): State<Control>, Path(chat): Path<ChatId>, Body(words): Body<Words>) -> Done {
    let mut speech = match (&words.text, &words.location, &words.contact) {
        (Some(text), None, None) => Speech::text(text),
        (None, Some(place), None) => Speech::location(place.latitude, place.longitude),
        (None, None, Some(contact)) => Speech::contact(&contact.phone_number, &contact.first_name),
        _ => return Err(ControlError::Invalid("exactly one of text, location, contact is sent".to_owned()).into()),
    };
    speech.reply_to = words.reply_to;
    speech.thread = words.thread;
    speech.date = words.date;
    speech.origin = words.forward_origin;
    Ok(numbered(control.send(chat, words.from, speech)?))
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sort {
    Photo,
    Document,
    Voice,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileWords {
    from: UserId,
    kind: Sort,
    name: Option<String>,
    mime_type: Option<String>,
    #[serde(default)]
    caption: String,
    #[serde(default)]
    duration: i64,
    reply_to: Option<MessageId>,
    thread: Option<MessageId>,
}

pub(super) async fn send_file(
    State(control): State<Control>,
    Path(chat): Path<ChatId>,
    Query(words): Query<FileWords>,
    bytes: Bytes,
) -> Done {
    if bytes.is_empty() {
        return Err(ControlError::Invalid("the file is the body of the request, and is empty".to_owned()).into());
    }
    let speech = match words.kind {
        Sort::Photo => Speech::photo(bytes),
        Sort::Voice => Speech::voice(bytes, words.duration),
        Sort::Document => Speech::document(
            words.name.as_deref().unwrap_or("file"),
            words.mime_type.as_deref().unwrap_or("application/octet-stream"),
            bytes,
        ),
    };
    let mut speech = speech.caption(&words.caption);
    speech.reply_to = words.reply_to;
    speech.thread = words.thread;
    Ok(numbered(control.send(chat, words.from, speech)?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Edited {
    from: UserId,
    text: String,
}

pub(super) async fn edit(
    State(control): State<Control>,
    Path((chat, message)): Path<(ChatId, MessageId)>,
    Body(edited): Body<Edited>,
) -> Done {
    control.edit(chat, edited.from, message, &edited.text)?;
    Ok(done())
}

pub(super) async fn delete(State(control): State<Control>, Path((chat, message)): Path<(ChatId, MessageId)>) -> Done {
    control.delete(chat, message)?;
    Ok(done())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Press {
    from: UserId,
    /// The button's text or data.
    button: String,
    patience_ms: Option<u64>,
}

pub(super) async fn press(
    State(control): State<Control>,
    Path((chat, message)): Path<(ChatId, MessageId)>,
    Body(press): Body<Press>,
) -> Result<Json<Answer>, Refused> {
    let shown = control.message(chat, message)?;
    Ok(Json(control.press(press.from, &shown, &press.button, patience(press.patience_ms)).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reaction {
    from: UserId,
    emoji: Option<String>,
}

pub(super) async fn react(
    State(control): State<Control>,
    Path((chat, message)): Path<(ChatId, MessageId)>,
    Body(reaction): Body<Reaction>,
) -> Done {
    control.react(chat, reaction.from, message, reaction.emoji.as_deref())?;
    Ok(done())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Payer {
    from: UserId,
    patience_ms: Option<u64>,
}

pub(super) async fn pay(
    State(control): State<Control>,
    Path((chat, message)): Path<(ChatId, MessageId)>,
    Body(payer): Body<Payer>,
) -> Done {
    let shown = control.message(chat, message)?;
    Ok(numbered(control.pay(payer.from, &shown, patience(payer.patience_ms)).await?))
}
