//! A case may leave out of its input what does not matter to it.

use serde_json::{Value, json};

use crate::descriptor::World;

/// The input with everything in it that the contract asks for.
pub(super) fn whole_input(input: &Value, world: World) -> Value {
    let mut input = input.clone();
    match world {
        World::Profile => {
            let empty = json!({ "user": "person", "known": [], "messages": [], "wanted_keys": [], "facts": [] });
            complete(&mut input, &empty);
            each(&mut input, "known", |_| json!({ "confidence": "1", "evidence": [] }));
            each(&mut input, "messages", |at| json!({ "id": format!("m{at}"), "from_user": true, "facts": [] }));
        }
        World::Alert => {
            let empty = json!({
                "channel": "channel", "title": "Channel", "samples": [], "last_post_at_ms": null, "memory": "", "facts": []
            });
            complete(&mut input, &empty);
            each(&mut input, "samples", |_| json!({ "views": "0", "posts": 0, "facts": [] }));
        }
    }
    input
}

fn each(input: &mut Value, key: &str, empty: impl Fn(usize) -> Value) {
    for (at, item) in input.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten().enumerate() {
        complete(item, &empty(at));
    }
}

fn complete(value: &mut Value, empty: &Value) {
    if let (Some(value), Some(empty)) = (value.as_object_mut(), empty.as_object()) {
        for (key, filler) in empty {
            value.entry(key.clone()).or_insert_with(|| filler.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{alert::AlertInput, profile::ProfileInput};

    #[test]
    fn what_a_case_leaves_out_is_completed() {
        let said = json!({ "messages": [{ "text": "Why?" }, { "id": "x", "text": "", "from_user": false }] });
        let input: ProfileInput = serde_json::from_value(whole_input(&said, World::Profile)).unwrap();
        let ids: Vec<_> = input.messages.iter().map(|message| (message.id.as_str(), message.from_user)).collect();
        assert_eq!(ids, [("m0", true), ("x", false)]);

        let said = json!({ "samples": [{ "at_ms": 1, "subscribers": 2 }] });
        let input: AlertInput = serde_json::from_value(whole_input(&said, World::Alert)).unwrap();
        assert_eq!((input.samples.len(), input.memory.len()), (1, 0));
    }
}
