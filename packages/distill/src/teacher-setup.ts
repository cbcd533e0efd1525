import { constantRate, type LearningRateSchedule } from '@tract/optim';
import {
  cosineLevel,
  type LossWeight,
  type NoiseLevel,
  type Preconditioning,
  snrPlusOneWeight,
  snrWeight,
  truncatedSNRWeight,
  uniformWeight,
} from '@tract/schedules';
import { requireAccumulate } from './accumulate.js';
import { type Model, type Network, type Prediction, requirePrediction } from './prediction.js';
import { type Average, type Averaging, averageOf, requireRates } from './settings.js';

/** How a batch's times are drawn from (0, 1): each by itself, or one from each of B equal parts, which lowers the variance of the loss. */
export type TimeDraw = 'independent' | 'stratified';

export type TeacherOptions<P> = {
  readonly network: Network<P>;
  readonly prediction: Prediction;
  /** With it the network is the F inside, and `prediction` must be 'x0'. */
  readonly preconditioning?: Preconditioning;
  /** Training steps of the whole run. */
  readonly updates: number;
  /** Whole number in [0, 2^53). */
  readonly seed?: number;
  readonly learningRate?: number;
  /** Factor on the learning rate as a function of the progress of the run, from 0. */
  readonly schedule?: LearningRateSchedule;
  /** The gradient's norm is brought down to this; 0 leaves it. */
  readonly clipNorm?: number;
  /** The sampling average; a residual is over the whole run. */
  readonly ema?: Averaging;
  /** Equal parts of a batch that are computed one after the other, so that memory is needed for one of them; 1 unless told. */
  readonly accumulate?: number;
  /** The weight of the squared error of x0, whatever the network predicts. */
  readonly lossWeight?: LossWeight;
  readonly times?: TimeDraw;
  /** Discrete time: so many equal steps, times 1/timesteps, …, 1. Continuous unless told. */
  readonly timesteps?: number;
  /** The noise level at a time in (0, 1), such as EDM's `lognormalLevel`; the cosine schedule's unless told. */
  readonly levelAt?: (time: number) => NoiseLevel;
};

/** Everything that stays the same from the first step of a teacher's training to its last. */
export type TeacherSetup<P> = {
  readonly model: Model<P>;
  readonly updates: number;
  readonly seed: number;
  readonly learningRate: number;
  readonly schedule: LearningRateSchedule;
  readonly clipNorm: number;
  readonly ema: Average;
  readonly accumulate: number;
  readonly lossWeight: LossWeight;
  readonly times: TimeDraw;
  readonly timesteps?: number;
  readonly levelAt: (time: number) => NoiseLevel;
};

/**
 * Checks the options once and fills in defaults: learning rate 2e-4 constant, clip 1, average 0.9999, loss weight max(SNR, 1), stratified times.
 *
 * @throws RangeError when an option is out of range.
 */
export function teacherSetup<P>(options: TeacherOptions<P>): TeacherSetup<P> {
  const { network, prediction, preconditioning, updates, seed = 0, learningRate = 2e-4, schedule = constantRate, clipNorm = 1 } = options;
  const {
    ema = { momentum: 0.9999 },
    lossWeight = truncatedSNRWeight,
    times = 'stratified',
    levelAt = (t) => cosineLevel(t),
    timesteps,
  } = options;
  requirePrediction('teacherSetup', prediction);
  requireRates('teacherSetup', { learningRate, clipNorm });
  if (!(Number.isInteger(updates) && updates >= 1))
    throw new RangeError(`teacherSetup: updates must be a whole number ≥ 1, got ${updates}`);
  if (timesteps !== undefined && !(Number.isInteger(timesteps) && timesteps >= 1))
    throw new RangeError(`teacherSetup: timesteps must be a whole number ≥ 1, got ${timesteps}`);
  return {
    ...{
      model: { network, prediction, preconditioning },
      updates,
      seed,
      learningRate,
      schedule,
      clipNorm,
      lossWeight,
      times,
      timesteps,
      levelAt,
    },
    accumulate: requireAccumulate('teacherSetup', options.accumulate ?? 1),
    ema: averageOf(ema, updates),
  };
}

/**
 * The loss weight with which the plain squared error of the network's own output is minimised: 1 for x0, SNR for eps, SNR + 1 for v.
 *
 * @throws RangeError for 'x0+eps', whose two errors no weight of x0's makes up.
 */
export function ownOutputWeight(prediction: Prediction): LossWeight {
  const weights: Partial<Record<Prediction, LossWeight>> = { x0: uniformWeight, eps: snrWeight, v: snrPlusOneWeight };
  const weight = weights[prediction];
  if (!weight) throw new RangeError(`ownOutputWeight: ${prediction} has no weight of this kind, choose truncatedSNRWeight`);
  return weight;
}
