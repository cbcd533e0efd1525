import type { NoiseLevel } from '@tract/schedules';
import type { Denoiser } from './denoiser.js';
import type { DpmSolverOptions } from './dpm-solver.js';
import { logRatio } from './log-ratio.js';
import { requireChoice, requireNoise, requireWhole, stepsWithSignal } from './steps.js';
import type { VectorSpace } from './vector-space.js';
import { walk } from './walk.js';

/**
 * Sample by DPM-Solver++ in single steps of order 1, 2, …, order that all begin at the first of them and have the levels between for their middles
 * ("DPMSolverSinglestep"); NFE = levels.length − 1. Source: Lu et al. 2022 (DPM-Solver++), Algorithm 1, and (DPM-Solver), Algorithm 2 in x0.
 * With `lowerOrderFinal` (default: true), and to a level without noise, the last step is of first order. Yields as `ddim` does.
 *
 * @throws RangeError as `ddim` does, and for a level with alpha = 0.
 */
export async function* dpmSolverSinglestep<T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  {
    order = 2,
    eta = 0,
    noiseScale = 1,
    solverType = 'midpoint',
    lowerOrderFinal = true,
    ...run
  }: Omit<DpmSolverOptions<T>, 'lowerOrderFinal' | 'solverType'> & {
    readonly solverType?: 'midpoint' | 'heun';
    readonly order?: number;
    readonly lowerOrderFinal?: boolean;
  } = {},
): AsyncGenerator<T, void, undefined> {
  const name = 'dpmSolverSinglestep';
  requireWhole(name, 'order', order, 1, 3);
  requireChoice(name, 'solverType', solverType, 'midpoint', 'heun');
  requireNoise(name, eta, noiseScale);
  const steps = stepsWithSignal(name, levels, 'dpmSolver2M');
  const fallsAtEnd = lowerOrderFinal && steps.length % order === 0;
  const orders = steps.map(([, to], i) => (to.sigma === 0 || (fallsAtEnd && i === steps.length - 1) ? 1 : (i % order) + 1));
  yield* walk({ name, space, denoise, xT, steps, memory: 2 * (order - 1), ...run }, async (step) => {
    const { xt, from, to, index, predict, combine, keep, noise, past } = step;
    const x0 = keep(await predict(xt, from));
    keep(combine([1, xt]));
    const [own, back] = [orders[index], orders[index] - 1];
    const answers = [{ level: from, vector: x0 }, ...past.filter((_, i) => i % 2 === 0)].slice(0, own); // each step keeps x0, then its image
    const start = own === 1 ? { level: from, vector: xt } : past[2 * back - 1];
    const begin = logRatio(start.level);
    const h = logRatio(to) - begin;
    const wide = (1 + eta) * h;
    const whole = -Math.expm1(-wide);
    const keepXt = (to.sigma / start.level.sigma) * (eta === 0 ? 1 : Math.exp(-eta * h));
    const weights = weightsOf(
      answers.map(({ level }) => (logRatio(level) - begin) / h),
      whole,
      wide,
      solverType,
    );
    const terms = answers.map(({ vector }, i): [number, T] => [to.alpha * weights[i], vector]);
    return combine(
      [keepXt, start.vector],
      ...terms,
      ...noise(eta === 0 ? 0 : noiseScale * to.sigma * Math.sqrt(-Math.expm1(-2 * eta * h))),
    );
  });
}

/** Weights of the x0 at these places of the step in [0, 1), the newest first and the start's 0 last, in the integral against e^(lambda − end). */
function weightsOf(places: readonly number[], whole: number, wide: number, solverType: 'midpoint' | 'heun'): number[] {
  if (places.length === 1) return [whole];
  const slope = 1 - whole / wide;
  if (places.length === 2) {
    const ofSlope = (solverType === 'heun' ? slope : whole / 2) / places[0];
    return [ofSlope, whole - ofSlope];
  }
  const [late, early] = places;
  if (solverType === 'midpoint') return [slope / late, 0, whole - slope / late];
  const curvature = slope / wide - 1 / 2; // of the polynomial's second derivative
  const ofLate = (-slope * early - 2 * curvature) / (late - early) / late;
  const ofEarly = (slope * late + 2 * curvature) / (late - early) / early;
  return [ofLate, ofEarly, whole - ofLate - ofEarly];
}
