//! What every changed shape needs: how an event that was stored before the change reads today.
//!
//! One function lifts the data of one event type by one version. It is pure, takes whatever was ever stored, and is
//! never changed once it landed; the next change of the shape adds the next one. How to change an event:
//! CONTRIBUTING, "Changing an event".

use chronogram_model::EventShape;
use serde_json::{Value, json};

use crate::Upcaster;

/// All of them, by the shape they lift from. Version 2 of the additive ones added a forum's topic, files to what goes
/// out, who signed a plugin, what the call behind a profile was told, and whether
/// somebody has Telegram Premium.
pub(crate) const LIFTS: [(EventShape, Upcaster); 8] = [
    (EventShape { name: "ButtonPressed", version: 1 }, Upcaster::Retold(button_data_belongs_to_who_pressed)),
    (EventShape { name: "MessageReceived", version: 1 }, Upcaster::Additive),
    (EventShape { name: "MessageEdited", version: 1 }, Upcaster::Additive),
    (EventShape { name: "PersonSeen", version: 1 }, Upcaster::Additive),
    (EventShape { name: "PluginInstalled", version: 1 }, Upcaster::Additive),
    (EventShape { name: "ProfileEnriched", version: 1 }, Upcaster::Additive),
    (EventShape { name: "ReplyRequested", version: 1 }, Upcaster::Additive),
    (EventShape { name: "ReminderScheduled", version: 1 }, Upcaster::Additive),
];

/// Version 2: the data of the button is personal.
fn button_data_belongs_to_who_pressed(mut event: Value) -> Value {
    let person = event.get("person").cloned().unwrap_or_default();
    if let Some(data) = event.get_mut("data").filter(|data| !data.is_null()) {
        *data = json!({ "person": person, "plain": data.take() });
    }
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_of_a_button_becomes_that_of_who_pressed_it() {
        let lifted = button_data_belongs_to_who_pressed(json!({ "press": "1", "person": "7", "data": "1:yes" }));
        assert_eq!(lifted, json!({ "press": "1", "person": "7", "data": { "person": "7", "plain": "1:yes" } }));
        for without in [json!({ "person": "7" }), json!({ "person": "7", "data": null })] {
            assert_eq!(button_data_belongs_to_who_pressed(without.clone()), without);
        }
    }
}
