import { expect, test } from 'vitest';
import { consistencyDistillation, cosineNoiseGrid, distillSetup, multistepConsistency, phasesOf } from './index.js';

test('multistep consistency grows the steps of its teacher over the divisors that the student can follow, then keeps them', () => {
  const [phase] = phasesOf([96, 6]);
  const rule = multistepConsistency({ from: 10, until: 0.5 });
  const grid = cosineNoiseGrid(96);
  const grown = [0, 0.1, 0.2, 0.3, 0.4, 0.499, 0.5, 0.9].map((progress) => {
    const [{ a, b }] = rule.draw({ phase, progress, grid, gridOf: cosineNoiseGrid, count: 1, seed: 1, step: 0 });
    return 96 / (grid.levels.indexOf(a) - grid.levels.indexOf(b));
  });
  // 96 divides into 6, 12, 24, 48 and 96 steps that 6 divides; the course from 10 to 96 passes 12 at 0.04, 24 at 0.19, 48 at 0.35.
  expect(grown).toEqual([6, 12, 24, 24, 48, 48, 96, 96]);
});

test('its bounds are checked', () => {
  expect(() => multistepConsistency({ until: 0 })).toThrow(RangeError);
  expect(() => multistepConsistency({ from: 0.5 })).toThrow(/needs from ≥ 1 and until in \(0, 1\], got 0.5, 0.5/);
});

test('a consistency model has one step', () => {
  const options = { network: () => expect.unreachable(), prediction: 'x0', totalSteps: 10, rule: consistencyDistillation() } as const;
  expect(() => distillSetup({ ...options, phaseSteps: [8, 2] })).toThrow(
    /the student must have 1 step, got 2; multistepConsistency takes more/,
  );
});
