import { power } from '@tract/schedules';
import { inverseStepWeight, lognormalLevel } from '@tract/schedules/training';
import { randomUniforms } from '@tract/tensor';
import { requireOneStep } from './consistency.js';
import { requireNoFraction } from './improved-consistency.js';
import { streams } from './streams.js';
import type { DrawContext, Jump, TargetRule } from './target-rule.js';
import { twoPredictions } from './two-predictions.js';

export type EasyConsistencyOptions = {
  /** Factor by which steps shrink from stage to stage, > 1. Default: 2. */
  readonly q?: number;
  /** Number of stages in a phase. Default: 8: in the source's run a stage is 250 ticks of 2,000. */
  readonly stages?: number;
  /** Height and slope of the sigmoid that widens the steps at low noise. Default: 8 and 1. */
  readonly k?: number;
  readonly b?: number;
  /** Mean and standard deviation of ln sigma. Default: −1.1 and 2. */
  readonly mean?: number;
  readonly sd?: number;
};

/**
 * Make the rule of easy consistency tuning (ECT): a diffusion model becomes a consistency model as the step between two predictions of its own shrinks, from
 * a whole jump, which is plain denoising, to almost nothing. Levels are continuous: ln s(a) ~ N(mean, sd²), s(b) = s(a)·(1 − n / q^stage), where that is
 * above 0, n = 1 + k·sigmoid(−b·s(a)), stages counted from 1. Where it is not, the target is the image. Loss weight 1 / (s(a) − s(b)), on the length of a whole
 * image's difference: here a pseudo-Huber loss of width 1e-3. Source: Geng et al. 2024, Section 3 and the published code for CIFAR-10.
 *
 * @throws RangeError when q is not > 1 or stages is no whole number ≥ 1.
 */
export function easyConsistencyTuning(options: EasyConsistencyOptions = {}): TargetRule {
  const { q = 2, stages = 8, k = 8, b: slope = 1, mean = -1.1, sd = 2 } = options;
  if (!(q > 1 && Number.isInteger(stages) && stages >= 1))
    throw new RangeError(`easyConsistencyTuning: needs q > 1 and a whole number of stages ≥ 1, got ${q}, ${stages}`);
  const draw = ({ phase, progress, grid: { levels }, count, seed, step, highNoiseFraction }: DrawContext): Jump[] => {
    requireOneStep('easyConsistencyTuning', phase);
    requireNoFraction('easyConsistencyTuning', highNoiseFraction);
    const [clean] = levels;
    if (!(clean.sigma === 0 && levels.every(({ alpha }) => alpha === 1)))
      throw new RangeError("easyConsistencyTuning: needs EDM's noise levels, alpha = 1 from sigma 0 on; use a teacher that has them");
    const stage = 1 + Math.floor(progress * stages);
    return Array.from({ length: count }, (_, sample) => {
      const [u] = randomUniforms({ seed, step, stream: streams.distillDraw, sample }, 1);
      const a = lognormalLevel(u, { mean, sd });
      const n = 1 + k / (1 + Math.exp(slope * a.sigma));
      const sigma = a.sigma * (1 - n / power(q, stage));
      return { a, b: sigma > 0 ? { alpha: 1, sigma } : clean, c: clean };
    });
  };
  return twoPredictions({
    ...{ name: 'easy-consistency-tuning', first: 'data', second: 'student', clip: 'none', draw },
    lossWeight: inverseStepWeight,
    defaults: { huberWidth: 1e-3, huberOver: 'samples' },
  });
}
