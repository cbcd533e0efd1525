import type { NoiseLevel } from '@tract/schedules';
import { ancestralWeights } from './ancestral-weights.js';
import type { DdimOptions } from './ddim.js';
import type { Denoiser } from './denoiser.js';
import { fallingSteps, requireOption, type StepLevels } from './steps.js';
import type { VectorSpace } from './vector-space.js';
import { walk } from './walk.js';

/** Part of an image that is known: `mask` is 1 there and 0 where the model fills in. */
export type KnownPart<T> = { readonly known: T; readonly mask: T };

/**
 * Keep the known part of each predicted x0: inpainting by mask with any sampler.
 *
 * @throws TypeError when the space cannot multiply.
 */
export function inpaintingDenoiser<T>(space: VectorSpace<T>, denoise: Denoiser<T>, part: KnownPart<T>): Denoiser<T> {
  return async (xt, level, call) => {
    const x0 = await denoise(xt, level, call);
    try {
      return blend(space, x0, part.known, part.mask);
    } finally {
      space.dispose?.(x0);
    }
  };
}

/** x + mask·(y − x). */
function blend<T>(space: VectorSpace<T>, x: T, y: T, mask: T): T {
  if (!space.multiply) throw new TypeError('inpainting: this space cannot multiply element by element, which a mask needs');
  const difference = space.combine([
    [1, y],
    [-1, x],
  ]);
  const masked = space.multiply(difference, mask);
  const sum = space.combine([
    [1, x],
    [1, masked],
  ]);
  for (const vector of [difference, masked]) space.dispose?.(vector);
  return sum;
}

export type RepaintOptions<T> = DdimOptions<T> &
  KnownPart<T> & {
    /** Steps that are taken back each time. Default: 10. */
    readonly jump?: number;
    /** Times that each stretch is walked. Default: 10. */
    readonly resample?: number;
  };

/**
 * Fill in the unknown part of an image by RePaint: DDPM steps (eta 1 by default) whose known part is noised afresh from the image, with stretches of `jump`
 * steps noised again and walked `resample` times. Yields after each step down or up. Draws three noises a step: 3i, 3i + 1 and 3i + 2 of the space.
 * Source: Lugmayr et al. 2022, Algorithm 1.
 *
 * @throws RangeError as `ddim` does, TypeError when the space cannot multiply.
 */
export async function* repaint<T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  { known, mask, jump = 10, resample = 10, eta = 1, noiseScale = 1, ...run }: RepaintOptions<T>,
): AsyncGenerator<T, void, undefined> {
  requireOption('repaint', 'eta', eta, 0, 1);
  requireOption('repaint', 'jump', jump, 1);
  requireOption('repaint', 'resample', resample, 1);
  fallingSteps('repaint', levels);
  const steps = repaintPath(levels.length - 1, jump, resample).map(([a, b]): StepLevels => [levels[a], levels[b]]);
  yield* walk({ name: 'repaint', space, denoise, xT, steps, ...run }, async ({ xt, from, to, index, predict, combine, noise }) => {
    if (to.sigma * from.alpha > from.sigma * to.alpha) {
      const kept = to.alpha / from.alpha;
      return combine([kept, xt], ...noise(Math.sqrt(to.sigma ** 2 - (kept * from.sigma) ** 2), { from, to }, 3 * index));
    }
    const { keepXt, addX0, addNoise } = ancestralWeights(from, to, eta);
    const drawn = combine([keepXt, xt], [addX0, await predict(xt, from)], ...noise(noiseScale * addNoise, { from, to }, 3 * index + 1));
    const given = combine([to.alpha, known], ...noise(to.sigma, { from, to }, 3 * index + 2));
    return blend(space, drawn, given, mask);
  });
}

/** Pairs of indices of levels: down, and after every `jump` steps (while as many are left below the start) back up, `resample` − 1 times. */
function repaintPath(count: number, jump: number, resample: number): (readonly [number, number])[] {
  const path: (readonly [number, number])[] = [];
  const left = new Map<number, number>();
  for (let at = jump; at < count; at += jump) left.set(at, resample - 1);
  for (let at = 0; at < count; ) {
    path.push([at, at + 1]);
    at += 1;
    const again = left.get(at) ?? 0;
    if (again === 0) continue;
    left.set(at, again - 1);
    for (let back = 0; back < jump; back++) path.push([at - back, at - back - 1]);
    at -= jump;
  }
  return path;
}
