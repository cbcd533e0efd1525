import { describe, expect, test } from 'vitest';
import { btd, halvings } from './btd.js';
import { phaseAt, phaseProgress, phasesOf } from './phases.js';

describe('phasesOf', () => {
  test('1024 → 32 → 1 is two phases of 32 teacher steps a group', () => {
    expect(phasesOf([1024, 32, 1])).toEqual([
      { index: 0, teacherSteps: 1024, studentSteps: 32, stride: 1, jump: 32 },
      { index: 1, teacherSteps: 32, studentSteps: 1, stride: 32, jump: 1024 },
    ]);
  });

  test('may work on a finer grid than its first entry', () => {
    expect(phasesOf([64, 8], 1024)).toEqual([{ index: 0, teacherSteps: 64, studentSteps: 8, stride: 16, jump: 128 }]);
  });

  test.each([
    [[8], undefined, /at least two entries/],
    [[], undefined, /at least two entries/],
    [[8, 8], undefined, /must descend, got 8 then 8/],
    [[1, 8], undefined, /must descend, got 1 then 8/],
    [[9, 2], undefined, /9 is not a multiple of 2/],
    [[8, 0], undefined, /whole numbers ≥ 1, got 0/],
    [[8.5, 1], undefined, /whole numbers ≥ 1, got 8.5/],
    [[8, 2], 12, /12 timesteps do not divide into 8/],
  ] as const)('refuses %j on %s timesteps', (steps, timesteps, message) => {
    expect(() => phasesOf(steps, timesteps)).toThrow(RangeError);
    expect(() => phasesOf(steps, timesteps)).toThrow(message);
  });
});

describe('the phase of a run', () => {
  test('changes at equal parts, the border still belonging to the phase before', () => {
    expect([0, 0.25, 0.5, 0.50001, 1].map((progress) => phaseAt(progress, 2))).toEqual([0, 0, 0, 1, 1]);
    expect(phaseAt(0.1, 2)).toBe(0);
    expect(phaseAt(0.6, 2)).toBe(1);
  });

  test('has a progress of its own', () => {
    expect(phaseProgress(0.75, 2)).toBeCloseTo(0.5, 6);
    expect(phaseProgress(0, 2)).toBe(0);
  });

  test('is none outside the run', () => {
    expect(() => phaseAt(1.1, 2)).toThrow(/progress must be in \[0, 1\], got 1.1/);
  });
});

describe('btd', () => {
  test('halves, and says so when asked for more', () => {
    expect(halvings(8)).toEqual([8, 4, 2, 1]);
    expect(() => halvings(12)).toThrow(/power of two/);
    expect(() => btd.positions(phasesOf([8, 2])[0])).toThrow(/each phase must halve the steps, got 8 to 2/);
  });
});
