import { Refusal, alertStrategy, log } from './sdk/js/index.js';

export const { manifest, alert } = alertStrategy({
  describe: {
    name: 'my-strategy',
    version: '0.1.0',
    summary: 'Tells when the number of subscribers has moved by so many percent, fast or slowly.',
    configSchema: {
      type: 'object',
      properties: { percent: { type: 'integer', minimum: 1, maximum: 100 } },
      additionalProperties: false,
    },
  },

  evaluate(call, input) {
    const percent = call.config.percent ?? 10;
    const latest = input.samples.at(-1);
    if (latest === undefined) throw new Refusal('unsupported', 'a call without samples');

    // What was told last; the first sample of all where nothing was told yet.
    const before = remembered(input.memory) ?? input.samples[0].subscribers;
    const moved = Math.floor((Math.abs(latest.subscribers - before) * 100) / Math.max(before, 1));
    if (moved < percent) {
      log.debug(`moved by ${moved} %, ${percent} are told`);
      return { memory: asMemory(before) };
    }
    const sign = latest.subscribers < before ? '-' : '+';
    return {
      alerts: [{
        rule: 'subscriber-swing',
        severity: moved >= percent * 3 ? 'critical' : 'warning',
        metric: 'subscribers',
        before,
        after: latest.subscribers,
        dedupKey: 'subscriber-swing',
        suppressMs: 3_600_000,
        message: `${input.title}: subscribers went from ${before} to ${latest.subscribers} (${sign}${moved} %)`,
      }],
      memory: asMemory(latest.subscribers),
    };
  },
});

const asMemory = (count) => Uint8Array.from(String(count), (digit) => digit.charCodeAt(0));

function remembered(memory) {
  const digits = String.fromCharCode(...memory);
  return /^\d+$/.test(digits) ? Number(digits) : undefined;
}
