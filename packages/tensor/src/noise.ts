import type { Tensor } from '@tensorflow/tfjs-core';
import { normalPair } from './normal.js';
import { philoxInto } from './philox.js';
import { run } from './run.js';
import { checkShape, type Shape } from './shape.js';

/**
 * The key of random numbers, which depend on nothing else: not the batch, the backend, the number of threads or what was drawn before.
 * Key and counter of Philox4x32-10: key = (low word of seed, stream), counter = (block, sample, step, high word of seed).
 */
export type NoiseKey = {
  /** Integer in [0, 2^53). */
  readonly seed: number;
  /** Number of the use of randomness: unsigned 32-bit. Default: 0. */
  readonly stream?: number;
  /** Training or sampling step: unsigned 32-bit; 0 by default. */
  readonly step?: number;
};

/** One sample of a key: unsigned 32-bit; 0 by default. */
export type SampleKey = NoiseKey & { readonly sample?: number };

/** The samples of a batch, listed or as a run of neighbours. */
export type Samples = readonly number[] | { readonly first: number; readonly count: number };

export const listOf = (samples: Samples): readonly number[] =>
  'first' in samples ? Array.from({ length: samples.count }, (_, i) => samples.first + i) : samples;

const WORD = 4294967296;

function checkWord(where: string, name: string, value: number): number {
  if (!Number.isInteger(value) || value < 0 || value >= WORD) {
    throw new RangeError(`${where}: ${name} must be an integer in [0, 2^32), got ${value}`);
  }
  return value;
}

type Words = { seedLow: number; seedHigh: number; stream: number; step: number; sample: number };

function toWords(where: string, { seed, stream = 0, step = 0, sample = 0 }: SampleKey): Words {
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`${where}: seed must be an integer in [0, 2^53), got ${seed}`);
  return {
    seedLow: seed % WORD,
    seedHigh: Math.floor(seed / WORD),
    stream: checkWord(where, 'stream', stream),
    step: checkWord(where, 'step', step),
    sample: checkWord(where, 'sample', sample),
  };
}

/** @throws RangeError when a part of the key is out of range. */
export function requireSamples(where: string, key: NoiseKey, samples: readonly number[]): void {
  for (const sample of samples) toWords(where, { ...key, sample });
}

const block = new Uint32Array(4);

/** Put the four words of block `index` into `block`. */
function drawBlock(index: number, { seedLow, seedHigh, stream, step, sample }: Words): void {
  philoxInto(block, index, sample, step, seedHigh, seedLow, stream);
}

/** Standard normals of one sample into out[at ... at + count). Element e is normal e mod 4 of block floor(e / 4). */
function fillNormals(out: Float32Array, at: number, count: number, words: Words): void {
  const four = new Float32Array(4);
  for (let e = 0; e < count; e += 4) {
    drawBlock(e / 4, words);
    normalPair(block[0], block[1], four, 0);
    normalPair(block[2], block[3], four, 2);
    out.set(e + 4 <= count ? four : four.subarray(0, count - e), at + e);
  }
}

/** `count` standard normals of one sample, on the host: the very bits that `noise` gives on every backend that fills on the CPU. */
export function randomNormals(key: SampleKey, count: number): Float32Array {
  const out = new Float32Array(count);
  fillNormals(out, 0, count, toWords('randomNormals', key));
  return out;
}

/** `count` uniform numbers in the open interval (0, 1): (word + ½)·2^-32, so with 32 bits of resolution. */
export function randomUniforms(key: SampleKey, count: number): Float64Array {
  const words = toWords('randomUniforms', key);
  const out = new Float64Array(count);
  for (let e = 0; e < count; e++) {
    if (e % 4 === 0) drawBlock(e / 4, words);
    out[e] = (block[e % 4] + 0.5) / WORD;
  }
  return out;
}

/** `count` integers in [0, bound), bound ≤ 2^32. Their probabilities differ from 1/bound by less than 2^-32. */
export function randomInts(key: SampleKey, count: number, bound: number): Uint32Array {
  if (!Number.isInteger(bound) || bound < 1 || bound > WORD) {
    throw new RangeError(`randomInts: bound must be an integer in [1, 2^32], got ${bound}`);
  }
  return Uint32Array.from(randomUniforms(key, count), (u) => Math.floor(u * bound));
}

/** Fill a batch on the host, for a backend without a noise kernel of its own. */
export function fillNoise(key: NoiseKey, samples: readonly number[], perSample: number): Float32Array {
  const out = new Float32Array(samples.length * perSample);
  samples.forEach((sample, i) => {
    fillNormals(out, i * perSample, perSample, toWords('noise', { ...key, sample }));
  });
  return out;
}

/**
 * Draw standard normal noise [samples, ...shape], keyed by sample, with `shape` that of one sample: sample i gets the same numbers in every batch
 * it appears in. Philox4x32-10 and Box-Muller in float64, rounded to float32.
 */
export function noise({
  seed,
  stream = 0,
  step = 0,
  samples,
  shape,
}: NoiseKey & { readonly samples: Samples; readonly shape: Shape }): Tensor {
  checkShape('noise', shape);
  const list = listOf(samples);
  requireSamples('noise', { seed, stream, step }, list);
  return run('TractNoise', {}, { seed, stream, step, samples: list, shape: [...shape] });
}
