import type { Shader } from '../shader.js';
import { result, sizeOf, table, type WebGpuKernel } from '../webgpu-kernel.js';

const threads = 64;
const mostTerms = 4;

/** y = sum of coefficients[term, sample]·x_term over `terms` tensors. */
const shaders = Array.from({ length: mostTerms + 1 }, (_, terms): Shader => {
  const xs = Array.from({ length: terms }, (_, i) => `x${i}`);
  return {
    name: `combine-${terms}`,
    inputs: [...xs, 'coefficients'],
    outputs: ['y'],
    numbers: ['count: u32', 'samples: u32'],
    workgroup: [threads],
    code: `if (index >= n.count) { return; }
  let sample = index / (n.count / n.samples);
  y[index] = ${xs.map((x, i) => `coefficients[${i}u * n.samples + sample] * ${x}[index]`).join(' + ')};`,
  };
});

export const combine: WebGpuKernel<{ coefficients: readonly (readonly number[])[] }> = (backend, inputs, { coefficients }) => {
  const terms = coefficients.length;
  if (terms > mostTerms) return undefined;
  const xs = coefficients.map((_, i) => inputs[i]);
  const samples = Math.max(...coefficients.map(({ length }) => length));
  const values = table(
    backend,
    coefficients.flatMap((given) => Array.from({ length: samples }, (_, i) => given[i] ?? given[0])),
  );
  const y = result(backend, xs[0].shape);
  const count = sizeOf(y.shape);
  backend.dispatch(shaders[terms], {
    inputs: [...xs, values],
    outputs: [y],
    numbers: [count, samples],
    groups: Math.ceil(count / threads),
  });
  backend.disposeData(values.dataId);
  return y;
};
