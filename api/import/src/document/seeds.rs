//! The shape of an export, as serde walks it: nothing is kept but one entry at a time.

use std::{fmt, sync::Arc};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{Stop, Walk};
use crate::{
    batch::Batcher,
    chat::{Chat, Header},
    fields::Bad,
    message::entry_of,
};

/// Ends the walk; `Walk::stop` says why, the text is never shown.
fn stopped<E: serde::de::Error>() -> E {
    E::custom("stopped")
}

/// The root: a chat, or what holds the chats.
pub(super) struct RootSeed<'a>(pub(super) &'a mut Walk);

impl<'de> DeserializeSeed<'de> for RootSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RootSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an export")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let walk = self.0;
        walk.root_began = true;
        let mut chat = ChatWalk::new(None);
        loop {
            walk.meter.entry_begins();
            let Some(key) = access.next_key::<String>()? else { break };
            if key == "chats" || key == "left_chats" {
                walk.is_export = true;
                walk.list = format!("{key}.list");
                access.next_value_seed(ListHolderSeed(walk))?;
            } else {
                chat.field(walk, &key, &mut access)?;
            }
        }
        chat.end(walk);
        Ok(())
    }
}

/// `{about, list: […]}`.
struct ListHolderSeed<'a>(&'a mut Walk);

impl<'de> DeserializeSeed<'de> for ListHolderSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ListHolderSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the chats of an export")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        loop {
            self.0.meter.entry_begins();
            let Some(key) = access.next_key::<String>()? else { return Ok(()) };
            if key == "list" {
                access.next_value_seed(ListSeed(self.0))?;
            } else {
                self.0.meter.skipping();
                access.next_value::<IgnoredAny>()?;
            }
        }
    }
}

/// The chats of a full export.
struct ListSeed<'a>(&'a mut Walk);

impl<'de> DeserializeSeed<'de> for ListSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for ListSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of chats")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let mut index = 0;
        while access.next_element_seed(ChatSeed(self.0, index))?.is_some() {
            index += 1;
        }
        Ok(())
    }
}

/// One chat of a full export, with its index in the list.
struct ChatSeed<'a>(&'a mut Walk, u64);

impl<'de> DeserializeSeed<'de> for ChatSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ChatSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a chat")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let walk = self.0;
        let mut chat = ChatWalk::new(Some(self.1));
        loop {
            walk.meter.entry_begins();
            let Some(key) = access.next_key::<String>()? else { break };
            chat.field(walk, &key, &mut access)?;
        }
        chat.end(walk);
        Ok(())
    }
}

/// The fields of one chat, as they come.
struct ChatWalk {
    index_in_list: Option<u64>,
    header: Header,
    has_messages: bool,
}

impl ChatWalk {
    fn new(index_in_list: Option<u64>) -> Self {
        Self { index_in_list, header: Header::default(), has_messages: false }
    }

    fn field<'de, A: MapAccess<'de>>(&mut self, walk: &mut Walk, key: &str, access: &mut A) -> Result<(), A::Error> {
        match key {
            "name" => self.header.name = Some(access.next_value()?),
            "type" => self.header.kind = Some(access.next_value()?),
            "id" => self.header.id = Some(access.next_value()?),
            "messages" => {
                self.has_messages = true;
                walk.is_export = true;
                self.messages(walk, access)?;
            }
            _ => {
                walk.meter.skipping();
                access.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn messages<'de, A: MapAccess<'de>>(&mut self, walk: &mut Walk, access: &mut A) -> Result<(), A::Error> {
        if walk.chat_index < walk.resume_at {
            walk.meter.skipping();
            return access.next_value::<IgnoredAny>().map(drop);
        }
        let collected = walk.headers.as_ref().map(|headers| headers.get(walk.chat_index).cloned());
        let header = match collected {
            Some(Some(header)) => header,
            // The JSON breaks within this chat, before its header: stepping over it comes to the place.
            Some(None) => {
                walk.meter.skipping();
                return access.next_value::<IgnoredAny>().map(drop);
            }
            None if self.header.is_complete() => self.header.clone(),
            None => {
                walk.stop = Some(Stop::HeaderComesLater);
                return Err(stopped());
            }
        };
        match header.chat() {
            Ok(chat) => {
                let list = walk.messages_list(self.index_in_list);
                access.next_value_seed(MessagesSeed { walk, chat: Arc::new(chat), list })
            }
            Err(bad) => self.refuse(walk, bad, access),
        }
    }

    /// A chat that is not understood: the file as a whole is no export, or the others go on without it.
    fn refuse<'de, A: MapAccess<'de>>(&self, walk: &mut Walk, bad: Bad, access: &mut A) -> Result<(), A::Error> {
        let Some(index) = self.index_in_list else {
            walk.stop = Some(Stop::NotAChat(bad));
            return Err(stopped());
        };
        let bad = walk.bad(walk.list.clone(), index, bad);
        if !walk.tell(bad) {
            return Err(stopped());
        }
        walk.meter.skipping();
        access.next_value::<IgnoredAny>().map(drop)
    }

    fn end(self, walk: &mut Walk) {
        if !self.has_messages {
            return;
        }
        if walk.only_collects_headers()
            && let Some(headers) = &mut walk.headers
        {
            headers.push(self.header);
        }
        walk.chat_index += 1;
    }
}

/// The entries of one chat.
struct MessagesSeed<'a> {
    walk: &'a mut Walk,
    chat: Arc<Chat>,
    list: String,
}

impl<'de> DeserializeSeed<'de> for MessagesSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for MessagesSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of messages")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let Self { walk, chat, list } = self;
        let mut batcher = Batcher::open(Arc::clone(&chat));
        let mut index = 0;
        let walked = loop {
            walk.meter.entry_begins();
            let json = match access.next_element::<Box<RawValue>>() {
                Ok(Some(json)) => json,
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            };
            let added = entry_of(json.get(), &chat, &walk.options.timezone)
                .and_then(|entry| batcher.add(entry, &mut walk.people));
            if let Err(bad) = added {
                batcher.add_bad(walk.bad(list.clone(), index, bad));
            }
            index += 1;
            if batcher.is_full() && !walk.send(&mut batcher) {
                return Err(stopped());
            }
        };
        // Also after broken JSON: what was read so far stays.
        if !walk.send(&mut batcher) && walked.is_ok() {
            return Err(stopped());
        }
        walked
    }
}
