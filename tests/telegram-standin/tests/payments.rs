//! Payments in Stars.

use chronogram_telegram_standin::ControlError;
use serde_json::{Value, json};

use crate::bot::{PATIENCE, chatting, id};

fn bill() -> Value {
    json!({
        "title": "Pro", "description": "A month", "payload": "pro:1", "currency": "XTR",
        "prices": [{ "label": "Pro", "amount": 100 }],
    })
}

#[tokio::test]
async fn a_bill_is_paid_when_the_bot_agrees() {
    let (standin, bot, anna) = chatting().await;
    let mut invoice = bill();
    invoice["chat_id"] = json!(anna);
    let sent = bot.call("sendInvoice", invoice).await;
    assert_eq!(sent["invoice"]["total_amount"], 100);
    let shown = standin.message(anna, id(&sent)).unwrap();
    for agrees in [false, true] {
        let (control, shown) = (standin.control().clone(), shown.clone());
        let paying = tokio::spawn(async move { control.pay(anna, &shown, PATIENCE).await });
        standin.wait_for_call(PATIENCE, |_| true).await.unwrap();
        let update = loop {
            if let Some(update) = bot.call("getUpdates", json!({ "offset": -1, "timeout": 20 })).await.get(0).cloned() {
                break update;
            }
        };
        let query = &update["pre_checkout_query"];
        assert_eq!(query["invoice_payload"], "pro:1");
        let answer = json!({ "pre_checkout_query_id": query["id"], "ok": agrees, "error_message": "sold out" });
        bot.call("answerPreCheckoutQuery", answer.clone()).await;
        assert_eq!(bot.refused("answerPreCheckoutQuery", answer).await.0, 400);
        bot.call("getUpdates", json!({ "offset": update["update_id"].as_i64().unwrap() + 1 })).await;
        match paying.await.unwrap() {
            Ok(_) => assert!(agrees),
            Err(error) => assert_eq!((agrees, error), (false, ControlError::Invalid("sold out".into()))),
        }
    }
    let update = bot.updates().await.pop().unwrap();
    assert_eq!(update["message"]["successful_payment"]["invoice_payload"], "pro:1");
}

#[tokio::test]
async fn bills_are_in_stars_with_one_price() {
    let (_standin, bot, _) = chatting().await;
    let with = |field: &str, value: Value| {
        let mut bill = bill();
        bill[field] = value;
        bill
    };
    assert!(bot.call("createInvoiceLink", bill()).await.as_str().unwrap().starts_with("https://t.me/$"));
    for (field, value, words) in [
        ("currency", json!("USD"), "PAYMENT_PROVIDER_INVALID"),
        ("title", json!("x".repeat(33)), "INVOICE_TITLE_INVALID"),
        ("payload", json!("x".repeat(129)), "INVOICE_PAYLOAD_INVALID"),
        ("prices", json!([]), "STARS_INVOICE_INVALID"),
        ("prices", json!([{ "label": "x", "amount": 0 }]), "can't parse labeled prices JSON object"),
        ("description", json!(""), "description is empty"),
    ] {
        let refused = bot.refused("createInvoiceLink", with(field, value)).await;
        assert_eq!(refused, (400, format!("Bad Request: {words}")));
    }
}
