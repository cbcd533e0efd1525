import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { ShaderBackend } from '../shader-backend.js';

/** `wide(x, y)`: the 64-bit product as (low, high). */
export const wideProduct = `
fn wide(x: u32, y: u32) -> vec2u {
  let low = (x & 0xffffu) * (y & 0xffffu);
  let middle = (x >> 16u) * (y & 0xffffu) + (low >> 16u);
  let cross = (x & 0xffffu) * (y >> 16u) + (middle & 0xffffu);
  return vec2u(x * y, (x >> 16u) * (y >> 16u) + (middle >> 16u) + (cross >> 16u));
}`;

/**
 * `drawn(block, sample)`: four random words, those of the tensor package's noise; needs `wideProduct` and the numbers below. Philox4x32-10 (Salmon,
 * Moraes, Dror & Shaw 2011) of the counter (block, sample, step, seedHigh) and the key (seedLow, stream).
 */
export const philox = `
fn drawn(block: u32, sample: u32) -> vec4u {
  var c = vec4u(block, sample, n.step, n.seedHigh);
  var key = vec2u(n.seedLow, n.stream);
  for (var round = 0; round < 10; round++) {
    let first = wide(0xd2511f53u, c.x);
    let second = wide(0xcd9e8d57u, c.z);
    c = vec4u(second.y ^ c.y ^ key.x, second.x, first.y ^ c.w ^ key.y, first.x);
    key += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}`;

export type RandomKey = { readonly seed: number; readonly stream: number; readonly step: number; readonly samples: readonly number[] };

export const keyNumbers = ['seedLow: u32', 'seedHigh: u32', 'stream: u32', 'step: u32'];
export const keyValues = ({ seed, stream, step }: RandomKey): number[] => [seed % 2 ** 32, Math.floor(seed / 2 ** 32), stream, step];

/** The samples as an array of u32; a fresh tensor, to be disposed after the run. */
export const sampleTable = (backend: ShaderBackend, { samples }: RandomKey): TensorInfo =>
  backend.makeTensorInfo(
    [samples.length],
    'int32',
    Int32Array.from(samples, (sample) => sample | 0),
  );
