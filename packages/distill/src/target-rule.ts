import type { LossWeight, NoiseLevel } from '@tract/schedules';
import type { Phase } from './phases.js';

/** Where one training image sits: the student jumps from index a to c; the teacher steps from a to b. c ≤ b < a. */
export type Jump = { readonly a: number; readonly b: number; readonly c: number };

/** What is drawn for one training image: its group, 1 ... studentSteps, and how many teacher steps below the group's start, 0 ... positions − 1. */
export type Draw = { readonly group: number; readonly semi: number };

/**
 * A way to make the student's target out of two predictions: the teacher's at a, and a second one at b, where the teacher's step
 * landed. target = share·x0Teacher + (1 − share)·x0Second.
 */
export type TargetRule = {
  readonly name: string;
  /** Who predicts at b. With 'selfTeacher', training keeps that fast average of the student. */
  readonly second: 'teacher' | 'selfTeacher';
  /** Bounds of both predictions; absent when they are used as they are. */
  readonly clip?: readonly [low: number, high: number];
  /**
   * How many positions inside a group a training image may start from.
   *
   * @throws RangeError when the rule cannot do the phase.
   */
  positions(phase: Phase): number;
  /** The weight of the teacher's prediction; `jump` is there for what depends on the index. */
  share(a: NoiseLevel, b: NoiseLevel, c: NoiseLevel, jump: Jump): number;
  /** The weight of the squared error of x0 at level a. */
  readonly lossWeight: LossWeight;
};

/** The jump that a draw stands for. */
export function jumpOf({ stride, jump }: Phase, { group, semi }: Draw): Jump {
  const a = group * jump - semi * stride;
  return { a, b: a - stride, c: (group - 1) * jump };
}
