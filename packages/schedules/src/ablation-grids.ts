import { linearBetaProcess } from './continuous-process.js';
import { roundHalfEven } from './round-half-even.js';
import { requireSteps } from './time-grid.js';

/** The `steps` noise scales, falling, of the samplers that Karras et al. 2022 (Table 1) compare with their own; a sampler adds the final 0. */

/** VP: equal steps in time from 1 to minTime. */
export function vpSigmas(steps: number, { betaRange = 19.9, betaMin = 0.1, minTime = 1e-3 } = {}): number[] {
  const { ratio } = linearBetaProcess({ betaRange, betaMin });
  return spaced('vpSigmas', steps, (part) => ratio(1 + part * (minTime - 1)));
}

/** VE: a geometric sequence. */
export const veSigmas = (steps: number, { sigmaMin = 0.02, sigmaMax = 100 } = {}): number[] =>
  spaced('veSigmas', steps, (part) => sigmaMax * (sigmaMin / sigmaMax) ** part);

export type IddpmRange = {
  readonly sigmaMin?: number;
  readonly sigmaMax?: number;
  readonly trainingSteps?: number;
  /** Fraction of alpha² that a step from j to j − 1, counted from the noisy end, keeps. Default: the source's, with C1 = 0.001 and C2 = 0.008. */
  readonly kept?: (j: number) => number;
};

/**
 * iDDPM: the noise scales of its training steps that lie within the limits, thinned out evenly. Source: Nichol & Dhariwal 2021, Eq. 17, in the
 * form of Karras et al. 2022, Table 1.
 */
export function iddpmSigmas(steps: number, range: IddpmRange = {}): number[] {
  const { sigmaMin = 0.002, sigmaMax = 81, trainingSteps = 1000 } = range;
  const alphaBar = (j: number) => Math.sin((0.5 * Math.PI * j) / trainingSteps / 1.008) ** 2;
  const { kept = (j: number) => Math.max(alphaBar(j - 1) / alphaBar(j), 0.001) } = range;
  const scales = [0]; // from the clean end
  for (let j = trainingSteps; j > 0; j--) {
    scales.push(Math.sqrt((scales[scales.length - 1] ** 2 + 1) / kept(j) - 1));
  }
  const usable = scales.reverse().filter((scale) => scale >= sigmaMin && scale <= sigmaMax);
  return spaced('iddpmSigmas', steps, (part) => usable[roundHalfEven(part * (usable.length - 1))]);
}

function spaced(name: string, steps: number, at: (part: number) => number): number[] {
  requireSteps(`${name}: steps`, steps);
  return Array.from({ length: steps }, (_, i) => at(steps === 1 ? 0 : i / (steps - 1)));
}
