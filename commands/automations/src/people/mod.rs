//! What people may ask of the house about themselves: to see everything it holds of them, and to be forgotten.

mod erase;
mod export;

pub use erase::{EraseError, Erased, Eraser};
pub use export::{ExportError, ExportSink, PersonExport};
