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

const partialSquares = (name: string, inputs: readonly string[], numbers: readonly string[], range: string): Shader => ({
  name,
  inputs: ['g', ...inputs],
  outputs: ['sums'],
  numbers: [...numbers, 'leaf: u32'],
  workgroup: [summing],
  declarations: workgroupTotal,
  code: `${range}
  var sum = 0.0;
  for (var i = group.x * ${summing}u + local; i < count; i += ${summing * gradientParts}u) { sum += g[first + i] * g[first + i]; }
  let all = total(sum, local);
  if (local == 0u) { sums[(n.leaf + group.y) * ${gradientParts}u + group.x] = all; }`,
});

/** Of one leaf, and of each leaf of a segment of a store, in the same order, so that the norm has the same bits. */
const squares = partialSquares('sum-of-squares', [], ['count: u32'], 'let first = 0u; let count = n.count;');
const segmentSquares = partialSquares(
  'sums-of-squares',
  ['table: u32'],
  [],
  'let first = table[2u * group.y]; let count = table[2u * group.y + 1u];',
);

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
  const keep = 1 - learningRate * weightDecay;
  const rates = [keep, learningRate / correction1, 1 / correction2, epsilon, ...averageRates];
  const numbers = [clipNorm, beta1, beta2, 1 - beta1, 1 - beta2, ...rates];
  const given = Object.values(inputs);
  return layout ? updateStores(backend, shader, given, numbers) : updateLeaves(backend, shader, given, count, numbers);
};

/** Where the gradient is among parameters, gradient, moments and averages. */
const gradientAt = 1;
const withoutGradient = <T>(parts: readonly T[]): T[] => parts.filter((_, part) => part !== gradientAt);

/** Return the norm of a gradient from the partial sums of so many leaves; these are written by `sum`. */
function normOf(backend: ShaderBackend, leaves: number, sum: (sums: TensorInfo) => void): TensorInfo {
  const sums = result(backend, [leaves * gradientParts]);
  const norm = result(backend, []);
  sum(sums);
  backend.dispatch(rootOfSum, { inputs: [sums], outputs: [norm], numbers: [leaves * gradientParts], groups: 1 });
  backend.disposeData(sums.dataId);
  return norm;
}

/** Update stores, which nobody else looks at: one run for each of their buffers. @returns the norm alone. */
function updateStores(backend: ShaderBackend, shader: Shader, stores: readonly TensorInfo[], numbers: readonly number[]): TensorInfo[] {
  for (const store of withoutGradient(stores)) backend.willOverwrite(store);
  const segments = stores.map((store) => backend.segmentsOf(store));
  const gradients = segments[gradientAt];
  const leaves = gradients.reduce((sum, segment) => sum + segment.leaves, 0);
  const norm = normOf(backend, leaves, (sums) => {
    let first = 0;
    for (const { buffer, table, leaves } of gradients) {
      backend.dispatchOn(segmentSquares, [{ buffer }, { buffer: table }, backend.bindingOf(sums)], [first], [gradientParts, leaves]);
      first += leaves;
    }
  });
  for (const [i, { buffer: g }] of gradients.entries()) {
    const outputs = withoutGradient(segments).map((parts) => ({ buffer: parts[i].buffer }));
    const size = g.size / 4;
    backend.dispatchOn(shader, [{ buffer: g }, backend.bindingOf(norm), ...outputs], [size, ...numbers], Math.ceil(size / threads));
  }
  return [norm];
}

/** Update leaf by leaf. @returns the norm, and where something else refers to their data too, parameters, moments and averages of each leaf. */
function updateLeaves(
  backend: ShaderBackend,
  shader: Shader,
  given: readonly TensorInfo[],
  count: number,
  numbers: readonly number[],
): TensorInfo[] {
  const parts = given.length / count;
  const leaves = Array.from({ length: count }, (_, i) => given.slice(i * parts, (i + 1) * parts));
  const norm = normOf(backend, count, (sums) => {
    for (const [i, { [gradientAt]: g }] of leaves.entries())
      backend.dispatch(squares, { inputs: [g], outputs: [sums], numbers: [sizeOf(g.shape), i], groups: gradientParts });
  });
  const isExclusive = leaves.flatMap(withoutGradient).every((x) => backend.refCount(x.dataId) === 1);
  const updated = leaves.map((leaf) => {
    const outputs = withoutGradient(leaf).map((x) => writable(backend, x, isExclusive));
    const size = sizeOf(outputs[0].shape);
    const run = { inputs: [leaf[gradientAt], norm], outputs, numbers: [size, ...numbers], groups: Math.ceil(size / threads) };
    backend.dispatch(shader, run);
    return outputs;
  });
  return isExclusive ? [norm] : [norm, ...updated.flat()];
}
