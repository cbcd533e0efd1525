import { expect, test } from 'vitest';
import { stepTimes } from './step-times.js';

test('measured times are told as such, others follow from the longest run of as many images', () => {
  const times = stepTimes();
  expect(times.of(16, 64)).toBeUndefined();
  times.add(16, 1, 90);
  times.add(16, 8, 400);
  expect(times.of(16, 8)).toEqual({ ms: 400, measured: true });
  expect(times.of(16, 1024)).toEqual({ ms: 51_200, measured: false });
  expect(times.of(4, 8)).toBeUndefined();
  times.clear();
  expect(times.of(16, 8)).toBeUndefined();
});
