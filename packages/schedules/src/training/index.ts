export { iddpmSigmas, veSigmas, vpSigmas } from '../ablation-grids.js';
export { type ConsistencySettings, consistencyPreconditioning } from '../consistency-preconditioning.js';
export { linearBetaThrough } from '../continuous-process.js';
export { type DdpmSettings, ddpmPreconditioning } from '../ddpm-preconditioning.js';
export { lognormalIntervals } from '../lognormal-intervals.js';
export { lognormalLevel } from '../lognormal-level.js';
export {
  edmWeight,
  inverseStepWeight,
  type JumpWeight,
  type JumpWeightName,
  jumpWeightNames,
  jumpWeightOf,
  type LossWeight,
  type LossWeightName,
  type LossWeightSetting,
  lossWeightNames,
  lossWeightOf,
  lossWeights,
  rootTruncatedSNRWeight,
  snrPlusOneWeight,
  snrWeight,
  truncatedSNRWeight,
  uniformWeight,
} from '../loss-weights.js';
export {
  checkNoiseProcess,
  cosineProcess,
  knownSteps,
  type NoiseProcess,
  noiseProcesses,
  processLevels,
  samplingLevels,
} from '../noise-process.js';
export {
  edmPreconditioning,
  iddpmPreconditioning,
  type Preconditioning,
  type PreconditioningScales,
  vePreconditioning,
  vpPreconditioning,
} from '../preconditioning.js';
export { type PreconditioningSettings, preconditioningOf, preconditionings, sigmaDataOf } from '../preconditionings.js';
export { teacherShare } from '../teacher-share.js';
