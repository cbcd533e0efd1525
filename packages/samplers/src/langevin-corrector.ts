import type { NoiseLevel } from '@tract/schedules';
import type { Denoiser } from './denoiser.js';
import { requireOption, requireWhole, stepsWithSignal } from './steps.js';
import type { VectorSpace } from './vector-space.js';
import { type RunOptions, walk } from './walk.js';

export type PredictorCorrectorOptions<T> = RunOptions<T> & {
  /** Signal-to-noise ratio of the corrector's steps. Default: 0.15. */
  readonly snr?: number;
  /** Langevin steps before each step down. Default: 1. */
  readonly correctorSteps?: number;
};

/**
 * Sample the variance exploding SDE by predictor and corrector ("ScoreSdeVe"): Langevin steps at the level, then one of reverse diffusion, whose noise is
 * left out at the end; NFE = (1 + correctorSteps)·(levels.length − 1). Norms are means over the images of a batch, as published. Step i takes noises
 * (1 + correctorSteps)·i and on. Source: Song et al. 2021 (score SDE), Algorithms 2 and 4. Yields as `ddim` does.
 *
 * @param levels variance exploding, noisy to clean.
 * @throws RangeError as `ddim` does, TypeError when the space has no `perImage`.
 */
export async function* predictorCorrector<T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  { snr = 0.15, correctorSteps = 1, ...run }: PredictorCorrectorOptions<T> = {},
): AsyncGenerator<T, void, undefined> {
  const name = 'predictorCorrector';
  requireOption(name, 'snr', snr, 0);
  requireWhole(name, 'correctorSteps', correctorSteps, 0);
  const steps = stepsWithSignal(name, levels, 'a first level with alpha > 0');
  const { perImage } = space;
  if (!perImage) throw new TypeError(`${name}: this space has no perImage statistics, which Langevin steps need`);
  const norm = async (x: T) => {
    const squares = await perImage.dot(x, x);
    return squares.reduce((sum, square) => sum + Math.sqrt(square), 0) / squares.length;
  };
  yield* walk({ name, space, denoise, xT, steps, ...run }, async ({ xt, from, to, index, total, predict, combine, noise }) => {
    let x = xt;
    const { alpha, sigma } = from;
    const score = async () => combine([alpha / sigma ** 2, await predict(x, from)], [-1 / sigma ** 2, x]);
    const draw = (k: number) => noise(1, { from, to }, (1 + correctorSteps) * index + k);
    for (let k = 0; k < correctorSteps; k++) {
      const [slope, [[, fresh]]] = [await score(), draw(k)];
      const size = 2 * ((snr * (await norm(fresh))) / (await norm(slope))) ** 2;
      x = combine([1, x], [size, slope], [Math.sqrt(2 * size), fresh]);
    }
    const spread = sigma ** 2 - ((to.sigma * alpha) / to.alpha) ** 2;
    const [keep, fresh] = [to.alpha / alpha, index === total - 1 ? [] : draw(correctorSteps)];
    return combine([keep, x], [keep * spread, await score()], ...fresh.map(([, vector]) => [keep * Math.sqrt(spread), vector] as const));
  });
}
