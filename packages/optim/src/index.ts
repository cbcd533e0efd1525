export { emaRate, momentumFromHalfLife, momentumFromResidual, rampedEmaRate } from './ema.js';
export { constantRate, cosineRate, type LearningRateSchedule, linearRate, withWarmup } from './learning-rate.js';
export {
  fusedUpdate,
  initOptimizer,
  type Moments,
  type OptimizerState,
  type Updated,
  type UpdateNumbers,
  zeroMoments,
  zerosLike,
} from './optimizer.js';
