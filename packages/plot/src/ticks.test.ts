import { expect, test } from 'vitest';
import { decadeTicks, linearTicks, powerTicks, tickText } from './ticks.js';

test('ticks of a linear axis are round numbers from 0 that take the highest value in', () => {
  expect(linearTicks(163)).toEqual([0, 50, 100, 150, 200]);
  expect(linearTicks(8)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(linearTicks(0.34)).toEqual([0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35]);
  for (let highest = 0.013; highest < 1e5; highest *= 1.37) {
    const ticks = linearTicks(highest);
    expect(ticks.at(-1)).toBeGreaterThanOrEqual(highest * (1 - 1e-9));
    expect(ticks.length).toBeGreaterThanOrEqual(4);
    expect(ticks.length).toBeLessThanOrEqual(9);
  }
});

test('ticks of a logarithmic axis are powers of two, or 1, 2 and 5 times powers of ten, around the values', () => {
  expect(powerTicks(1, 256)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256]);
  expect(powerTicks(3, 5)).toEqual([2, 4, 8]);
  expect(powerTicks(4, 4)).toEqual([4, 8]);
  expect(decadeTicks(0.3, 7)).toEqual([0.2, 0.5, 1, 2, 5, 10]);
  expect(decadeTicks(1e-4, 1e3)).toEqual([1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1000]);
  expect(decadeTicks(5, 5)).toEqual([5, 10]);
  for (let lowest = 3.3e-7; lowest < 1e5; lowest *= 3.7) {
    for (let range = 1; range < 1e8; range *= 5.3) {
      const ticks = decadeTicks(lowest, lowest * range);
      expect(ticks[0]).toBeLessThanOrEqual(lowest);
      expect(ticks.at(-1)).toBeGreaterThanOrEqual(lowest * range);
      expect(ticks.length).toBeGreaterThanOrEqual(2);
      expect(ticks.length).toBeLessThanOrEqual(10);
    }
  }
});

test('a tick has a short label', () => {
  expect([0, 0.05, 5e-4, 250, 2048, 20e3, 1.5e6, 256e6].map(tickText)).toEqual(['0', '0.05', '5e-4', '250', '2048', '20K', '1.5M', '256M']);
});
