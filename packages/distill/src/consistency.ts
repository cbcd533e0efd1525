import { uniformWeight } from '@tract/schedules/training';
import type { Phase } from './phases.js';
import type { TargetRule } from './target-rule.js';
import { type TwoPredictions, twoPredictions } from './two-predictions.js';

/** @throws RangeError when the student has more than one step. */
export function requireOneStep(name: string, { studentSteps }: Phase): void {
  if (studentSteps !== 1)
    throw new RangeError(`${name}: the student must have 1 step, got ${studentSteps}; multistepConsistency takes more`);
}

const consistency: Omit<TwoPredictions, 'name' | 'first'> = {
  second: 'selfTeacher',
  clip: 'none',
  offsets: (phase) => {
    requireOneStep('consistency', phase);
    return phase.teacherSteps;
  },
  lossWeight: uniformWeight,
};

/**
 * Make the rule of consistency distillation: wherever the teacher's step lands, the student's average should predict the same image as the student did
 * before it. It is TRACT's single phase N → 1, since a jump to the clean end is the prediction itself. The source's grid is EDM's.
 * Source: Song et al. 2023, Algorithm 2; momentum: Table 3.
 */
export const consistencyDistillation = ({ teacher = 'heun' }: { readonly teacher?: 'heun' | 'ddim' } = {}): TargetRule =>
  twoPredictions({ ...consistency, name: 'consistency-distillation', first: teacher, defaults: { selfTeacherMomentum: 0.95 } });

/**
 * Consistency training: no teacher; the step from a to b goes along the noise that was added. Source: Song et al. 2023, Algorithm 3; momentum: Table 3,
 * where it is the first of a schedule that `improvedConsistencyTraining` found needless.
 */
export const consistencyTraining = twoPredictions({
  ...consistency,
  name: 'consistency-training',
  first: 'data',
  defaults: { selfTeacherMomentum: 0.9 },
});
