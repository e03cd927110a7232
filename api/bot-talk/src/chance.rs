//! Chance for property tests: the same numbers for the same seed, on every machine.

/// A small xorshift generator.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number from 0 to `end` exclusive.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.number() >> 16).unwrap() % end
    }

    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    /// A character people may send: letters of several scripts, digits, white space, emoji, marks, controls.
    pub(crate) fn char(&mut self) -> char {
        *self.pick(&[
            'a',
            'Z',
            'ж',
            'Ё',
            '中',
            'ع',
            '0',
            '9',
            ' ',
            ' ',
            ' ',
            '\n',
            '\n',
            '\t',
            '.',
            '!',
            '?',
            ':',
            '-',
            '/',
            '@',
            '<',
            '>',
            '&',
            '*',
            '_',
            '`',
            '{',
            '}',
            '$',
            '\u{301}',
            '\u{200D}',
            '\u{FE0F}',
            '👩',
            '🏽',
            '🇷',
            '🇺',
            '😀',
            '\u{202E}',
            '\0',
            '\r',
            '\u{FDD0}',
            '\u{FDD1}',
            '\u{10FFFF}',
            'и',
            '\u{306}',
        ])
    }

    /// Up to `max` characters.
    pub(crate) fn text(&mut self, max: usize) -> String {
        (0..self.below(max + 1)).map(|_| self.char()).collect()
    }
}
