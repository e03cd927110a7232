//! The house itself: floors, dependencies, shapes, the pages of errors.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod contract_frozen;
mod contract_page;
mod dependencies;
mod error_pages;
mod floors;
mod golden;
mod limits_page;
mod people;
