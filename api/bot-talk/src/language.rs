//! The languages the bot speaks, and which of them somebody is spoken to in.

/// A language the bot speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// Russian.
    Ru,
    /// English.
    #[default]
    En,
}

impl Language {
    /// Every language, in the order the menu shows them.
    pub const ALL: [Self; 2] = [Self::Ru, Self::En];

    /// The language for an IETF tag: Russian for `ru` and all its forms (`ru-RU`, `ru_RU`), English for every other
    /// and for none. A neighbour's language (`uk`, `be`, `kk`) is no reason to speak Russian to somebody: who wants
    /// it says `/lang ru`.
    pub fn of_tag(tag: Option<&str>) -> Self {
        tag.and_then(Self::named).unwrap_or_default()
    }

    /// The language of this tag, where the bot speaks it: `ru`, `ru-RU`, `EN`, `en_GB`.
    pub fn named(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or(tag);
        Self::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.tag()))
    }

    /// The IETF tag, as `LanguageChosen` keeps it.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Ru => "ru",
            Self::En => "en",
        }
    }

    /// What its speakers call it.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::Ru => "Русский",
            Self::En => "English",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn russian_is_spoken_to_those_whose_tag_says_so_and_to_nobody_else() {
        for tag in ["ru", "RU", "ru-RU", "ru_RU", "ru-Cyrl-RU"] {
            assert_eq!(Language::of_tag(Some(tag)), Language::Ru, "{tag}");
        }
        for tag in ["uk", "be", "kk", "run", "rue", "en", "de-DE", "", "-ru"] {
            assert_eq!(Language::of_tag(Some(tag)), Language::En, "{tag}");
        }
        assert_eq!(Language::of_tag(None), Language::En);
    }

    #[test]
    fn a_language_is_chosen_only_by_its_own_name() {
        assert_eq!(Language::named("en-GB"), Some(Language::En));
        assert_eq!(Language::named("de"), None);
    }
}
