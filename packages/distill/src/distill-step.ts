import { emaRate, fusedUpdate } from '@tract/optim';
import { clamp, combine, dispose, pseudoHuberError, scope, squaredError, type Tensor, type Tree, valueAndGrad } from '@tract/tensor';
import { type Batch, noiseOf, requireBatch } from './batch.js';
import type { DistillSetup } from './distill-setup.js';
import { advancePhase, type DistillState } from './distill-state.js';
import { phaseProgress } from './phases.js';
import { predictX0 } from './prediction.js';
import { addNoise } from './process.js';
import { drawJumps, planStep, type StepPlan } from './step-plan.js';
import { streams } from './streams.js';
import type { Draw } from './target-rule.js';

/** One batch. Without `noise` and `draws` they are drawn: a function of the setup's seed, the state's step and the place in the batch. */
export type DistillBatch = Batch & { readonly draws?: readonly Draw[] };

/** What the student is asked for. The caller owns the three tensors, each [B,H,W,C]. */
export type DistillTarget = {
  readonly plan: StepPlan;
  /** The noisy images at level a that teacher and student see. */
  readonly xa: Tensor;
  /** Where the teacher's step landed. */
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
  const current = advancePhase(setup, state);
  const goal = distillTarget(setup, current, batch);
  const result = studentStep(setup, current, goal, batch.labels);
  dispose([goal.xa, goal.xb, goal.target]);
  return result;
}

/** The first half of a step: batch → levels and weights → teacher at a → second prediction at b → target. Leaves the state as it is. */
export function distillTarget<P extends Tree<Tensor>>(setup: DistillSetup<P>, state: DistillState<P>, batch: DistillBatch): DistillTarget {
  const { model, process, rule, seed } = setup;
  requireBatch('distillTarget', batch, { draws: batch.draws?.length });
  const { x0, labels } = batch;
  const phase = setup.phases[state.phase];
  const draws = batch.draws ?? drawJumps(rule, phase, { seed, step: state.step }, x0.shape[0]);
  const plan = planStep(process, rule, phase, draws);

  const frozenX0: typeof predictX0<P> = (...prediction) =>
    scope(() => {
      const predicted = predictX0(...prediction);
      return rule.clip ? clamp(predicted, ...rule.clip) : predicted;
    });

  const tensors = scope(() => {
    const eps = noiseOf(batch, { seed, stream: streams.distillNoise, step: state.step });
    const xa = addNoise(x0, eps, plan.levelsA);
    const first = frozenX0(model, state.teacher, xa, plan.levelsA, labels);
    const xb = combine([
      [plan.keepXt, xa],
      [plan.addX0, first],
    ]);
    const second = frozenX0(model, secondTeacher(setup, state), xb, plan.levelsB, labels);
    const target = combine([
      [plan.teacherShare, first],
      [plan.secondShare, second],
    ]);
    return { xa, xb, target };
  });
  return { plan, ...tensors };
}

/** The second half: student at a → loss and gradients → one fused update of student, moments and averages. Consumes the state. */
export function studentStep<P extends Tree<Tensor>>(
  setup: DistillSetup<P>,
  state: DistillState<P>,
  { plan, xa, target }: DistillTarget,
  labels?: readonly number[],
): StepResult<DistillState<P>> {
  const { value: loss, grads } = valueAndGrad(
    (params: P) => lossOf(setup, predictX0(setup.model, params, xa, plan.levelsA, labels), target, plan.lossWeights),
    state.student,
  );
  const { student, studentEma, ...rest } = state;
  const { state: next, gradNorm } = fusedUpdate({ ...rest, params: student, ema: studentEma }, grads, {
    learningRate: setup.learningRate * setup.schedule(phaseProgress(state.step / setup.updates, setup.shares)),
    clipNorm: setup.clipNorm,
    selfTeacherRate: state.selfTeacher && emaRate(setup.selfTeacherMomentum, state.updates + 1),
    emaRate: emaRate(setup.emaMomenta[state.phase], state.updates + 1),
  });
  dispose(grads);
  const { params, ema, ...kept } = next;
  return { state: { ...kept, step: state.step + 1, student: params, studentEma: ema }, loss, gradNorm };
}

function lossOf<P>(
  { huberWidth, rule, clipStudent }: DistillSetup<P>,
  predicted: Tensor,
  target: Tensor,
  weights: readonly number[],
): Tensor {
  return scope(() => {
    const shown = clipStudent && rule.clip ? clamp(predicted, ...rule.clip, { straightThrough: true }) : predicted;
    return huberWidth === undefined ? squaredError(shown, target, weights) : pseudoHuberError(shown, target, weights, huberWidth);
  });
}

function secondTeacher<P>({ rule }: DistillSetup<P>, state: DistillState<P>): P {
  if (rule.second === 'teacher') return state.teacher;
  if (state.selfTeacher === undefined)
    throw new TypeError(`distillTarget: the rule ${rule.name} needs a state with a selfTeacher, got none`);
  return state.selfTeacher;
}
