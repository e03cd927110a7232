// Reads the open list of facts: what is known may grow, and what is missing is simply not there.

/** The fact of this key where it has this kind: 'text' | 'count' | 'number' | 'flag' | 'at'. */
export function fact(facts, kind, key) {
  const found = facts.find((fact) => fact.key === key);
  return found?.value.tag === kind ? found.value.val : undefined;
}

export const text = (facts, key) => fact(facts, 'text', key);
export const count = (facts, key) => fact(facts, 'count', key);
export const number = (facts, key) => fact(facts, 'number', key);
export const flag = (facts, key) => fact(facts, 'flag', key);
export const at = (facts, key) => fact(facts, 'at', key);
