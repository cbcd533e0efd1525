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
import { type Batch, noiseOf, partOf, requireBatch } from './batch.js';
import type { DistillSetup } from './distill-setup.js';
import { advancePhase, type DistillState } from './distill-state.js';
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
 * One distillation step: moves on to the next phase when it is time, makes the target and updates the student towards it. Consumes the state.
 *
 * @throws RangeError when the run is over, or the batch does not fit.
 */
export function distillStep<P extends Tree<Tensor>>(
  setup: DistillSetup<P>,
  state: DistillState<P>,
  batch: DistillBatch,
): StepResult<DistillState<P>> {
  if (state.step >= setup.updates) throw new RangeError(`distillStep: the run's ${setup.updates} updates are done`);
  requireBatch('distillStep', batch, { draws: batch.draws?.length }); // before the state is consumed
  const images = batch.x0.shape[0];
  requireParts('distillStep', images, setup.accumulate);
  const current = advancePhase(setup, state);
  const draws = drawsOf(setup, current, batch);
  return scope(() => {
    const gradients = accumulated<P>(images, setup.accumulate, (part, options) => {
      const noise = noiseOf(batch, noiseKey(setup, current), part);
      const piece = partOf({ ...batch, draws, noise: undefined }, part);
      const goal = distillTarget(setup, current, { ...piece, noise });
      return studentGradients(setup, current, goal, { ...options, labels: piece.labels });
    });
    return updateStudent(setup, current, gradients);
  });
}

/** The first half of a step: batch → levels and weights → first prediction at a → second prediction at b → target. Leaves the state as it is. */
export function distillTarget<P extends Tree<Tensor>>(setup: DistillSetup<P>, state: DistillState<P>, batch: DistillBatch): DistillTarget {
  const { model, process, rule } = setup;
  requireBatch('distillTarget', batch, { draws: batch.draws?.length });
  const { x0, labels } = batch;
  const plan = planStep(process, rule, phaseNow(setup, state), drawsOf(setup, state, batch));

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
    const eps = noiseOf(batch, noiseKey(setup, state));
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

/** The second half: student at a → loss and gradients → one fused update of student, moments and averages. Consumes the state. */
export function studentStep<P extends Tree<Tensor>>(
  setup: DistillSetup<P>,
  state: DistillState<P>,
  goal: DistillTarget,
  labels?: readonly number[],
): StepResult<DistillState<P>> {
  return updateStudent(setup, state, studentGradients(setup, state, goal, { labels }));
}

type GradientOptions<P> = { readonly labels?: readonly number[]; readonly share?: number; readonly addTo?: P };

/** Of the loss of images that are this share of their batch. Consumes what there is to add to, or else the state's spare gradients. */
function studentGradients<P extends Tree<Tensor>>(
  setup: DistillSetup<P>,
  state: DistillState<P>,
  { plan, xa, target }: DistillTarget,
  { labels, share = 1, addTo }: GradientOptions<P>,
): ValueAndGrads<P> {
  const weights = plan.lossWeights.map((weight) => weight * share);
  const loss = (params: P) => lossOf(setup, predictX0(setup.model, params, xa, plan.levelsA, { labels }), target, weights);
  return valueAndGrad(loss, state.student, addTo ? { addTo } : { into: state.spareGrads });
}

/** Consumes the state and the gradients; the loss is handed on. */
function updateStudent<P extends Tree<Tensor>>(
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
