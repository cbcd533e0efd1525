import type { ContinuousProcess } from '@tract/schedules';
import type { Denoiser } from './denoiser.js';
import type { Churn } from './heun.js';
import { fallingSteps, requireOption, requireTimes } from './steps.js';
import type { VectorSpace } from './vector-space.js';
import { type RunOptions, walk } from './walk.js';

export type AblationOptions = Churn & {
  readonly solver?: 'euler' | 'heun';
  /** Place in the step of the second slope: 1 is Heun's method, 1/2 the midpoint's, 2/3 Ralston's. In (0, 1]; default: 1. */
  readonly at?: number;
};

/**
 * Sample by the generalised sampler of Karras et al. 2022 (Algorithm 3): any process and time grid, Euler's or a second-order method in time t, with
 * churn (default: 0). The flow is dx/dt = (sigma'/sigma)·x + (alpha' − alpha·sigma'/sigma)·x0. NFE = times.length − 1, with 'heun' 2·(times.length − 1) − 1.
 * Yields as `ddim` does.
 *
 * @param times falling, at least two, the last one 0; xT has the level of the first.
 * @throws RangeError on the first pull when the levels of the times do not fall or an option is out of range.
 */
export async function* ablationSampler<T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  process: ContinuousProcess,
  times: readonly number[],
  {
    solver = 'heun',
    at = 1,
    churn = 0,
    sMin = 0,
    sMax = Number.POSITIVE_INFINITY,
    noiseScale = 1,
    ...run
  }: AblationOptions & RunOptions<T> = {},
): AsyncGenerator<T, void, undefined> {
  const { level, rate, ratio, timeOf } = process;
  const name = 'ablationSampler';
  for (const [option, value] of Object.entries({ churn, sMin, sMax, noiseScale })) requireOption(name, option, value, 0);
  requireOption(name, 'at', at, Number.MIN_VALUE, 1);
  /** The slope at (x, t) as weights of x and x0. */
  const slope = (t: number) => {
    const ofX = rate(t).sigma / level(t).sigma;
    return { ofX, ofX0: rate(t).alpha - level(t).alpha * ofX };
  };
  requireTimes(name, times);
  const steps = fallingSteps(name, times.map(level));

  yield* walk({ name, space, denoise, xT, steps, ...run }, async ({ xt, from, index, total, predict, combine, noise }) => {
    const [t, next] = [times[index], times[index + 1]];
    const s = ratio(t);
    const more = s >= sMin && s <= sMax && s < Infinity ? Math.min(churn / total, Math.SQRT2 - 1) : 0;
    const raised = more === 0 ? t : timeOf(s * (1 + more));
    const { alpha } = level(raised);
    const added = noiseScale * alpha * Math.sqrt(Math.max(0, ratio(raised) ** 2 - s ** 2));
    const x = more === 0 ? xt : combine([alpha / from.alpha, xt], ...noise(added));
    const h = next - raised;
    const first = slope(raised);
    const x0 = await predict(x, level(raised));
    const advance = (part: number) => combine([1 + part * h * first.ofX, x], [part * h * first.ofX0, x0]);
    if (solver === 'euler' || next === 0) return advance(1);
    const middle = advance(at);
    const between = raised + at * h;
    const second = slope(between);
    const x0Middle = await predict(middle, level(between));
    const [old, fresh] = [(1 - 0.5 / at) * h, (0.5 / at) * h];
    return combine([1 + old * first.ofX, x], [old * first.ofX0, x0], [fresh * second.ofX, middle], [fresh * second.ofX0, x0Middle]);
  });
}
