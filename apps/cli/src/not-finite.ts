import type { NamedArray } from '@tract/checkpoint';
import { type CliError, diverged } from './errors.js';

/** The end of a training at update `step`; `what` became what. */
export const notFinite = (what: string, step: number): CliError =>
  diverged(
    `${what} at update ${step}; nothing was written since the last checkpoint; go on from it with a lower --lr (--resume --override), or start again with one`,
  );

/** Looks at what is about to be committed. @throws CliError (diverged) that names the tensor. */
export function requireFinite(tensors: ReadonlyMap<string, NamedArray>, step: number): void {
  for (const [name, { data }] of tensors) {
    // A loop: of all that a commit does for each number, this must cost the least.
    for (let i = 0; i < data.length; i++) {
      if (!Number.isFinite(data[i])) throw notFinite(`${name} became ${data[i]}`, step);
    }
  }
}
