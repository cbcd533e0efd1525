import type { NoiseLevel } from './noise-level.js';

/** Weight of the squared error of x0 at a noise level; ≥ 0. */
export type LossWeight = (level: NoiseLevel) => number;

/** Weight of the squared error of x0 for a jump from a to c whose first step ends at b; ≥ 0. A `LossWeight` is one that sees a alone. */
export type JumpWeight = (a: NoiseLevel, b: NoiseLevel, c: NoiseLevel) => number;

/** 1 / (s(a) − s(b)) with s = sigma / alpha: the error counts per unit of the step. Source: Song & Dhariwal 2023, Section 3.3; Geng et al. 2024, Section 3. */
export const inverseStepWeight: JumpWeight = (a, b) => 1 / (a.sigma / a.alpha - b.sigma / b.alpha);

/** 1: the squared error of x0 as it is. */
export const uniformWeight: LossWeight = () => 1;

/** SNR = alpha² / sigma²: the squared error of eps. */
export const snrWeight: LossWeight = ({ alpha, sigma }) => (alpha / sigma) ** 2;

/** max(SNR, 1): the greater of the errors of x0 and eps. Source: Salimans & Ho 2022, "truncated SNR". */
export const truncatedSNRWeight: LossWeight = (level) => Math.max(snrWeight(level), 1);

/** SNR + 1: on VP levels the squared error of v = alpha·eps − sigma·x0. Source: Salimans & Ho 2022. */
export const snrPlusOneWeight: LossWeight = (level) => snrWeight(level) + 1;

/**
 * √max(SNR, 1). A loss that grows in proportion to the error, such as pseudo-Huber's, is balanced over the levels by the root of what
 * balances the squared error.
 */
export const rootTruncatedSNRWeight: LossWeight = (level) => Math.sqrt(truncatedSNRWeight(level));

/**
 * (s² + sd²) / (s·sd)² with s = sigma / alpha, which makes every level of a preconditioned network weigh the same.
 * Source: Karras et al. 2022, Table 1.
 *
 * @param sigmaData standard deviation of the data, 0.5 in the source.
 * @throws RangeError when sigmaData is not > 0.
 */
export function edmWeight(sigmaData = 0.5): LossWeight {
  if (!(sigmaData > 0)) throw new RangeError(`edmWeight: sigmaData must be > 0, got ${sigmaData}`);
  return ({ alpha, sigma }) => {
    const s = sigma / alpha;
    return (s ** 2 + sigmaData ** 2) / (s * sigmaData) ** 2;
  };
}

/** Weights of a level that need no parameter, by the names that settings and command lines use. */
export const lossWeights = {
  uniform: uniformWeight,
  snr: snrWeight,
  'truncated-snr': truncatedSNRWeight,
  'root-truncated-snr': rootTruncatedSNRWeight,
  'snr+1': snrPlusOneWeight,
} as const satisfies Record<string, LossWeight>;

export type LossWeightName = keyof typeof lossWeights;

/** Weights of a jump that need no parameter, by name. */
const jumpWeights = { ...lossWeights, 'inverse-step': inverseStepWeight } as const satisfies Record<string, JumpWeight>;

/** Name of a distillation's loss weight in settings and on the command line; `edm` is `edmWeight` for the model's own standard deviation of the data. */
export type JumpWeightName = keyof typeof jumpWeights | 'edm';

export const jumpWeightNames: readonly JumpWeightName[] = [...(Object.keys(jumpWeights) as (keyof typeof jumpWeights)[]), 'edm'];

/** Return the distillation's loss weight of a name. @param sigmaData standard deviation of the data, for `edm`. */
export const jumpWeightOf = (name: JumpWeightName, sigmaData: number): JumpWeight =>
  name === 'edm' ? edmWeight(sigmaData) : jumpWeights[name];

/** The name of a loss weight in settings and on the command line; `edm` is `edmWeight` for the model's own standard deviation of the data. */
export type LossWeightSetting = LossWeightName | 'edm';

export const lossWeightNames: readonly LossWeightSetting[] = [...(Object.keys(lossWeights) as LossWeightName[]), 'edm'];

/** Return the loss weight of a name. @param sigmaData standard deviation of the data, for `edm`. */
export const lossWeightOf = (name: LossWeightSetting, sigmaData: number): LossWeight =>
  name === 'edm' ? edmWeight(sigmaData) : lossWeights[name];
