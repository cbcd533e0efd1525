import { engine, Tensor } from '@tract/tensor/core';
import { storeOf } from './param-store.js';
import { currentScopeId, releaseByUser, retainByUser } from './tape.js';

/** Return true for a store that was made before a scope began: none of its tensors is that scope's, and they need not be gone through. */
const isOlder = (value: object, scopeId: number): boolean => (storeOf(value)?.nextScope ?? Number.POSITIVE_INFINITY) <= scopeId;

function collectTensors(value: unknown, found: Tensor[], scopeId?: number): void {
  if (value instanceof Tensor) found.push(value);
  else if (typeof value !== 'object' || value === null || (scopeId !== undefined && isOlder(value, scopeId))) return;
  else if (Array.isArray(value)) for (const item of value) collectTensors(item, found, scopeId);
  else if (value instanceof Map) for (const item of value.values()) collectTensors(item, found, scopeId);
  else if (Object.getPrototypeOf(value) === Object.prototype) for (const item of Object.values(value)) collectTensors(item, found, scopeId);
}

/** Return every tensor inside nested plain records, arrays and maps. With a scope: those that were made, or left by a scope, inside it. */
function tensorsIn(value: unknown, scopeId?: number): Tensor[] {
  const found: Tensor[] = [];
  collectTensors(value, found, scopeId);
  return scopeId === undefined ? found : found.filter((tensor) => tensor.scopeId === scopeId);
}

/**
 * Run `fn` and free every tensor made inside, except those in its result (nested plain records, arrays and maps), those that
 * were kept, and those that a gradient being recorded still needs. The result belongs to the enclosing scope, or to the caller.
 * @throws TypeError when `fn` returns a promise: a scope cannot wait. Read data back after the scope.
 */
export function scope<R>(fn: () => R): R {
  const e = engine();
  e.startScope();
  const id = currentScopeId();
  let kept: Tensor[] = [];
  try {
    const result = fn();
    if (result instanceof Promise)
      throw new TypeError('scope: the function must be synchronous, but it returned a promise; read data back after the scope');
    kept = tensorsIn(result, id);
    return result;
  } finally {
    e.endScope(kept);
  }
}

/** Take the tensors of a tree out of every scope: they live until `dispose`. Returns the tree. */
export function keep<R>(tree: R): R {
  for (const tensor of tensorsIn(tree)) {
    retainByUser(tensor);
    tensor.kept = true;
  }
  return tree;
}

/**
 * Free the tensors of a tree. A tensor that a gradient being recorded still needs is freed as soon as it is not needed any more.
 * Freeing twice is allowed and does nothing.
 */
export function dispose(tree: unknown): void {
  for (const tensor of tensorsIn(tree)) if (!releaseByUser(tensor)) tensor.dispose();
}
