//! One call: authorised, read, logged, met by its fault or carried out, answered.

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::{
    ApiError, Outcome, Parameters, answer,
    body::read,
    check::check,
    table::{self, Method, Run},
};
use crate::{
    call_log::CallEntry,
    faults::FaultKind,
    hub::Hub,
    ids::ChatId,
    limits::Cost,
    methods,
    server::Cut,
    state::{Chat, ChatKind, World},
};

/// What a method works with.
pub(crate) struct Call<'a> {
    pub(crate) hub: &'a Hub,
    pub(crate) world: &'a mut World,
    pub(crate) parameters: &'a Parameters,
    /// Seconds since 1970.
    pub(crate) now: i64,
}

impl Call<'_> {
    /// Takes the cost from what the limits leave, or refuses with 429.
    pub(crate) fn spend(&self, chat: &Chat, cost: Cost) -> Result<(), ApiError> {
        let limits = *self.hub.limits();
        let now = self.hub.options.clock.now();
        let is_group = chat.kind != ChatKind::Private;
        self.hub.budget().spend(limits, chat.id, is_group, cost, now).map_err(ApiError::too_many)
    }
}

/// Answers one call of the Bot API.
pub(crate) async fn handle(hub: &Hub, token: &str, called: &str, request: Request) -> Response {
    if token != hub.options.token {
        return ApiError::unauthorized().into_response();
    }
    let started_ms = hub.options.clock.now().as_millisecond();
    let method = table::find(called);
    let raw = read(request).await;
    let read_error = raw.as_ref().err().cloned();
    let raw = raw.unwrap_or_default();
    let described = raw.describe();
    let chat = chat_of(hub, raw.values.get("chat_id"));
    let checked = match (read_error, method) {
        (Some(error), _) => Err(error),
        (None, None) => Err(ApiError::not_found()),
        (None, Some(method)) => check(method, raw),
    };
    let unknown = checked.as_ref().map(|(_, unknown)| unknown.clone()).unwrap_or_default();
    let name = method.map_or(called, |method| method.name);
    let fault = hub.faults().meet(name, chat);
    let number = hub.calls().begin(CallEntry {
        number: 0,
        at_ms: started_ms,
        method: name.to_owned(),
        parameters: described,
        unknown,
        chat,
        status: None,
        refusal: None,
        took_ms: None,
        fault: fault.as_ref().map(|fault| format!("{fault:?}")),
    });
    hub.ring();
    let work = carry_out(hub, method, checked.map(|(parameters, _)| parameters));
    let outcome = match fault {
        None => work.await,
        Some(FaultKind::TooManyRequests { retry_after }) => Err(ApiError::too_many(retry_after)),
        Some(FaultKind::Status { code, description }) => Err(ApiError::new(code, description)),
        Some(FaultKind::Hang) => return hang(hub).await,
        Some(FaultKind::HangAfter) => {
            drop(work.await);
            return hang(hub).await;
        }
        Some(FaultKind::CutBefore) => return Cut.into_response(),
        Some(FaultKind::CutAfter) => {
            drop(work.await);
            return Cut.into_response();
        }
    };
    let took_ms = hub.options.clock.now().as_millisecond() - started_ms;
    hub.calls().note(number, |entry| {
        entry.status = Some(outcome.as_ref().map_or_else(|error| error.code, |_| 200));
        entry.refusal = outcome.as_ref().err().map(|error| error.description.clone());
        entry.took_ms = Some(took_ms);
    });
    hub.ring();
    answer::envelope(outcome)
}

async fn hang(hub: &Hub) -> Response {
    hub.stop.cancelled().await;
    Cut.into_response()
}

async fn carry_out(hub: &Hub, method: Option<&'static Method>, parameters: Result<Parameters, ApiError>) -> Outcome {
    let parameters = parameters?;
    match method.ok_or_else(ApiError::not_found)?.run {
        Run::Now(run) => hub.write(|world| run(&mut Call { hub, world, parameters: &parameters, now: hub.now() })),
        Run::Poll => methods::updates::poll(hub, &parameters).await,
    }
}

/// Carries out a method that a webhook's answer named.
pub(crate) async fn carry_out_reply(hub: &Hub, mut fields: serde_json::Map<String, Value>) -> Option<Outcome> {
    let name = fields.remove("method")?;
    let method = table::find(name.as_str()?)?;
    let raw = Parameters { values: fields.into_iter().collect(), ..Parameters::default() };
    let (described, chat) = (raw.describe(), chat_of(hub, raw.values.get("chat_id")));
    let checked = check(method, raw);
    let outcome = carry_out(hub, Some(method), checked.map(|(parameters, _)| parameters)).await;
    hub.calls().begin(CallEntry {
        number: 0,
        at_ms: hub.options.clock.now().as_millisecond(),
        method: method.name.to_owned(),
        parameters: described,
        unknown: Vec::new(),
        chat,
        status: Some(outcome.as_ref().map_or_else(|error| error.code, |_| 200)),
        refusal: outcome.as_ref().err().map(|error| error.description.clone()),
        took_ms: Some(0),
        fault: None,
    });
    hub.ring();
    Some(outcome)
}

/// The chat that a call is about, for faults and the log.
fn chat_of(hub: &Hub, given: Option<&Value>) -> Option<ChatId> {
    match given? {
        Value::String(name) if name.starts_with('@') => {
            hub.read(|world| world.chat_named(name.trim_start_matches('@')).map(|chat| chat.id))
        }
        Value::String(number) => number.parse().ok(),
        number => number.as_i64().map(ChatId),
    }
}
