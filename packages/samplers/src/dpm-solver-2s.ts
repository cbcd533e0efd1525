import type { NoiseLevel } from '@tract/schedules';
import { downStep } from './ancestral-weights.js';
import { levelBetween, middleRatio } from './between.js';
import type { DdimOptions } from './ddim.js';
import type { Denoiser } from './denoiser.js';
import { fallingSteps, requireNoise } from './steps.js';
import type { VectorSpace } from './vector-space.js';
import { type Step, walk } from './walk.js';

/**
 * Sample by DPM-Solver++(2S), second order with a call half way in ln(alpha / sigma); NFE = 2·(levels.length − 1), one less for a step from alpha = 0 or to
 * sigma = 0, which is of first order. With eta 1 "DPM++ 2S ancestral". Source: Lu et al. 2022 (DPM-Solver++), Algorithm 1; k-diffusion for eta.
 * Yields as `ddim` does.
 *
 * @throws RangeError as `ddim` does.
 */
export const dpmSolver2S = <T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  options: DdimOptions<T> = {},
) => singleStep('dpmSolver2S', false, space, denoise, xT, levels, { eta: 0, ...options });

/** Sample by DPM-Solver++(2S) ancestral: `dpmSolver2S` with eta 1 by default. */
export const dpmSolver2SAncestral = <T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  options: DdimOptions<T> = {},
) => singleStep('dpmSolver2SAncestral', false, space, denoise, xT, levels, { eta: 1, ...options });

/**
 * Sample by "DPM++ SDE": the middle is reached by a noisy step too. Step i takes noises 2i and 2i + 1 of the space, which belong to overlapping spans:
 * with Brownian noise they agree. NFE as `dpmSolver2S`. Source: k-diffusion.
 */
export const dpmSolverSDE = <T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  options: DdimOptions<T> = {},
) => singleStep('dpmSolverSDE', true, space, denoise, xT, levels, { eta: 1, ...options });

async function* singleStep<T>(
  name: string,
  noisyMiddle: boolean,
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  { eta = 0, noiseScale = 1, ...run }: DdimOptions<T>,
): AsyncGenerator<T, void, undefined> {
  requireNoise(name, eta, noiseScale);
  const steps = fallingSteps(name, levels);
  yield* walk({ name, space, denoise, xT, steps, ...run }, async (step) => {
    const { xt, from, to, index, predict } = step;
    const x0 = await predict(xt, from);
    const [own, draw] = noisyMiddle ? [eta, 2 * index] : [0, index];
    const target = noisyMiddle ? to : downStep(from, to, eta).down; // where the middle is the middle of
    if (from.alpha === 0 || target.sigma === 0) return ancestralTo(step, x0, to, eta, noiseScale, draw);
    const middle = levelBetween(from, target, middleRatio(from, target));
    const second = await predict(ancestralTo(step, x0, middle, own, noiseScale, draw), middle);
    return ancestralTo(step, second, to, eta, noiseScale, noisyMiddle ? draw + 1 : draw);
  });
}

/** Step from the start of the step to a level with one prediction of x0. */
function ancestralTo<T>({ xt, from, combine, noise }: Step<T>, x0: T, to: NoiseLevel, eta: number, noiseScale: number, draw: number): T {
  const { down, addNoise } = downStep(from, to, eta);
  const keep = down.sigma / from.sigma;
  return combine([keep, xt], [to.alpha - from.alpha * keep, x0], ...noise(noiseScale * addNoise, { from, to }, draw));
}
