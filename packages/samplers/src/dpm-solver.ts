import type { NoiseLevel } from '@tract/schedules';
import type { Denoiser } from './denoiser.js';
import { pairs } from './pairs.js';
import type { VectorSpace } from './vector-space.js';
import { combineAndFree, walk } from './walk.js';

/**
 * DPM-Solver++(2M), second order with one network call a step; NFE = levels.length − 1. With eta = 1 its SDE form, SDE-DPM-Solver++(2M), which
 * adds noise i of the space in step i. A last level without noise is reached by a first-order step. Source: Lu et al. 2022 (DPM-Solver++), Algorithm 2
 * and Eq. 18, with h the step in ln(alpha / sigma). Yields as `ddim` does.
 *
 * @param levels noisy to clean, at least two, alpha > 0; all but the last need sigma > 0.
 * @throws RangeError on the first pull when there are fewer than two levels or eta is not in [0, 1].
 */
export async function* dpmSolver2M<T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  { eta = 0 }: { readonly eta?: number } = {},
): AsyncGenerator<T, void, undefined> {
  if (!(eta >= 0 && eta <= 1)) throw new RangeError(`dpmSolver2M: eta must be in [0, 1], got ${eta}`);
  let before: { readonly x0: T; readonly h: number } | undefined;
  try {
    yield* walk(space, xT, pairs('dpmSolver2M', levels), async (xt, [from, to], index) => {
      const x0 = await denoise(xt, from);
      const h = Math.log(to.alpha / to.sigma) - Math.log(from.alpha / from.sigma); // infinite where no noise is left
      const addX0 = -to.alpha * Math.expm1(-(1 + eta) * h);
      const terms: [number, T][] = [[Number.isFinite(h) ? (to.sigma / from.sigma) * Math.exp(-eta * h) : 0, xt]];
      if (before !== undefined && Number.isFinite(h)) {
        const slope = h / (2 * before.h);
        terms.push([addX0 * (1 + slope), x0], [-addX0 * slope, before.x0]);
      } else {
        terms.push([addX0, x0]);
      }
      const addNoise = to.sigma * Math.sqrt(-Math.expm1(-2 * eta * h));
      const noise = addNoise > 0 ? space.noise(xt, index) : undefined;
      if (noise !== undefined) terms.push([addNoise, noise]);
      const next = combineAndFree(
        space,
        terms,
        [noise, before?.x0].filter((x) => x !== undefined),
      );
      before = { x0, h };
      return next;
    });
  } finally {
    if (before !== undefined) space.dispose?.(before.x0);
  }
}
