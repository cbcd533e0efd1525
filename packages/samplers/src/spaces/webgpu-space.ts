import type { Normals } from '../normals.js';
import type { VectorSpace } from '../vector-space.js';
import { type GpuDataType, type WebGpuBuffer, type WebGpuDevice, webGpuKernels } from './webgpu-kernels.js';

export type WebGpuSpaceOptions = {
  /** Seed of noise that is made on the device: a hash of (seed, index, element), as `hashNormals` has it to the rounding of float32. Default: 0. */
  readonly seed?: number;
  /** Another source of noise, made on the host. Default: none. */
  readonly normals?: Normals;
  /**
   * Type of the numbers. Of halves sums are made in float32, and are rounded once for up to 7 vectors; beyond 65504 what they give is not defined.
   * Default: 'float32'.
   */
  readonly dataType?: GpuDataType;
};

/** A vector on a WebGPU device: `length` numbers of the space's type at the start of a storage buffer. */
export type GpuVector<B> = { readonly buffer: B; readonly length: number };

/** Inputs of one kernel: a device has 8 storage buffers at least, one of them the sum. */
const mostTerms = 7;

/** Access to the buffer of a kind of vector. */
type Holder<T, B> = {
  readonly open: (x: T) => GpuVector<B>;
  readonly wrap: (buffer: B, like: T) => T;
  readonly free: (x: T) => void;
  readonly fault: (x: unknown) => string | undefined;
};

/**
 * The space of float32 or float16 vectors on a WebGPU device, which stay there between steps; nothing waits for the device. NaN is not looked for.
 * Start from `{ buffer, length }` whose buffer has the usages STORAGE, COPY_SRC and COPY_DST.
 */
export const webGpuSpace = <B extends WebGpuBuffer>(device: WebGpuDevice<B>, options: WebGpuSpaceOptions = {}): VectorSpace<GpuVector<B>> =>
  spaceOver<GpuVector<B>, B>(device, options, {
    open: (x) => x,
    wrap: (buffer, { length }) => ({ buffer, length }),
    free: ({ buffer }) => buffer.destroy(),
    fault: (x) => {
      const { buffer, length = 0 } = (x ?? {}) as Partial<GpuVector<B>>;
      if (typeof buffer?.destroy !== 'function') return `is no { buffer, length } but ${typeof x}`;
      const { dataType = 'float32' } = options;
      return buffer.size < length * bytesEach[dataType] ? `has ${buffer.size} bytes for ${length} numbers of ${dataType}` : undefined;
    },
  });

const bytesEach: Record<GpuDataType, number> = { float32: 4, float16: 2 };

/** As much of onnxruntime-web as the space of its tensors needs: hand over `ort` itself. */
export type OrtTensors<T> = { readonly Tensor: { fromGpuBuffer(buffer: never, options: never): T } };
type OrtTensor<B> = {
  readonly gpuBuffer: B;
  readonly dims: readonly number[];
  readonly location: string;
  readonly type: string;
  dispose(): void;
};

/**
 * The same of onnxruntime-web's tensors of one type with location 'gpu-buffer', on its own device: `await ort.env.webgpu.device`. Ask a session for such by
 * `preferredOutputLocation: 'gpu-buffer'`.
 */
export const ortGpuSpace = <B extends WebGpuBuffer, T extends OrtTensor<B>>(
  ort: OrtTensors<T>,
  device: WebGpuDevice<B>,
  options: WebGpuSpaceOptions = {},
): VectorSpace<T> => {
  const { dataType = 'float32' } = options;
  return spaceOver<T, B>(device, options, {
    open: ({ gpuBuffer, dims }) => ({ buffer: gpuBuffer, length: dims.reduce((product, size) => product * size, 1) }),
    wrap: (buffer, { dims }) => {
      const about = { dataType, dims, dispose: () => buffer.destroy() };
      return ort.Tensor.fromGpuBuffer(buffer as never, about as never);
    },
    free: (x) => x.dispose(),
    fault: (x) => {
      const { location, type } = (x ?? {}) as Partial<OrtTensor<B>>;
      if (location !== 'gpu-buffer') return `is no tensor with location 'gpu-buffer' but ${location ? `'${location}'` : typeof x}`;
      return type === dataType ? undefined : `is of type ${type}, not ${dataType}; choose the space's dataType`;
    },
  });
};

function spaceOver<T, B extends WebGpuBuffer>(
  device: WebGpuDevice<B>,
  { seed = 0, normals, dataType = 'float32' }: WebGpuSpaceOptions,
  { open, wrap, free, fault }: Holder<T, B>,
): VectorSpace<T> {
  const { upload, map } = webGpuKernels(device, dataType);
  const sum = (terms: readonly (readonly [number, B])[], length: number): B => {
    const now = terms.slice(0, mostTerms);
    const body = now.map((_, k) => `p(${k}u) * x${k}(i)`).join(' + ');
    const part = map(
      length,
      now.map(([, buffer]) => buffer),
      now.map(([coefficient]) => coefficient),
      body,
    );
    if (terms.length <= mostTerms) return part;
    const whole = sum([[1, part], ...terms.slice(mostTerms)], length);
    part.destroy();
    return whole;
  };
  const elementwise = (x: T, others: readonly T[], numbers: readonly number[], body: string): T => {
    const vectors = [x, ...others].map(open);
    return wrap(
      map(
        vectors[0].length,
        vectors.map(({ buffer }) => buffer),
        numbers,
        body,
      ),
      x,
    );
  };
  return {
    combine(terms) {
      const vectors = terms.map(([, x]) => open(x));
      const lengths = new Set(vectors.map(({ length }) => length));
      if (lengths.size !== 1)
        throw new RangeError(`webGpuSpace: combine needs one or more vectors of one length, got lengths [${[...lengths]}]`);
      return wrap(
        sum(
          terms.map(([coefficient], i) => [coefficient, vectors[i].buffer]),
          vectors[0].length,
        ),
        terms[0][1],
      );
    },
    clamp: (x, low, high) => elementwise(x, [], [low, high], 'clamp(x0(i), p(0u), p(1u))'),
    noise(like, index, span) {
      const { length } = open(like);
      return wrap(normals ? upload(normals(length, index, span)) : map(length, [], [], 'normal(i)', { seed, index }), like);
    },
    dispose: free,
    fault,
    multiply: (x, y) => elementwise(x, [y], [], 'x0(i) * x1(i)'),
  };
}
