import type { Shader } from '../shader.js';
import { result, sizeOf, type WebGpuKernel } from '../webgpu-kernel.js';
import { keyNumbers, keyValues, philox, type RandomKey, sampleTable, wideProduct } from './philox.js';

const threads = 64;

/** One thread for a block of four elements of a sample. */
const shader: Shader = {
  name: 'dropout',
  inputs: ['x', 'samples: u32'],
  outputs: ['y'],
  numbers: ['threads: u32', 'blocks: u32', 'size: u32', 'lastDropped: u32', 'factor: f32', ...keyNumbers],
  workgroup: [threads],
  declarations: wideProduct + philox,
  code: `if (index >= n.threads) { return; }
  let row = index / n.blocks;
  let first = index % n.blocks * 4u;
  let words = drawn(first / 4u, samples[row]);
  for (var i = 0u; i < min(4u, n.size - first); i++) {
    let at = row * n.size + first + i;
    y[at] = x[at] * select(n.factor, 0.0, words[i] <= n.lastDropped);
  }`,
};

export const dropout: WebGpuKernel<RandomKey & { rate: number }> = (backend, { x }, { rate, ...key }) => {
  const lastDropped = Math.ceil(rate * 2 ** 32 - 0.5) - 1; // the last whole w with (w + 1/2)·2^-32 < rate
  if (lastDropped < 0) return undefined;
  const rows = key.samples.length;
  const size = sizeOf(x.shape) / rows;
  const blocks = Math.ceil(size / 4);
  const samples = sampleTable(backend, key);
  const y = result(backend, x.shape);
  backend.dispatch(shader, {
    inputs: [x, samples],
    outputs: [y],
    numbers: [rows * blocks, blocks, size, lastDropped, 1 / (1 - rate), ...keyValues(key)],
    groups: Math.ceil((rows * blocks) / threads),
  });
  backend.disposeData(samples.dataId);
  return y;
};
