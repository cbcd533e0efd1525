import type { NoiseLevel } from '@tract/schedules';

/**
 * Linear algebra that a sampler needs of its images. T may be a Tensor, a Float32Array, an ONNX tensor, a GPU buffer.
 * Every method gives a new T, owned by the caller, and leaves its arguments alone.
 */
export interface VectorSpace<T> {
  /** Sum of coefficient·vector; all vectors of one shape, at least one term. */
  combine(terms: readonly Term<T>[]): T;
  /** Clamp each element to [low, high]. */
  clamp(x: T, low: number, high: number): T;
  /**
   * Standard normal numbers in the shape of `like`; the same for the same index. Steps take 0, 1, …; the start of a run takes −1.
   * `span` names the levels between which a step adds them; only Brownian noise needs it.
   */
  noise(like: T, index: number, span?: NoiseSpan): T;
  /** Free a vector that a sampler made and no longer needs. Left out where garbage collection does it. */
  dispose?(x: T): void;
  /** Say in a few words why a value from outside is no usable vector of this space, or not of the size of `like` ('is NaN at 3', 'has 3 elements for 12'). */
  fault?(x: unknown, like?: T): string | undefined;
  /** Product element by element; only masks need it. */
  multiply?(x: T, y: T): T;
  /** Statistics of each image of a batch; only guidance rescale, APG, dynamic thresholding and Langevin steps need them. */
  readonly perImage?: PerImage<T>;
}

export type NoiseSpan = { readonly from: NoiseLevel; readonly to: NoiseLevel };

export type Term<T> = readonly [coefficient: number, vector: T];

/** Numbers per image come in the order of the batch, at once or as a promise (from a GPU). */
export type PerImage<T> = {
  /** Sum of x·y over each image. */
  dot(x: T, y: T): readonly number[] | Promise<readonly number[]>;
  /** Standard deviation of each image around its mean, over n. */
  deviation(x: T): readonly number[] | Promise<readonly number[]>;
  /** Quantile of |x| of each image, linear between neighbours; `part` in [0, 1]. */
  absQuantile(x: T, part: number): readonly number[] | Promise<readonly number[]>;
  /** Multiply each image by its factor. */
  scale(x: T, factors: readonly number[]): T;
};

/** Noise of standard deviation sigma for the first level of a run, from the draw that no step uses. Add alpha·x0 of an image to start from it. */
export const startNoise = <T>(space: VectorSpace<T>, like: T, { sigma }: { readonly sigma: number }): T => {
  const noise = space.noise(like, -1);
  const scaled = space.combine([[sigma, noise]]);
  space.dispose?.(noise);
  return scaled;
};
