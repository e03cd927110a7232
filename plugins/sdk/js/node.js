// Lets node resolve the host's log, so that strategies are tested without WASM: it writes to standard error.
import { register } from 'node:module';

const source = 'export const write = (level, message) => console.error(level, message);';
const loader = `
  export function resolve(name, context, next) {
    if (!name.startsWith('chronogram:strategy/log')) return next(name, context);
    return { shortCircuit: true, url: 'data:text/javascript,${encodeURIComponent(source)}' };
  }`;
register(`data:text/javascript,${encodeURIComponent(loader)}`);
