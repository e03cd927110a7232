import type { AlertDecision, AlertInput, EffectRequest, ProfileInput, ProfilePatch } from './index.js';

type Answer = { tag: 'ok'; val: object } | { tag: 'err'; val: { tag: string; val: string } };

/** Plays the host: calls the exports of a strategy's module until it decides. `call.config` is JSON text here. */
export function decide(
  strategy: object,
  call: { config?: string; locale?: string; now?: number },
  input: ProfileInput | AlertInput,
  perform?: (request: EffectRequest) => Answer,
): ProfilePatch | AlertDecision;
