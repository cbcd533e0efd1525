import type { Shader } from '../shader.js';
import { result, sizeOf, table, type WebGpuKernel } from '../webgpu-kernel.js';
import { summing, workgroupTotal } from './sums.js';

/** Sums of part of a sample's squares each, so that no thread adds up too many. */
const partsPerSample = 16;

/** Group (part, sample): weights[sample] · the sum of the part's squared differences. */
const perPart: Shader = {
  name: 'squared-error',
  inputs: ['prediction', 'goal', 'weights'],
  outputs: ['sums'],
  numbers: ['size: u32'],
  workgroup: [summing],
  declarations: workgroupTotal,
  code: `var squares = 0.0;
  for (var i = group.x * ${summing}u + local; i < n.size; i += ${summing * partsPerSample}u) {
    let difference = prediction[group.y * n.size + i] - goal[group.y * n.size + i];
    squares += difference * difference;
  }
  let all = total(squares, local);
  if (local == 0u) { sums[group.y * ${partsPerSample}u + group.x] = weights[group.y] * all; }`,
};

const everything: Shader = {
  name: 'sum-all',
  inputs: ['x'],
  outputs: ['y'],
  numbers: ['count: u32'],
  workgroup: [summing],
  declarations: workgroupTotal,
  code: `var sum = 0.0;
  for (var i = local; i < n.count; i += ${summing}u) { sum += x[i]; }
  let all = total(sum, local);
  if (local == 0u) { y[0] = all; }`,
};

export const squaredError: WebGpuKernel<{ weights: readonly number[] }> = (backend, { prediction, target }, { weights }) => {
  const samples = weights.length;
  const values = table(backend, weights);
  const sums = result(backend, [samples * partsPerSample]);
  const y = result(backend, []);
  const inputs = [prediction, target, values];
  backend.dispatch(perPart, { inputs, outputs: [sums], numbers: [sizeOf(prediction.shape) / samples], groups: [partsPerSample, samples] });
  backend.dispatch(everything, { inputs: [sums], outputs: [y], numbers: [samples * partsPerSample], groups: 1 });
  for (const { dataId } of [values, sums]) backend.disposeData(dataId);
  return y;
};
