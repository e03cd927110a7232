//! Service entries: kept as what they say, whatever the action.

use chronogram_model::{Authored, ExportTime, MessageId, ServiceAction, ServiceMessageObserved, Source, cleaned};
use jiff::Timestamp;
use serde_json::Value;

use crate::{
    chat::peer,
    fields::{Bad, Fields},
    people::Sighting,
    text::Text,
};

/// Telegram Desktop names no action where a service says something in its own words.
const UNNAMED_ACTION: &str = "custom_action";

/// Reads a service entry.
pub(crate) fn service_of(
    message_id: MessageId,
    happened_at: Timestamp,
    time: ExportTime,
    mut fields: Fields,
) -> Result<(ServiceMessageObserved, Option<Sighting>), Bad> {
    // Some actions have a `from` in place of an actor.
    let (name_key, id_key) =
        if fields.has("actor_id") || fields.has("actor") { ("actor", "actor_id") } else { ("from", "from_id") };
    let actor = peer(id_key, fields.take(id_key))?;
    let actor_name = fields.label(name_key)?;
    let sighting = Sighting::of(&actor, actor_name.clone(), happened_at);
    let action = fields.label("action")?.unwrap_or_else(|| UNNAMED_ACTION.to_owned());
    let mut details = ServiceAction {
        actor_name,
        message_id: fields.integer("message_id")?.map(MessageId),
        title: fields.label("title")?,
        members: members(&mut fields)?,
        text: Text::of(&mut fields)?.plain,
        ..ServiceAction::default()
    };
    for key in ["date", "edited", "edited_unixtime"] {
        fields.take(key);
    }
    for (key, value) in fields.into_rest() {
        if let Some(scalar) = scalar(value) {
            details.other.insert(cleaned(&key), scalar);
        }
    }
    let details = Authored::by(actor.person().cloned(), details);
    let service =
        ServiceMessageObserved { message_id, happened_at, time, actor, action, details, source: Source::Export };
    Ok((service, sighting))
}

/// Names; deleted accounts have none.
fn members(fields: &mut Fields) -> Result<Vec<String>, Bad> {
    let mut names = Vec::new();
    for (at, member) in fields.list("members")?.into_iter().enumerate() {
        match member {
            Value::String(name) => names.push(cleaned(&name)),
            Value::Null => {}
            _ => return Err(Bad::new(format!("members[{at}]"), "a name or null")),
        }
    }
    Ok(names)
}

/// A scalar, or a list of scalars, as text; what is built deeper is not kept.
fn scalar(value: Value) -> Option<String> {
    match value {
        Value::Null | Value::Object(_) => None,
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(cleaned(&text)),
        Value::Array(items) => {
            let items: Vec<_> =
                items.into_iter().filter_map(|item| if item.is_array() { None } else { scalar(item) }).collect();
            (!items.is_empty()).then(|| items.join(", "))
        }
    }
}
