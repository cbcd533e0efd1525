import { ddimWeights, type NoiseLevel } from '@tract/schedules';
import type { Denoiser } from './denoiser.js';
import { pairs } from './pairs.js';
import type { VectorSpace } from './vector-space.js';

/**
 * Deterministic DDIM, noisy to clean; NFE = levels.length − 1. Source: Song et al. 2021, Eq. 12 with eta = 0.
 * A yielded value is lent until the next pull; the last one pulled is yours. xT stays the caller's.
 *
 * @param levels noisy to clean, at least two; all but the last need sigma > 0.
 * @throws RangeError on the first pull when there are fewer than two levels, or when stepping from a level without noise.
 */
export async function* ddim<T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
): AsyncGenerator<T, void, undefined> {
  let xt = xT;
  for (const [from, to] of pairs('ddim', levels)) {
    const { keepXt, addX0 } = ddimWeights(from, to);
    const x0 = await denoise(xt, from);
    const next = space.combine([
      [keepXt, xt],
      [addX0, x0],
    ]);
    space.dispose?.(x0);
    if (xt !== xT) space.dispose?.(xt);
    xt = next;
    yield xt;
  }
}
