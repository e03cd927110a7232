//! Words of a text: lower case, letters only, `ё` as `е`.
//!
//! Fuel is counted for every letter of up to 256 KiB, so a word that stands there in lower case
//! is handed on as it stands.

/// Calls `each` with every word of the text, in order.
pub fn each(text: &str, mut each: impl FnMut(&str)) {
    let mut word: Option<(usize, bool)> = None;
    for (at, letter) in text.char_indices() {
        let (part, plain) = match letter {
            'a'..='z' | 'а'..='я' => (true, true),
            '\'' => (word.is_some(), true),
            _ => (letter.is_alphabetic(), false),
        };
        match (&mut word, part) {
            (Some((_, all_plain)), true) => *all_plain &= plain,
            (None, true) => word = Some((at, plain)),
            (_, false) => end(text, word.take(), at, &mut each),
        }
    }
    end(text, word, text.len(), &mut each);
}

fn end(text: &str, word: Option<(usize, bool)>, end: usize, each: &mut impl FnMut(&str)) {
    let Some((start, plain)) = word else { return };
    let word = text[start..end].trim_end_matches('\'');
    if plain {
        each(word);
    } else {
        each(&word.to_lowercase().replace('ё', "е"));
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn words_are_lower_case_letters_and_inner_apostrophes() {
        let mut words = Vec::new();
        super::each("Ёлка, 2024: I don't 'care'! ÉTÉ Їжак", |word| words.push(word.to_owned()));
        assert_eq!(words, ["елка", "i", "don't", "care", "été", "їжак"]);
    }
}
