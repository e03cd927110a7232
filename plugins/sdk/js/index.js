// Write a strategy: a pure function that fills profiles of people or watches a channel's figures.
//
//   import { profileStrategy } from 'chronogram-strategy';
//   export const { manifest, profile } = profileStrategy({ describe: {…}, fill(call, input, fx) { … } });
//
// The first call ends at `fx.llm(…)`: the host asks the model, records the answer in the event log and calls again, and
// this time the answer is there. So nothing before an effect may differ between two calls: no Math.random, no Date.

import { write } from 'chronogram:strategy/log@1.0.0';
import { Effects, Refusal, Suspend, refusalOf } from './effects.js';

export { EffectError, Effects, Refusal, Suspend } from './effects.js';
export * as facts from './facts.js';

/** Lines for whoever runs or writes the strategy: at most 64 or 8 KiB a call are kept. No words of people. */
export const log = {
  trace: (message) => write('trace', String(message)),
  debug: (message) => write('debug', String(message)),
  info: (message) => write('info', String(message)),
  warn: (message) => write('warn', String(message)),
  error: (message) => write('error', String(message)),
};

/** The exports of the world `profile-strategy`. */
export function profileStrategy({ describe, fill }) {
  return {
    manifest: manifest(describe),
    profile: {
      fill: (call, input, journal) =>
        outcome(journal, (fx) => {
          const patch = fill(configured(call), input, fx) ?? {};
          return { unset: [], facts: [], ...patch, set: (patch.set ?? []).map(withFacts) };
        }),
    },
  };
}

/** The exports of the world `alert-strategy`. */
export function alertStrategy({ describe, evaluate }) {
  return {
    manifest: manifest(describe),
    alert: {
      evaluate: (call, input, journal) =>
        outcome(journal, (fx) => {
          const decision = evaluate(configured(call), input, fx) ?? {};
          return { memory: new Uint8Array(), facts: [], ...decision, alerts: (decision.alerts ?? []).map(withFacts) };
        }),
    },
  };
}

function manifest({ name, version, summary, configSchema = { type: 'object', additionalProperties: false }, wants = [] }) {
  const schema = typeof configSchema === 'string' ? configSchema : JSON.stringify(configSchema);
  return { describe: () => ({ name, version, summary, configSchema: schema, wants, facts: [] }) };
}

const withFacts = (record) => ({ facts: [], ...record });

function configured(call) {
  try {
    return { ...call, config: JSON.parse(call.config) };
  } catch (error) {
    throw new Refusal('invalid-config', error.message);
  }
}

function outcome(journal, decide) {
  try {
    return { tag: 'done', val: decide(new Effects(journal)) };
  } catch (thrown) {
    if (thrown instanceof Suspend) return { tag: 'suspend', val: thrown.requests };
    if (thrown instanceof Error && !(thrown instanceof Refusal)) log.error(`${thrown.name}\n${thrown.stack ?? ''}`);
    throw refusalOf(thrown);
  }
}
