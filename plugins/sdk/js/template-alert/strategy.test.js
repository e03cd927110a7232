import assert from 'node:assert/strict';
import { test } from 'node:test';

import { decide } from './sdk/js/testing.js';
import * as strategy from './strategy.js';

function watched(counts, memory = '') {
  const samples = counts.map((subscribers, at) => ({ at, subscribers, views: 0, posts: 0, facts: [] }));
  const input = { channel: 'c', title: 'News', samples, memory: new TextEncoder().encode(memory), facts: [] };
  const { alerts, memory: kept } = decide(strategy, {}, input);
  return [alerts.map((alert) => alert.severity), new TextDecoder().decode(kept)];
}

test('a swing is told once, by its size', () => {
  assert.deepEqual(watched([1000, 1050]), [[], '1000']);
  assert.deepEqual(watched([1000, 1100]), [['warning'], '1100']);
  assert.deepEqual(watched([1000, 600]), [['critical'], '600']);
});

test('a slow drift is found by what was remembered', () => {
  assert.deepEqual(watched([1080, 1110], '1000'), [['warning'], '1110']);
});
