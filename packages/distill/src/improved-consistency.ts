import { inverseStepWeight, lognormalIntervals } from '@tract/schedules/training';
import { randomUniforms } from '@tract/tensor';
import { requireOneStep } from './consistency.js';
import { streams } from './streams.js';
import type { DrawContext, Jump, TargetRule } from './target-rule.js';
import { twoPredictions } from './two-predictions.js';

export type ImprovedConsistencyOptions = {
  /** Steps of the grid at the start, s0 in the source; they double to the phase's `teacherSteps`, s1 there, 1,280. Default: 10. */
  readonly from?: number;
  /** Mean and standard deviation of ln sigma, between whose quantiles steps are drawn. Default: −1.1 and 2. */
  readonly mean?: number;
  readonly sd?: number;
};

/**
 * Make the rule of improved consistency training (iCT): no teacher and no average, the student itself predicts at b, along the noise that was added. Sources
 * in Song & Dhariwal 2023: the target is the student's, Section 3.2; loss weight 1 / (s(a) − s(b)), Section 3.3; steps that double, Section 3.4, Eq. 4;
 * steps drawn by a discrete lognormal, Section 3.5, Eq. 5; pseudo-Huber loss of a whole image's difference, width 0.00054·√d of d numbers, Section 3.3:
 * the default is CIFAR-10's. The loss here is 2·width times theirs, which Adam does not see.
 *
 * @throws RangeError when from is no whole number ≥ 1.
 */
export function improvedConsistencyTraining({ from = 10, mean = -1.1, sd = 2 }: ImprovedConsistencyOptions = {}): TargetRule {
  if (!(Number.isInteger(from) && from >= 1))
    throw new RangeError(`improvedConsistencyTraining: from must be a whole number ≥ 1, got ${from}`);
  const draw = ({ phase, progress, gridOf, count, seed, step, highNoiseFraction }: DrawContext): Jump[] => {
    requireOneStep('improvedConsistencyTraining', phase);
    requireNoFraction('improvedConsistencyTraining', highNoiseFraction);
    const doublings = Math.max(0, Math.floor(Math.log2(phase.teacherSteps / from)));
    const steps = Math.min(from * 2 ** Math.floor(progress * (doublings + 1)), phase.teacherSteps);
    const [clean, ...levels] = gridOf(steps + 1).levels;
    const fractions = lognormalIntervals(
      levels.map(({ alpha, sigma }) => sigma / alpha),
      { mean, sd },
    );
    return Array.from({ length: count }, (_, sample) => {
      const [u] = randomUniforms({ seed, step, stream: streams.distillDraw, sample }, 1);
      const drawn = fractions.findIndex((fraction) => u <= fraction);
      return { a: levels[drawn + 1], b: levels[drawn], c: clean };
    });
  };
  return twoPredictions({
    ...{ name: 'improved-consistency-training', first: 'data', second: 'student', clip: 'none', draw },
    lossWeight: inverseStepWeight,
    defaults: { huberWidth: 0.03, huberOver: 'samples' },
  });
}

/** @throws RangeError for a fraction of noisy start points, which a rule with a draw of its own does not know. */
export function requireNoFraction(name: string, highNoiseFraction: number | undefined): void {
  if (highNoiseFraction !== undefined) throw new RangeError(`${name}: draws noise levels of its own; leave highNoiseFraction out`);
}
