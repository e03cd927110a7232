// Effects as if they were calls: the journal answers those the host has performed, and the first one that it has not ends
// the call.

/** Ends the call so that the host performs what was asked. Let it pass: a `catch` of yours must throw it again. */
export class Suspend extends Error {
  constructor(requests) {
    super('the host performs effects and calls again');
    this.name = 'Suspend';
    /** Everything asked so far, answered requests included. */
    this.requests = requests;
  }
}

/** Why the host brought no answer; `kind` is one of the contract's cases of `effect-error`. */
export class EffectError extends Error {
  constructor(kind, why) {
    super(kind === 'other' ? why : `${kind.replaceAll('-', ' ')}: ${why}`);
    this.name = 'EffectError';
    this.kind = kind;
  }
}

/** The strategy cannot decide. Thrown, it is an outcome that is recorded, and no fault. */
export class Refusal extends Error {
  constructor(kind, why) {
    super(why);
    this.name = 'Refusal';
    this.kind = kind;
  }
}

export class Effects {
  #journal;
  #asked = [];

  constructor(journal) {
    this.#journal = journal;
  }

  /** Asks a model. Throws an `EffectError` where there is no answer; uncaught it refuses as `effect-failed`. */
  llm({ model = 'default', system, user, messages = [], responseSchema, maxOutputTokens = 512, temperature = 0 }) {
    const turns = [...messages];
    if (system !== undefined) turns.unshift({ role: 'system', content: system });
    if (user !== undefined) turns.push({ role: 'user', content: user });
    const schema = responseSchema !== undefined && typeof responseSchema !== 'string'
      ? JSON.stringify(responseSchema)
      : responseSchema;
    return this.all([
      { tag: 'llm', val: { model, messages: turns, responseSchema: schema, maxOutputTokens, temperature, facts: [] } },
    ])[0]();
  }

  /** Reads a fact set by name and parses it. Throws like `llm`. */
  lookup(name) {
    return JSON.parse(this.all([{ tag: 'lookup', val: name }])[0]());
  }

  /** Asks for several things at once, at most four: the host performs them side by side, in one round. Each answer is a
   *  function that returns it or throws its `EffectError`. */
  all(requests) {
    const first = this.#asked.length;
    this.#asked.push(...requests);
    if (this.#asked.length > this.#journal.length) throw new Suspend(this.#asked);
    return requests.map((request, at) => () => answerOf(request, this.#journal[first + at]));
  }
}

function answerOf(request, entry) {
  if (entry.tag === 'err') throw new EffectError(entry.val.tag, entry.val.val);
  if (entry.val.tag !== request.tag) throw new Error('the journal answers another kind of request than was asked');
  return entry.val.val;
}

// What a strategy threw, in the contract's words. Anything unforeseen is an outcome as well: a trap would say nothing.
export function refusalOf(thrown) {
  if (thrown instanceof Refusal) return { tag: thrown.kind, val: thrown.message };
  if (thrown instanceof EffectError) return { tag: 'effect-failed', val: thrown.message };
  if (thrown instanceof Error) return { tag: 'other', val: `${thrown.name}: ${thrown.message}` };
  return { tag: 'other', val: String(thrown) };
}
