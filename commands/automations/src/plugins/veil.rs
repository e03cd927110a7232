//! Hashes of what was said and answered tell the same call again, and nobody what it was about.

use chronogram_log::EventStore;

/// A hash in hex as it may stand in the log.
pub(crate) fn veiled(store: &dyn EventStore, hash: &str) -> String {
    let Ok(mut bytes) = hex::decode(hash) else { return hash.to_owned() };
    store.veil(&mut bytes);
    hex::encode(bytes)
}
