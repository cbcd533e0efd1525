import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type AdamEmaAttributes, adamEmaParts } from '@tract/tensor';
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

// The addon's order of a parameter's buffers; averages may be missing.
const ALL_PARTS = adamEmaParts({ selfRate: 0, emaRate: 0 });

/**
 * Where nobody else looks into the memory of any tensor of the state, all are written to, and the norm is the only result. Else the results
 * after it are the same tensors with one more reference, or copies.
 */
const adamEma: NativeKernel<AdamEmaAttributes> = (backend, inputs, options) => {
  const parts = adamEmaParts(options);
  const given = Object.values(inputs);
  const gradientAt = parts.indexOf('grads');
  const isState = (_: TensorInfo, i: number): boolean => i % parts.length !== gradientAt;
  // All are looked at before the first is written to.
  const inPlace = given.every((x, i) => !isState(x, i) || backend.exclusive(x));
  if (inPlace) backend.contentsChange(given);
  const written = inPlace ? given : given.map((x, i) => (isState(x, i) ? writable(backend, x) : x));
  const norm = backend.output([]);
  const buffers: (Float32Array | undefined)[] = [backend.floats(norm)];
  const places = ALL_PARTS.map((part) => parts.indexOf(part));
  for (let first = 0; first < written.length; first += parts.length) {
    for (const place of places) buffers.push(place < 0 ? undefined : backend.floats(written[first + place]));
  }
  const { learningRate, beta1, beta2, epsilon, step, clipNorm, selfRate = 0, emaRate = 0 } = options;
  backend.run('adamEma', buffers, [learningRate, beta1, beta2, epsilon, step, clipNorm, selfRate, emaRate]);
  return inPlace ? [norm] : [norm, ...written.filter(isState)];
};

export const updateKernels: NativeKernels = { TractAdamEma: adamEma };
