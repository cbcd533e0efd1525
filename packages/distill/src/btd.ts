import { teacherShare, truncatedSNRWeight } from '@tract/schedules/training';
import { twoPredictions } from './two-predictions.js';

/**
 * Binary time-distillation, also called progressive distillation: one student step does two teacher steps. Every phase halves the
 * steps. Predictions are not clipped. In the interval that ends at index 0 the target is the second prediction alone: all but no noise is
 * left there, and the exact weight would only let rounding in. Source: Salimans & Ho 2022, Algorithm 2.
 */
export const btd = twoPredictions({
  name: 'btd',
  first: 'ddim',
  second: 'teacher',
  clip: 'none',
  offsets: ({ teacherSteps, studentSteps }) => {
    if (teacherSteps !== 2 * studentSteps) {
      throw new RangeError(
        `btd: each phase must halve the steps, got ${teacherSteps} to ${studentSteps}; list every halving, such as [8, 4, 2, 1]`,
      );
    }
    return 1;
  },
  firstWeight: ({ a, b, c }, { levels }) => (c.sigma === levels[0].sigma ? 0 : teacherShare(a, b, c)),
  lossWeight: truncatedSNRWeight,
});

/** List the phases of a whole distillation by halving: 8 → [8, 4, 2, 1]. @throws RangeError when steps is not a power of two ≥ 2. */
export function halvings(steps: number): number[] {
  if (!(steps >= 2 && Number.isInteger(Math.log2(steps)))) throw new RangeError(`halvings: steps must be a power of two ≥ 2, got ${steps}`);
  return Array.from({ length: Math.log2(steps) + 1 }, (_, i) => steps / 2 ** i);
}
