import { describe, expect, test } from 'vitest';
import { edmSigmas } from './index.js';
import { erf } from './lognormal-intervals.js';
import { lognormalIntervals, lognormalLevel } from './training/index.js';

test.each([
  [0, 0],
  [0.1, 0.1124629160182849],
  [0.5, 0.5204998778130465],
  [1, 0.8427007929497149],
  [2, 0.9953222650189527],
  [3, 0.9999779095030014],
  [5, 0.9999999999984626],
  [7, 1],
])('erf(%d) is that of the tables (Abramowitz & Stegun 1964, Table 7.1)', (x, expected) => {
  expect(erf(x)).toBeCloseTo(expected, 14);
  expect(erf(-x)).toBeCloseTo(-expected, 14);
});

describe('lognormalIntervals', () => {
  test('gives each interval the part of the quantiles that fall into it', () => {
    const shape = { mean: -1.1, sd: 2 };
    const quantiles = Array.from({ length: 4000 }, (_, i) => lognormalLevel((i + 0.5) / 4000, shape).sigma);
    const sigmas = edmSigmas(11).slice(0, -1).reverse();
    const inside = quantiles.filter((sigma) => sigma >= sigmas[0] && sigma < sigmas[10]);
    lognormalIntervals(sigmas, shape).forEach((fraction, i) => {
      const below = inside.filter((sigma) => sigma < sigmas[i + 1]).length / inside.length;
      expect(Math.abs(fraction - below)).toBeLessThan(2 / 4000); // the grain of the quantiles
    });
  });

  test('refuses what is no grid', () => {
    expect(() => lognormalIntervals([1])).toThrow(/two or more scales that rise from above 0, got \[1\]/);
    expect(() => lognormalIntervals([0, 1])).toThrow(RangeError);
    expect(() => lognormalIntervals([1, 2], { sd: 0 })).toThrow(/sd must be > 0, got 0/);
  });
});
