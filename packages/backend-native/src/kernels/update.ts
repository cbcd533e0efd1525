import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { AdamAttributes, Layout } from '@tract/tensor';
import type { NativeKernel, NativeKernels } from '../native-kernel.js';
import { sizeOf } from '../size-of.js';

/** Do one update in place of stores, each given as one buffer: parameters, gradients, moments, averages. The norm is the only result. */
const adam: NativeKernel<AdamAttributes> = (backend, inputs, options) => {
  const { layout } = options;
  if (layout === undefined) return undefined;
  const trees: readonly TensorInfo[] = Object.values(inputs);
  for (const [i, store] of trees.entries()) if (i !== 1) backend.willOverwrite(store);
  const [params, grads, m, v, ...averages] = trees.map((store) => backend.floats(store));
  const result = backend.output([]);
  backend.run('adam', { ...options, norm: backend.floats(result), params, grads, m, v, averages, leaves: leafTable(layout) });
  return [result];
};

/** List offset and size of each leaf, in order: the norm's squares are summed leaf by leaf. */
const leafTable = ({ offsets, shapes }: Layout): Float64Array =>
  Float64Array.from({ length: 2 * offsets.length }, (_, i) => (i % 2 === 0 ? offsets[i / 2] : sizeOf(shapes[(i - 1) / 2])));

export const updateKernels: NativeKernels = { TractAdam: adam };
