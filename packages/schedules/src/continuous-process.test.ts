import { describe, expect, test } from 'vitest';
import { type ContinuousProcess, edmProcess, flowProcess, levelToLogSNR, linearBetaProcess, veProcess } from './index.js';
import { iddpmSigmas, linearBetaThrough, veSigmas, vpSigmas } from './training/index.js';

const processes: [string, ContinuousProcess][] = [
  ['EDM', edmProcess],
  ['VE', veProcess],
  ['VP with linear beta', linearBetaProcess()],
  ['flow matching', flowProcess],
];

describe.each(processes)('%s', (_, process) => {
  const times = [0.003, 0.1, 0.5, 0.9];

  test('has rates that are the slopes of alpha and sigma', () => {
    for (const t of times) {
      const h = 1e-5 * t;
      const slope = (f: (t: number) => number) => (f(t + h) - f(t - h)) / (2 * h);
      expect(process.rate(t).sigma / slope((at) => process.level(at).sigma)).toBeCloseTo(1, 8);
      expect(process.rate(t).alpha).toBeCloseTo(
        slope((at) => process.level(at).alpha),
        6,
      );
    }
  });

  test('finds the time of a ratio', () => {
    for (const t of times) expect(process.timeOf(process.ratio(t)) / t).toBeCloseTo(1, 10);
  });

  test('has levels whose noise is ratio times their signal', () => {
    for (const t of times) expect(levelToLogSNR(process.level(t))).toBeCloseTo(-2 * Math.log(process.ratio(t)), 10);
  });
});

test('flow matching has pure noise at t = 1, whose ratio is infinite', () => {
  expect(flowProcess.level(1)).toEqual({ alpha: 0, sigma: 1 });
  expect(flowProcess.timeOf(flowProcess.ratio(1))).toBe(1);
});

test('linear beta preserves the variance', () => {
  for (const t of [1e-3, 0.2, 1]) {
    const { alpha, sigma } = linearBetaProcess().level(t);
    expect(alpha ** 2 + sigma ** 2).toBeCloseTo(1, 12);
  }
  expect(() => linearBetaProcess({ betaMin: 0 })).toThrow(/betaRange and betaMin must be > 0, got 19.9 and 0/);
});

test('a linear beta can be chosen by its noise at both ends', () => {
  const process = linearBetaThrough(0.01, 150);
  expect(process.ratio(1e-3)).toBeCloseTo(0.01, 10);
  expect(process.ratio(1) / 150).toBeCloseTo(1, 10);
});

test('the grids fall from the highest noise scale to the lowest', () => {
  const { ratio } = linearBetaProcess();
  const grids: [number[], number, number][] = [
    [vpSigmas(9), ratio(1), ratio(1e-3)],
    [veSigmas(9), 100, 0.02],
    [veSigmas(9, { sigmaMin: 0.5, sigmaMax: 4 }), 4, 0.5],
  ];
  for (const [grid, first, last] of grids) {
    expect(grid).toHaveLength(9);
    expect(grid[0] / first).toBeCloseTo(1, 10);
    expect(grid[8] / last).toBeCloseTo(1, 10);
  }
  for (const grid of [...grids.map(([each]) => each), iddpmSigmas(9)]) {
    for (let i = 1; i < grid.length; i++) expect(grid[i]).toBeLessThan(grid[i - 1]);
  }
  expect(veSigmas(1)).toEqual([100]);
  expect(() => iddpmSigmas(0)).toThrow(/iddpmSigmas: steps must be a whole number from 1 to 1000000, got 0/);
});

test("iDDPM's noise scales are training steps within the limits", () => {
  const all = iddpmSigmas(1000, { sigmaMin: 0, sigmaMax: Number.POSITIVE_INFINITY });
  const few = iddpmSigmas(7, { sigmaMin: 0.01, sigmaMax: 60 });
  for (const scale of few) {
    expect(scale).toBeGreaterThanOrEqual(0.01);
    expect(scale).toBeLessThanOrEqual(60);
    expect(all).toContain(scale);
  }
});
