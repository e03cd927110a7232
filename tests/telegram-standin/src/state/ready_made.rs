//! What a newcomer finds: two people, a group and a channel.

use super::{Change, Chat, ChatKind, Standing, User, World};
use crate::ids::{ChatId, UserId};

/// Members of the demo channel, so that numbers about it look like a channel's.
const CHANNEL_MEMBERS: i64 = 4_217;

/// Puts the people and chats of the chat page in place, unless there is somebody already.
pub(crate) fn furnish(world: &mut World) {
    if world.users.values().any(|user| !user.is_bot) {
        return;
    }
    let (anna, bob) = (UserId(101), UserId(102));
    world.put(Change::User(person(anna, "Анна", "anna", "ru")));
    world.put(Change::User(person(bob, "Bob", "bob", "en")));
    for user in [anna, bob] {
        let mut chat = Chat::new(user.into(), ChatKind::Private, None);
        chat.members.extend([(user, Standing::Member), (world.bot, Standing::Member)]);
        world.put(Change::Chat(Box::new(chat)));
    }
    let mut group =
        Chat::new(ChatId(-1_001_000_000_001), ChatKind::Supergroup { forum: false }, Some("Demo group".into()));
    group.members.extend([(anna, Standing::Creator), (bob, Standing::Member), (world.bot, Standing::Administrator)]);
    world.put(Change::Chat(Box::new(group)));
    let mut channel = Chat::new(ChatId(-1_001_000_000_002), ChatKind::Channel, Some("Demo channel".into()));
    channel.username = Some("demo_channel".into());
    channel.description = Some("A channel to try Chronogram on".into());
    channel.member_count = Some(CHANNEL_MEMBERS);
    channel.members.extend([(anna, Standing::Creator), (bob, Standing::Member), (world.bot, Standing::Administrator)]);
    world.put(Change::Chat(Box::new(channel)));
}

fn person(id: UserId, first_name: &str, username: &str, language: &str) -> User {
    User {
        id,
        is_bot: false,
        first_name: first_name.to_owned(),
        last_name: None,
        username: Some(username.to_owned()),
        language_code: Some(language.to_owned()),
        is_premium: false,
    }
}
