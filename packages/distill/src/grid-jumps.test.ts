import { describe, expect, test } from 'vitest';
import { drawStartPoints, jumpOf, type StartPoint } from './grid-jumps.js';
import { cosineNoiseGrid } from './noise-grid.js';
import { type Phase, phasesOf } from './phases.js';

const phases = phasesOf([64, 8, 1]);
const indicesOf = (timesteps: number, phase: Phase, start: StartPoint) => {
  const grid = cosineNoiseGrid(timesteps);
  const { a, b, c } = jumpOf(grid, phase, start);
  return [a, b, c].map((level) => grid.levels.indexOf(level));
};

describe('jumpOf', () => {
  test('sends the student from anywhere in an interval to its end, the teacher one step', () => {
    expect(indicesOf(64, phases[0], { interval: 1, offset: 0 })).toEqual([8, 7, 0]);
    expect(indicesOf(64, phases[0], { interval: 8, offset: 7 })).toEqual([57, 56, 56]);
    expect(indicesOf(64, phases[0], { interval: 3, offset: 2 })).toEqual([22, 21, 16]);
    expect(indicesOf(64, phases[1], { interval: 1, offset: 1 })).toEqual([56, 48, 0]);
  });

  test('refuses start points outside the phase', () => {
    expect(() => indicesOf(64, phases[0], { interval: 0, offset: 0 })).toThrow(/interval in 1..8 and an offset in 0..7, got interval 0/);
    expect(() => indicesOf(64, phases[0], { interval: 1, offset: 8 })).toThrow(RangeError);
  });
});

describe('drawStartPoints', () => {
  test('reaches every interval and offset about equally often', () => {
    const counts = new Map<string, number>();
    for (let step = 0; step < 400; step++) {
      for (const { interval, offset } of drawStartPoints(8, { phase: phases[0], seed: 1, step, count: 16 })) {
        const point = `${interval} ${offset}`;
        counts.set(point, (counts.get(point) ?? 0) + 1);
      }
    }
    expect(counts.size).toBe(64);
    // 6400 draws over 64 points: 100 each, standard deviation 10.
    for (const count of counts.values()) expect(Math.abs(count - 100)).toBeLessThan(45);
  });

  test('gives the noisier half of all start points the fraction that is asked for', () => {
    const [phase] = phasesOf([63, 9]); // 63 points, of which 32 are the noisier half
    const counts = Array<number>(64).fill(0);
    for (let step = 0; step < 400; step++) {
      for (const start of drawStartPoints(7, { phase, seed: 1, step, count: 16, highNoiseFraction: 0.8 }))
        counts[start.interval * 7 - start.offset]++;
    }
    // 6400 draws: 160 at each noisier point, 41.3 at each other, standard deviations 12.5 and 6.4.
    for (const [a, count] of counts.entries()) {
      if (a > 31) expect(Math.abs(count - 160)).toBeLessThan(55);
      else if (a > 0) expect(Math.abs(count - 41.3)).toBeLessThan(28);
    }
    expect(counts[0]).toBe(0);
    const [whole] = phasesOf([2, 1]);
    const half = { phase: whole, seed: 1, step: 0, count: 50, highNoiseFraction: 0.5 };
    expect(new Set(drawStartPoints(2, half).map(({ offset }) => offset))).toEqual(new Set([0, 1]));
    expect(drawStartPoints(1, { ...half, count: 3 })).toEqual(Array(3).fill({ interval: 1, offset: 0 }));
  });

  test('is a function of seed, step and index in the batch', () => {
    const context = { phase: phases[0], seed: 1, step: 5, count: 8 };
    const starts = drawStartPoints(8, context);
    expect(drawStartPoints(8, { ...context, count: 4 })).toEqual(starts.slice(0, 4));
    expect(drawStartPoints(8, { ...context, step: 6 })).not.toEqual(starts);
    expect(drawStartPoints(8, { ...context, seed: 2 })).not.toEqual(starts);
  });
});
