// The contract in TypeScript. What the fields mean: docs/plugin-authors/contract.md.

export type Scalar =
  | { tag: 'text'; val: string }
  | { tag: 'count'; val: number }
  | { tag: 'number'; val: number }
  | { tag: 'flag'; val: boolean }
  | { tag: 'at'; val: number }
  /** A value of another kind, as JSON. */
  | { tag: 'other'; val: string };
export interface Fact { key: string; value: Scalar }

export interface Call<Config = unknown> {
  tenant: string;
  /** Milliseconds since the Unix epoch: the only clock there is. */
  now: number;
  /** Hex; the only randomness there is. */
  seed: string;
  /** The activated configuration, parsed. */
  config: Config;
  locale?: string | null;
  facts: Fact[];
}

export interface Descriptor {
  name: string;
  version: string;
  summary: string;
  /** JSON schema (2020-12); nothing to configure when left out. */
  configSchema?: object | string;
  /** 'llm', 'lookup:<name>'; none when left out. */
  wants?: string[];
}

export interface LlmMessage { role: 'system' | 'user' | 'assistant' | (string & {}); content: string }
export interface LlmQuestion {
  /** The operator's name for it; 'default' when left out. */
  model?: string;
  system?: string;
  /** Words of people belong here, never into `system`. */
  user?: string;
  /** Turns between the two. */
  messages?: LlmMessage[];
  responseSchema?: object | string;
  /** 512 when left out. */
  maxOutputTokens?: number;
  /** 0 to 2; 0 when left out. */
  temperature?: number;
}
export interface LlmResponse { content: string; inputTokens: number; outputTokens: number; model: string; facts: Fact[] }
export type EffectRequest =
  | { tag: 'llm'; val: { model: string; messages: LlmMessage[]; responseSchema?: string; maxOutputTokens: number; temperature: number; facts: Fact[] } }
  | { tag: 'lookup'; val: string }
  /** A kind of a later release, as JSON. */
  | { tag: 'other'; val: string };

export class Suspend extends Error { readonly requests: EffectRequest[] }
export class EffectError extends Error {
  constructor(kind: EffectError['kind'], why: string);
  readonly kind: 'denied' | 'budget-exhausted' | 'unavailable' | 'invalid-response' | 'other';
}
export class Refusal extends Error {
  constructor(kind: Refusal['kind'], why: string);
  readonly kind: 'invalid-config' | 'unsupported' | 'effect-failed' | 'other';
}
export class Effects {
  llm(question: LlmQuestion): LlmResponse;
  lookup(name: string): unknown;
  all(requests: EffectRequest[]): Array<() => LlmResponse | string>;
}

export const log: Record<'trace' | 'debug' | 'info' | 'warn' | 'error', (message: unknown) => void>;

export namespace facts {
  function text(facts: Fact[], key: string): string | undefined;
  function count(facts: Fact[], key: string): number | undefined;
  function number(facts: Fact[], key: string): number | undefined;
  function flag(facts: Fact[], key: string): boolean | undefined;
  function at(facts: Fact[], key: string): number | undefined;
}

export interface Message { id: string; fromUser: boolean; text: string; facts: Fact[] }
export interface ProfileField { key: string; value: string; confidence: number; evidence: string[]; facts?: Fact[] }
export interface ProfileInput { user: string; known: ProfileField[]; messages: Message[]; wantedKeys: string[]; facts: Fact[] }
export interface ProfilePatch { set?: ProfileField[]; unset?: string[]; ask?: string | null }
export function profileStrategy<Config = unknown>(strategy: {
  describe: Descriptor;
  fill(call: Call<Config>, input: ProfileInput, fx: Effects): ProfilePatch;
}): { manifest: object; profile: object };

export interface Sample { at: number; subscribers: number; views: number; posts: number; facts: Fact[] }
export interface AlertInput {
  channel: string;
  title: string;
  /** Oldest first; the last one triggered the call. */
  samples: Sample[];
  lastPostAt?: number | null;
  memory: Uint8Array;
  facts: Fact[];
}
export interface Alert {
  rule: string;
  severity: 'info' | 'warning' | 'critical' | (string & {});
  metric: string;
  before: number;
  after: number;
  dedupKey: string;
  suppressMs: number;
  message: string;
  facts?: Fact[];
}
export interface AlertDecision { alerts?: Alert[]; memory?: Uint8Array }
export function alertStrategy<Config = unknown>(strategy: {
  describe: Descriptor;
  evaluate(call: Call<Config>, input: AlertInput, fx: Effects): AlertDecision;
}): { manifest: object; alert: object };
