import { power } from '@tract/schedules';
import { snrPlusOneWeight } from '@tract/schedules/training';
import type { TargetRule } from './target-rule.js';
import { twoPredictions } from './two-predictions.js';

export type MultistepConsistencyOptions = {
  /** Steps of the teacher at the start; they grow to the phase's `teacherSteps`. Default: 64. */
  readonly from?: number;
  /** Fraction of a phase in which they grow, in (0, 1]. Default: 0.5. */
  readonly until?: number;
};

/**
 * Make the rule of multistep consistency distillation: TRACT's target with teacher steps that shrink as the student learns, and self-teacher momentum 0.
 * The steps grow geometrically over the divisors of the phase's. Source: Heek et al. 2024, Algorithm 1: 64 to 1,280 over half of the run.
 *
 * @throws RangeError when until is not in (0, 1] or from is not ≥ 1.
 */
export function multistepConsistency({ from = 64, until = 0.5 }: MultistepConsistencyOptions = {}): TargetRule {
  if (!(until > 0 && until <= 1 && from >= 1))
    throw new RangeError(`multistepConsistency: needs from ≥ 1 and until in (0, 1], got ${from}, ${until}`);
  return twoPredictions({
    ...{ name: 'multistep-consistency', first: 'ddim', second: 'selfTeacher', clip: 'both' },
    teacherSteps: ({ teacherSteps, studentSteps }, progress) => {
      const wanted = from * power(teacherSteps / from, Math.min(1, progress / until));
      const fits = (steps: number) => steps >= studentSteps && teacherSteps % steps === 0 && steps % studentSteps === 0;
      const steps = Array.from({ length: teacherSteps }, (_, i) => i + 1).filter(fits);
      return steps.findLast((candidate) => candidate <= wanted * (1 + 1e-9)) ?? steps[0];
    },
    lossWeight: snrPlusOneWeight,
    defaults: { selfTeacherMomentum: 0 },
  });
}
