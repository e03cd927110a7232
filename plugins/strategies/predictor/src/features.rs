//! What is counted of a history, and the numbers a regression is given.

use serde::{Deserialize, Serialize};

const DAY_MS: u64 = 86_400_000;
/// Text that is counted, the newest first: twice what a model is shown at most, and a guest pays fuel for each letter.
const TEXT_BYTES: usize = 40 << 10;
/// Words of somebody who speaks of themselves, in Russian and English.
const FIRST_PERSON: [&str; 16] =
    ["i", "i'm", "me", "my", "mine", "myself", "я", "меня", "мне", "мной", "мой", "моя", "моё", "мои", "моей", "моего"];
/// Messages with letters, by the rule that stands in for weights.
const RULE_MESSAGES: u64 = 5;
/// Letters in all, by the same rule.
const RULE_LETTERS: u64 = 200;

/// Names of [`Features::values`], in their order. Weights are for these and no others.
pub const NAMES: [&str; 10] = [
    "messages",
    "messages_total",
    "letters",
    "letters_per_message",
    "distinct_words",
    "worded_share",
    "question_share",
    "first_person_share",
    "days",
    "chats",
];

/// What is known of the person who is to be judged.
#[derive(Clone, Debug, Default)]
pub struct History<'a> {
    /// The newest messages they wrote, oldest first: what a model would be shown.
    pub messages: Vec<Written<'a>>,
    /// How many they wrote in all, where that is known.
    pub messages_total: Option<u64>,
    /// In how many chats, where that is known.
    pub chats_total: Option<u64>,
    /// When the first of all was sent, in milliseconds since the Unix epoch; else the first at hand counts.
    pub first_message_at_ms: Option<u64>,
    /// When the last of all was sent.
    pub last_message_at_ms: Option<u64>,
}

/// One message.
#[derive(Clone, Copy, Debug)]
pub struct Written<'a> {
    /// Its text; empty for a sticker.
    pub text: &'a str,
    /// When it was sent, in milliseconds since the Unix epoch.
    pub sent_at_ms: Option<u64>,
}

/// Counts of one history: whole numbers, so that they can be recorded and mean the same for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Features {
    /// Messages at hand: the newest, up to 40 KiB of text.
    pub messages: u64,
    /// Messages written in all, as far as is known.
    pub messages_total: u64,
    /// Of these, messages with a letter in them.
    pub worded: u64,
    /// Letters in them.
    pub letters: u64,
    /// Different words in them, without regard to case.
    pub distinct_words: u64,
    /// Of these, messages with letters and a question mark.
    pub questions: u64,
    /// Of these, messages in which they speak of themselves: I, my, я, у меня.
    pub first_person: u64,
    /// Days from the first message to the last, both counted.
    pub days: u64,
    /// Chats they write in, as far as is known.
    pub chats: u64,
}

impl Features {
    /// Counts a history.
    pub fn of(history: &History<'_>) -> Self {
        let mut counted = Self::default();
        let mut read = Read::default();
        let mut left = TEXT_BYTES;
        for message in history.messages.iter().rev() {
            if left == 0 {
                break;
            }
            let text = &message.text[..message.text.floor_char_boundary(left)];
            left = if text.len() < message.text.len() { 0 } else { left - text.len() };
            counted.count(text, &mut read);
        }
        read.words.sort_unstable();
        read.words.dedup();
        let at_hand = history.messages.len() as u64;
        Self {
            messages_total: history.messages_total.unwrap_or(0).max(at_hand),
            distinct_words: read.words.len() as u64,
            days: days(history),
            chats: history.chats_total.unwrap_or(0).max(u64::from(at_hand > 0)),
            ..counted
        }
    }

    fn count(&mut self, text: &str, read: &mut Read) {
        let before = self.letters;
        read.of_oneself = false;
        for letter in text.chars() {
            if is_letter(letter) {
                self.letters += 1;
                read.letter(letter);
            } else if letter != '\'' || read.word.is_empty() {
                read.end_of_word();
            } else {
                read.word.push(letter);
            }
        }
        read.end_of_word();
        self.messages += 1;
        if self.letters > before {
            self.worded += 1;
            self.questions += u64::from(text.contains('?'));
            self.first_person += u64::from(read.of_oneself);
        }
    }

    /// The rule without weights: enough was said that a model can tell something of it.
    pub fn meets_the_rule(&self) -> bool {
        self.worded >= RULE_MESSAGES && self.letters >= RULE_LETTERS
    }

    /// What the regressions are given: counts as doublings, shares from 0 to 1. In the order of [`NAMES`].
    pub fn values(&self) -> [f64; NAMES.len()] {
        let share = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
        [
            doublings(self.messages),
            doublings(self.messages_total),
            doublings(self.letters),
            doublings(self.letters.checked_div(self.worded).unwrap_or(0)),
            doublings(self.distinct_words),
            share(self.worded, self.messages),
            share(self.questions, self.worded),
            share(self.first_person, self.worded),
            doublings(self.days),
            doublings(self.chats),
        ]
    }
}

/// The words, while they are read.
#[derive(Default)]
struct Read {
    /// Hashes of all words so far.
    words: Vec<u64>,
    /// The word that is being read, in lower case.
    word: String,
    /// Whether the message has a word of the first person.
    of_oneself: bool,
}

impl Read {
    fn letter(&mut self, letter: char) {
        match letter {
            'a'..='z' | 'а'..='я' => self.word.push(letter),
            _ => self.word.extend(letter.to_lowercase()),
        }
    }

    fn end_of_word(&mut self) {
        if !self.word.is_empty() {
            self.of_oneself |= FIRST_PERSON.contains(&self.word.as_str());
            self.words.push(hash(&self.word));
            self.word.clear();
        }
    }
}

/// Russian and English first, as a guest pays fuel for each look into the tables of Unicode.
fn is_letter(letter: char) -> bool {
    match letter {
        'a'..='z' | 'A'..='Z' | 'а'..='я' | 'А'..='Я' | 'ё' | 'Ё' => true,
        _ => !letter.is_ascii() && letter.is_alphabetic(),
    }
}

fn days(history: &History<'_>) -> u64 {
    let sent = || history.messages.iter().filter_map(|message| message.sent_at_ms);
    let first = history.first_message_at_ms.or_else(|| sent().min());
    let last = history.last_message_at_ms.or_else(|| sent().max());
    match (first, last) {
        (Some(first), Some(last)) => last.saturating_sub(first) / DAY_MS + 1,
        _ => 0,
    }
}

/// The binary logarithm of `count + 1`, by straight lines between the powers of two (J. N. Mitchell 1962, "Computer
/// Multiplication and Division Using Binary Logarithms"): off by at most 0.09, and the same bits on every machine, which
/// logarithms of mathematical libraries are not.
fn doublings(count: u64) -> f64 {
    let number = count.saturating_add(1);
    let whole = number.ilog2();
    let power = 1_u64 << whole;
    f64::from(whole) + (number - power) as f64 / power as f64
}

/// FNV-1a: words are only told apart by it.
fn hash(word: &str) -> u64 {
    word.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history<'a>(texts: &[&'a str]) -> History<'a> {
        let messages = texts.iter().zip(0_u64..).map(|(text, day)| Written { text, sent_at_ms: Some(day * DAY_MS) });
        History { messages: messages.collect(), ..History::default() }
    }

    #[test]
    fn a_history_is_counted() {
        let counted = Features::of(&history(&["Я живу в Риге", "", "👍 100", "And you? And me?", "а где ЖИВУ я?"]));
        let expected = Features {
            messages: 5,
            messages_total: 5,
            worded: 3,
            letters: 10 + 11 + 9,
            distinct_words: 9, // я живу в риге and you me а где
            questions: 2,
            first_person: 3,
            days: 5,
            chats: 1,
        };
        assert_eq!(counted, expected);
    }

    #[test]
    fn what_is_known_beside_the_messages_counts_where_it_is_more() {
        let told = History {
            messages_total: Some(900),
            chats_total: Some(3),
            first_message_at_ms: Some(0),
            last_message_at_ms: Some(99 * DAY_MS),
            ..history(&["да"])
        };
        let counted = Features::of(&told);
        assert_eq!((counted.messages_total, counted.chats, counted.days), (900, 3, 100));
        let lagging = History { messages_total: Some(0), chats_total: Some(0), ..history(&["да", "нет"]) };
        let counted = Features::of(&lagging);
        assert_eq!((counted.messages_total, counted.chats), (2, 1));
        assert_eq!(Features::of(&History::default()), Features::default());
    }

    #[test]
    fn the_newest_text_counts_and_no_more() {
        let long = "слово ".repeat(5_000);
        let counted = Features::of(&history(&["древнее", &long, "", "новое"]));
        // 10 bytes are the newest message's, 11 each word's with its space, and of the last word four letters fit.
        let words = (TEXT_BYTES - 10) / 11;
        assert_eq!((counted.messages, counted.worded, counted.messages_total), (3, 2, 4));
        assert_eq!(counted.letters as usize, 5 + words * 5 + (TEXT_BYTES - 10) % 11 / 2);
        assert_eq!(counted.distinct_words, 3);
        assert_eq!(Features::of(&history(&["раньше", &"ы".repeat(TEXT_BYTES / 2)])).messages, 1);
    }

    #[test]
    fn doublings_are_exact_at_powers_of_two_and_never_far_off() {
        assert_eq!([0, 1, 3, 7, 1023].map(doublings), [0.0, 1.0, 2.0, 3.0, 10.0]);
        assert_eq!(doublings(2), 1.5);
        for count in [5, 9, 100, 12_345, 10_u64.pow(15), u64::MAX] {
            let exact = (count as f64 + 1.0).log2();
            assert!((doublings(count) - exact).abs() < 0.09, "{count}");
        }
    }

    #[test]
    fn values_are_named_and_finite_even_of_nothing() {
        assert_eq!(Features::default().values(), [0.0; NAMES.len()]);
        let most = Features { messages: u64::MAX, letters: u64::MAX, worded: 1, questions: 1, ..Features::default() };
        assert!(most.values().iter().all(|value| value.is_finite()));
    }

    #[test]
    fn the_rule_wants_messages_and_letters() {
        let of = |worded, letters| Features { worded, letters, ..Features::default() }.meets_the_rule();
        assert!(of(5, 200));
        assert!(!of(4, 2_000) && !of(50, 199));
    }
}
