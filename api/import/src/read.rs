//! The bytes of an export, counted, bounded, and with one repair.
//!
//! Telegram Desktop writes control characters as `\x0B`, which no JSON parser accepts. They become `\u000B`.

use std::{
    cell::Cell,
    io::{self, Read},
    rc::Rc,
};

/// The largest entry: a message has at most some hundred kilobytes, mostly entities; what is larger is no message.
pub(crate) const ENTRY_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Bytes asked of the file at a time.
const CHUNK_BYTES: usize = 64 * 1024;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// How far reading is, shared by the reader and who parses.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    read: Cell<u64>,
    entry_began_at: Cell<Option<u64>>,
    exceeded: Cell<bool>,
    has_content: Cell<bool>,
}

impl Meter {
    /// Bytes read of the file.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.read.get()
    }

    /// From here on at most [`ENTRY_BYTES_MAX`] bytes are read until the next call.
    pub(crate) fn entry_begins(&self) {
        self.entry_began_at.set(Some(self.read.get()));
    }

    /// What comes is skipped without being kept: no limit.
    pub(crate) fn skipping(&self) {
        self.entry_began_at.set(None);
    }

    /// Whether anything but white space was read.
    pub(crate) fn has_content(&self) -> bool {
        self.has_content.get()
    }

    /// Whether reading ended because an entry was too large.
    pub(crate) fn exceeded(&self) -> bool {
        self.exceeded.get()
    }

    fn count(&self, bytes: usize) -> io::Result<()> {
        let read = self.read.get() + bytes as u64;
        self.read.set(read);
        // A chunk may hold the end of the entry before: that much more is let through.
        let limit = ENTRY_BYTES_MAX + CHUNK_BYTES as u64;
        if self.entry_began_at.get().is_some_and(|began_at| read - began_at > limit) {
            self.exceeded.set(true);
            return Err(io::Error::other("an entry is too large"));
        }
        Ok(())
    }
}

/// Reads an export.
#[derive(Debug)]
pub(crate) struct ExportReader<R> {
    inner: R,
    meter: Rc<Meter>,
    chunk: Vec<u8>,
    repaired: Vec<u8>,
    given: usize,
    after_backslash: bool,
    at_start: bool,
}

impl<R: Read> ExportReader<R> {
    pub(crate) fn new(inner: R, meter: Rc<Meter>) -> Self {
        let chunk = vec![0; CHUNK_BYTES];
        Self { inner, meter, chunk, repaired: Vec::new(), given: 0, after_backslash: false, at_start: true }
    }

    /// Refills `repaired`; leaves it empty at the end of the file.
    fn refill(&mut self) -> io::Result<()> {
        self.repaired.clear();
        self.given = 0;
        let length = loop {
            match self.inner.read(&mut self.chunk) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.meter.count(length)?;
        let mut rest = self.chunk.get(..length).unwrap_or_default();
        if std::mem::take(&mut self.at_start) {
            rest = rest.strip_prefix(BYTE_ORDER_MARK).unwrap_or(rest);
        }
        if !self.meter.has_content() {
            self.meter.has_content.set(!rest.iter().all(u8::is_ascii_whitespace));
        }
        while let Some((&first, tail)) = rest.split_first() {
            if std::mem::take(&mut self.after_backslash) {
                self.repaired.extend_from_slice(if first == b'x' { b"u00" } else { std::slice::from_ref(&first) });
                rest = tail;
                continue;
            }
            // Backslashes stand in strings only, so nothing else needs to be known of where we are.
            let until = rest.iter().position(|byte| *byte == b'\\').map_or(rest.len(), |at| at + 1);
            let (plain, tail) = rest.split_at(until);
            self.repaired.extend_from_slice(plain);
            self.after_backslash = plain.last() == Some(&b'\\');
            rest = tail;
        }
        Ok(())
    }
}

impl<R: Read> Read for ExportReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.given == self.repaired.len() {
            self.refill()?;
        }
        let left = self.repaired.get(self.given..).unwrap_or_default();
        let length = left.len().min(into.len());
        for (to, from) in into.iter_mut().zip(left) {
            *to = *from;
        }
        self.given += length;
        Ok(length)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Gives one byte at a time, so that every escape is cut.
    struct Dripping<'a>(&'a [u8]);

    impl Read for Dripping<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            self.0 = rest;
            *into.first_mut().unwrap() = *first;
            Ok(1)
        }
    }

    fn read(bytes: &[u8]) -> String {
        let mut text = String::new();
        ExportReader::new(bytes, Rc::default()).read_to_string(&mut text).unwrap();
        let mut dripped = String::new();
        ExportReader::new(Dripping(bytes), Rc::default()).read_to_string(&mut dripped).unwrap();
        assert_eq!(text, dripped);
        text
    }

    #[test]
    fn control_characters_as_telegram_desktop_writes_them_become_json() {
        assert_eq!(read(br#"{"a":"\x0B\x00 b"}"#), r#"{"a":"\u000B\u0000 b"}"#);
        assert_eq!(read(br#"{"a":"\\x0B \"x"}"#), r#"{"a":"\\x0B \"x"}"#);
    }

    #[test]
    fn a_byte_order_mark_at_the_start_is_no_content() {
        let mut text = String::new();
        ExportReader::new(&b"\xEF\xBB\xBF{}"[..], Rc::default()).read_to_string(&mut text).unwrap();
        assert_eq!(text, "{}");
    }

    #[test]
    fn an_entry_without_end_is_not_read_into_memory() {
        let meter = Rc::<Meter>::default();
        meter.entry_begins();
        let mut reader = ExportReader::new(io::repeat(b'a'), meter.clone());
        let copied = io::copy(&mut reader, &mut io::sink());
        assert!(copied.is_err() && meter.exceeded());
        assert!(meter.bytes_read() <= ENTRY_BYTES_MAX + 2 * CHUNK_BYTES as u64);
    }
}
