import { type AdamOptions, adam, constantRate, type LearningRateSchedule } from '@tract/optim';
import { cosineLevel, type NoiseLevel } from '@tract/schedules';
import {
  type LossWeight,
  type Preconditioning,
  snrPlusOneWeight,
  snrWeight,
  truncatedSNRWeight,
  uniformWeight,
} from '@tract/schedules/training';
import { requireAccumulate } from './accumulate.js';
import { type Average, type Averaging, averageOf, requireRates } from './averaging.js';
import { type Model, type Network, type Prediction, requirePrediction } from './prediction.js';

/** Way to draw a batch's times from (0, 1): each by itself, or one from each of B equal parts, which lowers the variance of the loss. */
export type TimeDraw = 'independent' | 'stratified';

export type TeacherOptions<P> = {
  readonly network: Network<P>;
  readonly prediction: Prediction;
  /** Scales around the network, which is then the F inside; `prediction` must be 'x0'. */
  readonly preconditioning?: Preconditioning;
  /** Training steps of the whole run. */
  readonly totalSteps: number;
  /** Whole number in [0, 2^53). Default: 0. */
  readonly seed?: number;
  /** Default: 2e-4. */
  readonly learningRate?: number;
  /** Factor on the learning rate as a function of the progress of the run, from 0. Default: 1. */
  readonly lrSchedule?: LearningRateSchedule;
  /** Largest norm of the gradient; 0 leaves it as it is. Default: 1. */
  readonly clipNorm?: number;
  /** Adam's other numbers; with `weightDecay` it is AdamW. Default: those of `adam`. */
  readonly adam?: Omit<AdamOptions, 'clipNorm'>;
  /** Sampling average; a residual is over the whole run. Default: a momentum of 0.9999. */
  readonly ema?: Averaging;
  /** Equal microbatches of a batch that are computed one after the other, so that memory is needed for one of them. Default: 1. */
  readonly accumulate?: number;
  /** Weight of the squared error of x0, whatever the network predicts. Default: max(SNR, 1). */
  readonly lossWeight?: LossWeight;
  /** Default: 'stratified'. */
  readonly times?: TimeDraw;
  /** Number of equal steps of discrete time, times 1/timesteps, …, 1. Default: continuous time. */
  readonly timesteps?: number;
  /** Function from a time in (0, 1) to its noise level, such as EDM's `lognormalLevel`. Default: the cosine schedule. */
  readonly levelAt?: (time: number) => NoiseLevel;
};

/** Everything that stays the same from the first step of a teacher's training to its last. */
export type TeacherSetup<P> = {
  readonly model: Model<P>;
  readonly totalSteps: number;
  readonly seed: number;
  readonly learningRate: number;
  readonly lrSchedule: LearningRateSchedule;
  readonly clipNorm: number;
  readonly adam?: Omit<AdamOptions, 'clipNorm'>;
  readonly ema: Average;
  readonly accumulate: number;
  readonly lossWeight: LossWeight;
  readonly times: TimeDraw;
  readonly timesteps?: number;
  readonly levelAt: (time: number) => NoiseLevel;
};

/**
 * Check the options once and fill in defaults.
 *
 * @throws RangeError when an option is out of range.
 */
export function teacherSetup<P>(options: TeacherOptions<P>): TeacherSetup<P> {
  const {
    network,
    prediction,
    preconditioning,
    totalSteps,
    seed = 0,
    learningRate = 2e-4,
    lrSchedule = constantRate,
    clipNorm = 1,
  } = options;
  const {
    ema = { momentum: 0.9999 },
    lossWeight = truncatedSNRWeight,
    times = 'stratified',
    levelAt = (t) => cosineLevel(t),
    timesteps,
  } = options;
  requirePrediction('teacherSetup', prediction);
  requireRates('teacherSetup', { learningRate, clipNorm });
  adam(options.adam); // which refuses what is out of range
  if (!(Number.isInteger(totalSteps) && totalSteps >= 1))
    throw new RangeError(`teacherSetup: totalSteps must be a whole number ≥ 1, got ${totalSteps}`);
  if (timesteps !== undefined && !(Number.isInteger(timesteps) && timesteps >= 1))
    throw new RangeError(`teacherSetup: timesteps must be a whole number ≥ 1, got ${timesteps}`);
  return {
    ...{
      model: { network, prediction, preconditioning },
      totalSteps,
      seed,
      learningRate,
      lrSchedule,
      clipNorm,
      lossWeight,
      times,
      timesteps,
      levelAt,
    },
    adam: options.adam,
    accumulate: requireAccumulate('teacherSetup', options.accumulate ?? 1),
    ema: averageOf(ema, totalSteps),
  };
}

/**
 * Give the loss weight with which the plain squared error of the network's own output is minimised: 1 for x0, SNR for eps, SNR + 1 for v.
 *
 * @throws RangeError for 'x0+eps', whose two errors no weight of x0's makes up.
 */
export function ownOutputWeight(prediction: Prediction): LossWeight {
  const weights: Partial<Record<Prediction, LossWeight>> = { x0: uniformWeight, eps: snrWeight, v: snrPlusOneWeight };
  const weight = weights[prediction];
  if (!weight) throw new RangeError(`ownOutputWeight: ${prediction} has no weight of this kind, choose truncatedSNRWeight`);
  return weight;
}
