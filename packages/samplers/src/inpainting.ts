import type { NoiseLevel } from '@tract/schedules';
import { ancestralWeights } from './ancestral-weights.js';
import type { DdimOptions } from './ddim.js';
import type { Denoiser } from './denoiser.js';
import { fallingSteps, requireNoise, requireOption, requireWhole, type StepLevels } from './steps.js';
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
    /** Indices of the levels from which steps are taken back. Default: every jump-th, counted back from the last but one, as published. */
    readonly turns?: readonly number[];
    /** Keep each element of x0 within ± this; the noise stays as the model sees it. Default: no limit. */
    readonly clamp?: number;
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
  { known, mask, jump = 10, resample = 10, turns, clamp = Infinity, eta = 1, noiseScale = 1, ...run }: RepaintOptions<T>,
): AsyncGenerator<T, void, undefined> {
  requireNoise('repaint', eta, noiseScale);
  requireWhole('repaint', 'jump', jump, 1);
  requireWhole('repaint', 'resample', resample, 1);
  requireOption('repaint', 'clamp', clamp, 0);
  fallingSteps('repaint', levels);
  const steps = repaintPath(levels.length - 1, jump, resample, turns).map(([a, b]): StepLevels => [levels[a], levels[b]]);
  yield* walk({ name: 'repaint', space, denoise, xT, steps, ...run }, async ({ xt, from, to, index, predict, combine, noise, own }) => {
    if (to.sigma * from.alpha > from.sigma * to.alpha) {
      const kept = to.alpha / from.alpha;
      return combine([kept, xt], ...noise(Math.sqrt(to.sigma ** 2 - (kept * from.sigma) ** 2), { from, to }, 3 * index));
    }
    const { keepXt, addX0, addNoise } = ancestralWeights(from, to, eta);
    const x0 = await predict(xt, from);
    const beyond =
      clamp === Infinity
        ? []
        : ([
            [to.alpha, own(space.clamp(x0, -clamp, clamp))],
            [-to.alpha, x0],
          ] as const);
    const drawn = combine([keepXt, xt], [addX0, x0], ...beyond, ...noise(noiseScale * addNoise, { from, to }, 3 * index + 1));
    const given = combine([to.alpha, known], ...noise(to.sigma, { from, to }, 3 * index + 2));
    return blend(space, drawn, given, mask);
  });
}

/** Pairs of indices of levels: down, and at each turn `resample` − 1 times `jump` steps back up. */
function repaintPath(count: number, jump: number, resample: number, turns?: readonly number[]): (readonly [number, number])[] {
  const path: (readonly [number, number])[] = [];
  const left = new Map<number, number>(turns?.map((at) => [at, resample - 1]));
  if (!turns) for (let at = count - 1; at >= jump; at -= jump) left.set(at, resample - 1);
  for (let at = 0; at < count || (left.get(at) ?? 0) > 0; ) {
    const again = left.get(at) ?? 0;
    if (again === 0) path.push([at, ++at]);
    else {
      left.set(at, again - 1);
      for (let back = 0; back < jump; back++) path.push([at, --at]);
    }
  }
  return path;
}
