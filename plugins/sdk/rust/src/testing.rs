//! Plays the host in native tests: performs what a strategy asks for by a function of yours, and calls again.
//!
//! ```
//! # use chronogram_strategy::{prelude::*, testing};
//! # fn decide(fx: &mut Effects) -> Decision<String> { Ok(fx.lookup("colour")? + "!") }
//! let (decided, rounds) = testing::decide(decide, |_request| Ok(EffectAnswer::Lookup("red".into())));
//! assert_eq!((decided, rounds), (Ok("red!".into()), 1));
//! ```

use crate::{Decision, EffectAnswer, EffectError, EffectRequest, Effects, Stop};

/// Rounds the host plays before it calls a strategy endless.
pub const ROUNDS: usize = 4;
/// Requests it performs in one round.
pub const REQUESTS: usize = 4;

/// What a strategy comes to when effects are answered by `perform`, and after how many rounds of them.
///
/// # Panics
/// Where the host would call it a fault: another request than before in its place, nothing new, more than four requests
/// in a round, more than four rounds.
pub fn decide<T>(
    strategy: impl Fn(&mut Effects) -> Decision<T>,
    mut perform: impl FnMut(&EffectRequest) -> Result<EffectAnswer, EffectError>,
) -> (Decision<T>, usize) {
    let (mut asked, mut journal) = (Vec::<EffectRequest>::new(), Vec::new());
    for round in 0..=ROUNDS {
        let requests = match strategy(&mut Effects::new(journal.clone())) {
            Err(Stop::Suspend(requests)) => requests,
            decided => return (decided, round),
        };
        assert!(requests.starts_with(&asked), "it asked for {requests:?} after {asked:?}: the same must come first");
        let new = &requests[asked.len()..];
        assert!((1..=REQUESTS).contains(&new.len()), "{} requests in one round, not 1 to {REQUESTS}", new.len());
        journal.extend(new.iter().map(&mut perform));
        asked = requests;
    }
    panic!("it asks for effects without an end: {asked:?}");
}
