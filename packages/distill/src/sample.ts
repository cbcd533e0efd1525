import { clampedDenoiser, type Denoiser, ddim, drain } from '@tract/samplers';
import { type NoiseLevel, vpGrid } from '@tract/schedules';
import { dispose, noise, scale, scope, type Tensor, tensorSpace } from '@tract/tensor';
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
  const denoise: Denoiser<Tensor> = (xt, level) => scope(() => predictX0(model, params, xt, Array(xt.shape[0]).fill(level), { labels }));
  return clip ? clampedDenoiser(tensorSpace, denoise, ...clip) : denoise;
}

export type SampleOptions<P> = DenoiserOptions & {
  readonly model: Model<P>;
  readonly params: P;
  /** Network calls per image, at equal times of the cosine schedule; or noise levels of another, noisy to clean, with one call between two. */
  readonly steps: number | readonly NoiseLevel[];
  readonly seed: number;
  /** Which images to make: image i is a function of (seed, i), not of what is made beside it. */
  readonly indices: readonly number[];
  /** Shape of one image [H,W,C]. */
  readonly shape: readonly number[];
};

/**
 * Samples images by deterministic DDIM; on the cosine schedule from noise at t = 1 to logSNR 20 at t = 0.
 *
 * @returns [indices.length,H,W,C], not clipped: on the cosine schedule noise of 4.5e-5 is left. The caller owns it.
 * @throws RangeError when steps is not a whole number ≥ 1, there are no indices, or labels do not match them.
 */
export async function sampleImages<P>({ model, params, steps, seed, indices, shape, ...options }: SampleOptions<P>): Promise<Tensor> {
  if (indices.length === 0) throw new RangeError('sampleImages: indices names no image to make');
  if (options.labels && options.labels.length !== indices.length) {
    throw new RangeError(`sampleImages: labels needs one entry for each of ${indices.length} images, got ${options.labels.length}`);
  }
  const levels = typeof steps === 'number' ? vpGrid(steps) : steps;
  const xT = scope(() => scale(noise({ seed, stream: streams.sampleNoise, samples: indices, shape }), levels[0]?.sigma ?? 1));
  try {
    return await drain(ddim(tensorSpace, denoiserOf(model, params, options), xT, levels));
  } finally {
    dispose(xT);
  }
}
