import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type AdamEmaAttributes, type AdamEmaPart, adamEmaParts } from '@tract/tensor';
import type { NativeBackend } from '../backend.js';
import type { NativeKernel, NativeKernels } from '../native-kernel.js';

/** The tensor itself with one more reference where it may be overwritten, else a copy: memory that is shared, or the caller's, stays as it is. */
function writable(backend: NativeBackend, x: TensorInfo): TensorInfo {
  if (backend.exclusive(x)) {
    backend.contentsChange([x]);
    backend.incRef(x.dataId);
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
  }
  const copy = backend.output(x.shape);
  backend.floats(copy).set(backend.floats(x));
  return copy;
}

/**
 * Where nobody else looks into the memory of any tensor of the state, all are written to, and the norm is the only result. Else the results
 * after it are the same tensors with one more reference, or copies.
 */
const adamEma: NativeKernel<AdamEmaAttributes> = (backend, inputs, options) => {
  const parts = adamEmaParts(options);
  const given: readonly TensorInfo[] = Array.isArray(inputs) ? inputs : Object.values(inputs);
  const gradientAt = parts.indexOf('grads');
  const isState = (_: TensorInfo, i: number): boolean => i % parts.length !== gradientAt;
  const inPlace = backend.rewrite(given) || backend.rewrite(given.filter(isState));
  const written = inPlace ? given : given.map((x, i) => (isState(x, i) ? writable(backend, x) : x));
  const norm = backend.output([]);
  const { learningRate, beta1, beta2, epsilon, step, clipNorm, selfRate = 0, emaRate = 0 } = options;
  const has = (part: AdamEmaPart): number => Number(parts.includes(part));
  const numbers = [learningRate, beta1, beta2, epsilon, step, clipNorm, selfRate, emaRate, has('selfTeacher'), has('ema')];
  backend.run('adamEma', [backend.floats(norm), ...backend.buffers(written)], numbers);
  return inPlace ? [norm] : [norm, ...written.filter(isState)];
};

export const updateKernels: NativeKernels = { TractAdamEma: adamEma };
