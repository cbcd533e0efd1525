import { describe, expect, test } from 'vitest';
import { btd, halvings } from './btd.js';
import { distillSetup } from './distill-setup.js';
import { phaseAt, phaseFractions, phaseProgress, phasesOf } from './phases.js';

describe('phasesOf', () => {
  test('1024 → 32 → 1 is two phases of 32 teacher steps to one of the student', () => {
    expect(phasesOf([1024, 32, 1])).toEqual([
      { index: 0, teacherSteps: 1024, studentSteps: 32, teacherStride: 1, studentStride: 32 },
      { index: 1, teacherSteps: 32, studentSteps: 1, teacherStride: 32, studentStride: 1024 },
    ]);
  });

  test('may work on a finer grid than its first entry', () => {
    expect(phasesOf([64, 8], 1024)).toEqual([{ index: 0, teacherSteps: 64, studentSteps: 8, teacherStride: 16, studentStride: 128 }]);
  });

  test.each([
    [[8], undefined, /at least two numbers/],
    [[], undefined, /at least two numbers/],
    [[8, 8], undefined, /descend, but 8 follows 8/],
    [[1, 8], undefined, /descend, but 8 follows 1/],
    [[9, 2], undefined, /2 does not divide 9; try 1/],
    [[8, 0], undefined, /whole and at least 1, but one is 0/],
    [[8.5, 1], undefined, /whole and at least 1, but one is 8.5/],
    [[1024, 33, 1], undefined, /33 does not divide 1024; try 32/],
    [[8, 2], 12, /12 timesteps do not divide into 8/],
  ] as const)('refuses %j on %s timesteps', (steps, timesteps, message) => {
    expect(() => phasesOf(steps, timesteps)).toThrow(RangeError);
    expect(() => phasesOf(steps, timesteps)).toThrow(message);
  });
});

describe('the phase of a run', () => {
  const halves = phaseFractions(2);

  test('changes at equal parts, the border still belonging to the phase before', () => {
    expect([0, 0.25, 0.5, 0.50001, 1].map((progress) => phaseAt(progress, halves))).toEqual([0, 0, 0, 1, 1]);
    expect(phaseAt(0.1, halves)).toBe(0);
    expect(phaseAt(0.6, halves)).toBe(1);
  });

  test('has a progress of its own', () => {
    expect(phaseProgress(0.75, halves)).toBeCloseTo(0.5, 6);
    expect(phaseProgress(0, halves)).toBe(0);
  });

  test.each([1, 2, 3, 7, 10])('equal parts are those of the published code: floor(progress·(1 − 1e-9)·%i)', (phases) => {
    for (let step = 0; step <= 1000; step++) {
      const published = (step / 1000) * (1 - 1e-9) * phases;
      expect(phaseAt(step / 1000, phaseFractions(phases))).toBe(Math.floor(published));
      expect(phaseProgress(step / 1000, phaseFractions(phases))).toBeCloseTo(published % 1, 12);
    }
  });

  test('follows the weights', () => {
    const shares = phaseFractions(2, [1, 4]);
    expect(shares).toEqual([0.2, 0.8]);
    expect([0, 0.2, 0.20001, 1].map((progress) => phaseAt(progress, shares))).toEqual([0, 0, 1, 1]);
    expect(phaseProgress(0.6, shares)).toBeCloseTo(0.5, 6);
    expect(phaseProgress(1, shares)).toBeLessThan(1);
  });

  test.each([[[1]], [[1, 0]], [[1, Number.NaN]], [[1, 2, 3]]])('refuses the weights %j for two phases', (weights) => {
    expect(() => phaseFractions(2, weights)).toThrow(/a positive number for each of the 2 phases/);
  });

  test('is none outside the run', () => {
    expect(() => phaseAt(1.1, halves)).toThrow(/progress must be in \[0, 1\], got 1.1/);
  });
});

describe('btd', () => {
  test('halves, and says so when asked for more', () => {
    expect(halvings(8)).toEqual([8, 4, 2, 1]);
    expect(() => halvings(12)).toThrow(/power of two/);
    expect(() =>
      distillSetup({ network: () => expect.unreachable(), prediction: 'x0', totalSteps: 9, phaseSteps: [8, 2], rule: btd }),
    ).toThrow(/each phase must halve the steps, got 8 to 2/);
  });
});
