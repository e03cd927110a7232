//! Words of a text: lower case, letters only, `ё` as `е`.
//!
//! Fuel is counted for every letter of up to 256 KiB, so the common alphabets go a short way and
//! one buffer serves all words.

/// Calls `each` with every word of the text, in order.
pub fn each(text: &str, mut each: impl FnMut(&str)) {
    let mut word = String::new();
    for letter in text.chars() {
        match letter {
            'a'..='z' | 'а'..='я' => word.push(letter),
            'A'..='Z' => word.push(letter.to_ascii_lowercase()),
            'ё' | 'Ё' => word.push('е'),
            '\'' if !word.is_empty() => word.push(letter),
            _ if letter.is_ascii() || !letter.is_alphabetic() => end(&mut word, &mut each),
            _ => word.extend(letter.to_lowercase()),
        }
    }
    end(&mut word, &mut each);
}

fn end(word: &mut String, each: &mut impl FnMut(&str)) {
    let inner = word.trim_end_matches('\'');
    if !inner.is_empty() {
        each(inner);
    }
    word.clear();
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
