import type { NoiseLevel } from '@tract/schedules';
import type { Denoiser } from './denoiser.js';
import { logRatio } from './log-ratio.js';
import { fallingSteps, orderLeft, requireChoice, requireNoise, risingSteps } from './steps.js';
import type { VectorSpace } from './vector-space.js';
import { type RunOptions, walk } from './walk.js';

export type DpmSolverOptions<T> = RunOptions<T> & {
  /** Noise: 0 solves the probability flow, 1 the reverse SDE ("DPM++ 2M SDE"). In [0, 1]; default: 0. Step i adds noise i of the space. */
  readonly eta?: number;
  /** Standard deviation of that noise. Default: 1. */
  readonly noiseScale?: number;
  /**
   * Weights of the slope and curvature: 'midpoint' as published, 'heun' the exact integral of the polynomial, 'k-diffusion' the exact slope and half the
   * curvature, as in its DPM++ 3M SDE. Default: 'midpoint'.
   */
  readonly solverType?: 'midpoint' | 'heun' | 'k-diffusion';
  /**
   * Fall to first order at the last step (and to second before it), which steadies runs of few steps that end with noise; a number counts that many steps
   * from the last image on, 1 being `true`. Default: false.
   */
  readonly lowerOrderFinal?: boolean | number;
};

/**
 * Sample by DPM-Solver++(2M), second order with one model call a step; NFE = levels.length − 1. The first step is of first order, and so is one to a level
 * without noise. Source: Lu et al. 2022 (DPM-Solver++), Algorithm 2 and Eq. 18, with h the step in ln(alpha / sigma). A level with alpha = 0 is infinitely far
 * from the next: its step takes its limit, which is DDIM's, and the next one its limit without history. Yields as `ddim` does.
 *
 * @param levels noisy to clean, at least two.
 * @throws RangeError as `ddim` does.
 */
export const dpmSolver2M = <T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  options: DpmSolverOptions<T> = {},
) => multistep('dpmSolver2M', 2, fallingSteps, space, denoise, xT, levels, options);

/**
 * Sample by DPM-Solver++(3M), with one model call a step; NFE = levels.length − 1; with eta 1 "DPM++ 3M SDE". The curvature has half of its exact weight in the
 * code of the paper's authors and of diffusers, so that the order is 2: 'midpoint' is that, 'k-diffusion' the same with another second step, 'heun' the
 * exact weight and order 3.
 */
export const dpmSolver3M = <T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  options: DpmSolverOptions<T> = {},
) => multistep('dpmSolver3M', 3, fallingSteps, space, denoise, xT, levels, options);

/**
 * Take an image back to noise by DPM-Solver++(2M) ("DPMSolverMultistepInverse").
 *
 * @param levels clean to noisy, at least two, sigma > 0 in the first and alpha > 0 in the last.
 */
export const dpmSolver2MInversion = <T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  x0: T,
  levels: readonly NoiseLevel[],
  options: DpmSolverOptions<T> = {},
) => multistep('dpmSolver2MInversion', 2, risingSteps, space, denoise, x0, levels, options);

async function* multistep<T>(
  name: string,
  order: 2 | 3,
  stepsOf: typeof fallingSteps,
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  { eta = 0, noiseScale = 1, solverType = 'midpoint', lowerOrderFinal = false, ...run }: DpmSolverOptions<T>,
): AsyncGenerator<T, void, undefined> {
  requireNoise(name, eta, noiseScale);
  requireChoice(name, 'solverType', solverType, 'midpoint', 'heun', 'k-diffusion');
  const steps = stepsOf(name, levels);
  yield* walk({ name, space, denoise, xT, steps, memory: order - 1, ...run }, async (step) => {
    const { xt, from, to, index, total, predict, combine, keep, noise } = step;
    const lambda = logRatio(from);
    const h = logRatio(to) - lambda; // infinite from alpha = 0 and to sigma = 0
    const past = h < Infinity ? step.past.filter(({ level }) => level.alpha > 0) : []; // the slope to a level infinitely far away is 0
    const [one, two] = past.slice(0, orderLeft(lowerOrderFinal, index, total) - 1);
    const wide = (1 + eta) * h;
    const addX0 = -to.alpha * Math.expm1(-wide);
    const x0 = keep(await predict(xt, from));
    const terms: [number, T][] = [
      [(to.sigma / from.sigma) * (eta === 0 ? 1 : Math.exp(-eta * h)), xt],
      [addX0, x0],
    ];
    if (one) {
      const [back, further] = [lambda - logRatio(one.level), two ? logRatio(one.level) - logRatio(two.level) : Infinity];
      const phi2 = to.alpha * (1 + Math.expm1(-wide) / wide); // of the slope, times h
      const slopeWeight = solverType !== 'midpoint' || two ? phi2 : addX0 / 2;
      const [first, second] = [h / back, h / further]; // of the differences x0 − one and one − two
      const phi3 = (phi2 / wide - to.alpha / 2) * (solverType === 'heun' ? 2 : 1); // of the curvature
      const [near, far] = [back / (back + further), h / (back + further)]; // with `second` 0 where there is no two
      const ofFirst = slopeWeight * first * (1 + near) - phi3 * first * far;
      const ofSecond = -slopeWeight * second * near + phi3 * second * far;
      terms.push([ofFirst, x0], [ofSecond - ofFirst, one.vector]);
      if (two) terms.push([-ofSecond, two.vector]);
    }
    return combine(...terms, ...noise(eta === 0 ? 0 : noiseScale * to.sigma * Math.sqrt(-Math.expm1(-2 * eta * h))));
  });
}
