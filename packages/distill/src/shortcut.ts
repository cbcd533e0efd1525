import { type SplitJumpOptions, splitJump } from './split-jump.js';
import type { TargetRule } from './target-rule.js';

/**
 * Make the rule of shortcut models: jumps of 1, 2, 4, … steps of the phase's grid, a power of two of them (128 in the source), each learnt from two of half its
 * length by a slow average of the student; those of half a step of the shortest jump are asked for as denoising. The network is then sampled in any power of two of
 * steps. Source: Frans et al. 2024, Section 3 and Algorithm 1, on flow matching's levels; three images of four denoise, from the images.
 *
 * @throws RangeError when jumping is not in [0, 1].
 */
export const shortcut = ({ base = 'data', jumping = 1 / 4 }: SplitJumpOptions = {}): TargetRule =>
  splitJump({
    ...{ rule: 'shortcut', base, jumping, splits: 'selfTeacher' },
    placesOn: (steps) => {
      const sizes = Math.log2(steps);
      if (!(Number.isInteger(sizes) && sizes >= 1))
        throw new RangeError(`shortcut: its jumps double, so the steps must be a power of two ≥ 2, got ${steps}; choose 128,1`);
      return {
        still: ([, place]) => 1 + Math.floor(place * steps),
        jump: ([size, place]) => {
          const length = 2 ** (1 + Math.floor(size * sizes));
          const end = length * Math.floor(place * (steps / length));
          return [end + length, end + length / 2, end];
        },
      };
    },
    defaults: { selfTeacherMomentum: 0.999 },
  });
