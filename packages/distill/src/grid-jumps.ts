import { randomInts, randomUniforms } from '@tract/tensor';
import type { NoiseGrid } from './noise-grid.js';
import type { Phase } from './phases.js';
import { streams } from './streams.js';
import type { DrawContext, Jump } from './target-rule.js';

/** Start point of a jump on the grid: the student's interval, 1 … studentSteps, and how many teacher steps below its top the image starts. */
export type StartPoint = { readonly interval: number; readonly offset: number };

/**
 * Find the levels of the jump that begins at a start point: one teacher step to b, and the end of the interval.
 *
 * @throws RangeError when the start point lies outside the phase.
 */
export function jumpOf({ levels }: NoiseGrid, phase: Phase, { interval, offset }: StartPoint): Jump {
  const { studentSteps, teacherStride, studentStride } = phase;
  const offsets = studentStride / teacherStride;
  const isInside = Number.isInteger(interval) && Number.isInteger(offset) && interval >= 1 && interval <= studentSteps;
  if (!(isInside && offset >= 0 && offset < offsets)) {
    throw new RangeError(
      `jumpOf: a start point needs an interval in 1..${studentSteps} and an offset in 0..${offsets - 1}, got interval ${interval}, offset ${offset}`,
    );
  }
  const a = interval * studentStride - offset * teacherStride;
  return { a: levels[a], b: levels[a - teacherStride], c: levels[(interval - 1) * studentStride] };
}

/**
 * Draw a start point for each image: a function of (seed, step, place in the batch). Uniform, unless `highNoiseFraction` says how many images start in
 * the noisier half of all start points.
 *
 * @param offsets start points inside an interval.
 */
export function drawStartPoints(
  offsets: number,
  { phase, seed, step, count, highNoiseFraction }: Pick<DrawContext, 'phase' | 'seed' | 'step' | 'count' | 'highNoiseFraction'>,
): StartPoint[] {
  const all = phase.studentSteps * offsets;
  const cleaner = Math.floor(all / 2);
  return Array.from({ length: count }, (_, sample) => {
    const key = { seed, step, stream: streams.distillDraw, sample };
    if (highNoiseFraction === undefined) {
      // One number for both: interval and offset are the two digits of a uniform integer.
      const [drawn] = randomInts(key, 1, all);
      return { interval: 1 + Math.floor(drawn / offsets), offset: drawn % offsets };
    }
    const [half, within] = randomUniforms(key, 2);
    const rank = half < highNoiseFraction ? cleaner + Math.floor(within * (all - cleaner)) : Math.floor(within * cleaner);
    return { interval: 1 + Math.floor(rank / offsets), offset: offsets - 1 - (rank % offsets) };
  });
}
