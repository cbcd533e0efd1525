import { snrPlusOneWeight, teacherShare, uniformWeight } from '@tract/schedules';
import type { Phase } from './phases.js';
import type { TargetRule } from './target-rule.js';

const positions = ({ teacherSteps, studentSteps }: Phase): number => teacherSteps / studentSteps;

/**
 * Consistency distillation: wherever the teacher's step lands, the student's average should predict the same image as the student did before it. It is
 * TRACT's single phase N → 1, since a jump to the clean end is the prediction itself. The source's self-teacher momentum is 0.95, its grid EDM's.
 * Source: Song et al. 2023, Algorithm 2.
 */
export const consistencyDistillation = ({ teacher = 'heun' }: { readonly teacher?: 'heun' | 'ddim' } = {}): TargetRule => ({
  name: 'consistency-distillation',
  first: teacher,
  second: 'selfTeacher',
  clip: 'none',
  positions: (phase) => {
    if (phase.studentSteps === 1) return positions(phase);
    throw new RangeError(`consistency: the student must have 1 step, got ${phase.studentSteps}; multistepConsistency takes more`);
  },
  share: teacherShare,
  lossWeight: uniformWeight,
});

/**
 * Consistency training: no teacher; the step from a to b goes along the noise that was added. Song & Dhariwal 2023 found a self-teacher momentum of 0 and
 * a pseudo-Huber loss over whole images best (`huberOver: 'samples'`, width 0.00054·√pixels). Source: Song et al. 2023, Algorithm 3.
 */
export const consistencyTraining: TargetRule = { ...consistencyDistillation(), name: 'consistency-training', first: 'data' };

export type MultistepConsistencyOptions = {
  /** Steps of the teacher at the start; they grow to the phase's `teacherSteps`. */
  readonly from?: number;
  /** The part of a phase in which they grow. */
  readonly until?: number;
};

/**
 * Multistep consistency distillation: TRACT's target with teacher steps that shrink as the student learns, and with self-teacher momentum 0, to be set with
 * it. The steps grow geometrically over the divisors of the phase's. Source: Heek et al. 2024, Algorithm 1: 64 to 1,280 over half of the run.
 *
 * @throws RangeError when until is not in (0, 1] or from is not ≥ 1.
 */
export function multistepConsistency({ from = 64, until = 0.5 }: MultistepConsistencyOptions = {}): TargetRule {
  if (!(until > 0 && until <= 1 && from >= 1))
    throw new RangeError(`multistepConsistency: needs from ≥ 1 and until in (0, 1], got ${from}, ${until}`);
  return {
    ...{ name: 'multistep-consistency', first: 'ddim', second: 'selfTeacher', clip: 'both' },
    positions,
    teacherSteps: ({ teacherSteps, studentSteps }, progress) => {
      const wanted = from * (teacherSteps / from) ** Math.min(1, progress / until);
      const fits = (steps: number) => steps >= studentSteps && teacherSteps % steps === 0 && steps % studentSteps === 0;
      const steps = Array.from({ length: teacherSteps }, (_, i) => i + 1).filter(fits);
      return steps.findLast((candidate) => candidate <= wanted * (1 + 1e-9)) ?? steps[0];
    },
    share: teacherShare,
    lossWeight: snrPlusOneWeight,
  };
}
