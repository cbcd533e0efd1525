import { expectShape, type NativeKernel, type NativeKernels } from '../native-kernel.js';

/** Combine; one coefficient for all samples makes the whole tensor one sample. */
const combine: NativeKernel<{ coefficients: readonly (readonly number[])[] }> = (backend, inputs, { coefficients }) => {
  const { shape } = inputs[0];
  const terms = coefficients.map((_, i) => inputs[i]);
  for (const [i, term] of terms.entries()) expectShape('TractCombine', `${i}`, term, shape);
  const samples = coefficients.every(({ length }) => length === 1) ? 1 : shape[0];
  const table = coefficients.flatMap((values) => {
    if (values.length !== 1 && values.length !== samples) {
      throw new RangeError(`TractCombine: expected one coefficient or one for each of the ${samples} samples, got ${values.length}`);
    }
    return values.length === samples ? values : Array.from({ length: samples }, () => values[0]);
  });
  return backend.launchOne('combine', { terms, y: shape, samples, coefficients: table });
};

const squaredError: NativeKernel<{ weights: readonly number[] }> = (backend, { prediction, target }, { weights }) => {
  expectShape('TractSquaredError', 'target', target, prediction.shape);
  if (weights.length !== prediction.shape[0]) {
    throw new RangeError(`TractSquaredError: expected a weight for each of the ${prediction.shape[0]} samples, got ${weights.length}`);
  }
  return backend.launchOne('squaredError', { prediction, target, y: [], weights });
};

export const combineKernels: NativeKernels = { TractCombine: combine, TractSquaredError: squaredError };
