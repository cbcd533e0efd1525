import { clampedDenoiser, type Denoiser, ddim, drain } from '@tract/samplers';
import { vpGrid } from '@tract/schedules';
import { dispose, noise, scope, type Tensor, tensorSpace } from '@tract/tensor';
import { type Model, predictX0 } from './prediction.js';
import { streams } from './streams.js';

export type DenoiserOptions = {
  /** One class per image. */
  readonly labels?: readonly number[];
  /** Bounds of each prediction, [−1, 1] unless told; false uses it as it is. */
  readonly clip?: readonly [low: number, high: number] | false;
};

/** A model and its parameters as a sampler sees them: a batch xt [B,H,W,C] at one level → x0, a fresh tensor. */
export function denoiserOf<P>(model: Model<P>, params: P, { labels, clip = [-1, 1] }: DenoiserOptions = {}): Denoiser<Tensor> {
  const denoise: Denoiser<Tensor> = (xt, level) => scope(() => predictX0(model, params, xt, Array(xt.shape[0]).fill(level), labels));
  return clip ? clampedDenoiser(tensorSpace, denoise, ...clip) : denoise;
}

export type SampleOptions<P> = DenoiserOptions & {
  readonly model: Model<P>;
  readonly params: P;
  /** Network calls per image. */
  readonly steps: number;
  readonly seed: number;
  /** Which images to make: image i is a function of (seed, i), not of what is made beside it. */
  readonly indices: readonly number[];
  /** Shape of one image [H,W,C]. */
  readonly shape: readonly number[];
};

/**
 * Samples images by deterministic DDIM on the cosine schedule, from noise at t = 1 to logSNR 20 at t = 0.
 *
 * @returns [indices.length,H,W,C], not clipped: noise of 4.5e-5 is left. The caller owns it.
 * @throws RangeError when steps is not a whole number ≥ 1, there are no indices, or labels do not match them.
 */
export async function sampleImages<P>({ model, params, steps, seed, indices, shape, ...options }: SampleOptions<P>): Promise<Tensor> {
  if (indices.length === 0) throw new RangeError('sampleImages: indices names no image to make');
  if (options.labels && options.labels.length !== indices.length) {
    throw new RangeError(`sampleImages: labels needs one entry for each of ${indices.length} images, got ${options.labels.length}`);
  }
  const levels = vpGrid(steps);
  const xT = noise({ seed, stream: streams.sampleNoise, samples: indices, shape });
  try {
    return await drain(ddim(tensorSpace, denoiserOf(model, params, options), xT, levels));
  } finally {
    dispose(xT);
  }
}
