//! The one place that reads the system's clock and its randomness; everybody else is given them.

use chronogram_gateways::patience::Chance;
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

/// Chance, from the same bytes.
pub(crate) struct SystemChance;

impl Chance for SystemChance {
    fn fraction(&self) -> f64 {
        // Where there is none, everybody waits half of what they may.
        random_bytes().map_or(0.5, |bytes| f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX))
    }
}
