import { emaRate, fusedUpdate } from '@tract/optim';
import {
  clamp,
  combine,
  type NoiseKey,
  pseudoHuberError,
  scope,
  spare,
  squaredError,
  type Tensor,
  type Tree,
  type ValueAndGrads,
  valueAndGrad,
} from '@tract/tensor';
import { accumulated, requireParts } from './accumulate.js';
import { type Batch, drawNoise, partOf, requireBatch, wholeOf } from './batch.js';
import type { DistillSetup } from './distill-setup.js';
import { advancePhase, type DistillState, phaseDue } from './distill-state.js';
import { type Phase, phaseProgress } from './phases.js';
import { predictX0 } from './prediction.js';
import { addNoise } from './process.js';
import { drawJumps, planStep, type StepPlan } from './step-plan.js';
import { streams } from './streams.js';
import { type Draw, imageRange } from './target-rule.js';

/** One batch. Without `noise` and `draws` they are drawn: a function of the setup's seed, the state's step and the place in the batch. */
export type DistillBatch = Batch & { readonly draws?: readonly Draw[] };

/** What the student is asked for. The caller owns the three tensors, each [B,H,W,C]. */
export type DistillTarget = {
  readonly plan: StepPlan;
  /** The noisy images at level a that teacher and student see. */
  readonly xa: Tensor;
  /** Where the first step landed. */
  readonly xb: Tensor;
  /** The clean images that the student should predict at xa. */
  readonly target: Tensor;
};

/** The state after a step, and two scalars to read or dispose: the loss and the gradient's norm before clipping. */
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
  return distillUpdate(setup, current, gradientsOf(setup, current, batch));
}

/**
 * Compute the loss of a batch and its gradients for the student: make the target of each microbatch, compare. Leaves the state usable, but consumes its spare
 * gradients.
 *
 * @throws RangeError when the run is over, the batch does not fit, or the state should be in another phase.
 */
export function distillGradients<P extends Tree<Tensor>>(
  setup: DistillSetup<P>,
  state: DistillState<P>,
  batch: DistillBatch,
): ValueAndGrads<P> {
  requireStep('distillGradients', setup, state, batch);
  if (phaseDue(setup, state) !== state.phase)
    throw new RangeError('distillGradients: the state is due for another phase; call advancePhase first');
  return gradientsOf(setup, state, batch);
}

function requireStep<P>(name: string, setup: DistillSetup<P>, state: DistillState<P>, batch: DistillBatch): void {
  if (state.step >= setup.updates) throw new RangeError(`${name}: the run's ${setup.updates} updates are done`);
  requireBatch(name, batch, { draws: batch.draws?.length });
  requireParts(name, batch.x0.shape[0], setup.accumulate);
}

function gradientsOf<P extends Tree<Tensor>>(setup: DistillSetup<P>, state: DistillState<P>, batch: DistillBatch): ValueAndGrads<P> {
  const images = batch.x0.shape[0];
  const draws = drawsOf(setup, state, batch);
  return accumulated<P>(images, setup.accumulate, (part, addTo) => {
    const own = partOf({ ...batch, draws }, part);
    const target = targetOf(setup, state, { ...own, noise: own.noise ?? drawNoise(batch, noiseKey(setup, state), part), draws: own.draws });
    return studentGradients(setup, state, target, { labels: own.labels, images, addTo });
  });
}

/** The first half of a step: batch → levels and weights → first prediction at a → second prediction at b → target. Leaves the state as it is. */
export function distillTarget<P extends Tree<Tensor>>(setup: DistillSetup<P>, state: DistillState<P>, batch: DistillBatch): DistillTarget {
  requireBatch('distillTarget', batch, { draws: batch.draws?.length });
  return scope(() => {
    const noise = batch.noise ?? drawNoise(batch, noiseKey(setup, state), wholeOf(batch));
    return targetOf(setup, state, { ...batch, noise, draws: drawsOf(setup, state, batch) });
  });
}

/** Make the target of a batch with nothing left to draw. */
function targetOf<P extends Tree<Tensor>>(
  setup: DistillSetup<P>,
  state: DistillState<P>,
  { x0, labels, noise: eps, draws }: DistillBatch & Required<Pick<DistillBatch, 'noise' | 'draws'>>,
): DistillTarget {
  const { model, process, rule } = setup;
  const plan = planStep(process, rule, phaseNow(setup, state), draws);

  const predict = (params: P, xt: Tensor, levels: StepPlan['levelsA'], clip: boolean): Tensor =>
    scope(() => {
      const predicted = predictX0(model, params, xt, levels, { labels });
      return clip ? clamp(predicted, ...imageRange) : predicted;
    });
  const teacher = (xt: Tensor, levels: StepPlan['levelsA']) => predict(state.teacher, xt, levels, rule.clip === 'both');
  const towardsB = (xa: Tensor, x0First: Tensor): Tensor =>
    combine([
      [plan.keepXt, xa],
      [plan.addX0, x0First],
    ]);

  const tensors = scope(() => {
    const xa = addNoise(x0, eps, plan.levelsA);
    const atA = rule.first === 'data' ? x0 : teacher(xa, plan.levelsA);
    const first = rule.first === 'heun' ? heunMixture(plan, atA, teacher(towardsB(xa, atA), plan.secondLevels)) : atA;
    const xb = towardsB(xa, first);
    const second = predict(secondTeacher(setup, state), xb, plan.secondLevels, rule.clip !== 'none');
    const target = combine([
      [plan.teacherShare, first],
      [plan.secondShare, second],
    ]);
    return { xa, xb, target };
  });
  return { plan, ...tensors };
}

const drawsOf = <P>(setup: DistillSetup<P>, state: DistillState<P>, { x0, draws }: DistillBatch): readonly Draw[] =>
  draws ?? drawJumps(setup.rule, phaseNow(setup, state), { seed: setup.seed, step: state.step }, x0.shape[0], setup.noisyShare);

const noiseKey = <P>({ seed }: DistillSetup<P>, { step }: DistillState<P>): NoiseKey => ({ seed, stream: streams.distillNoise, step });

/** The phase the state is in, with as many steps of its teacher as the rule has for this moment. */
function phaseNow<P>({ phases, rule, updates, shares }: DistillSetup<P>, { phase: index, step }: DistillState<P>): Phase {
  const phase = phases[index];
  if (rule.teacherSteps === undefined) return phase;
  const teacherSteps = rule.teacherSteps(phase, phaseProgress(step / updates, shares));
  return { ...phase, teacherSteps, stride: (phase.stride * phase.teacherSteps) / teacherSteps };
}

const heunMixture = ({ heunShare }: StepPlan, atA: Tensor, atB: Tensor): Tensor =>
  combine([
    [heunShare.map((share) => 1 - share), atA],
    [heunShare, atB],
  ]);

export type GradientOptions<P> = {
  readonly labels?: readonly number[];
  /** Images of the whole batch, over which the loss is averaged. Default: those of the target. */
  readonly images?: number;
  /** Gradients to add to, which are consumed. */
  readonly addTo?: P;
};

/**
 * Compute the loss of the student at xa against a target, summed over pixels and averaged over images, and its gradients. Consumes `addTo`, or else the
 * state's spare gradients.
 */
export function studentGradients<P extends Tree<Tensor>>(
  setup: DistillSetup<P>,
  state: DistillState<P>,
  { plan, xa, target }: DistillTarget,
  { labels, images = xa.shape[0], addTo }: GradientOptions<P> = {},
): ValueAndGrads<P> {
  const weights = plan.lossWeights.map((weight) => weight / images);
  const loss = (params: P) => lossOf(setup, predictX0(setup.model, params, xa, plan.levelsA, { labels }), target, weights);
  return valueAndGrad(loss, state.student, addTo ? { addTo } : { into: state.spareGrads });
}

/** Apply the gradients of a batch: one fused update of student, moments and averages. Consumes state and gradients; hands the loss on. */
export function distillUpdate<P extends Tree<Tensor>>(
  setup: DistillSetup<P>,
  state: DistillState<P>,
  { value: loss, grads }: ValueAndGrads<P>,
): StepResult<DistillState<P>> {
  const { student, studentEma, ...rest } = state;
  const { state: next, gradNorm } = fusedUpdate({ ...rest, params: student, ema: studentEma }, grads, {
    learningRate: setup.learningRate * setup.schedule(phaseProgress(state.step / setup.updates, setup.shares)),
    clipNorm: setup.clipNorm,
    selfTeacherRate: state.selfTeacher && emaRate(setup.selfTeacherMomentum, state.updates + 1),
    emaRate: setup.emas[state.phase].rate(state.updates + 1),
  });
  const { params, ema, ...kept } = next;
  return { state: { ...kept, step: state.step + 1, student: params, studentEma: ema, spareGrads: spare(grads) }, loss, gradNorm };
}

function lossOf<P>(
  { huberWidth, huberOver, rule, clipStudent }: DistillSetup<P>,
  predicted: Tensor,
  target: Tensor,
  weights: readonly number[],
): Tensor {
  return scope(() => {
    const shown = clipStudent && rule.clip !== 'none' ? clamp(predicted, ...imageRange, { straightThrough: true }) : predicted;
    if (huberWidth === undefined) return squaredError(shown, target, weights);
    return pseudoHuberError(shown, target, weights, { width: huberWidth, over: huberOver });
  });
}

function secondTeacher<P>({ rule }: DistillSetup<P>, state: DistillState<P>): P {
  if (rule.second === 'teacher') return state.teacher;
  if (state.selfTeacher === undefined)
    throw new TypeError(`distillTarget: the rule ${rule.name} needs a state with a selfTeacher, got none`);
  return state.selfTeacher;
}
