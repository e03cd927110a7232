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

/// The page to show when this one was asked for: the last there is, when fewer are left by now.
pub fn page_within(asked: u32, total: u64, a_page: u32) -> u32 {
    u32::try_from(pages(total, a_page) - 1).map_or(asked, |last| asked.min(last))
}

/// How many pages there are; at least one.
fn pages(total: u64, a_page: u32) -> u64 {
    total.div_ceil(u64::from(a_page).max(1)).max(1)
}

impl<T> Page<'_, T> {
    /// How many pages there are; at least one.
    pub(super) fn pages(&self, a_page: u32) -> u64 {
        pages(self.total, a_page)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_gone_is_the_last_one_left() {
        let within = |asked, total| page_within(asked, total, 5);
        assert_eq!([within(0, 0), within(3, 0), within(2, 11), within(3, 11), within(2, 10)], [0, 0, 2, 2, 1]);
        assert_eq!(within(u32::MAX, 6), 1);
        assert_eq!(within(7, u64::MAX), 7);
    }
}
