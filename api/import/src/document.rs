//! The walk through an export: one chat at the root, or many in `chats.list` and `left_chats.list`.
//!
//! Only one entry of `messages` is in memory at a time. What an entry needs stands before it in every export that
//! Telegram Desktop wrote; where a tool has sorted the keys, a first walk collects the headers.

use std::{
    fmt,
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
    rc::Rc,
    sync::Arc,
};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{error::Category, value::RawValue};
use tokio::sync::mpsc::Sender;

use crate::{
    BadMessage, ImportError, ImportOptions, ImportReport,
    batch::{Batch, Batcher},
    chat::{Chat, Header},
    fields::Bad,
    message::entry_of,
    people::People,
    read::{ENTRY_BYTES_MAX, ExportReader, Meter},
};

/// Between the reader that repairs and the parser, which asks byte by byte.
const BUFFER_BYTES: usize = 64 * 1024;

/// Reads `file` and sends its batches; returns early when nobody receives any more.
pub(crate) fn read_export(file: &Path, options: &ImportOptions, batches: Sender<Batch>) -> Result<(), ImportError> {
    let mut walk = Walk {
        file: file.to_owned(),
        options: options.clone(),
        batches,
        meter: Rc::default(),
        people: People::default(),
        list: String::new(),
        headers: None,
        resume_at: 0,
        chat_index: 0,
        root_began: false,
        is_export: false,
        stop: None,
    };
    match walk.run()? {
        Some(Stop::HeaderComesLater) => {
            // Chats before this one are done and sent; they are stepped over the second time.
            walk.resume_at = walk.chat_index;
            walk.headers = Some(collect_headers(file, &mut walk)?);
            walk.run()?;
            Ok(())
        }
        Some(Stop::NobodyReceives | Stop::NotAChat(_)) | None => Ok(()),
    }
}

/// Walks for the headers only. Broken JSON ends it quietly: the second walk comes to the same place and tells.
fn collect_headers(file: &Path, walk: &mut Walk) -> Result<Vec<Header>, ImportError> {
    let resume_at = std::mem::replace(&mut walk.resume_at, usize::MAX);
    walk.headers = Some(Vec::new());
    match walk.run() {
        Err(ImportError::BrokenJson { .. } | ImportError::TooLarge { .. }) | Ok(_) => {}
        Err(error) => return Err(error),
    }
    walk.resume_at = resume_at;
    walk.headers.take().ok_or_else(|| not_an_export(file, "no chat was found"))
}

/// Why the walk ends although the JSON is sound.
#[derive(Debug)]
enum Stop {
    NobodyReceives,
    HeaderComesLater,
    NotAChat(Bad),
}

struct Walk {
    file: PathBuf,
    options: ImportOptions,
    batches: Sender<Batch>,
    meter: Rc<Meter>,
    people: People,
    /// Where the chats stand that are walked now: empty at the root, else `chats.list`.
    list: String,
    /// The headers of all chats in order, where they had to be collected first.
    headers: Option<Vec<Header>>,
    /// Chats before this one are stepped over.
    resume_at: usize,
    chat_index: usize,
    root_began: bool,
    is_export: bool,
    stop: Option<Stop>,
}

impl Walk {
    fn run(&mut self) -> Result<Option<Stop>, ImportError> {
        let unreadable = |source| ImportError::Unreadable { file: self.file.clone(), source };
        let opened = File::open(&self.file).map_err(unreadable)?;
        self.meter = Rc::default();
        self.chat_index = 0;
        self.stop = None;
        let bytes = BufReader::with_capacity(BUFFER_BYTES, ExportReader::new(opened, Rc::clone(&self.meter)));
        let mut deserializer = serde_json::Deserializer::from_reader(bytes);
        let walked = RootSeed(self).deserialize(&mut deserializer).and_then(|()| deserializer.end());
        match walked {
            Ok(()) if self.is_export => Ok(None),
            Ok(()) => Err(not_an_export(&self.file, "missing `messages`, and `chats` of a full export")),
            Err(error) => match self.stop.take() {
                Some(Stop::NotAChat(bad)) => {
                    Err(not_an_export(&self.file, &format!("`{}` must be {}", bad.field, bad.expected)))
                }
                Some(stop) => Ok(Some(stop)),
                None => Err(self.error_of(&error)),
            },
        }
    }

    fn error_of(&self, error: &serde_json::Error) -> ImportError {
        let (file, line, so_far) = (self.file.clone(), error.line(), Box::<ImportReport>::default());
        let reason = match error.classify() {
            Category::Io if self.meter.exceeded() => {
                return ImportError::TooLarge { file, line, limit_bytes: ENTRY_BYTES_MAX, so_far };
            }
            Category::Io => {
                let kind = error.io_error_kind().unwrap_or(std::io::ErrorKind::Other);
                return ImportError::Unreadable { file, source: kind.into() };
            }
            Category::Eof if self.meter.bytes_read() == 0 => return ImportError::Empty { file },
            Category::Eof if self.root_began => "the file ends too early".to_owned(),
            // Its texts hold what stands in the file; our own are told apart by the root's state.
            Category::Data if !self.root_began => {
                return not_an_export(&self.file, "its root must be an object with `messages`");
            }
            Category::Data => {
                return not_an_export(&self.file, "`messages`, `chats` or a list in it has another form");
            }
            Category::Eof | Category::Syntax if !self.root_began => return ImportError::NotJson { file },
            // Texts of syntax errors are fixed; the place stands beside them already.
            Category::Eof | Category::Syntax => {
                error.to_string().split(" at line ").next().unwrap_or_default().to_owned()
            }
        };
        ImportError::BrokenJson { file, line, column: error.column(), reason, so_far }
    }

    fn send(&mut self, batcher: &mut Batcher) -> bool {
        let batch = batcher.take(self.meter.bytes_read());
        let sent = self.batches.blocking_send(batch).is_ok();
        if !sent {
            self.stop = Some(Stop::NobodyReceives);
        }
        sent
    }

    /// Tells of a chat that is bad as a whole.
    fn tell(&mut self, bad: BadMessage) -> bool {
        let sent = self.batches.blocking_send(Batch::of_bad(bad, self.meter.bytes_read())).is_ok();
        if !sent {
            self.stop = Some(Stop::NobodyReceives);
        }
        sent
    }

    fn bad(&self, list: String, index: u64, bad: Bad) -> BadMessage {
        BadMessage { file: self.file.clone(), list, index, field: bad.field, expected: bad.expected.to_owned() }
    }

    /// The list of the messages of the chat that is walked now.
    fn messages_list(&self, index_in_list: Option<u64>) -> String {
        match index_in_list {
            Some(index) => format!("{}[{index}].messages", self.list),
            None => "messages".to_owned(),
        }
    }

    fn only_collects_headers(&self) -> bool {
        self.resume_at == usize::MAX
    }
}

fn not_an_export(file: &Path, missing: &str) -> ImportError {
    ImportError::NotAnExport { file: file.to_owned(), missing: missing.to_owned() }
}

/// Ends the walk; `Walk::stop` says why, the text is never shown.
fn stopped<E: serde::de::Error>() -> E {
    E::custom("stopped")
}

/// The root: a chat, or what holds the chats.
struct RootSeed<'a>(&'a mut Walk);

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
        chat.end(walk)
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
        chat.end(walk)
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

    fn end<E: serde::de::Error>(self, walk: &mut Walk) -> Result<(), E> {
        if !self.has_messages {
            return Ok(());
        }
        if walk.only_collects_headers()
            && let Some(headers) = &mut walk.headers
        {
            headers.push(self.header);
        }
        walk.chat_index += 1;
        Ok(())
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
