import { type ContinuousProcess, levelAt } from '@tract/schedules';
import type { Denoiser } from './denoiser.js';
import type { Churn } from './heun.js';
import { neighbours } from './pairs.js';
import type { VectorSpace } from './vector-space.js';
import { combineAndFree, walk } from './walk.js';

export type AblationOptions = Churn & {
  readonly solver?: 'euler' | 'heun';
  /** Where in the step the second slope is taken: 1 is Heun's method, 1/2 the midpoint's, 2/3 Ralston's. */
  readonly at?: number;
};

/**
 * The generalised sampler of Karras et al. 2022 (Algorithm 3): any noise schedule, scaling and time grid, Euler's or a second-order method in time t, with
 * churn. The flow is dx/dt = (sigma'/sigma + s'/s)·x − (s·sigma'/sigma)·x0. NFE = times.length − 1, with 'heun' 2·(times.length − 1) − 1. Yields as `ddim` does.
 *
 * @param times falling, at least two, the last one 0; xT has the level of the first.
 * @throws RangeError on the first pull when there are fewer than two times.
 */
export async function* ablationSampler<T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  process: ContinuousProcess,
  times: readonly number[],
  { solver = 'heun', at = 1, churn = 0, from: low = 0, to: high = Number.POSITIVE_INFINITY, noiseScale = 1 }: AblationOptions = {},
): AsyncGenerator<T, void, undefined> {
  const { sigma, sigmaRate, scale, scaleRate, timeOf } = process;
  const steps = neighbours('ablationSampler', 'times', times);
  /** The slope at (x, t) as weights of x and x0. */
  const slope = (t: number) => ({ ofX: sigmaRate(t) / sigma(t) + scaleRate(t) / scale(t), ofX0: (-scale(t) * sigmaRate(t)) / sigma(t) });

  yield* walk(space, xT, steps, async (xt, [t, next], index) => {
    const s = sigma(t);
    const more = churn > 0 && s >= low && s <= high ? Math.min(churn / steps.length, Math.SQRT2 - 1) : 0;
    const raised = more === 0 ? t : timeOf(s * (1 + more));
    const noise = more === 0 ? undefined : space.noise(xt, index);
    const added = noiseScale * scale(raised) * Math.sqrt(Math.max(0, sigma(raised) ** 2 - s ** 2));
    const x =
      noise === undefined
        ? xt
        : combineAndFree(
            space,
            [
              [scale(raised) / scale(t), xt],
              [added, noise],
            ],
            [noise],
          );
    const free = noise === undefined ? [] : [x];
    const h = next - raised;
    const first = slope(raised);
    const x0 = await denoise(x, levelAt(process, raised));
    const advance = (part: number) =>
      space.combine([
        [1 + part * h * first.ofX, x],
        [part * h * first.ofX0, x0],
      ]);
    if (solver === 'euler' || next === 0) {
      const end = advance(1);
      for (const vector of [...free, x0]) space.dispose?.(vector);
      return end;
    }
    const middle = advance(at);
    const between = raised + at * h;
    const second = slope(between);
    const x0Middle = await denoise(middle, levelAt(process, between));
    const [old, fresh] = [(1 - 0.5 / at) * h, (0.5 / at) * h];
    const terms: [number, T][] = [
      [1 + old * first.ofX, x],
      [old * first.ofX0, x0],
      [fresh * second.ofX, middle],
      [fresh * second.ofX0, x0Middle],
    ];
    return combineAndFree(space, terms, [...free, x0, middle, x0Middle]);
  });
}
