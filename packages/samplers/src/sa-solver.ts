import type { NoiseLevel } from '@tract/schedules';
import type { Denoiser } from './denoiser.js';
import { lagrangeWeights } from './lagrange-weights.js';
import { logRatio } from './log-ratio.js';
import { fallingSteps, orderLeft, requireOption, requireWhole } from './steps.js';
import type { VectorSpace } from './vector-space.js';
import { type Kept, type RunOptions, type Step, walk } from './walk.js';

export type SaSolverOptions<T> = RunOptions<T> & {
  /** tau ≥ 0, the amount of noise at a level: 0 solves the probability flow, 1 the reverse SDE. Default: 1. */
  readonly tau?: (level: NoiseLevel) => number;
  /** Orders of predictor and corrector, 1 to 3. Default: 2 and 2. */
  readonly predictorOrder?: number;
  readonly correctorOrder?: number;
  /** Fall to lower orders at the last steps; a number counts that many steps from the last image on, 1 being `true`. Default: true. */
  readonly lowerOrderFinal?: boolean | number;
  /** Correct the last step too, at the cost of a call, where it ends with noise. Default: false. */
  readonly correctEnd?: boolean;
  /** Standard deviation of the noise. Default: 1. */
  readonly noiseScale?: number;
};

/**
 * Sample by SA-Solver, a stochastic Adams predictor and corrector on x0; NFE = levels.length − 1. Step i takes noise i of the space, and its corrector again.
 * Source: Xue et al. 2023, Algorithm 1 and Eq. 14 to 17, with the second-order weights of the published code. Yields the predictor's image, as `ddim` does.
 *
 * @throws RangeError as `ddim` does.
 */
export async function* saSolver<T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  {
    tau = () => 1,
    predictorOrder = 2,
    correctorOrder = 2,
    lowerOrderFinal = true,
    correctEnd = false,
    noiseScale = 1,
    ...run
  }: SaSolverOptions<T> = {},
): AsyncGenerator<T, void, undefined> {
  requireWhole('saSolver', 'predictorOrder', predictorOrder, 1, 3);
  requireWhole('saSolver', 'correctorOrder', correctorOrder, 1, 3);
  requireOption('saSolver', 'noiseScale', noiseScale, 0);
  const steps = fallingSteps('saSolver', levels);
  const memory = 2 * Math.max(predictorOrder, correctorOrder);
  yield* walk({ name: 'saSolver', space, denoise, xT, steps, memory, ...run }, async (step) => {
    const { xt, from, to, index, total, predict, combine, keep, past } = step;
    const room = orderLeft(lowerOrderFinal, index, total);
    const x0 = await predict(xt, from);
    const images = past.filter((_, i) => i % 2 === 0); // each step keeps x0, then the image that it stepped from
    const start = past[1];
    const now = { level: from, vector: x0 };
    const adams = (
      at: Kept<T>,
      end: NoiseLevel,
      points: readonly Kept<T>[],
      order: number,
      second: 'predictor' | 'corrector',
      draw: number,
    ) => adamsStep(step, at, end, points.slice(0, Math.min(order, points.length)), tau(at.level), second, noiseScale, draw);
    const points = [now, ...images];
    const corrected = start ? adams(start, from, points, Math.min(correctorOrder, room + 2), 'corrector', index - 1) : combine([1, xt]);
    keep(x0);
    keep(corrected);
    const own: Kept<T> = { level: from, vector: corrected };
    const drawn = adams(own, to, points, Math.min(predictorOrder, room), 'predictor', index);
    if (!correctEnd || index < total - 1 || to.sigma === 0) return drawn;
    const end = { level: to, vector: await predict(drawn, to) };
    return adams(own, to, [end, ...points], Math.min(correctorOrder, room + 1), 'corrector', index);
  });
}

/** One step of the integral of the polynomial through the x0 of `points`, the newest first, against (1 + tau²)·e^((1 + tau²)·lambda). */
function adamsStep<T>(
  { combine, noise }: Step<T>,
  { level: from, vector }: Kept<T>,
  to: NoiseLevel,
  points: readonly Kept<T>[],
  tau: number,
  kind: 'predictor' | 'corrector',
  noiseScale: number,
  draw: number,
): T {
  const h = logRatio(to) - logRatio(from);
  const rate = 1 + tau ** 2;
  const usable = h < Infinity ? points.filter(({ level }) => level.alpha > 0) : points.filter(({ level }) => level === from);
  const whole = -Math.expm1(-rate * h);
  const moments = [whole]; // of (lambda − end)^k, times the rate
  const nodes = usable.map(({ level }) => (h < Infinity ? logRatio(level) - logRatio(to) : 0));
  for (let k = 1; k < nodes.length; k++) moments.push(-((-h) ** k) * Math.exp(-rate * h) - (k / rate) * moments[k - 1]);
  const weights = usable.length > 0 ? lagrangeWeights(nodes, moments) : [whole];
  if (nodes.length === 2) {
    const excess = rate * (h ** 2 / 2 - (rate * h - whole) / rate ** 2) * (kind === 'predictor' ? 1 / (nodes[0] - nodes[1]) : 1 / h);
    weights[0] += excess;
    weights[1] -= excess;
  }
  const terms = (usable.length > 0 ? usable : points.slice(0, 1)).map(({ vector }, i): [number, T] => [to.alpha * weights[i], vector]);
  const keep = (to.sigma / from.sigma) * (tau === 0 ? 1 : Math.exp(-(tau ** 2) * h));
  const addNoise = tau === 0 ? 0 : noiseScale * to.sigma * Math.sqrt(-Math.expm1(-2 * tau ** 2 * h));
  return combine([keep, vector], ...terms, ...noise(addNoise, { from, to }, draw));
}
