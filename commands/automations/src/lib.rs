//! Time and events become commands: here the floors of reading and writing meet.

mod alerts;
pub mod collection;
pub mod deliveries;
pub mod judging;
pub mod leadership;
pub mod models;
pub mod people;
pub mod plugins;
pub mod policies;
pub mod profiles;
mod todo;

pub use todo::TodoError;
