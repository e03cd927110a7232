//! Questions: lists, transcripts, the log of calls, and waiting for something to happen.

use std::{collections::BTreeMap, time::Duration};

use axum::{
    Json,
    extract::{Path, State},
    http::{
        StatusCode,
        header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS},
    },
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Query, Refused};
use crate::{
    call_log::CallEntry,
    control::{ChatStatistics, Control, ControlError, ListedChat, ListedUser, ShownMessage},
    ids::{ChatId, MessageId, UserId},
    picture,
};

/// How long a wait lasts when nothing else is said, and at most.
const PATIENCE_MS: u64 = 10_000;
const PATIENCE_MAX_MS: u64 = 120_000;

/// A patience in milliseconds, bounded.
pub(super) fn patience(given: Option<u64>) -> Duration {
    Duration::from_millis(given.unwrap_or(PATIENCE_MS).min(PATIENCE_MAX_MS))
}

pub(super) async fn users(State(control): State<Control>) -> Json<Vec<ListedUser>> {
    Json(control.users())
}

pub(super) async fn chats(State(control): State<Control>) -> Json<Vec<ListedChat>> {
    Json(control.chats())
}

pub(super) async fn transcript(State(control): State<Control>, Path(chat): Path<ChatId>) -> Json<Vec<ShownMessage>> {
    Json(control.transcript(chat))
}

pub(super) async fn statistics(State(control): State<Control>) -> Json<BTreeMap<ChatId, ChatStatistics>> {
    Json(control.statistics())
}

pub(super) async fn pending_updates(State(control): State<Control>) -> Json<Vec<Value>> {
    Json(control.pending_updates())
}

#[derive(Deserialize)]
pub(super) struct MenuOf {
    user: UserId,
}

pub(super) async fn menu(
    State(control): State<Control>,
    Path(chat): Path<ChatId>,
    Query(of): Query<MenuOf>,
) -> Json<Value> {
    let lines = control.menu(chat, of.user).into_iter();
    Json(lines.map(|(command, description)| json!({ "command": command, "description": description })).collect())
}

#[derive(Deserialize)]
pub(super) struct After {
    #[serde(default)]
    after: i64,
    patience_ms: Option<u64>,
}

pub(super) async fn wait_for_message(
    State(control): State<Control>,
    Path(chat): Path<ChatId>,
    Query(wanted): Query<After>,
) -> Result<Json<ShownMessage>, Refused> {
    let found = control.wait_for_bot_message(chat, MessageId(wanted.after), patience(wanted.patience_ms)).await;
    found.map(Json).ok_or(Refused(ControlError::NoAnswer))
}

#[derive(Deserialize)]
pub(super) struct Calls {
    method: Option<String>,
    #[serde(default)]
    after: u64,
    patience_ms: Option<u64>,
}

impl Calls {
    fn wants(&self, call: &CallEntry) -> bool {
        let is_named = self.method.as_ref().is_none_or(|method| call.method.eq_ignore_ascii_case(method));
        is_named && call.number > self.after
    }
}

pub(super) async fn calls(State(control): State<Control>, Query(wanted): Query<Calls>) -> Json<Vec<CallEntry>> {
    Json(control.calls().into_iter().filter(|call| wanted.wants(call)).collect())
}

pub(super) async fn wait_for_call(
    State(control): State<Control>,
    Query(wanted): Query<Calls>,
) -> Result<Json<CallEntry>, Refused> {
    let found = control.wait_for_call(patience(wanted.patience_ms), |call| wanted.wants(call)).await;
    found.map(Json).ok_or(Refused(ControlError::NoAnswer))
}

pub(super) async fn wait_until_taken(
    State(control): State<Control>,
    Query(wanted): Query<After>,
) -> Result<Json<Value>, Refused> {
    let taken = control.wait_until_taken(patience(wanted.patience_ms)).await;
    if taken { Ok(Json(json!({ "taken": true }))) } else { Err(Refused(ControlError::NoAnswer)) }
}

/// A file's bytes for the page. Only pictures are given a type, so that no document of anybody runs as a page.
pub(super) async fn file(State(control): State<Control>, Path(file_id): Path<String>) -> Response {
    let Some(bytes) = control.file(&file_id) else { return StatusCode::NOT_FOUND.into_response() };
    let kind = match bytes.first_chunk::<4>() {
        Some(b"\x89PNG") => "image/png",
        Some(b"GIF8") => "image/gif",
        Some(b"RIFF") if picture::dimensions(&bytes).is_some() => "image/webp",
        Some([0xff, 0xd8, ..]) => "image/jpeg",
        Some(b"OggS") => "audio/ogg",
        _ => "application/octet-stream",
    };
    ([(CONTENT_TYPE, kind), (X_CONTENT_TYPE_OPTIONS, "nosniff")], bytes).into_response()
}
