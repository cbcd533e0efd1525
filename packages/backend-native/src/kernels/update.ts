import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { AdamAttributes, Layout } from '@tract/tensor';
import type { NativeKernel, NativeKernels } from '../native-kernel.js';
import { sizeOf } from '../size-of.js';

/** One update in place of stores, each given as one buffer: parameters, gradients, moments, averages. The norm is the only result. */
const adam: NativeKernel<AdamAttributes> = (backend, inputs, options) => {
  const { layout, learningRate, beta1, beta2, epsilon, weightDecay, step, clipNorm, averageRates } = options;
  if (layout === undefined) return undefined;
  const [params, grads, ...others]: readonly TensorInfo[] = Object.values(inputs);
  for (const store of [params, ...others]) backend.willOverwrite(store);
  const norm = backend.output([]);
  const buffers = [norm, params, grads, ...others].map((x) => backend.floats(x));
  const numbers = [learningRate, beta1, beta2, epsilon, weightDecay, step, clipNorm, averageRates.length, ...averageRates];
  backend.run('adam', [...buffers, leafTable(layout)], numbers);
  return [norm];
};

/** Offset and size of each leaf, in order: the norm's squares are summed leaf by leaf. */
const leafTable = ({ offsets, shapes }: Layout): Float64Array =>
  Float64Array.from({ length: 2 * offsets.length }, (_, i) => (i % 2 === 0 ? offsets[i / 2] : sizeOf(shapes[(i - 1) / 2])));

export const updateKernels: NativeKernels = { TractAdam: adam };
