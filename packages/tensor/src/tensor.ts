import type { Tensor } from '@tensorflow/tfjs-core';
import { engine } from '@tract/tensor/core';
import { run } from './run.js';
import { checkShape, type Shape, showShape, sizeOf } from './shape.js';

/**
 * Make a float32 tensor of these values in row-major order. The values are copied: later changes of the array do not reach the tensor.
 * @throws RangeError when their number does not match the shape.
 */
export function tensor(values: Float32Array | readonly number[], shape: Shape): Tensor {
  checkShape('tensor', shape);
  if (values.length !== sizeOf(shape)) {
    throw new RangeError(`tensor: shape ${showShape(shape)} holds ${sizeOf(shape)} values, got ${values.length}`);
  }
  return engine().makeTensor(Float32Array.from(values), [...shape], 'float32');
}

/** Make a tensor of the given shape, every element equal to `value`. */
export function fill(shape: Shape, value: number): Tensor {
  checkShape('fill', shape);
  return run('Fill', {}, { shape: [...shape], value, dtype: 'float32' });
}

export const zeros = (shape: Shape): Tensor => fill(shape, 0);

/** Make a tensor of shape []. */
export const scalar = (value: number): Tensor => fill([], value);

/** Copy a tensor to data of its own, so that an update in place of one is not seen by the other. Not differentiable. */
export const clone = (x: Tensor): Tensor => run('TractScale', { x }, { factor: 1, offset: 0 });

/** Read the values back, in row-major order. The array is the caller's. */
export async function read(x: Tensor): Promise<Float32Array> {
  if (x.isDisposed) throw new Error('read: the tensor has been disposed');
  // Some backends hand out their live memory, which an update in place would change later.
  return Float32Array.from((await engine().read(x.dataId)) as Float32Array);
}

/** Backends whose memory is not the processor's: what they hold arrives later. */
const apart = new Set(['webgpu', 'webgl']);

/**
 * Make a reader of a tensor's values that needs no waiting, for what is gone through tensor by tensor: each call reads anew, in row-major order, and the array
 * is the caller's. Undefined on a backend whose memory is not the processor's, where `read` is the only way.
 */
export function readerNow(x: Tensor): (() => Float32Array) | undefined {
  if (apart.has(engine().backendName)) return undefined;
  return () => {
    if (x.isDisposed) throw new Error('readerNow: the tensor has been disposed');
    return Float32Array.from(engine().readSync(x.dataId) as Float32Array);
  };
}

/**
 * Read a tensor of one element.
 * @throws RangeError when it has another number of elements.
 */
export async function readScalar(x: Tensor): Promise<number> {
  if (x.size !== 1) throw new RangeError(`readScalar: expected one element, got shape ${showShape(x.shape)}`);
  return (await read(x))[0];
}

/** Counts of what is alive: tensors, the bytes they stand for (a shared buffer counts once a tensor), and distinct buffers. */
export type Memory = { readonly tensors: number; readonly bytes: number; readonly buffers: number };

export function memory(): Memory {
  const { numTensors, numBytes, numDataBuffers } = engine().memory();
  return { tensors: numTensors, bytes: numBytes, buffers: numDataBuffers };
}
