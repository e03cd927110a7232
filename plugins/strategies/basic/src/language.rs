//! Which language the person writes: by letters and by the commonest words.

use crate::{
    input::{Field, Person, hundredths, newest},
    words,
};

/// Fewer letters than these say nothing: "ok", "да".
const LETTERS: usize = 12;
/// Letters after which the letters alone convince.
const LETTERS_SURE: f32 = 400.0;
/// Letters read at most, the newest first: ten times what convinces, and a bound for the fuel.
const LETTERS_READ: usize = 4_000;
/// A script with this share of the letters is the script of the person.
const SCRIPT_SHARE: f32 = 0.6;
/// Share of the commonest words: a quarter and more in real prose, a third of that suffices.
const COMMON_SHARE: f32 = 0.08;
/// What a program reports is often left as it came.
const REPORTED_CONFIDENCE: f32 = 0.6;

/// Letters that Ukrainian and Belarusian have and Russian has not.
const NOT_RUSSIAN: [char; 5] = ['і', 'ї', 'є', 'ґ', 'ў'];
/// Sorted, for the search.
const RUSSIAN: [&str; 30] = [
    "а", "бы", "в", "все", "вы", "да", "если", "еще", "же", "за", "и", "или", "как", "меня", "мне", "мы", "на", "не",
    "нет", "но", "он", "по", "с", "так", "ты", "у", "уже", "что", "это", "я",
];
/// Sorted, for the search. None that German, Dutch or the Romance languages have too ("was", "in", "me").
const ENGLISH: [&str; 30] = [
    "and", "are", "been", "but", "can", "don't", "for", "from", "have", "i", "i'm", "if", "it", "just", "my", "not",
    "of", "or", "that", "the", "there", "they", "this", "to", "we", "what", "with", "would", "you", "your",
];

/// A language this strategy tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Russian,
    English,
    Other,
}

impl Language {
    pub fn tag(self) -> &'static str {
        match self {
            Self::Russian => "ru",
            Self::English => "en",
            Self::Other => "other",
        }
    }

    /// From a BCP 47 tag such as `ru-RU`.
    pub fn from_tag(tag: &str) -> Self {
        match tag.split(['-', '_']).next().unwrap_or_default().to_lowercase().as_str() {
            "ru" => Self::Russian,
            "en" => Self::English,
            _ => Self::Other,
        }
    }
}

/// The language of the messages, or else the reported one.
pub fn language(person: &Person) -> Option<(Language, Field)> {
    let (language, confidence, evidence) = match written(person) {
        Some((language, confidence)) => (language, confidence, newest(person.messages.iter())),
        None => {
            let tag = person.language_tag.as_deref().filter(|tag| !tag.trim().is_empty())?;
            (Language::from_tag(tag), REPORTED_CONFIDENCE, Vec::new())
        }
    };
    let value = language.tag().to_owned();
    Some((language, Field { key: "language", value, confidence, evidence }))
}

fn written(person: &Person) -> Option<(Language, f32)> {
    let (mut letters, mut cyrillic, mut latin, mut foreign) = (0_usize, 0_usize, 0_usize, 0_usize);
    let (mut count, mut russian, mut english) = (0_usize, 0_usize, 0_usize);
    for message in person.messages.iter().rev() {
        if letters >= LETTERS_READ {
            break;
        }
        words::each(&message.text, |word| {
            count += 1;
            russian += usize::from(RUSSIAN.binary_search(&word).is_ok());
            english += usize::from(ENGLISH.binary_search(&word).is_ok());
            for letter in word.chars().filter(|letter| *letter != '\'') {
                letters += 1;
                cyrillic += usize::from(('\u{400}'..='\u{52f}').contains(&letter));
                latin += usize::from(letter.is_ascii());
                foreign += usize::from(NOT_RUSSIAN.contains(&letter));
            }
        });
    }
    if letters < LETTERS {
        return None;
    }
    let share = |part: usize, whole: usize| part as f32 / whole.max(1) as f32;
    let (cyrillic, latin) = (share(cyrillic, letters), share(latin, letters));
    let (language, script) = if cyrillic >= SCRIPT_SHARE {
        let prose = share(foreign, letters) < 0.01;
        (if prose { Language::Russian } else { Language::Other }, cyrillic)
    } else if latin >= SCRIPT_SHARE {
        // Half the world writes in Latin letters: here the commonest words decide.
        let prose = share(english, count) >= COMMON_SHARE;
        (if prose { Language::English } else { Language::Other }, latin)
    } else {
        (Language::Other, 1.0 - cyrillic.max(latin))
    };
    let common = match language {
        Language::Russian => share(russian, count),
        Language::English => share(english, count),
        Language::Other => 0.0,
    };
    let prose = if common >= COMMON_SHARE { 1.0 } else { 0.75 };
    let amount = 0.5 + 0.5 * (letters as f32 / LETTERS_SURE).min(1.0);
    Some((language, hundredths((script * prose * amount).min(0.98))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::sample::messages;

    fn tell(texts: &[&str], tag: Option<&str>) -> Option<(Language, f32)> {
        let person = Person { messages: messages(texts), language_tag: tag.map(Into::into), ..Person::default() };
        language(&person).map(|(language, field)| (language, field.confidence))
    }

    #[test]
    fn prose_is_told_by_letters_and_common_words() {
        let cases: [(&str, Language); 6] = [
            ("Я не знаю, что это было, но мне понравилось", Language::Russian),
            ("I do not know what it was but I liked it", Language::English),
            ("Я не знаю, що це було, але мені сподобалося і їй", Language::Other),
            ("Ich weiß nicht, was das gewesen ist", Language::Other),
            ("これは何ですか、わかりません、ありがとう", Language::Other),
            ("обсудили deploy, потом ждал меня review", Language::Russian),
        ];
        for (text, expected) in cases {
            assert_eq!(tell(&[text], None).map(|told| told.0), Some(expected), "{text}");
        }
    }

    #[test]
    fn the_common_words_are_sorted_for_the_search() {
        assert!(RUSSIAN.is_sorted() && ENGLISH.is_sorted());
    }

    #[test]
    fn a_few_letters_leave_it_to_the_reported_tag() {
        assert_eq!(tell(&["ок"], Some("en-GB")), Some((Language::English, 0.6)));
        assert_eq!(tell(&["👍"], None), None);
        assert_eq!(tell(&[], Some("pt_BR")), Some((Language::Other, 0.6)));
    }

    #[test]
    fn more_text_makes_surer() {
        let text = "Мы уже поехали на дачу и вернёмся в понедельник";
        let (one, ten) = (tell(&[text], None), tell(&[text; 10], None));
        assert!(one.map(|told| told.1) < ten.map(|told| told.1), "{one:?} {ten:?}");
    }
}
