//! Faults, limits and updates made by hand.

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Body, Refused};
use crate::{control::Control, faults::Fault, limits::RateLimits};

fn done() -> Json<Value> {
    Json(json!({ "done": true }))
}

pub(super) async fn faults(State(control): State<Control>) -> Json<Vec<Fault>> {
    Json(control.faults())
}

pub(super) async fn fail_next(State(control): State<Control>, Body(fault): Body<Fault>) -> Json<Value> {
    control.fail_next(fault);
    done()
}

pub(super) async fn clear_faults(State(control): State<Control>) -> Json<Value> {
    control.clear_faults();
    done()
}

pub(super) async fn limits(State(control): State<Control>) -> Json<RateLimits> {
    Json(control.limits())
}

pub(super) async fn set_limits(State(control): State<Control>, Body(limits): Body<RateLimits>) -> Json<Value> {
    control.set_limits(limits);
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    kind: String,
    body: Value,
}

pub(super) async fn inject(State(control): State<Control>, Body(raw): Body<Raw>) -> Result<Json<Value>, Refused> {
    Ok(Json(json!({ "update_id": control.inject(&raw.kind, raw.body)? })))
}

#[derive(Deserialize)]
pub(super) struct Next {
    updates: u32,
}

pub(super) async fn duplicate(State(control): State<Control>, Body(next): Body<Next>) -> Json<Value> {
    control.duplicate_next(next.updates);
    done()
}

#[derive(Deserialize)]
pub(super) struct Skip {
    ids: u32,
}

pub(super) async fn skip(State(control): State<Control>, Body(skip): Body<Skip>) -> Json<Value> {
    control.skip_update_ids(skip.ids);
    done()
}

pub(super) async fn reverse(State(control): State<Control>) -> Json<Value> {
    control.reverse_next_batch();
    done()
}

pub(super) async fn forget_calls(State(control): State<Control>) -> Json<Value> {
    control.forget_calls();
    done()
}
