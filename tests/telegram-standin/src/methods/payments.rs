//! `sendInvoice`, `createInvoiceLink`, `answerPreCheckoutQuery`: payments in Stars.

use serde_json::{Value, json};

use super::post::Post;
use crate::{
    api::{ApiError, Call, Outcome},
    state::{Change, Content, PreCheckoutAnswer, render},
};

const TITLE_MAX: usize = 32;
const DESCRIPTION_MAX: usize = 255;
const PAYLOAD_MAX: usize = 128;
/// Seconds within which the bot must answer.
const ANSWER_SECONDS: i64 = 10;

/// Sends a bill.
pub(crate) fn send(call: &mut Call<'_>) -> Outcome {
    let post = Post::read(call)?;
    let invoice = invoice(call)?;
    let payload = call.parameters.text("payload").unwrap_or_default().to_owned();
    post.afford(call, 1)?;
    let message = post.send_again(call, Content::Invoice { invoice, payload }, None);
    Ok(render::message(call.world, &message))
}

/// A link that opens a bill. Nobody can follow it here.
pub(crate) fn link(call: &mut Call<'_>) -> Outcome {
    invoice(call)?;
    Ok(json!(format!("https://t.me/$standin{}", call.hub.calls().entries().count())))
}

/// Lets a payment happen, or says why not.
pub(crate) fn answer(call: &mut Call<'_>) -> Outcome {
    let ok = call.parameters.flag("ok");
    let error_message = call.parameters.text("error_message").map(str::to_owned);
    if !ok && error_message.is_none() {
        return Err(ApiError::bad("error_message is empty"));
    }
    let id = call.parameters.text("pre_checkout_query_id").unwrap_or_default();
    let open = call.world.pre_checkouts.get(id);
    let open = open.filter(|query| query.answer.is_none() && call.now - query.at < ANSWER_SECONDS);
    let Some(mut query) = open.cloned() else {
        return Err(ApiError::bad("query is too old and response timeout expired or query ID is invalid"));
    };
    query.answer = Some(PreCheckoutAnswer { ok, error_message });
    call.world.put(Change::PreCheckout(query));
    Ok(json!(true))
}

/// `Invoice`, when everything about it is in order.
fn invoice(call: &Call<'_>) -> Result<Value, ApiError> {
    let text = |name: &str| call.parameters.text(name).unwrap_or_default();
    let bounded = |name: &str, most: usize, code: &str| {
        let length = text(name).chars().count();
        if (1..=most).contains(&length) { Ok(()) } else { Err(ApiError::bad(code)) }
    };
    bounded("title", TITLE_MAX, "INVOICE_TITLE_INVALID")?;
    bounded("description", DESCRIPTION_MAX, "INVOICE_DESCRIPTION_INVALID")?;
    if text("payload").len() > PAYLOAD_MAX {
        return Err(ApiError::bad("INVOICE_PAYLOAD_INVALID"));
    }
    if text("currency") != "XTR" {
        return Err(ApiError::bad("PAYMENT_PROVIDER_INVALID"));
    }
    let prices = call.parameters.list("prices").map(Vec::as_slice).unwrap_or_default();
    let [price] = prices else { return Err(ApiError::bad("STARS_INVOICE_INVALID")) };
    let amount = price.get("amount").and_then(Value::as_i64).filter(|amount| *amount > 0);
    let label = price.get("label").and_then(Value::as_str).filter(|label| !label.is_empty());
    let (Some(amount), Some(_)) = (amount, label) else {
        return Err(ApiError::bad("can't parse labeled prices JSON object"));
    };
    Ok(json!({
        "title": text("title"),
        "description": text("description"),
        "start_parameter": text("start_parameter"),
        "currency": "XTR",
        "total_amount": amount,
    }))
}
