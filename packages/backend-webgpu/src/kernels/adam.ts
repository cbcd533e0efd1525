import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { AdamAttributes } from '@tract/tensor';
import type { Shader } from '../shader.js';
import type { ShaderBackend } from '../shader-backend.js';
import { result, sizeOf, type WebGpuKernel } from '../webgpu-kernel.js';
import { copy } from './elementwise.js';
import { summing, workgroupTotal } from './sums.js';

const threads = 64;
/** Partial sums of a gradient's squares. */
const gradientParts = 16;

const squares: Shader = {
  name: 'sum-of-squares',
  inputs: ['g'],
  outputs: ['sums'],
  numbers: ['count: u32', 'leaf: u32'],
  workgroup: [summing],
  declarations: workgroupTotal,
  code: `var sum = 0.0;
  for (var i = group.x * ${summing}u + local; i < n.count; i += ${summing * gradientParts}u) { sum += g[i] * g[i]; }
  let all = total(sum, local);
  if (local == 0u) { sums[n.leaf * ${gradientParts}u + group.x] = all; }`,
};

const rootOfSum: Shader = {
  name: 'norm',
  inputs: ['sums'],
  outputs: ['norm'],
  numbers: ['count: u32'],
  workgroup: [summing],
  declarations: workgroupTotal,
  code: `var sum = 0.0;
  for (var i = local; i < n.count; i += ${summing}u) { sum += sums[i]; }
  let all = total(sum, local);
  if (local == 0u) { norm[0] = sqrt(all); }`,
};

/**
 * Adam on one leaf, then its averages; all in place. `keep` is 1 - learning rate * weight decay, `rate` the learning rate over 1 - beta1^step, `unbias`
 * 1 / (1 - beta2^step).
 */
const update = (averages: readonly string[]): Shader => ({
  name: `adam${averages.length}`,
  inputs: ['g', 'norm'],
  outputs: ['p', 'm', 'v', ...averages],
  numbers: [
    'count: u32',
    ...['clipNorm', 'beta1', 'beta2', 'left1', 'left2', 'keep', 'rate', 'unbias', 'epsilon'].map((name) => `${name}: f32`),
    ...averages.map((name) => `${name}Rate: f32`),
  ],
  workgroup: [threads],
  code: `if (index >= n.count) { return; }
  var slope = g[index];
  if (n.clipNorm > 0.0) { slope *= min(1.0, n.clipNorm / (norm[0] + 1e-6)); }
  let first = n.beta1 * m[index] + n.left1 * slope;
  let second = n.beta2 * v[index] + n.left2 * slope * slope;
  let moved = n.keep * p[index] - n.rate * first / (sqrt(second * n.unbias) + n.epsilon);
  m[index] = first;
  v[index] = second;
  p[index] = moved;
  ${averages.map((a) => `${a}[index] += (moved - ${a}[index]) * n.${a}Rate;`).join('\n  ')}`,
});

/** Shader of the update by the number of averages. A shader has eight buffers, of which the update takes five. */
const updates = [[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(update);

/** The tensor, to be written to; a copy where somebody else looks at its data. */
function writable(backend: ShaderBackend, x: TensorInfo, exclusive: boolean): TensorInfo {
  if (!exclusive && backend.refCount(x.dataId) > 1) return copy(backend, x);
  backend.uploadToGPU(x.dataId);
  Object.assign(backend.tensorMap.get(x.dataId), { values: null }); // what was read back before would be out of date
  if (!exclusive) backend.incRef(x.dataId);
  return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
}

/** Update parameters, moments and averages: in place if nothing else refers to any of their data, and then the norm is the only result. */
export const adam: WebGpuKernel<AdamAttributes> = (backend, inputs, options) => {
  const { count, learningRate, beta1, beta2, epsilon, weightDecay, correction1, correction2, clipNorm, averageRates, layout } = options;
  const shader = updates[averageRates.length];
  if (shader === undefined)
    throw new RangeError(`TractAdam: at most ${updates.length - 1} averages on this backend, got ${averageRates.length}`);
  const parts = 4 + averageRates.length;
  const given = Object.values(inputs);
  const trees = layout && given.map((flat) => backend.leavesOf(flat, layout));
  const leaves = trees
    ? layout.shapes.map((_, i) => trees.map((tree) => tree[i]))
    : Array.from({ length: count }, (_, i) => given.slice(i * parts, (i + 1) * parts));
  const gradientAt = 1;
  const stateOf = (leaf: readonly TensorInfo[]): TensorInfo[] => leaf.filter((_, part) => part !== gradientAt);
  const exclusive = leaves.flatMap(stateOf).every((x) => backend.refCount(x.dataId) === 1);
  const sums = result(backend, [leaves.length * gradientParts]);
  const norm = result(backend, []);
  for (const [i, leaf] of leaves.entries()) {
    const g = leaf[gradientAt];
    backend.dispatch(squares, { inputs: [g], outputs: [sums], numbers: [sizeOf(g.shape), i], groups: gradientParts });
  }
  backend.dispatch(rootOfSum, { inputs: [sums], outputs: [norm], numbers: [leaves.length * gradientParts], groups: 1 });
  backend.disposeData(sums.dataId);
  const keep = 1 - learningRate * weightDecay;
  const rates = [keep, learningRate / correction1, 1 / correction2, epsilon, ...averageRates];
  const updated = leaves.map((leaf) => {
    const outputs = stateOf(leaf).map((x) => writable(backend, x, exclusive));
    const size = sizeOf(outputs[0].shape);
    backend.dispatch(shader, {
      inputs: [leaf[gradientAt], norm],
      outputs,
      numbers: [size, clipNorm, beta1, beta2, 1 - beta1, 1 - beta2, ...rates],
      groups: Math.ceil(size / threads),
    });
    return outputs;
  });
  return exclusive ? [norm] : [norm, ...updated.flat()];
};
