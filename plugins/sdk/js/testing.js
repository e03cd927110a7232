// Plays the host in tests under node: performs what a strategy asks for by a function of yours, and calls again.

/** Calls `strategy` (the exports of a module) until it decides; `perform(request)` answers `{ tag: 'ok' | 'err', val }`. */
export function decide(strategy, call, input, perform = () => { throw new Error('no effects in this test'); }) {
  const context = { tenant: 'tests', now: 1_700_049_600_000, seed: '00'.repeat(32), config: '{}', facts: [], ...call };
  const run = strategy.profile?.fill ?? strategy.alert.evaluate;
  const journal = [];
  for (let round = 0, asked = []; round <= 4; round += 1) {
    const outcome = run(context, input, [...journal]);
    if (outcome.tag === 'done') return outcome.val;
    const same = JSON.stringify(outcome.val.slice(0, asked.length)) === JSON.stringify(asked);
    if (!same) throw new Error('it asked for something else than before: nothing before an effect may differ');
    const added = outcome.val.slice(asked.length);
    if (added.length < 1 || added.length > 4) throw new Error(`${added.length} requests in one round, not 1 to 4`);
    journal.push(...added.map(perform));
    asked = [...outcome.val];
  }
  throw new Error('it asks for effects without an end');
}
