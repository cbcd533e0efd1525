import { ddimWeights, type NoiseLevel } from '@tract/schedules';
import { snrPlusOneWeight, teacherShare } from '@tract/schedules/training';
import { combine, randomUniforms } from '@tract/tensor';
import { requireOneStep } from './consistency.js';
import { requireNoFraction } from './improved-consistency.js';
import { streams } from './streams.js';
import type { DrawContext, Jump, RuleDefaults, Target, TargetContext, TargetRule } from './target-rule.js';

export type SplitJumpOptions = {
  /** What a jump of no length learns from: the images, or a teacher. Default: that of the rule's source. */
  readonly base?: 'data' | 'teacher';
  /** Fraction of the images, in [0, 1], that jump; the others denoise. Default: 1/4. */
  readonly jumping?: number;
};

/** Rule by which a network that is told both ends of a jump learns each jump from two of its own, and jumps of no length by denoising. */
export type SplitJump = Required<SplitJumpOptions> & {
  /** Name with a teacher; that of the rule from images alone ends in -training. */
  readonly rule: string;
  /** Network that takes the two jumps. */
  readonly splits: 'selfTeacher' | 'student';
  /** Places on a grid of `steps` steps, 0 the clean end, by uniform numbers in [0, 1). @throws RangeError when the steps do not fit. */
  readonly placesOn: (steps: number) => {
    /** Place of an image that denoises. */
    readonly still: (uniforms: readonly number[]) => number;
    /** Ends of a jump and where it splits. */
    readonly jump: (uniforms: readonly number[]) => readonly [from: number, between: number, to: number];
  };
  readonly defaults?: RuleDefaults;
};

/**
 * Make a rule of jumps that split in two. The student should jump from a to c as two jumps do, a to b and b to c, that it takes without its gradient: both are
 * linear in the predicted image, as DDIM's steps are, so that the target is a weighted average of the two predictions, on any noise levels. In velocities of
 * flow matching it is the average of the two by their lengths. A part of one step of the grid, which nothing splits, is asked for as a jump of no length.
 * Predictions are not clipped, and the loss weight is that of the velocity's error on VP levels.
 *
 * @throws RangeError when jumping is not in [0, 1].
 */
export function splitJump({ rule, base, jumping, splits, placesOn, defaults }: SplitJump): TargetRule {
  if (!(jumping >= 0 && jumping <= 1)) throw new RangeError(`${rule}: jumping must be in [0, 1], got ${jumping}`);
  return {
    ...{ name: base === 'data' ? `${rule}-training` : rule, bothEnds: true, usesSelfTeacher: splits === 'selfTeacher' },
    ...{ lossWeight: snrPlusOneWeight, clip: 'none', defaults, calls: base === 'teacher' ? 3 : 2 },
    draw: ({ phase, grid: { levels }, count, seed, step, highNoiseFraction }: DrawContext): Jump[] => {
      requireOneStep(rule, phase);
      requireNoFraction(rule, highNoiseFraction);
      const { still, jump } = placesOn(phase.teacherSteps);
      return Array.from({ length: count }, (_, sample) => {
        const [kind, ...uniforms] = randomUniforms({ seed, step, stream: streams.distillDraw, sample }, 4);
        const places = kind < jumping ? jump(uniforms) : Array<number>(3).fill(still(uniforms));
        const [a, b, c] = places.map((place) => levels[phase.teacherStride * place]);
        return { a, b, c };
      });
    },
    target: (context) => splitTarget({ base, splits }, context),
  };
}

/** True for a jump of no length. */
const isStill = ({ a, c }: Jump): boolean => a === c;

function splitTarget({ base, splits }: Pick<SplitJump, 'base' | 'splits'>, context: TargetContext): Target {
  const { jumps, grid, stride, x0, xa, clip, weights, predict } = context;
  const levelsA = jumps.map(({ a }) => a);
  const levelsB = jumps.map(({ b }) => b);
  const still = jumps.map((jump) => (isStill(jump) ? 1 : 0));
  const endOf = (from: NoiseLevel, to: NoiseLevel): NoiseLevel =>
    grid.levels.indexOf(from) - grid.levels.indexOf(to) === stride ? from : to;
  const first = predict(splits, xa, levelsA, { levelsEnd: jumps.map(({ a, b }) => endOf(a, b)), clip: clip === 'both' });
  const steps = jumps.map((jump) => (isStill(jump) ? { keepXt: 1, addX0: 0 } : ddimWeights(jump.a, jump.b)));
  const xb = combine([
    [steps.map(({ keepXt }) => keepXt), xa],
    [steps.map(({ addX0 }) => addX0), first],
  ]);
  const second = predict(splits, xb, levelsB, { levelsEnd: jumps.map(({ b, c }) => endOf(b, c)), clip: clip !== 'none' });
  const denoised = base === 'data' ? x0 : predict('teacher', xa, levelsA, { clip: clip === 'both' });
  const firstWeights = jumps.map((jump) => (isStill(jump) ? 0 : teacherShare(jump.a, jump.b, jump.c)));
  const target = combine([
    [still, denoised],
    [firstWeights, first],
    [firstWeights.map((weight, i) => 1 - still[i] - weight), second],
  ]);
  return { x0: target, weight: weights, levelsEnd: jumps.map(({ c }) => c), xb };
}
