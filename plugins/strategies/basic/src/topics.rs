//! The dictionary: fifteen topics, by beginnings of Russian words and by English words.

/// One topic people write about.
pub struct Topic {
    /// The value in the profile.
    pub english: &'static str,
    /// In a Russian summary.
    pub russian: &'static str,
    /// Beginnings of Russian words, `ё` as `е`.
    pub stems: &'static [&'static str],
    /// English words; a plural `s` is understood.
    pub words: &'static [&'static str],
}

/// In the order in which equally frequent topics are named.
pub const TOPICS: [Topic; 15] = [
    Topic {
        english: "travel",
        russian: "путешествия",
        stems: &[
            "путешеств",
            "отпуск",
            "поездк",
            "перелет",
            "самолет",
            "чемодан",
            "визу",
            "визы",
            "туризм",
            "турист",
            "отел",
        ],
        words: &["travel", "trip", "flight", "vacation", "holiday", "airport", "visa", "hotel", "tourist"],
    },
    Topic {
        english: "music",
        russian: "музыка",
        stems: &["музык", "песн", "концерт", "альбом", "гитар", "плейлист", "пианин"],
        words: &["music", "song", "concert", "album", "guitar", "playlist", "piano", "band"],
    },
    Topic {
        english: "programming",
        russian: "программирование",
        stems: &[
            "программир",
            "программист",
            "разработк",
            "разработчик",
            "компилятор",
            "фронтенд",
            "бэкенд",
            "бекенд",
            "репозитори",
            "деплой",
        ],
        words: &[
            "code",
            "coding",
            "programming",
            "programmer",
            "developer",
            "compiler",
            "backend",
            "frontend",
            "rust",
            "python",
            "javascript",
            "deploy",
            "github",
        ],
    },
    Topic {
        english: "sport",
        russian: "спорт",
        stems: &["спорт", "футбол", "хокке", "тренировк", "тренажер", "пробежк", "марафон", "баскетбол", "теннис"],
        words: &[
            "sport",
            "football",
            "soccer",
            "hockey",
            "workout",
            "gym",
            "running",
            "marathon",
            "basketball",
            "tennis",
        ],
    },
    Topic {
        english: "food",
        russian: "еда",
        stems: &[
            "рецепт",
            "готовлю",
            "готовить",
            "приготовил",
            "вкусн",
            "ресторан",
            "завтрак",
            "обед",
            "ужин",
            "кулинар",
            "пирог",
        ],
        words: &[
            "recipe",
            "cooking",
            "cook",
            "tasty",
            "delicious",
            "restaurant",
            "breakfast",
            "lunch",
            "dinner",
            "baking",
        ],
    },
    Topic {
        english: "films",
        russian: "кино",
        stems: &["фильм", "кино", "сериал", "режиссер", "актер", "актрис"],
        words: &["film", "movie", "cinema", "series", "director", "actor", "actress"],
    },
    Topic {
        english: "books",
        russian: "книги",
        stems: &["книг", "книж", "роман", "писател", "читаю", "библиотек", "литератур"],
        words: &["book", "novel", "writer", "author", "reading", "library", "literature"],
    },
    Topic {
        english: "games",
        russian: "игры",
        stems: &["игра", "игру", "игры", "игрок", "геймер", "приставк", "шахмат", "настолк"],
        words: &["game", "gaming", "gamer", "console", "chess", "playstation", "xbox"],
    },
    Topic {
        english: "work",
        russian: "работа",
        stems: &["работ", "начальник", "коллег", "зарплат", "собеседован", "офис", "ваканси", "проект"],
        words: &["work", "job", "boss", "colleague", "salary", "interview", "office", "vacancy", "project"],
    },
    Topic {
        english: "study",
        russian: "учёба",
        stems: &["учеб", "учусь", "универ", "экзамен", "школ", "курсов", "лекци", "студент", "преподавател"],
        words: &[
            "study",
            "studying",
            "university",
            "exam",
            "school",
            "course",
            "lecture",
            "student",
            "teacher",
            "homework",
        ],
    },
    Topic {
        english: "money",
        russian: "деньги",
        stems: &["деньг", "денег", "инвест", "ипотек", "кредит", "банк", "валют", "криптовалют", "биткоин"],
        words: &[
            "money",
            "invest",
            "investment",
            "stock",
            "mortgage",
            "credit",
            "bank",
            "currency",
            "crypto",
            "bitcoin",
        ],
    },
    Topic {
        english: "health",
        russian: "здоровье",
        stems: &[
            "здоров",
            "врач",
            "больниц",
            "болезн",
            "болею",
            "заболел",
            "лекарств",
            "лечени",
            "поликлиник",
            "аптек",
        ],
        words: &["health", "doctor", "hospital", "sick", "illness", "medicine", "therapy", "pharmacy"],
    },
    Topic {
        english: "family",
        russian: "семья",
        stems: &[
            "семь",
            "семе",
            "ребен",
            "дети",
            "детей",
            "мама",
            "маме",
            "папа",
            "бабушк",
            "дедушк",
            "свадьб",
            "сынок",
            "сыном",
            "дочк",
            "дочер",
        ],
        words: &[
            "family",
            "child",
            "children",
            "kid",
            "mom",
            "mother",
            "dad",
            "father",
            "grandmother",
            "wedding",
            "son",
            "daughter",
        ],
    },
    Topic {
        english: "pets",
        russian: "животные",
        stems: &["кошк", "кошач", "котик", "котен", "собак", "щенк", "щенок", "питом", "хомяк", "ветеринар"],
        words: &["cat", "kitten", "dog", "puppy", "pet", "hamster", "vet"],
    },
    Topic {
        english: "nature",
        russian: "природа",
        stems: &[
            "природ",
            "лесу",
            "лесной",
            "горы",
            "горах",
            "море",
            "морю",
            "рыбалк",
            "поход",
            "дач",
            "огород",
            "велосипед",
        ],
        words: &["nature", "forest", "mountain", "sea", "beach", "fishing", "hiking", "garden", "bike", "camping"],
    },
];

/// Buckets of the index: more than there are entries, so that most words meet none.
const BUCKETS: usize = 512;

/// The dictionary by the first two letters of its entries, so that most words are done with at
/// once; fuel is counted.
pub struct Index(Vec<Vec<Entry>>);

struct Entry {
    text: &'static str,
    stem: bool,
    topic: usize,
}

impl Index {
    pub fn new() -> Self {
        let mut index: Vec<Vec<Entry>> = (0..BUCKETS).map(|_| Vec::new()).collect();
        for (topic, entries) in TOPICS.iter().enumerate() {
            let stems = entries.stems.iter().map(|text| (*text, true));
            let words = entries.words.iter().map(|text| (*text, false));
            for (text, stem) in stems.chain(words) {
                if let Some(bucket) = bucket(text).and_then(|bucket| index.get_mut(bucket)) {
                    bucket.push(Entry { text, stem, topic });
                }
            }
        }
        Self(index)
    }

    /// Calls `found` with the place in `TOPICS` of every entry that this word, lower case and with
    /// `е` for `ё`, matches.
    pub fn look_up(&self, word: &str, mut found: impl FnMut(usize)) {
        let Some(entries) = bucket(word).and_then(|bucket| self.0.get(bucket)) else { return };
        for entry in entries {
            let rest = word.strip_prefix(entry.text);
            if rest.is_some_and(|rest| entry.stem || matches!(rest, "" | "s" | "'s")) {
                found(entry.topic);
            }
        }
    }
}

fn bucket(word: &str) -> Option<usize> {
    let mut letters = word.chars();
    let (first, second) = (letters.next()? as usize, letters.next()? as usize);
    Some((first * 31 + second) % BUCKETS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(word: &str) -> Vec<&'static str> {
        let mut topics = Vec::new();
        Index::new().look_up(word, |topic| topics.push(TOPICS[topic].english));
        topics
    }

    #[test]
    fn a_word_finds_its_topic_in_both_languages() {
        assert_eq!(of("отпуске"), ["travel"]);
        assert_eq!(of("мотоцикл"), [""; 0]);
        assert_eq!(of("cats"), ["pets"]);
        assert_eq!(of("category"), [""; 0]);
    }

    #[test]
    fn the_dictionary_is_written_as_words_are_read() {
        for topic in &TOPICS {
            for entry in topic.stems.iter().chain(topic.words) {
                let mut words = Vec::new();
                crate::words::each(entry, |word| words.push(word.to_owned()));
                assert_eq!(words, [*entry], "{}", topic.english);
                assert!(entry.chars().count() >= 3, "{entry} is too short to mean anything");
            }
            let russian = |entry: &&str| entry.chars().all(|letter| ('а'..='я').contains(&letter));
            assert!(topic.stems.iter().all(russian), "{} has a stray letter", topic.english);
        }
    }
}
