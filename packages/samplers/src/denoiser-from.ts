import type { NoiseLevel } from '@tract/schedules';
import type { Preconditioning } from '@tract/schedules/training';
import type { Denoiser } from './denoiser.js';
import { type Guidance, guider } from './guidance.js';
import type { Network, NetworkPrediction } from './network.js';
import type { VectorSpace } from './vector-space.js';

export type DenoiserOptions<T> = (
  | {
      readonly predicts: NetworkPrediction;
      /** The time that the network wants for a level: its training step, ln sigma, t … (`timestepOf`, `levelToLogSNR` and `flowTime` help). */
      readonly time: (level: NoiseLevel) => number;
      /**
       * Scale of the images that the network saw: alpha² + sigma² = 1, alpha = 1, or alpha + sigma = 1; xt is scaled to it. Default: 'flow' with that
       * prediction, else 'preserving'.
       */
      readonly input?: 'preserving' | 'exploding' | 'flow';
    }
  | { readonly preconditioning: Preconditioning }
) & {
  readonly guidance?: Guidance<T>;
  /** Keep each element of x0 within ± this. Default: no limit. */
  readonly clamp?: number;
  /**
   * Dynamic thresholding, for images of pixels only: with s the quantile `part` (default: 0.995) of |x0| of an image, within [1, max] (default: 1), clamp
   * to ±s and divide by s. Source: Saharia et al. 2022 (Imagen). The space needs `perImage`.
   */
  readonly threshold?: { readonly part?: number; readonly max?: number };
};

/** Scales and time that make a network F a denoiser: x0 = keep·xt + out·F(input·xt; time). */
type Scales = { readonly input: number; readonly keep: number; readonly out: number; readonly time: number };

const sizes = {
  preserving: ({ alpha, sigma }: NoiseLevel) => Math.hypot(alpha, sigma),
  exploding: ({ alpha }: NoiseLevel) => alpha,
  flow: ({ alpha, sigma }: NoiseLevel) => alpha + sigma,
};

/** x0 from the scaled image x = alpha·x0 + sigma·eps and the prediction, as weights. */
const predictions: Record<NetworkPrediction, (level: NoiseLevel) => readonly [ofX: number, ofAnswer: number]> = {
  eps: ({ alpha, sigma }) => {
    if (alpha === 0)
      throw new RangeError('denoiserFrom: a network that predicts eps says nothing of x0 at alpha = 0; start from a later level');
    return [1 / alpha, -sigma / alpha];
  },
  v: ({ alpha, sigma }) => [alpha / (alpha ** 2 + sigma ** 2), -sigma / (alpha ** 2 + sigma ** 2)],
  x0: () => [0, 1],
  flow: ({ alpha, sigma }) => [1 / (alpha + sigma), -sigma / (alpha + sigma)],
};

/**
 * Make a network a denoiser over any vector space: scale its input, tell it its time, guide it, and turn its prediction into x0.
 *
 * @throws RangeError when the prediction or the input is not known, or clamp is not > 0; in a call, for eps at alpha = 0. TypeError when guidance gets no pair.
 */
export function denoiserFrom<T>(space: VectorSpace<T>, network: Network<T>, options: DenoiserOptions<T>): Denoiser<T> {
  const scalesOf = scalesFrom(options);
  const guide = options.guidance && guider(space, options.guidance);
  const { clamp, threshold } = options;
  if (clamp !== undefined && !(clamp > 0)) throw new RangeError(`denoiserFrom: clamp must be > 0, got ${clamp}`);
  return async (xt, level, call = { step: 0, total: 1 }) => {
    const { input, keep, out, time } = scalesOf(level);
    const made = new Set<T>();
    const own = (x: T) => {
      made.add(x);
      return x;
    };
    const combine: VectorSpace<T>['combine'] = (terms) => own(space.combine(terms.filter(([c], i) => c !== 0 || i === terms.length - 1)));
    try {
      const seen = input === 1 ? xt : combine([[input, xt]]);
      const ask = async (net: Network<T>, pair: boolean) => {
        const answer = await net(seen, time, { ...call, level, pair });
        for (const one of pair && Array.isArray(answer) ? answer : [answer as T]) own(one);
        return answer;
      };
      const toX0 = (answer: T) =>
        combine([
          [keep, xt],
          [out, answer],
        ]);
      let x0 = guide ? await guide({ level, call, ask, network, toX0, own }) : toX0((await ask(network, false)) as T);
      if (threshold) {
        if (!space.perImage) throw new TypeError('denoiserFrom: this space has no perImage statistics, which dynamic thresholding needs');
        const { part = 0.995, max = 1 } = threshold;
        const bounds = (await space.perImage.absQuantile(x0, part)).map((s) => 1 / Math.min(Math.max(s, 1), max));
        x0 = own(space.clamp(own(space.perImage.scale(x0, bounds)), -1, 1));
      }
      if (clamp !== undefined) x0 = own(space.clamp(x0, -clamp, clamp));
      made.delete(x0);
      return x0;
    } finally {
      for (const x of made) space.dispose?.(x);
    }
  };
}

function scalesFrom<T>(options: DenoiserOptions<T>): (level: NoiseLevel) => Scales {
  if ('preconditioning' in options)
    return ({ alpha, sigma }) => {
      const { cSkip, cOut, cIn, cNoise } = options.preconditioning(sigma / alpha);
      return { input: cIn / alpha, keep: cSkip / alpha, out: cOut, time: cNoise };
    };
  const { predicts, time, input = predicts === 'flow' ? 'flow' : 'preserving' } = options;
  for (const [name, value, known] of [
    ['predicts', predicts, predictions],
    ['input', input, sizes],
  ] as const)
    if (!Object.hasOwn(known, value))
      throw new RangeError(`denoiserFrom: ${name} must be one of ${Object.keys(known).join(', ')}, got ${value}`);
  if (typeof time !== 'function') throw new TypeError(`denoiserFrom: time must be a function of the level, got ${time}`);
  return (level) => {
    const scale = 1 / sizes[input](level);
    const [ofX, ofAnswer] = predictions[predicts]({ alpha: scale * level.alpha, sigma: scale * level.sigma });
    return { input: Math.abs(scale - 1) < 1e-15 ? 1 : scale, keep: ofX * scale, out: ofAnswer, time: time(level) };
  };
}

/** The time t in [0, 1] of flow matching of any level: sigma / (alpha + sigma). */
export const flowTime = ({ alpha, sigma }: NoiseLevel): number => sigma / (alpha + sigma);
