//! A panic ends in a trap, of which the host sees only that it came. This makes its place and message the last log line.

/// Called by the exported functions before anything of the author's runs.
pub fn are_logged() {
    #[cfg(target_arch = "wasm32")]
    std::panic::set_hook(Box::new(|panic| crate::log::error(panic)));
}
