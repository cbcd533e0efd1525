import type { LossWeight, NoiseLevel } from '@tract/schedules';
import type { Phase } from './phases.js';

/** Where one training image sits: the student jumps from index a to c; the teacher steps from a to b. c ≤ b < a. */
export type Jump = { readonly a: number; readonly b: number; readonly c: number };

/** What is drawn for one training image: its group, 1 ... studentSteps, and how many teacher steps below the group's start, 0 ... positions − 1. */
export type Draw = { readonly group: number; readonly semi: number };

/** What the predictions that make a target are clipped to, where a rule clips them: the range of images. */
export const imageRange = [-1, 1] as const;

/**
 * A way to make the student's target out of two predictions: a first one for the step from a to b, and a second one at b, where that step
 * landed. target = share·x0First + (1 − share)·x0Second.
 */
export type TargetRule = {
  readonly name: string;
  /**
   * What the step from a to b goes by: the teacher's prediction at a, as DDIM does; the mixture of its predictions at a and at b that Heun's
   * step comes to, two calls; or the training image itself, which needs no teacher.
   */
  readonly first: 'ddim' | 'heun' | 'data';
  /** Who predicts at b. With 'selfTeacher', training keeps that fast average of the student. */
  readonly second: 'teacher' | 'selfTeacher';
  /** Which predictions are clipped to [−1, 1]. */
  readonly clip: 'none' | 'second' | 'both';
  /**
   * How many positions inside a group a training image may start from.
   *
   * @throws RangeError when the rule cannot do the phase.
   */
  positions(phase: Phase): number;
  /**
   * Steps of the teacher at this progress of the phase, in [0, 1), where they change; a multiple of the phase's studentSteps and a divisor of its
   * teacherSteps.
   */
  teacherSteps?(phase: Phase, progress: number): number;
  /** The weight of the first prediction; `jump` is there for what depends on the index. */
  share(a: NoiseLevel, b: NoiseLevel, c: NoiseLevel, jump: Jump): number;
  /** The weight of the squared error of x0 at level a. */
  readonly lossWeight: LossWeight;
};

/** The jump that a draw stands for. */
export function jumpOf({ stride, jump }: Phase, { group, semi }: Draw): Jump {
  const a = group * jump - semi * stride;
  return { a, b: a - stride, c: (group - 1) * jump };
}
