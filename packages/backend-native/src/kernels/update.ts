import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { AdamEmaAttributes } from '@tract/tensor';
import type { NativeBackend } from '../backend.js';
import { expectShape, type KernelInputs, type NativeKernel, type NativeKernels } from '../native-kernel.js';

/** The tensor itself with one more reference where it may be overwritten, else a copy: memory that is shared, or the caller's, stays as it is. */
function writable(backend: NativeBackend, x: TensorInfo): TensorInfo {
  if (backend.exclusive(x)) {
    backend.contentChanges(x);
    backend.incRef(x.dataId);
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
  }
  const copy = backend.output(x.shape);
  backend.floats(copy).set(backend.floats(x));
  return copy;
}

/** Gradient and the five arrays that the update rewrites, for one parameter; s and e may be missing. */
function leafInputs(inputs: KernelInputs, i: number): [TensorInfo, (TensorInfo | undefined)[]] {
  const [p, g, m, v, s, e] = ['p', 'g', 'm', 'v', 's', 'e'].map((letter) => inputs[`${letter}${i}`] as TensorInfo | undefined);
  for (const [letter, info] of Object.entries({ p, g, m, v, s, e })) {
    if (info !== undefined) expectShape('TractAdamEma', `${letter}${i}`, info, p!.shape);
    else if (letter !== 's' && letter !== 'e') throw new RangeError(`TractAdamEma: '${letter}${i}' is missing`);
  }
  return [g!, [p, m, v, s, e]];
}

/** Updates in place: the results are the given tensors with one more reference, where nobody else looks at their memory. */
const adamEma: NativeKernel<AdamEmaAttributes> = (backend, inputs, options) => {
  const leaves = Array.from({ length: options.count }, (_, i) => leafInputs(inputs, i));
  const norm = backend.output([]);
  const results: TensorInfo[] = [norm];
  const buffers: (Float32Array | undefined)[] = [backend.floats(norm)];
  for (const [g, state] of leaves) {
    const [p, m, v, s, e] = state.map((x) => (x === undefined ? undefined : writable(backend, x)));
    for (const info of [p, m, v, s, e]) if (info !== undefined) results.push(info);
    buffers.push(...[p, g, m, v, s, e].map((info) => (info === undefined ? undefined : backend.floats(info))));
  }
  const { learningRate, beta1, beta2, epsilon, step, clipNorm, selfRate = 0, emaRate = 0 } = options;
  backend.run('adamEma', buffers, [learningRate, beta1, beta2, epsilon, step, clipNorm, selfRate, emaRate]);
  return results;
};

export const updateKernels: NativeKernels = { TractAdamEma: adamEma };
