import { describe, expect, test } from 'vitest';
import { costSpread, differentBits, throughputLines } from '../sweep-findings.mjs';

describe('what a sweep finds', () => {
  const point = (batch, threads, forward, digests = ['a', 'a']) => ({
    batch,
    threads,
    rounds: digests.map((digest, i) => ({ forward: forward + i, tract: 1, digest })),
  });
  const points = [point(1, 1, 50), point(1, 2, 60), point(8, 1, 99), point(8, 2, 199), point(16, 1, 109), point(16, 2, 199)];

  test('lines by threads, of medians', () => {
    expect(throughputLines(points, 'forward')).toEqual([
      {
        name: '1 thread',
        points: [
          [1, 51],
          [8, 100],
          [16, 110],
        ],
      },
      {
        name: '2 threads',
        points: [
          [1, 61],
          [8, 200],
          [16, 200],
        ],
      },
    ]);
  });

  test('the spread of the cost from batch 8 up', () => {
    expect(costSpread(points, 'forward', 1)).toBeCloseTo(0.1, 10);
    expect(costSpread(points, 'forward', 2)).toBe(0);
    expect(costSpread(points.slice(0, 4), 'forward', 1)).toBeUndefined();
  });

  test('the batches at which a round or a number of threads changed the bits', () => {
    expect(differentBits(points)).toEqual([]);
    expect(differentBits([...points, point(32, 1, 1, ['a', 'b'])])).toEqual([32]);
    expect(differentBits([...points, point(64, 1, 1, ['a']), point(64, 2, 1, ['b'])])).toEqual([64]);
    expect(differentBits([point(2, 1, 1, [undefined, undefined])])).toEqual([2]);
  });
});
