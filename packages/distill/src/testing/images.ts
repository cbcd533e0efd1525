import { noise, scale, scope, type Tensor } from '@tract/tensor';

/** Gaussian images [count,H,W,C] of standard deviation `sd` around 0, a function of (seed, step). */
export const gaussianImages = (sd: number, count: number, shape: readonly number[], { seed = 99, step = 0 } = {}): Tensor =>
  scope(() => scale(noise({ seed, step, samples: { first: 0, count }, shape }), sd));
