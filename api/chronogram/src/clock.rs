//! The one place that reads the system's clock and its randomness; everybody else is given them.

use chronogram_log::Clock;
use jiff::Timestamp;

/// The system's clock.
#[derive(Debug)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)] // here the parameter comes from
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// Random bytes of the operating system.
#[allow(clippy::disallowed_methods)] // here the parameter comes from
pub(crate) fn random_bytes<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("the system gives no random bytes: {error}"))?;
    Ok(bytes)
}
