import type { Tensor } from '@tensorflow/tfjs-core';
import { noise, type Samples } from './noise.js';
import { combine, type Term } from './ops/combine.js';
import { clamp } from './ops/elementwise.js';
import { dispose } from './scope.js';

/** Operations of a sampler on its images. The same shape as `VectorSpace` of `@tract/samplers`, with T = Tensor. */
export type TensorSpace = {
  combine(terms: readonly (readonly [coefficient: number, vector: Tensor])[]): Tensor;
  clamp(x: Tensor, low: number, high: number): Tensor;
  noise(like: Tensor, index: number): Tensor;
  dispose(x: Tensor): void;
};

/**
 * Make a space whose fresh noise is a function of (seed, stream, index of the draw, sample), so that an image does not depend on the batch it is made in.
 *
 * @param samples which sample each image of a batch is. Default: 0, 1, …
 */
export function seededTensorSpace({
  seed,
  stream = 0,
  samples,
}: {
  readonly seed: number;
  readonly stream?: number;
  readonly samples?: Samples;
}): TensorSpace {
  return {
    ...tensorSpace,
    noise: (like, index) =>
      noise({
        seed,
        stream,
        step: index >>> 0 /* −1, the start of a run, is the last step there is */,
        samples: samples ?? { first: 0, count: like.shape[0] },
        shape: like.shape.slice(1),
      }),
  };
}

/** The space of tensors for deterministic samplers: asked for noise, it throws. */
export const tensorSpace: TensorSpace = {
  combine: (terms) => combine(terms as readonly Term[]),
  clamp,
  noise: () => {
    throw new Error('tensorSpace: this sampler draws fresh noise, which needs a seed; use seededTensorSpace({ seed })');
  },
  dispose,
};
