//! `getMe`.

use serde_json::json;

use crate::{
    api::{Call, Outcome},
    state::render,
};

/// Who the bot is.
#[expect(clippy::unnecessary_wraps, reason = "all methods have one shape")]
pub(crate) fn get(call: &mut Call<'_>) -> Outcome {
    let mut me = render::user_of(call.world, call.world.bot);
    if let Some(me) = me.as_object_mut() {
        for (name, value) in [
            ("can_join_groups", true),
            ("can_read_all_group_messages", !call.hub.options.privacy),
            ("supports_inline_queries", false),
            ("can_connect_to_business", false),
            ("has_main_web_app", false),
        ] {
            me.insert(name.to_owned(), json!(value));
        }
    }
    Ok(me)
}
