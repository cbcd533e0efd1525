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

const STATE = ['p', 'm', 'v', 's', 'e'] as const;

/** One of the tensors of parameter i; s and e may be missing. */
function leafOf(inputs: KernelInputs, letter: string, i: number): TensorInfo | undefined {
  const info = inputs[`${letter}${i}`];
  if (info !== undefined) expectShape('TractAdamEma', `${letter}${i}`, info, inputs[`p${i}`].shape);
  else if (letter !== 's' && letter !== 'e') throw new RangeError(`TractAdamEma: '${letter}${i}' is missing`);
  return info;
}

/** Updates in place: the results are the given tensors with one more reference, where nobody else looks at their memory. */
const adamEma: NativeKernel<AdamEmaAttributes> = (backend, inputs, options) => {
  // All are looked at before the first is written to.
  const leaves = Array.from({ length: options.count }, (_, i) => STATE.map((letter) => leafOf(inputs, letter, i)));
  const gradients = leaves.map((_, i) => leafOf(inputs, 'g', i)!);
  const norm = backend.output([]);
  const results: TensorInfo[] = [norm];
  const buffers: (Float32Array | undefined)[] = [backend.floats(norm)];
  for (const [i, state] of leaves.entries()) {
    const [p, ...others] = state.map((x) => {
      if (x === undefined) return undefined;
      const info = writable(backend, x);
      results.push(info);
      return backend.floats(info);
    });
    buffers.push(p, backend.floats(gradients[i]), ...others);
  }
  const { learningRate, beta1, beta2, epsilon, step, clipNorm, selfRate = 0, emaRate = 0 } = options;
  backend.run('adamEma', buffers, [learningRate, beta1, beta2, epsilon, step, clipNorm, selfRate, emaRate]);
  return results;
};

export const updateKernels: NativeKernels = { TractAdamEma: adamEma };
