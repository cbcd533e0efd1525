import { adam, emaRate } from '@tract/optim';
import {
  asStore,
  clamp,
  pseudoHuberError,
  reusable,
  scope,
  squaredError,
  type Tensor,
  type Tree,
  type ValueAndGrads,
  valueAndGrad,
} from '@tract/tensor';
import { accumulated, type BatchGradientOptions, type MicrobatchOptions, requireMicrobatches } from './accumulate.js';
import { drawNoise, microbatchOf, requireBatch } from './batch.js';
import type { DistillSetup } from './distill-setup.js';
import { advancePhase, type DistillState, phaseDue } from './distill-state.js';
import { type DistillBatch, type DistillTarget, distillNoiseKey, jumpsOf, targetOf } from './distill-target.js';
import { phaseProgress } from './phases.js';
import { predictX0 } from './prediction.js';
import { imageRange } from './target-rule.js';

/** State after a step, and two scalars to read or dispose: the loss and the gradient's norm before clipping. */
export type StepResult<S> = { readonly state: S; readonly loss: Tensor; readonly gradNorm: Tensor };

/**
 * Distil by one step: `advancePhase`, `distillGradients`, `distillUpdate`. Consumes the state.
 *
 * @throws RangeError when the run is over, or the batch does not fit.
 */
export function distillStep<P extends Tree<Tensor>>(
  setup: DistillSetup<P>,
  state: DistillState<P>,
  batch: DistillBatch,
): StepResult<DistillState<P>> {
  requireStep('distillStep', setup, state, batch); // before the state is consumed
  const current = advancePhase(setup, state);
  return distillUpdate(setup, current, gradientsOf(setup, current, batch, {}));
}

/**
 * Compute the loss of a batch and its gradients for the student: make the target of each microbatch, compare. Leaves the state usable, but consumes its gradient
 * buffer. The listener hears of gradients that are final for the part of
 * the batch; see `valueAndGrad`.
 *
 * @throws RangeError when the run is over, the batch does not fit, or the state should be in another phase.
 */
export function distillGradients<P extends Tree<Tensor>>(
  setup: DistillSetup<P>,
  state: DistillState<P>,
  batch: DistillBatch,
  options: BatchGradientOptions<P> = {},
): ValueAndGrads<P> {
  requireStep('distillGradients', setup, state, batch);
  if (phaseDue(setup, state) !== state.phase)
    throw new RangeError('distillGradients: the state is due for another phase; call advancePhase first');
  return gradientsOf(setup, state, batch, options);
}

function requireStep<P>(name: string, setup: DistillSetup<P>, state: DistillState<P>, batch: DistillBatch): void {
  if (state.step >= setup.totalSteps) throw new RangeError(`${name}: the run's ${setup.totalSteps} steps are done`);
  requireBatch(name, batch, { jumps: batch.jumps?.length });
  requireMicrobatches(name, batch.x0.shape[0], setup.accumulate);
}

function gradientsOf<P extends Tree<Tensor>>(
  setup: DistillSetup<P>,
  state: DistillState<P>,
  batch: DistillBatch,
  batchOptions: BatchGradientOptions<P>,
): ValueAndGrads<P> {
  const images = batch.x0.shape[0];
  const drawn = { ...batch, jumps: jumpsOf(setup, state, batch) };
  return accumulated<P>(images, setup.accumulate, batchOptions, (microbatch, options) => {
    const { noise = drawNoise(batch, distillNoiseKey(setup, state), microbatch), ...own } = microbatchOf(drawn, microbatch);
    const target = targetOf(setup, state, { ...own, noise });
    return studentGradients(setup, state, target, { labels: own.labels, images, ...options });
  });
}

export type GradientOptions<P> = MicrobatchOptions<P> & {
  readonly labels?: readonly number[];
  /** Images of the whole batch, over which the loss is averaged. Default: those of the target. */
  readonly images?: number;
};

/**
 * Compute the loss of the student at xa against a target, summed over pixels and averaged over images, and its gradients. Consumes `addTo`, or else the
 * state's gradient buffer.
 */
export function studentGradients<P extends Tree<Tensor>>(
  setup: DistillSetup<P>,
  state: DistillState<P>,
  { levels, levelsEnd, xa, x0, weight }: DistillTarget,
  { labels, images = xa.shape[0], ...options }: GradientOptions<P> = {},
): ValueAndGrads<P> {
  const weights = weight.map((value) => value / images);
  const loss = (params: P) => lossOf(setup, predictX0(setup.model, params, xa, levels, { labels, levelsEnd }), x0, weights);
  return valueAndGrad(loss, state.student, { ...options, reuse: options.addTo ? undefined : state.gradBuffer });
}

/** Apply the gradients of a batch: one fused update of student, moments and averages. Consumes state and gradients; hands the loss on. */
export function distillUpdate<P extends Tree<Tensor>>(
  setup: DistillSetup<P>,
  state: DistillState<P>,
  { value: loss, grads }: ValueAndGrads<P>,
): StepResult<DistillState<P>> {
  const { optimizerSteps: updates, student, moments, studentEma, selfTeacher } = state;
  const emaRates = [setup.emas[state.phase].rate(updates + 1)];
  const { state: next, gradNorm } = adam({ ...setup.adam, clipNorm: setup.clipNorm }).update(
    { updates, params: student, moments, averages: selfTeacher ? [studentEma, selfTeacher] : [studentEma] },
    grads,
    {
      learningRate: setup.learningRate * setup.lrSchedule(phaseProgress(state.step / setup.totalSteps, setup.phaseFractions)),
      averageRates: selfTeacher ? [...emaRates, emaRate(setup.selfTeacherMomentum, updates + 1)] : emaRates,
    },
  );
  const [ema, fast] = next.averages;
  const trees = { student: next.params, moments: next.moments, studentEma: ema, ...(selfTeacher && { selfTeacher: fast }) };
  const counters = { step: state.step + 1, optimizerSteps: next.updates };
  const teacher = asStore(state.teacher); // one that was uploaded leaf by leaf
  return { state: { ...state, ...counters, ...trees, teacher, gradBuffer: reusable(grads) }, loss, gradNorm };
}

function lossOf<P>(
  { huberWidth, huberOver, clip, clipStudent }: DistillSetup<P>,
  predicted: Tensor,
  target: Tensor,
  weights: readonly number[],
): Tensor {
  return scope(() => {
    const shown = clipStudent && clip !== 'none' ? clamp(predicted, ...imageRange, { straightThrough: true }) : predicted;
    if (huberWidth === 0) return squaredError(shown, target, weights);
    return pseudoHuberError(shown, target, weights, { width: huberWidth, over: huberOver });
  });
}
