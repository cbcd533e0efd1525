import { type SplitJumpOptions, splitJump } from './split-jump.js';
import type { TargetRule } from './target-rule.js';

/**
 * Make the rule of split mean flows: a jump between any two levels is that to a third one between them and from there on, all by the student itself without its
 * gradient. Source: Guo et al. 2025, the interval splitting identity and, for jumps of no length, a teacher. Ours are the draws: ends are two uniform steps of
 * the phase's grid, the split is uniform between them (the source's are continuous, so that the grid should be fine), and one image of four jumps, as in mean
 * flows, whose derivative the identity replaces (Geng et al. 2025, Table 1a).
 *
 * @throws RangeError when jumping is not in [0, 1].
 */
export const splitMeanFlow = ({ base = 'teacher', jumping = 1 / 4 }: SplitJumpOptions = {}): TargetRule =>
  splitJump({
    ...{ rule: 'split-mean-flow', base, jumping, splits: 'student' },
    placesOn: (steps) => {
      if (steps < 2) throw new RangeError(`split-mean-flow: a jump needs two steps to be split, got ${steps}; choose 1024,1`);
      return {
        still: ([place]) => 1 + Math.floor(place * steps),
        jump: ([one, other, split]) => {
          // Two ends at least two steps apart: of all such pairs, each as likely.
          const [from, to] = pairApart(one, other, steps);
          return [from, to + 1 + Math.floor(split * (from - to - 1)), to];
        },
      };
    },
  });

/** Two of the numbers 0 … steps that differ by two or more, the greater first, from two uniform numbers: two of the first `steps` moved one apart. */
function pairApart(one: number, other: number, steps: number): readonly [from: number, to: number] {
  const first = Math.floor(one * steps);
  const second = Math.floor(other * (steps - 1));
  const distinct = second >= first ? second + 1 : second;
  return [Math.max(first, distinct) + 1, Math.min(first, distinct)];
}
