//! The walk through an export: one chat at the root, or many in `chats.list` and `left_chats.list`.
//!
//! Only one entry of `messages` is in memory at a time. What an entry needs stands before it in every export that
//! Telegram Desktop wrote; where a tool has sorted the keys, a first walk collects the headers.

mod seeds;

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
    rc::Rc,
};

use serde::de::DeserializeSeed;
use serde_json::error::Category;
use tokio::sync::mpsc::Sender;

use crate::{
    BadMessage, ImportError, ImportOptions, ImportReport,
    batch::{Batch, Batcher},
    chat::Header,
    fields::Bad,
    people::People,
    read::{ENTRY_BYTES_MAX, ExportReader, Meter},
};
use seeds::RootSeed;

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
            Category::Eof if !self.meter.has_content() => return ImportError::Empty { file },
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
