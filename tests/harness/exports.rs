//! Exports for tests: real talk turned into Telegram Desktop's form, and large ones written without holding them.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;
use jiff::{ToSpan, civil::Date, tz::TimeZone};
use serde_json::{Value, json};

/// The real data beside the repository; where it is missing, says loudly what stays unchecked.
#[allow(clippy::print_stderr)]
pub fn shared_data() -> Option<PathBuf> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    if data.is_dir() {
        return Some(data);
    }
    eprintln!("NOT RUN: {} is missing, so this test checks nothing on real data", data.display());
    None
}

/// The exports of invented people that also serve as the demo's data.
pub fn every_kind_fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/export-every-kind/result.json")
}

/// A day of a many-author chat (`[HH:MM] <nick> text`, the date in the file's name, who answers whom in the annotation
/// beside it) as the export of a private supergroup.
///
/// A message's number is its line's, so numbers have gaps where people came and went. The same nick is the same person
/// in every file.
pub fn group_chat_export(raw: &Path) -> anyhow::Result<Value> {
    let name = raw.file_name().and_then(|name| name.to_str()).context("a file name")?;
    let name = name.strip_suffix(".raw.txt").context("a file name that ends with .raw.txt")?;
    let (date, part) = name.split_once('_').context("a file name like 2004-11-15_03.raw.txt")?;
    let mut day: Date = date.parse()?;
    let id: i64 = format!("{}{part}", date.replace('-', "")).parse()?;
    let replies = replies(&raw.with_file_name(format!("{name}.annotation.txt")))?;
    let (mut last_minute, mut second) = ((0, 0), 0);
    let mut messages = Vec::new();
    for (line_index, line) in std::fs::read_to_string(raw)?.lines().enumerate() {
        let Some((minute, nick, text)) = said(line) else { continue };
        if minute < last_minute {
            day = day.checked_add(1.day())?;
        }
        second = if minute == last_minute { (second + 1).min(59) } else { 0 };
        last_minute = minute;
        let local = day.at(minute.0, minute.1, second, 0);
        let at = local.to_zoned(TimeZone::UTC)?.timestamp().as_second();
        let mut message = json!({
            "id": line_index + 1,
            "type": "message",
            "date": local.to_string(),
            "date_unixtime": at.to_string(),
            "from": nick,
            "from_id": format!("user{}", user_of(nick)),
            "text": text,
            "text_entities": [{ "type": "plain", "text": text }],
        });
        if let (Some(answered), Some(fields)) = (replies.get(&line_index), message.as_object_mut()) {
            fields.insert("reply_to_message_id".to_owned(), json!(answered + 1));
        }
        messages.push(message);
    }
    Ok(json!({ "name": format!("#ubuntu {name}"), "type": "private_supergroup", "id": id, "messages": messages }))
}

/// Of each line the nearest earlier line that it answers. Lines are counted from 0; a line that answers itself begins.
fn replies(annotation: &Path) -> anyhow::Result<HashMap<usize, usize>> {
    let mut replies = HashMap::<usize, usize>::new();
    for line in std::fs::read_to_string(annotation)?.lines() {
        let mut numbers = line.split_whitespace().map_while(|word| word.parse::<usize>().ok());
        if let (Some(one), Some(other)) = (numbers.next(), numbers.next())
            && one != other
        {
            let (answered, answer) = (one.min(other), one.max(other));
            replies.entry(answer).and_modify(|nearest| *nearest = answered.max(*nearest)).or_insert(answered);
        }
    }
    Ok(replies)
}

/// Hour and minute, nick and text of a line in which somebody says something.
fn said(line: &str) -> Option<((i8, i8), &str, &str)> {
    let (time, rest) = line.strip_prefix('[')?.split_once("] ")?;
    let (hour, minute) = time.split_once(':')?;
    let (nick, text) = match rest.strip_prefix('<') {
        Some(rest) => rest.split_once('>')?,
        None => rest.trim_start().strip_prefix("* ")?.split_once(' ')?,
    };
    Some(((hour.parse().ok()?, minute.parse().ok()?), nick, text.trim_start()))
}

/// A Telegram user's number made of the nick (FNV-1a, below 2³²).
fn user_of(nick: &str) -> u32 {
    nick.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)).max(1)
}

/// Words of the large exports; two of them are not ASCII, one lies outside the BMP.
const WORDS: [&str; 16] = [
    "tea",
    "music",
    "river",
    "привет",
    "compiler",
    "trip",
    "recipe",
    "🎸",
    "morning",
    "song",
    "guitar",
    "поездка",
    "football",
    "code",
    "evening",
    "hotel",
];

/// Writes the export of a private supergroup with `messages` by `people` that has about `bytes_target` bytes, and
/// never holds more than one message. Deterministic. Returns its size.
pub fn synthetic_export(path: &Path, messages: u64, people: u64, bytes_target: u64) -> anyhow::Result<u64> {
    let mut out = Counted { inner: BufWriter::new(File::create(path)?), bytes: 0 };
    out.write_all(
        b"{\n \"name\": \"Large\",\n \"type\": \"private_supergroup\",\n \"id\": 1700000001,\n \"messages\": [",
    )?;
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for index in 0..messages {
        // What is left, shared by those that are left, keeps the size near its target whatever the words are.
        let due = bytes_target * (index + 1) / messages;
        let mut text = String::new();
        let room = usize::try_from(due.saturating_sub(out.bytes + 260))? / 2;
        while text.is_empty() || text.len() < room {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let word = usize::try_from(random >> 60)?;
            text.push_str(WORDS.get(word).copied().unwrap_or_default());
            text.push(' ');
        }
        let person = random % people.max(1);
        let message = json!({
            "id": index + 1,
            "type": "message",
            "date": "2024-05-03T12:00:00",
            "date_unixtime": (1_700_000_000 + index * 30).to_string(),
            "from": format!("Person {person}"),
            "from_id": format!("user{}", 700_000_000 + person),
            "text": text,
            "text_entities": [{ "type": "plain", "text": text }],
        });
        out.write_all(if index == 0 { b"\n  " } else { b",\n  " })?;
        serde_json::to_writer(&mut out, &message)?;
    }
    out.write_all(b"\n ]\n}\n")?;
    out.flush()?;
    Ok(out.bytes)
}

/// Writes the export of a private supergroup in which each of `people`, counted from `first`, wrote so many messages.
pub fn crowd_export(path: &Path, first: u64, people: u64, messages_each: u64) -> anyhow::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    let id = 1_700_000_000 + first;
    write!(out, "{{\n \"name\": \"Crowd\",\n \"type\": \"private_supergroup\",\n \"id\": {id},\n \"messages\": [")?;
    for index in 0..people * messages_each {
        let person = first + index / messages_each;
        let word = |step: u64| {
            let place = usize::try_from((person + index + step) % 16).unwrap_or_default();
            WORDS.get(place).copied().unwrap_or_default()
        };
        let text = format!("I like {} and {}, this is what {person} says", word(0), word(5));
        let message = json!({
            "id": index + 1,
            "type": "message",
            "date": "2024-05-03T12:00:00",
            "date_unixtime": (1_714_737_600 + index).to_string(),
            "from": format!("Person {person}"),
            "from_id": format!("user{person}"),
            "text": text,
            "text_entities": [{ "type": "plain", "text": text }],
        });
        out.write_all(if index == 0 { b"\n  " } else { b",\n  " })?;
        serde_json::to_writer(&mut out, &message)?;
    }
    out.write_all(b"\n ]\n}\n")?;
    Ok(out.flush()?)
}

struct Counted<W> {
    inner: W,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn a_day_of_talk_keeps_who_answers_whom() {
        let Some(data) = shared_data() else { return };
        let export = group_chat_export(&data.join("group-chat/2008-07-14_18.raw.txt")).unwrap();
        let messages = export["messages"].as_array().unwrap();
        assert_eq!(export["id"], 2_008_071_418_i64);
        assert_eq!(messages[0]["from"], "Gnea");
        assert_eq!(messages[0]["date"], "2008-07-14T15:40:00");
        let ids: std::collections::HashSet<i64> =
            messages.iter().map(|message| message["id"].as_i64().unwrap()).collect();
        let answers: Vec<_> = messages.iter().filter_map(|message| message["reply_to_message_id"].as_i64()).collect();
        assert_eq!((messages.len(), answers.len()), (1_467, 424));
        assert!(answers.iter().all(|id| ids.contains(id)));
    }

    #[test]
    fn a_large_export_has_its_size_and_number_of_messages() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.json");
        let bytes = synthetic_export(&path, 2_000, 50, 2_000_000).unwrap();
        assert_eq!(bytes, std::fs::metadata(&path).unwrap().len());
        assert!((1_900_000..2_200_000).contains(&bytes), "{bytes}");
        let export: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(export["messages"].as_array().unwrap().len(), 2_000);
    }
}
