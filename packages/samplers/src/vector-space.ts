/**
 * What a sampler needs to know of its images: linear combination, clamping, fresh noise. T may be a Tensor, a Float32Array, an ONNX tensor.
 * Every method gives a new T, owned by the caller, and leaves its arguments alone.
 */
export interface VectorSpace<T> {
  /** sum of coefficient·vector; all vectors of one shape, at least one term. */
  combine(terms: readonly (readonly [coefficient: number, vector: T])[]): T;
  /** Each element kept within [low, high]. */
  clamp(x: T, low: number, high: number): T;
  /** Standard normal numbers in the shape of `like`; the same for the same index. */
  noise(like: T, index: number): T;
  /** Called on each vector that a sampler made and no longer needs. Left out where garbage collection does it. */
  dispose?(x: T): void;
}
