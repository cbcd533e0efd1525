export { emaRate, momentumFromHalfLife, momentumFromResidual, rampedEmaRate } from './ema.js';
export { constantRate, cosineRate, type LearningRateSchedule, linearRate, withWarmup } from './learning-rate.js';
export {
  type AdamOptions,
  adam,
  type Moments,
  type Optimizer,
  type OptimizerState,
  type Updated,
  type UpdateNumbers,
  zeroMoments,
} from './optimizer.js';
