import type { NoiseLevel } from '@tract/schedules';
import type { Denoiser } from './denoiser.js';
import { lagrangeWeights } from './lagrange-weights.js';
import { logRatio } from './log-ratio.js';
import { fallingSteps, orderLeft, requireChoice, requireWhole, stepsWithSignal } from './steps.js';
import type { VectorSpace } from './vector-space.js';
import { type Kept, type RunOptions, type Step, walk } from './walk.js';

export type UnipcOptions<T> = RunOptions<T> & {
  /** B(h): 'bh1' is h, for few steps without guidance; 'bh2' e^h − 1. Default: 'bh2'. */
  readonly variant?: 'bh1' | 'bh2';
  /** 1 to 3. Default: 2. */
  readonly order?: number;
  /** Fall to lower orders at the last steps; a number counts that many steps from the last image on, 1 being `true`. Default: true. */
  readonly lowerOrderFinal?: boolean | number;
  /** Correct each step once the model has seen its end; costs no call. Default: true. */
  readonly corrector?: boolean;
  /** Correct the last step too, at the cost of a call, where it ends with noise. Default: false. */
  readonly correctEnd?: boolean;
};

/**
 * Sample by UniPC, a multistep predictor and corrector of order 1 to 3 on x0; NFE = levels.length − 1. Source: Zhao et al. 2023, Algorithms 5 to 8, with 1/2 for
 * the single weight as published. Yields the predictor's image, as `ddim` does.
 *
 * @throws RangeError as `ddim` does, and with 'bh1' for a level with alpha = 0, where B(h) has no limit.
 */
export async function* unipc<T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  { variant = 'bh2', order = 2, lowerOrderFinal = true, corrector = true, correctEnd = false, ...run }: UnipcOptions<T> = {},
): AsyncGenerator<T, void, undefined> {
  requireWhole('unipc', 'order', order, 1, 3);
  requireChoice('unipc', 'variant', variant, 'bh1', 'bh2');
  const steps = variant === 'bh1' ? stepsWithSignal('unipc', levels, "variant 'bh2'") : fallingSteps('unipc', levels);
  const limit = (index: number) => Math.min(order, orderLeft(lowerOrderFinal, index, steps.length));
  yield* walk({ name: 'unipc', space, denoise, xT, steps, memory: 2 * order, ...run }, async (step) => {
    const { xt, from, to, index, predict, combine, keep, past } = step;
    const x0 = await predict(xt, from);
    const images = past.filter((_, i) => i % 2 === 0); // each step keeps x0, then the image that it stepped from
    const usable = (list: readonly Kept<T>[], before: number) => list.filter(({ level }) => level.alpha > 0).slice(0, limit(before) - 1);
    const start = past[1];
    const corrected =
      corrector && start ? bhStep(step, variant, start, images[0].vector, usable(images.slice(1), index - 1), from, x0) : combine([1, xt]);
    keep(x0);
    keep(corrected);
    const own = [step, variant, { level: from, vector: corrected }, x0, usable(images, index), to] as const;
    const drawn = bhStep(...own);
    return correctEnd && index === steps.length - 1 && to.sigma > 0 ? bhStep(...own, await predict(drawn, to)) : drawn;
  });
}

/** One step from `start` with its x0, older ones, and in the corrector the x0 at the end. */
function bhStep<T>(
  { combine }: Step<T>,
  variant: 'bh1' | 'bh2',
  start: Kept<T>,
  x0: T,
  older: readonly Kept<T>[],
  to: NoiseLevel,
  end?: T,
): T {
  const from = start.level;
  const h = logRatio(to) - logRatio(from);
  const whole = -Math.expm1(-h);
  const scale = to.alpha * (variant === 'bh1' ? h : whole);
  const points = h < Infinity ? older.map(({ level, vector }) => ({ node: (logRatio(level) - logRatio(from)) / h, vector })) : [];
  if (end !== undefined) points.push({ node: 1, vector: end });
  const moments: number[] = [];
  let phi = h < Infinity ? 1 - whole / h : 1; // of (lambda − start)^k / h^k against e^(lambda − end), times k!, as in the source
  for (let k = 1; k <= points.length; k++) {
    moments.push((phi * factorial(k) * to.alpha) / scale);
    phi = 1 / factorial(k + 1) - (h < Infinity ? phi / h : 0);
  }
  const weights =
    points.length === 1
      ? [0.5]
      : lagrangeWeights(
          points.map(({ node }) => node),
          moments,
        );
  const differences = points.map(({ node, vector }, i): [number, T] => [(scale * weights[i]) / node, vector]);
  const sum = differences.reduce((total, [weight]) => total + weight, 0);
  return combine([to.sigma / from.sigma, start.vector], [to.alpha * whole - sum, x0], ...differences);
}

const factorial = (k: number): number => (k <= 1 ? 1 : k * factorial(k - 1));
