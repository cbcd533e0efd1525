import { vpGrid } from '@tract/schedules';
import { teacherShare } from '@tract/schedules/training';

/** A phase of the method: a teacher of so many steps becomes a student of fewer. */
export type IdeaPhase = { readonly teacherSteps: number; readonly studentSteps: number };

/** How the target of one start point comes about. Places count steps of the teacher, from the noise, 0, to the image. */
export type IdeaTarget = {
  /** Where the student jumps from, where the teacher's one step leads, and the end of the group. */
  readonly from: number;
  readonly next: number;
  readonly end: number;
  /** Number of the group, from 0 at the noise, and steps in it. */
  readonly group: number;
  readonly steps: number;
  /** Share of the target that is the teacher's prediction, in [0, 1]; the rest is the self-teacher's. Source: TRACT, Eq. 5 to 7. */
  readonly share: number;
};

/** Return the target at a place in [0, teacherSteps). */
export function targetAt({ teacherSteps, studentSteps }: IdeaPhase, from: number): IdeaTarget {
  const steps = teacherSteps / studentSteps;
  const group = Math.floor(from / steps);
  const [next, end] = [from + 1, (group + 1) * steps];
  const levels = vpGrid(teacherSteps);
  return { from, next, end, group, steps, share: teacherShare(levels[from], levels[next], levels[end]) };
}
