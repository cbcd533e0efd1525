import type { NamedArray } from '@tract/checkpoint';
import { Diverged } from './run-error.js';

/** Check what is about to be committed after update `step`. @throws Diverged that names the tensor. */
export function requireFinite(tensors: ReadonlyMap<string, NamedArray>, step: number): void {
  for (const [name, { data }] of tensors) {
    // A loop: of all that a commit does for each number, this must cost the least.
    for (let i = 0; i < data.length; i++) {
      if (!Number.isFinite(data[i])) throw new Diverged(`${name} became ${data[i]}`, step);
    }
  }
}
