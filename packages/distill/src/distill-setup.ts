import { constantRate, type LearningRateSchedule } from '@tract/optim';
import type { LossWeight, Preconditioning } from '@tract/schedules';
import type { HuberOptions } from '@tract/tensor';
import { requireAccumulate } from './accumulate.js';
import { type Phase, phaseShares, phasesOf } from './phases.js';
import { type Model, type Network, type Prediction, requirePrediction } from './prediction.js';
import { type Process, vpProcess } from './process.js';
import { type Average, type Averaging, averageOf, requireMomentum, requireRates } from './settings.js';
import type { TargetRule } from './target-rule.js';
import { tract } from './tract.js';

/** What happens to the student at a phase change: it goes on as it is (the published code), or restarts as a copy of its new teacher (the paper). */
export type Restart = 'keep' | 'teacher';

export type DistillOptions<P> = {
  readonly network: Network<P>;
  readonly prediction: Prediction;
  /** With it the network is the F inside, and `prediction` must be 'x0'. */
  readonly preconditioning?: Preconditioning;
  /** Sampling steps before, between and after the phases, such as [1024, 32, 1]. */
  readonly phaseSteps: readonly number[];
  /** Training steps of the whole run. */
  readonly updates: number;
  /** How the phases share the updates: one weight each; equally unless told, as in the paper. */
  readonly phaseWeights?: readonly number[];
  /** The index grid, a multiple of the first of `phaseSteps`; that one unless told. */
  readonly timesteps?: number;
  /** Makes the noise levels of the index grid; the cosine schedule's unless told. */
  readonly process?: (timesteps: number) => Process;
  readonly rule?: TargetRule;
  /** The weight of the loss at a noise level; the rule's own unless told. */
  readonly lossWeight?: LossWeight;
  /**
   * Share of the training images, in [0, 1], that start in the noisier half of all places, where the student has most to learn; uniform draws unless
   * told, as in the paper.
   */
  readonly noisyShare?: number;
  /** Whole number in [0, 2^53). */
  readonly seed?: number;
  readonly learningRate?: number;
  /** Factor on the learning rate as a function of the progress of the phase, from 0 in each. */
  readonly schedule?: LearningRateSchedule;
  /** The gradient's norm is brought down to this; 0 leaves it. */
  readonly clipNorm?: number;
  /** Equal parts of a batch that are computed one after the other, so that memory is needed for one of them; 1 unless told. */
  readonly accumulate?: number;
  readonly selfTeacherMomentum?: number;
  /** The sampling average; a residual is over the updates of one phase. */
  readonly ema?: Averaging;
  readonly restart?: Restart;
  /**
   * Width c > 0, in pixel values, of the pseudo-Huber loss 2c·(√(d² + c²) − c), which counts a difference d well above c in proportion
   * where the squared error counts its square. Squared error unless told, as in the paper.
   */
  readonly huberWidth?: number;
  /** Whether d is the difference of a pixel, as it is unless told, or the length of the difference of a whole image. */
  readonly huberOver?: HuberOptions['over'];
  /**
   * Also the student's prediction is clipped, as the rule clips its targets, before the two are compared; the gradient passes as if it were not. A pixel that
   * should be black may then be blacker than black, as it may when images are drawn. False unless told, as in the published code.
   */
  readonly clipStudent?: boolean;
};

/** Everything that stays the same from the first step of a distillation to its last. */
export type DistillSetup<P> = {
  readonly model: Model<P>;
  readonly process: Process;
  readonly phases: readonly Phase[];
  readonly rule: TargetRule;
  readonly noisyShare?: number;
  readonly seed: number;
  readonly updates: number;
  /** Each phase's part of the updates; they sum to 1. */
  readonly shares: readonly number[];
  readonly learningRate: number;
  readonly schedule: LearningRateSchedule;
  readonly clipNorm: number;
  readonly accumulate: number;
  readonly selfTeacherMomentum: number;
  /** The sampling average of each phase. */
  readonly emas: readonly Average[];
  readonly restart: Restart;
  readonly huberWidth?: number;
  readonly huberOver?: HuberOptions['over'];
  readonly clipStudent: boolean;
};

/**
 * Checks the options once and fills in the published defaults: learning rate 2e-4 constant, clip 1, self-teacher momentum 0.5, sampling
 * average with residual 1e-3 per phase.
 *
 * @throws RangeError when an option is out of range, the phases do not descend and divide, or the rule cannot do them.
 */
export function distillSetup<P>(options: DistillOptions<P>): DistillSetup<P> {
  const { network, prediction, preconditioning, phaseSteps, updates, timesteps = phaseSteps[0], seed = 0 } = options;
  const { rule: named = tract, lossWeight = named.lossWeight } = options;
  const rule: TargetRule = { ...named, lossWeight };
  const { learningRate = 2e-4, schedule = constantRate, clipNorm = 1, restart = 'keep', ema = { residual: 1e-3 } } = options;
  const { process = vpProcess, noisyShare, huberWidth, huberOver, clipStudent = false } = options;
  requirePrediction('distillSetup', prediction);
  requireRates('distillSetup', { learningRate, clipNorm });
  const phases = phasesOf(phaseSteps, timesteps);
  for (const phase of phases) rule.positions(phase); // a rule that cannot do a later phase should say so now
  if (!(Number.isInteger(updates) && updates > phases.length)) {
    throw new RangeError(`distillSetup: updates must be a whole number above the number of phases, ${phases.length}, got ${updates}`);
  }
  if (noisyShare !== undefined && !(noisyShare >= 0 && noisyShare <= 1))
    throw new RangeError(`distillSetup: noisyShare must be in [0, 1], got ${noisyShare}`);
  if (huberWidth !== undefined && !(huberWidth > 0)) throw new RangeError(`distillSetup: huberWidth must be > 0, got ${huberWidth}`);
  const shares = phaseShares(phases.length, options.phaseWeights);
  return {
    ...{ model: { network, prediction, preconditioning }, process: process(timesteps), phases, rule, noisyShare, seed, updates, shares },
    ...{ learningRate, schedule, clipNorm, restart, huberWidth, huberOver, clipStudent },
    accumulate: requireAccumulate('distillSetup', options.accumulate ?? 1),
    selfTeacherMomentum: requireMomentum('distillSetup: selfTeacherMomentum', options.selfTeacherMomentum ?? 0.5),
    emas: shares.map((share) => averageOf(ema, updates * share)),
  };
}
