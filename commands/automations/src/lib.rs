//! Time and events become commands: here the floors of reading and writing meet.

pub mod deliveries;
pub mod leadership;
pub mod people;
pub mod plugins;
pub mod profiles;
