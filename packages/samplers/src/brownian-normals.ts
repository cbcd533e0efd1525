import { hashNormal, seedKey } from './hash-normal.js';
import type { Normals } from './normals.js';
import type { NoiseSpan } from './vector-space.js';

/** Halvings of an octave: spans are resolved to 2^−20 of their time. */
const depth = 20;

/**
 * Brownian noise: the noise of a step is the increment of one path W over its span, so that one seed makes about one image at every number of steps of an
 * SDE solver (k-diffusion's BrownianTreeNoiseSampler). W runs in u = (alpha / sigma)², in which the noise of the exact reverse SDE is white; it is made by
 * bridging each octave of u, a hash of (seed, octave, branch, element) at a time. The start of a run, and a call without a span, take plain `hashNormals`.
 */
export function brownianNormals(seed: number): Normals {
  const key = seedKey('brownianNormals', seed);
  return (length, index, span) => {
    const normals = new Float32Array(length);
    const [start, end] = span ? timesOf(span) : [0, 0];
    for (let i = 0; i < length; i++) {
      normals[i] =
        index < 0 || !(end > start && end < Infinity)
          ? hashNormal(key, index, i)
          : (pathAt(key, i, end) - pathAt(key, i, start)) / Math.sqrt(end - start);
    }
    return normals;
  };
}

const timesOf = ({ from, to }: NoiseSpan) => [(from.alpha / from.sigma) ** 2, (to.alpha / to.sigma) ** 2];

const lowest = -60; // octaves below 2^−60 are taken for 0

/** W(u) of an element, W(0) = 0. */
function pathAt(seed: number, element: number, u: number): number {
  const octave = Math.floor(Math.log2(u));
  if (!(octave >= lowest)) return 0;
  const draw = (key: number, branch: number) => hashNormal(seed ^ 0x5bd1e995, (key + 128) * 2 ** 21 + branch, element);
  let value = draw(lowest, 0) * 2 ** (lowest / 2); // W at 2^lowest
  for (let k = lowest; k < octave; k++) value += draw(k + 1, 0) * 2 ** (k / 2); // on to 2^(k + 1)
  let [left, right, atLeft, atRight] = [2 ** octave, 2 ** (octave + 1), value, value + draw(octave + 1, 0) * 2 ** (octave / 2)];
  let branch = 1;
  for (let level = 0; level < depth; level++) {
    const middle = (left + right) / 2;
    const atMiddle = (atLeft + atRight) / 2 + draw(octave, branch) * Math.sqrt((right - left) / 4);
    branch *= 2;
    if (u < middle) [right, atRight] = [middle, atMiddle];
    else [left, atLeft, branch] = [middle, atMiddle, branch + 1];
  }
  return atLeft + ((atRight - atLeft) * (u - left)) / (right - left);
}
