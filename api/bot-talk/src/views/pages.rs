//! Lists too long for one message, page by page.

use chronogram_model::conversation::Button;

use crate::{buttons::Press, compose::Composer, language::Language, texts::say};

/// One page of a list.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a, T> {
    /// What stands on it.
    pub items: &'a [T],
    /// Which page, from 0.
    pub number: u32,
    /// How many items all pages have together.
    pub total: u64,
}

impl<T> Page<'_, T> {
    /// How many pages there are; at least one.
    pub fn pages(&self, a_page: u32) -> u64 {
        self.total.div_ceil(u64::from(a_page)).max(1)
    }

    /// The items with their numbers in the whole list, from 1.
    pub(super) fn numbered(&self, a_page: u32) -> impl Iterator<Item = (u64, &T)> {
        let first = u64::from(self.number) * u64::from(a_page) + 1;
        (first..).zip(self.items)
    }

    /// The row that leads to the pages before and after, where there are any.
    pub(super) fn turning(&self, language: Language, a_page: u32, to: impl Fn(u32) -> Press) -> Vec<Button> {
        let back = self.number.checked_sub(1).map(|page| (page, say::button_back()));
        let forward = self.number.checked_add(1).filter(|page| u64::from(*page) < self.pages(a_page));
        let forward = forward.map(|page| (page, say::button_forward()));
        let button = |(page, label)| to(page).button(Composer::plain(language, &label));
        back.into_iter().chain(forward).map(button).collect()
    }
}
