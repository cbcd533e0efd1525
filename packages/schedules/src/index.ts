export { iddpmSigmas, veSigmas, vpSigmas } from './ablation-grids.js';
export { aysSigmas } from './ays-sigmas.js';
export { type ConsistencySettings, consistencyPreconditioning } from './consistency-preconditioning.js';
export {
  type ContinuousProcess,
  edmProcess,
  flowProcess,
  linearBetaProcess,
  linearBetaThrough,
  veProcess,
} from './continuous-process.js';
export { cosineLevel, cosineLogSNR, type LogSNRRange } from './cosine-schedule.js';
export { type DdimWeights, ddimWeights } from './ddim-weights.js';
export { ddpmGrid, sigmaAt, spacedTimesteps, type TimestepSpacing } from './ddpm-grid.js';
export { type DdpmSettings, ddpmPreconditioning } from './ddpm-preconditioning.js';
export { type DdpmBetas, type DdpmRule, ddpmSigmas, timestepOf } from './ddpm-sigmas.js';
export { type EdmRange, edmGrid, edmSigmas } from './edm-schedule.js';
export { flowGrid, flowLevel, resolutionShift, shiftTime, startByStrength } from './flow-grid.js';
export { lognormalIntervals } from './lognormal-intervals.js';
export { lognormalLevel } from './lognormal-level.js';
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
} from './loss-weights.js';
export { levelToLogSNR, logSNRToLevel, type NoiseLevel, ratioLevel } from './noise-level.js';
export {
  checkNoiseProcess,
  cosineProcess,
  knownSteps,
  type NoiseProcess,
  noiseProcesses,
  processLevels,
  samplingLevels,
  studentProcess,
} from './noise-process.js';
export {
  edmPreconditioning,
  iddpmPreconditioning,
  type Preconditioning,
  type PreconditioningScales,
  vePreconditioning,
  vpPreconditioning,
} from './preconditioning.js';
export { type PreconditioningSettings, preconditioningOf, preconditionings, sigmaDataOf } from './preconditionings.js';
export { roundHalfEven } from './round-half-even.js';
export { betaSigmas, exponentialSigmas } from './sigma-grids.js';
export { teacherShare } from './teacher-share.js';
export { linearBetaGrid, logSNRGrid, timeGrid, vpGrid } from './time-grid.js';
