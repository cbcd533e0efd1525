import type { NoiseLevel } from '@tract/schedules';
import type { Denoiser } from './denoiser.js';
import { lagrangeWeights } from './lagrange-weights.js';
import { fallingSteps, requireOption } from './steps.js';
import type { VectorSpace } from './vector-space.js';
import { type RunOptions, type Step, walk } from './walk.js';

export type MultistepOptions<T> = RunOptions<T> & {
  /** Predictions of the noise that a step uses, its own included: 1 to 4. Default: 4 in `lms` and `ipndm`, 3 in `deis`. */
  readonly order?: number;
  /** Fall to lower orders at the last steps; a number counts that many steps from the last image on, 1 being `true`. Default: false. */
  readonly lowerOrderFinal?: boolean | number;
};

/** Weights of the noise at ratios s (newest first) in the integral of the noise from s[0] to `next`; they add up to next − s[0]. */
type Weights = (s: readonly number[], next: number) => readonly number[];

const powers = [0, 1, 2, 3];

/** ∫ of the polynomial in s. */
const linear: Weights = (s, next) =>
  lagrangeWeights(
    s.map((one) => one - s[0]),
    powers.map((k) => (next - s[0]) ** (k + 1) / (k + 1)),
  );

/** ∫ of the polynomial in ln s: with u = ln(s / s[0]) the moments are s[0]·∫ u^k·e^u du. */
const logarithmic: Weights = (s, next) => {
  const end = Math.log(next / s[0]);
  const moments: number[] = [];
  for (const k of powers) moments.push(k === 0 ? next - s[0] : (next === 0 ? 0 : next * end ** k) - k * moments[k - 1]);
  return lagrangeWeights(
    s.map((one) => Math.log(one / s[0])),
    moments,
  );
};

const adamsBashforth = [[1], [3 / 2, -1 / 2], [23 / 12, -16 / 12, 5 / 12], [55 / 24, -59 / 24, 37 / 24, -9 / 24]];
const fixed: Weights = (s, next) => adamsBashforth[s.length - 1].map((weight) => weight * (next - s[0]));

/** Sample by LMS, the linear multistep method in sigma / alpha, order up to 4; NFE = levels.length − 1. Source: k-diffusion. Yields as `ddim` does. */
export const lms = <T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  options: MultistepOptions<T> = {},
) => epsMultistep('lms', linear, 4, space, denoise, xT, levels, options);

/** Sample by DEIS (tAB in ln rho), order up to 4; NFE = levels.length − 1. Source: Zhang & Chen 2023, Eq. 15. Yields as `ddim` does. */
export const deis = <T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  options: MultistepOptions<T> = {},
) => epsMultistep('deis', logarithmic, 3, space, denoise, xT, levels, options);

/**
 * Sample by iPNDM: Adams–Bashforth's weights of equal steps on the noise, each step as DDIM's; NFE = levels.length − 1. Source: Zhang & Chen 2023, Appendix;
 * Liu et al. 2022. Yields as `ddim` does.
 */
export const ipndm = <T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  options: MultistepOptions<T> = {},
) => epsMultistep('ipndm', fixed, 4, space, denoise, xT, levels, options);

/**
 * Sample by PLMS, the linear multistep form of PNDM that Stable Diffusion 1 was released with: as `ipndm`, but the first step is taken again with the mean
 * of the noise at both of its ends; NFE = levels.length. Source: Liu et al. 2022, Eq. 12. Yields as `ddim` does.
 *
 * @throws RangeError as `ddim` does, and for a level with alpha = 0, where the mean of two noises is no noise.
 */
export const plms = <T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  options: MultistepOptions<T> = {},
) => epsMultistep('plms', fixed, 4, space, denoise, xT, levels, options);

async function* epsMultistep<T>(
  name: string,
  weights: Weights,
  highest: number,
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  { order = highest, lowerOrderFinal = false, ...run }: MultistepOptions<T>,
): AsyncGenerator<T, void, undefined> {
  requireOption(name, 'order', order, 1, 4);
  const twice = name === 'plms';
  const steps = fallingSteps(name, levels, twice ? 'ipndm' : undefined);
  yield* walk({ name, space, denoise, xT, steps, memory: order - 1, ...run }, async (step) => {
    const { xt, from, to, index, total, predict, combine, keep, past } = step;
    const x0 = await predict(xt, from);
    const eps = keep(noiseOf(step, xt, x0, from));
    const euler = ddimTo(step, x0);
    if (twice && index === 0 && to.sigma > 0) {
      const end = noiseOf(step, euler, await predict(euler, to), to);
      const half = (to.sigma - (from.sigma * to.alpha) / from.alpha) / 2;
      return combine([1, euler], [-half, eps], [half, end]);
    }
    const used = past
      .slice(0, (lowerOrderFinal === false ? order : Math.min(order, total - index + Number(lowerOrderFinal) - 1)) - 1)
      .filter(({ level }) => weights === fixed || level.alpha > 0); // infinitely far nodes weigh 0
    if (from.alpha === 0 || used.length === 0) return euler;
    const nodes = [from, ...used.map(({ level }) => level)].map(({ alpha, sigma }) => sigma / alpha);
    const older = weights(nodes, to.sigma / to.alpha)
      .slice(1)
      .map((weight) => to.alpha * weight);
    const terms = used.map(({ vector }, i): [number, T] => [older[i], vector]);
    return combine([1, euler], [-older.reduce((sum, weight) => sum + weight, 0), eps], ...terms);
  });
}

const noiseOf = <T>({ combine }: Step<T>, x: T, x0: T, { alpha, sigma }: NoiseLevel): T => combine([1 / sigma, x], [-alpha / sigma, x0]);

function ddimTo<T>({ xt, from, to, combine }: Step<T>, x0: T): T {
  const keep = to.sigma / from.sigma;
  return combine([keep, xt], [to.alpha - from.alpha * keep, x0]);
}
