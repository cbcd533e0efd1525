import { createHash } from 'node:crypto';
import type { NamedArray } from '@tract/checkpoint';

/** Names, types, shapes and digests of the numbers, in any order of the arrays; quicker to compare than number by number. */
export const bitsOf = (arrays: ReadonlyMap<string, NamedArray>): string[] =>
  Array.from(arrays, ([name, { dtype, shape, data }]) => {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    return `${name} ${dtype} [${shape}] ${createHash('sha256').update(bytes).digest('hex')}`;
  }).sort();
