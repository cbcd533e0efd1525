import { type AdamOptions, adam, constantRate, type LearningRateSchedule } from '@tract/optim';
import type { JumpWeight, Preconditioning } from '@tract/schedules/training';
import type { HuberOptions } from '@tract/tensor';
import { requireAccumulate } from './accumulate.js';
import { type Average, type Averaging, averageOf, requireMomentum, requireRates } from './averaging.js';
import { cosineNoiseGrid, type NoiseGrid } from './noise-grid.js';
import { type Phase, phaseFractions, phasesOf } from './phases.js';
import { type Model, type Network, type Prediction, requirePrediction } from './prediction.js';
import type { Clip, TargetRule } from './target-rule.js';
import { tract } from './tract.js';

export type DistillOptions<P> = {
  readonly network: Network<P>;
  readonly prediction: Prediction;
  /** Scales around the network, which is then the F inside; `prediction` must be 'x0'. */
  readonly preconditioning?: Preconditioning;
  /** Sampling steps before, between and after the phases, such as [1024, 32, 1]. */
  readonly phaseSteps: readonly number[];
  /** Training steps of the whole run. */
  readonly totalSteps: number;
  /** Weights by which the phases divide the run. Default: equal ones, as in the paper. */
  readonly phaseWeights?: readonly number[];
  /** Steps of the index grid, a multiple of the first of `phaseSteps`. Default: that one. */
  readonly timesteps?: number;
  /** Function that makes the grid of noise levels. Default: the cosine schedule's. */
  readonly noiseGrid?: (timesteps: number) => NoiseGrid;
  /** Default: `tract`. */
  readonly rule?: TargetRule;
  /** Weight of the loss of a jump. Default: the rule's. */
  readonly lossWeight?: JumpWeight;
  /** Predictions of a target that are clipped to [−1, 1]. Default: those that the rule clips. */
  readonly clip?: Clip;
  /**
   * Fraction of the training images, in [0, 1], that start in the noisier half of all start points, where the student has most to learn. Default: uniform
   * draws, as in the paper.
   */
  readonly highNoiseFraction?: number;
  /** Whole number in [0, 2^53). Default: 0. */
  readonly seed?: number;
  /** Default: 2e-4. */
  readonly learningRate?: number;
  /** Factor on the learning rate as a function of the progress of the phase, from 0 in each. Default: 1. */
  readonly lrSchedule?: LearningRateSchedule;
  /** Largest norm of the gradient; 0 leaves it as it is. Default: 1. */
  readonly clipNorm?: number;
  /** Adam's other numbers; with `weightDecay` it is AdamW. Default: those of `adam`. */
  readonly adam?: Omit<AdamOptions, 'clipNorm'>;
  /** Equal microbatches of a batch that are computed one after the other, so that memory is needed for one of them. Default: 1. */
  readonly accumulate?: number;
  /** Default: the rule's, else 0.5. */
  readonly selfTeacherMomentum?: number;
  /** Sampling average; a residual is over the steps of one phase. Default: a residual of 1e-3. */
  readonly ema?: Averaging;
  /**
   * Restart student, moments and averages from the new teacher at a phase change, as in the paper; else they go on as they are, as in the published code.
   * Default: false.
   */
  readonly reinitStudent?: boolean;
  /**
   * Width c > 0, in pixel values, of the pseudo-Huber loss 2c·(√(d² + c²) − c), which counts a difference d well above c in proportion
   * where the squared error counts its square; 0 is the squared error. Default: the rule's, else 0.
   */
  readonly huberWidth?: number;
  /** Take d as the difference of each element, or as the length of the difference of each whole image. Default: the rule's, else 'elements'. */
  readonly huberOver?: HuberOptions['over'];
  /**
   * Clip also the student's prediction, where targets are clipped, before the two are compared; the gradient passes as if it were not. A pixel that
   * should be black may then be blacker than black, as it may when images are drawn. Default: false, as in the published code.
   */
  readonly clipStudent?: boolean;
};

/** Everything that stays the same from the first step of a distillation to its last. */
export type DistillSetup<P> = {
  readonly model: Model<P>;
  readonly grid: NoiseGrid;
  readonly gridOf: (timesteps: number) => NoiseGrid;
  readonly phases: readonly Phase[];
  readonly rule: TargetRule;
  readonly lossWeight: JumpWeight;
  readonly clip: Clip;
  readonly highNoiseFraction?: number;
  readonly seed: number;
  readonly totalSteps: number;
  /** Fraction of the run that each phase takes; they sum to 1. */
  readonly phaseFractions: readonly number[];
  readonly learningRate: number;
  readonly lrSchedule: LearningRateSchedule;
  readonly clipNorm: number;
  readonly adam?: Omit<AdamOptions, 'clipNorm'>;
  readonly accumulate: number;
  readonly selfTeacherMomentum: number;
  /** Sampling average of each phase. */
  readonly emas: readonly Average[];
  readonly reinitStudent: boolean;
  readonly huberWidth: number;
  readonly huberOver?: HuberOptions['over'];
  readonly clipStudent: boolean;
};

/**
 * Check the options once and fill in defaults: the rule's own, else those of TRACT's published code.
 *
 * @throws RangeError when an option is out of range, the phases do not descend and divide, or the rule cannot do them.
 */
export function distillSetup<P>(options: DistillOptions<P>): DistillSetup<P> {
  const { network, prediction, preconditioning, phaseSteps, totalSteps, timesteps = phaseSteps[0], seed = 0 } = options;
  const { rule = tract, lossWeight = rule.lossWeight, clip = rule.clip, clipStudent = false } = options;
  const { huberWidth = rule.defaults?.huberWidth ?? 0, huberOver = rule.defaults?.huberOver } = options;
  const { learningRate = 2e-4, lrSchedule = constantRate, clipNorm = 1, reinitStudent = false, ema = { residual: 1e-3 } } = options;
  const { noiseGrid: gridOf = cosineNoiseGrid, highNoiseFraction } = options;
  requirePrediction('distillSetup', prediction);
  requireRates('distillSetup', { learningRate, clipNorm });
  adam(options.adam); // which refuses what is out of range
  const phases = phasesOf(phaseSteps, timesteps);
  if (!(Number.isInteger(totalSteps) && totalSteps > phases.length)) {
    throw new RangeError(`distillSetup: totalSteps must be a whole number above the number of phases, ${phases.length}, got ${totalSteps}`);
  }
  if (highNoiseFraction !== undefined && !(highNoiseFraction >= 0 && highNoiseFraction <= 1))
    throw new RangeError(`distillSetup: highNoiseFraction must be in [0, 1], got ${highNoiseFraction}`);
  if (!(huberWidth >= 0)) throw new RangeError(`distillSetup: huberWidth must be ≥ 0, got ${huberWidth}`);
  const grid = gridOf(timesteps);
  // A rule that cannot do a later phase should say so now.
  for (const phase of phases) rule.draw({ phase, progress: 0, grid, gridOf, count: 1, seed, step: 0, highNoiseFraction });
  const fractions = phaseFractions(phases.length, options.phaseWeights);
  return {
    ...{ model: { network, prediction, preconditioning }, grid, gridOf, phases, rule, lossWeight, clip, highNoiseFraction, seed },
    ...{ totalSteps, phaseFractions: fractions, learningRate, lrSchedule, clipNorm, reinitStudent, huberWidth, huberOver, clipStudent },
    adam: options.adam,
    accumulate: requireAccumulate('distillSetup', options.accumulate ?? 1),
    selfTeacherMomentum: requireMomentum(
      'distillSetup: selfTeacherMomentum',
      options.selfTeacherMomentum ?? rule.defaults?.selfTeacherMomentum ?? 0.5,
    ),
    emas: fractions.map((fraction) => averageOf(ema, totalSteps * fraction)),
  };
}
