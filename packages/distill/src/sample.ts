import { clampedDenoiser, type Denoiser, ddim, type Sampler } from '@tract/samplers';
import { type NoiseLevel, vpGrid } from '@tract/schedules';
import { dispose, noise, scale, scope, seededTensorSpace, type Tensor, tensorSpace } from '@tract/tensor';
import { type Model, predictX0 } from './prediction.js';
import { streams } from './streams.js';

export type DenoiserOptions = {
  /** One class per image. */
  readonly labels?: readonly number[];
  /** Bounds that each prediction is kept within; false uses it as it is. Default: [−1, 1]. */
  readonly clip?: readonly [low: number, high: number] | false;
  /** Level at the end of the jump that begins at a level, for a network that is conditioned on both ends. Default there: a jump of no length. */
  readonly endOf?: (level: NoiseLevel) => NoiseLevel | undefined;
};

/** Return a model and its parameters as a sampler sees them: a batch xt [B,H,W,C] at one level → x0, a fresh tensor. */
export function denoiserOf<P>(model: Model<P>, params: P, { labels, clip = [-1, 1], endOf }: DenoiserOptions = {}): Denoiser<Tensor> {
  const denoise: Denoiser<Tensor> = (xt, level) => {
    const all = (one: NoiseLevel): NoiseLevel[] => Array(xt.shape[0]).fill(one);
    const end = endOf?.(level);
    return scope(() => predictX0(model, params, xt, all(level), { labels, ...(end && { levelsEnd: all(end) }) }));
  };
  return clip ? clampedDenoiser(tensorSpace, denoise, ...clip) : denoise;
}

export type SampleOptions<P> = Omit<DenoiserOptions, 'endOf'> & {
  /** Tell a network that is conditioned on both ends that each of DDIM's steps is one jump. Default: false. */
  readonly jumps?: boolean;
  readonly model: Model<P>;
  readonly params: P;
  /** Steps of equal time on the cosine schedule, or the noise levels of another process, noisy to clean. */
  readonly steps: number | readonly NoiseLevel[];
  /** Default: deterministic DDIM. */
  readonly sampler?: Sampler;
  readonly seed: number;
  /** Indices of the images to make: image i is a function of (seed, i), not of what is made beside it. */
  readonly indices: readonly number[];
  /** Shape of one image [H,W,C]. */
  readonly shape: readonly number[];
  /** Standard normal noise [indices.length,H,W,C] to start from; stays the caller's. Default: drawn by (seed, i). */
  readonly noise?: Tensor;
  /** Called with the images [indices.length,H,W,C] after each step, counted from 1, and before the first with the noise. They are lent until it returns. */
  readonly onStep?: (images: Tensor, step: number) => void | Promise<void>;
  /** Called with each prediction of x0 [indices.length,H,W,C] on the way, clipped as it is used; lent until it returns. */
  readonly onPrediction?: (x0: Tensor) => void | Promise<void>;
};

/**
 * Draw images: noise of the first level's scale, taken through the levels by a sampler.
 *
 * @returns [indices.length,H,W,C], not clipped: on the cosine schedule noise of 4.5e-5 is left. The caller owns it.
 * @throws RangeError when steps is not a whole number ≥ 1, there are no indices, or labels or noise do not match them.
 */
export async function sampleImages<P>({
  model,
  params,
  steps,
  sampler = ddim,
  seed,
  indices,
  shape,
  noise: start,
  onStep,
  onPrediction,
  jumps = false,
  ...options
}: SampleOptions<P>): Promise<Tensor> {
  if (indices.length === 0) throw new RangeError('sampleImages: indices names no image to make');
  if (options.labels && options.labels.length !== indices.length)
    throw new RangeError(`sampleImages: labels needs one entry for each of ${indices.length} images, got ${options.labels.length}`);
  if (start && `${start.shape}` !== `${[indices.length, ...shape]}`)
    throw new RangeError(`sampleImages: noise must have shape [${[indices.length, ...shape]}], got [${start.shape}]`);
  const levels = typeof steps === 'number' ? vpGrid(steps) : steps;
  if (levels.length < 2) throw new RangeError(`sampleImages: needs at least two noise levels, got ${levels.length}`);
  const endOf = (level: NoiseLevel): NoiseLevel | undefined => levels[levels.indexOf(level) + 1];
  const denoise = denoiserOf(model, params, { ...options, ...(jumps && { endOf }) });
  const space = seededTensorSpace({ seed, stream: streams.samplerNoise, samples: indices });
  const watched: Denoiser<Tensor> = async (xt, level, call) => {
    const x0 = await denoise(xt, level, call);
    try {
      await onPrediction?.(x0);
    } catch (error) {
      dispose(x0);
      throw error;
    }
    return x0;
  };
  const xT = scope(() => scale(start ?? noise({ seed, stream: streams.sampleNoise, samples: indices, shape }), levels[0].sigma));
  let [xt, step] = [xT, 0];
  let isDone = false;
  try {
    await onStep?.(xT, 0);
    for await (xt of sampler(space, watched, xT, levels)) await onStep?.(xt, ++step);
    isDone = true;
    return xt;
  } finally {
    dispose(isDone || xt === xT ? xT : [xT, xt]);
  }
}
