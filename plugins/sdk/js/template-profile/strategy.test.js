import assert from 'node:assert/strict';
import { test } from 'node:test';

import { decide } from './sdk/js/testing.js';
import * as strategy from './strategy.js';

const message = (id, text) => ({ id, fromUser: true, text, facts: [] });
const input = { user: 'person', known: [], messages: [message('a', 'Why?'), message('b', 'Yes.')], wantedKeys: [], facts: [] };

test('questions are counted without a model', () => {
  const { set } = decide(strategy, {}, input);
  assert.deepEqual(set.map((field) => [field.key, field.value, field.evidence]), [['curiosity', 'asks often', ['a']]]);
});

test('the model names what they are about', () => {
  const answer = { content: 'causes', inputTokens: 9, outputTokens: 1, model: 'm', facts: [] };
  const { set } = decide(strategy, { config: '{"ask_model":true}' }, input, () => ({ tag: 'ok', val: { tag: 'llm', val: answer } }));
  assert.equal(set[1].value, 'causes');
});

test('it does without a model that does not answer', () => {
  const failed = { tag: 'err', val: { tag: 'unavailable', val: 'no answer in time' } };
  const { set } = decide(strategy, { config: '{"ask_model":true}' }, input, () => failed);
  assert.equal(set.length, 1);
});
