import type { LogLine } from '@tract/report';
import { expect, test } from 'vitest';
import { drawnLines } from './drawn-lines.js';

const line = (step: number, phase: string): LogLine => ({
  ...{ step, phase, images: step, loss: 1 / step, gradNorm: 1, imagesPerSecond: 1 },
  ...{ seconds: step, rssBytes: 1, time: '2026-01-01T00:00:00Z' },
});

test('a log of any length is drawn from as few lines, evenly apart, with the first of each phase and the latest', () => {
  const drawn = drawnLines(50);
  const isPhaseStart = (step: number): boolean => [1, 2002].includes(step);
  for (let step = 1; step <= 10_000; step++) {
    drawn.add(line(step, step < 2002 ? '1024->32' : '32->1'));
    const steps = drawn.lines().map((each) => each.step);
    expect(steps.length).toBeLessThanOrEqual(51);
    expect(steps.length).toBeGreaterThanOrEqual(Math.min(step, 25));
    expect(steps.at(-1)).toBe(step);
    expect(steps.filter(isPhaseStart)).toEqual([1, 2002].filter((start) => start <= step));
  }
  const gaps = drawn.lines().map(({ step }, i, all) => step - (all[i - 1]?.step ?? step));
  expect(Math.max(...gaps)).toBeLessThanOrEqual(256);
});
