import { vpGrid } from '@tract/schedules';
import { expect, test } from 'vitest';
import { targetAt } from './target-at.js';

test('the last point of a group has the teacher alone to follow, others less of it the longer the rest of the way', () => {
  const phase = { teacherSteps: 1024, studentSteps: 32 };
  expect(targetAt(phase, 31)).toEqual({ from: 31, next: 32, end: 32, group: 0, steps: 32, share: 1 });
  expect(targetAt(phase, 32)).toMatchObject({ next: 33, end: 64, group: 1 });
  const shares = Array.from({ length: 32 }, (_, i) => targetAt(phase, 480 + i).share);
  expect(shares.every((share, i) => i === 0 || share > shares[i - 1])).toBe(true);
});

test('with this share one jump lands where both steps land', () => {
  const levels = vpGrid(32);
  const { from, next, end, share } = targetAt({ teacherSteps: 32, studentSteps: 1 }, 20);
  const step = (xt: number, x0: number, a: number, b: number): number => {
    const keep = levels[b].sigma / levels[a].sigma;
    return keep * xt + (levels[b].alpha - levels[a].alpha * keep) * x0;
  };
  const [xt, teacher, selfTeacher] = [0.7, -0.4, 0.9];
  const both = step(step(xt, teacher, from, next), selfTeacher, next, end);
  expect(step(xt, share * teacher + (1 - share) * selfTeacher, from, end)).toBeCloseTo(both, 10);
});
