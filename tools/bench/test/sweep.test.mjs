import { describe, expect, test } from 'vitest';
import { costSpread, differentBits, throughputLines } from '../sweep-findings.mjs';

describe('what a sweep finds', () => {
  const point = (batch, threads, forward, digests = ['a', 'a']) => ({
    batch,
    threads,
    rounds: digests.map((digest, i) => ({ forward: forward * (1 + i), tract: 1, digest })), // the second round runs at another pace
  });
  const points = [point(1, 1, 25), point(1, 2, 30), point(8, 1, 50), point(8, 2, 100), point(16, 1, 55), point(16, 2, 100)];

  test('lines by threads, of medians', () => {
    const [one, two] = throughputLines(points, 'forward');
    expect([one.name, two.name]).toEqual(['1 thread', '2 threads']);
    const speeds = (line) => line.points.map(([batch, speed]) => [batch, expect.closeTo(speed, 10)]);
    expect([
      [1, 50],
      [8, 100],
      [16, 110],
    ]).toEqual(speeds(one));
    expect([
      [1, 60],
      [8, 200],
      [16, 200],
    ]).toEqual(speeds(two));
  });

  test('a round at half the pace that misses one size does not bend the line', () => {
    const bent = [point(8, 1, 50, ['a', 'a', 'a']), point(16, 1, 55, ['a', 'a', 'a'])];
    bent[0].rounds[1].forward /= 3;
    expect(costSpread(bent, 'forward', 1)).toBeCloseTo(0.1, 10);
  });

  test('the spread of the cost from batch 8 up', () => {
    expect(costSpread(points, 'forward', 1)).toBeCloseTo(0.1, 10);
    expect(costSpread(points, 'forward', 2)).toBeCloseTo(0, 10);
    expect(costSpread(points.slice(0, 4), 'forward', 1)).toBeUndefined();
  });

  test('the batches at which a round or a number of threads changed the bits', () => {
    expect(differentBits(points)).toEqual([]);
    expect(differentBits([...points, point(32, 1, 1, ['a', 'b'])])).toEqual([32]);
    expect(differentBits([...points, point(64, 1, 1, ['a']), point(64, 2, 1, ['b'])])).toEqual([64]);
    expect(differentBits([point(2, 1, 1, [undefined, undefined])])).toEqual([2]);
  });
});
