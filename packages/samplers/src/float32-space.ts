import { combineFloats } from './combine-floats.js';
import { imageStatistics } from './image-statistics.js';
import { hashNormals, type Normals } from './normals.js';
import type { VectorSpace } from './vector-space.js';

export type ArraySpaceOptions = {
  /** Source of the noise. Default: `hashNormals(0)`. */
  readonly normals?: Normals;
  /** Images in one flat batch, each a run of neighbouring elements. Default: 1. */
  readonly images?: number;
};

/** The space of Float32Arrays; sums are made in float64 and rounded once. */
export function float32SpaceWith({ normals = hashNormals(0), images = 1 }: ArraySpaceOptions = {}): VectorSpace<Float32Array> {
  return {
    combine(terms) {
      requireArrays(
        'float32Space',
        'Float32Array',
        terms.map(([, vector]) => vector),
      );
      return combineFloats(new Float32Array(terms[0][1].length), terms);
    },
    clamp(x, low, high) {
      const clamped = new Float32Array(x.length);
      for (let i = 0; i < x.length; i++) clamped[i] = x[i] < low ? low : x[i] > high ? high : x[i];
      return clamped;
    },
    noise: (like, index, span) => Float32Array.from(normals(like.length, index, span)),
    fault: (x, like) => kindFault('Float32Array', x) ?? lengthFault(x as Float32Array, like) ?? numberFault(x as Float32Array),
    multiply: (x, y) => x.map((value, i) => value * y[i]),
    perImage: imageStatistics(images),
  };
}

/** Make the space of Float32Arrays with noise that is a function of (seed, index, element) alone. */
export const float32SpaceWithSeed = (seed: number): VectorSpace<Float32Array> => float32SpaceWith({ normals: hashNormals(seed) });

/** The space of Float32Arrays with the noise of seed 0. */
export const float32Space: VectorSpace<Float32Array> = float32SpaceWithSeed(0);

/** Name the kind of a value by its tag, which holds across realms too. */
const kindOf = (x: unknown): string => Object.prototype.toString.call(x).slice(8, -1);

export function kindFault(kind: string, x: unknown): string | undefined {
  if (kindOf(x) === kind) return undefined;
  const data = kindOf((x as { data?: unknown })?.data) === kind ? '; hand over its .data' : '';
  return `is no ${kind} but ${x === null || typeof x !== 'object' ? `${x}` : `of kind ${x.constructor?.name ?? kindOf(x)}`}${data}`;
}

/** Say that a vector is not as long as another. */
export const lengthFault = (x: ArrayLike<number>, like: ArrayLike<number> | undefined): string | undefined =>
  like && x.length !== like.length ? `has ${x.length} elements for ${like.length}` : undefined;

function numberFault(x: Float32Array): string | undefined {
  let zero = 0;
  for (let i = 0; i < x.length; i++) zero += x[i] * 0; // NaN for NaN and infinities
  if (zero === 0) return undefined;
  const at = x.findIndex((value) => !Number.isFinite(value));
  return `is ${x[at]} at element ${at}`;
}

/** @throws TypeError for a vector of another kind, RangeError for none or for several lengths. */
export function requireArrays(space: string, kind: string, vectors: readonly { readonly length: number }[]): void {
  for (const vector of vectors) {
    const fault = kindFault(kind, vector);
    if (fault) throw new TypeError(`${space}: a vector ${fault}`);
  }
  const lengths = new Set(vectors.map(({ length }) => length));
  if (lengths.size !== 1) throw new RangeError(`${space}: combine needs one or more vectors of one length, got lengths [${[...lengths]}]`);
}
