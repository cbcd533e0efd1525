import { type Moments, zeroMoments } from '@tract/optim';
import { copyTree, dispose, type Tensor, type Tree } from '@tract/tensor';
import type { DistillSetup } from './distill-setup.js';
import { phaseAt } from './phases.js';

/**
 * State of a distillation between two steps, as a value: three counters and trees of parameters. All trees have the form of the teacher's and
 * own their tensors; `dispose(state)` frees them.
 *
 * Functions that return a next state consume the one they were given: its tensors are updated in place or freed. Keep a copy of what
 * you still need.
 */
export type DistillState<P> = {
  /** Steps done since the beginning; keys all randomness. */
  readonly step: number;
  /** Index into the setup's phases. */
  readonly phase: number;
  /** Updates done since student and averages were last (re)started; Adam and the averages correct their bias by it. */
  readonly optimizerSteps: number;
  readonly student: P;
  readonly moments: Moments<P>;
  /** Slow average that is sampled and scored. */
  readonly studentEma: P;
  /** Fast average that makes targets; only where the rule has a use for it. */
  readonly selfTeacher?: P;
  readonly teacher: P;
  /** Gradients of the step before, where the backend writes the next ones over them. Only memory: nothing depends on their values. */
  readonly gradBuffer?: P;
};

/** Make the state before the first step: student and averages are copies of the teacher. The teacher's tensors stay the caller's. */
export function initDistillation<P extends Tree<Tensor>>(setup: DistillSetup<P>, teacher: P): DistillState<P> {
  return { step: 0, phase: 0, ...freshStudent(setup, teacher), teacher: copyTree(teacher) };
}

/**
 * Move on to the phase that the state's step belongs to; gives the same state when it is there already. Entering a phase, the sampling
 * average becomes the teacher. Student, Adam's moments and both averages go on, or with `reinitStudent` begin anew from the new teacher.
 * Consumes the state.
 *
 * @throws RangeError when the step lies outside the run or before the state's phase.
 */
export function advancePhase<P extends Tree<Tensor>>(setup: DistillSetup<P>, state: DistillState<P>): DistillState<P> {
  const due = phaseDue(setup, state);
  if (due < state.phase) {
    throw new RangeError(
      `advancePhase: step ${state.step} belongs to phase ${due}, but the state is in phase ${state.phase}; resume with the setup it was made with`,
    );
  }
  return due === state.phase ? state : enterPhase(setup, state, due);
}

/** Find the phase that the next step of a state belongs to. @throws RangeError when the step lies outside the run. */
export function phaseDue<P>({ totalSteps, phaseFractions }: DistillSetup<P>, { step }: DistillState<P>): number {
  if (step > totalSteps) {
    throw new RangeError(`advancePhase: the run has ${totalSteps} steps, the state is at step ${step}; set up a longer run`);
  }
  return phaseAt(step / totalSteps, phaseFractions);
}

function enterPhase<P extends Tree<Tensor>>(setup: DistillSetup<P>, state: DistillState<P>, phase: number): DistillState<P> {
  dispose(state.teacher);
  if (!setup.reinitStudent) return { ...state, phase, teacher: copyTree(state.studentEma) };
  const { step, studentEma: teacher, ...replaced } = state;
  dispose([replaced.student, replaced.moments, replaced.selfTeacher, replaced.gradBuffer]);
  return { step, phase, ...freshStudent(setup, teacher), teacher };
}

function freshStudent<P extends Tree<Tensor>>({ rule }: DistillSetup<P>, teacher: P) {
  const copy = () => copyTree(teacher);
  const averages = rule.usesSelfTeacher ? { studentEma: copy(), selfTeacher: copy() } : { studentEma: copy() };
  return { optimizerSteps: 0, student: copy(), moments: zeroMoments(teacher), ...averages };
}
