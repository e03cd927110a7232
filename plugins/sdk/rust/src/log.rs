//! Lines for whoever runs or writes the strategy. They answer nothing, so they cannot influence a decision; at most 64 lines
//! or 8 KiB a call are kept. In native tests they go to standard error.
//!
//! Keep what people wrote out of them.

use std::fmt::Display;

#[cfg(target_arch = "wasm32")]
use crate::bindings::profile::chronogram::strategy::log::{Level, write};

macro_rules! level {
    ($(#[$says:meta])* $name:ident, $level:ident) => {
        $(#[$says])*
        pub fn $name(message: impl Display) {
            #[cfg(target_arch = "wasm32")]
            write(Level::$level, &message.to_string());
            #[cfg(not(target_arch = "wasm32"))]
            eprintln!("{} {message}", stringify!($name));
        }
    };
}

level!(/// Every step.
    trace, Trace);
level!(/// What helps while writing it.
    debug, Debug);
level!(/// What is worth knowing.
    info, Info);
level!(/// What should not be.
    warn, Warn);
level!(/// What is wrong.
    error, Error);
