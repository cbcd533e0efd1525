import type { NoiseLevel } from '@tract/schedules';
import type { JumpWeight } from '@tract/schedules/training';
import { clamp, type NoiseKey, scope, type Tensor, type Tree } from '@tract/tensor';
import { type Batch, drawNoise, requireBatch, wholeOf } from './batch.js';
import type { DistillSetup } from './distill-setup.js';
import type { DistillState } from './distill-state.js';
import { addNoise } from './noise-grid.js';
import { phaseProgress } from './phases.js';
import { predictX0 } from './prediction.js';
import { streams } from './streams.js';
import { imageRange, type Jump, type Predictor, type PredictorOptions, type Target } from './target-rule.js';

/** Batch of a distillation. Without `noise` and `jumps` they are drawn: a function of the setup's seed, the state's step and the place in the batch. */
export type DistillBatch = Batch & { readonly jumps?: readonly Jump[] };

/** Target of a batch; lists have one entry per image. The caller owns the tensors, each [B,H,W,C]. */
export type DistillTarget = Target & {
  readonly jumps: readonly Jump[];
  /** Levels a, which the student sees. */
  readonly levels: readonly NoiseLevel[];
  /** Noisy images at level a, which the student predicts from. */
  readonly xa: Tensor;
};

/**
 * Make the target of a batch: draw jumps, add noise, ask the rule. Leaves the state as it is.
 *
 * @throws RangeError when the batch does not fit.
 */
export function distillTarget<P extends Tree<Tensor>>(setup: DistillSetup<P>, state: DistillState<P>, batch: DistillBatch): DistillTarget {
  requireBatch('distillTarget', batch, { jumps: batch.jumps?.length });
  return scope(() => {
    const noise = batch.noise ?? drawNoise(batch, distillNoiseKey(setup, state), wholeOf(batch));
    return targetOf(setup, state, { ...batch, noise, jumps: jumpsOf(setup, state, batch) });
  });
}

/** Give the jumps of a batch: the caller's, else drawn by the rule. */
export function jumpsOf<P>(setup: DistillSetup<P>, state: DistillState<P>, { x0, jumps }: DistillBatch): readonly Jump[] {
  if (jumps) return jumps;
  const { rule, phases, grid, gridOf, seed, highNoiseFraction } = setup;
  const progress = phaseProgress(state.step / setup.totalSteps, setup.phaseFractions);
  return rule.draw({ phase: phases[state.phase], progress, grid, gridOf, count: x0.shape[0], seed, step: state.step, highNoiseFraction });
}

export const distillNoiseKey = <P>({ seed }: DistillSetup<P>, { step }: DistillState<P>): NoiseKey => ({
  seed,
  stream: streams.distillNoise,
  step,
});

/** Make the target of a batch or microbatch with nothing left to draw. */
export function targetOf<P extends Tree<Tensor>>(
  setup: DistillSetup<P>,
  state: DistillState<P>,
  { x0, labels, noise, jumps }: DistillBatch & Required<Pick<DistillBatch, 'noise' | 'jumps'>>,
): DistillTarget {
  const { model, rule, grid, clip, phases } = setup;
  const predict = (who: Predictor, xt: Tensor, levels: readonly NoiseLevel[], options: PredictorOptions = {}): Tensor =>
    scope(() => {
      const predicted = predictX0(model, paramsOf(rule.name, state, who), xt, levels, { labels, levelsEnd: options.levelsEnd });
      return options.clip ? clamp(predicted, ...imageRange) : predicted;
    });
  const levels = jumps.map(({ a }) => a);
  const weights = weightsOf(setup.lossWeight, jumps);
  return scope(() => {
    const xa = addNoise(x0, noise, levels);
    return {
      ...rule.target({ jumps, grid, stride: phases[state.phase].teacherStride, x0, noise, xa, weights, clip, predict }),
      jumps,
      levels,
      xa,
    };
  });
}

const weightsOf = (weight: JumpWeight, jumps: readonly Jump[]): number[] => jumps.map(({ a, b, c }) => weight(a, b, c));

function paramsOf<P>(rule: string, state: DistillState<P>, who: Predictor): P {
  const params = state[who];
  if (params === undefined) throw new TypeError(`distillTarget: the rule ${rule} needs a state with a ${who}, got none`);
  return params;
}
