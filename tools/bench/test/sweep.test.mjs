import { describe, expect, test } from 'vitest';
import { linearTicks, linePlot, powerTicks } from '../line-plot.mjs';
import { costSpread, differentBits, throughputLines } from '../sweep-findings.mjs';

describe('ticks', () => {
  test('of the linear axis are round numbers from 0 that take the highest value in', () => {
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

  test('of the other are powers of two', () => {
    expect(powerTicks(1, 256)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256]);
    expect(powerTicks(3, 5)).toEqual([2, 4, 8]);
    expect(powerTicks(4, 4)).toEqual([4, 8]);
  });
});

describe('a plot', () => {
  const lines = [
    { name: '1 thread', points: [1, 2, 4].map((x) => [x, 10 * x]) },
    { name: '2 & more <threads>', points: [1, 2, 4].map((x) => [x, 20 * x]) },
  ];
  const svg = linePlot({ title: 'Forward', xLabel: 'batch', yLabel: 'images/s', lines });

  test('has a curve for each line, equal steps for doublings, and the top tick at the top', () => {
    const curves = [...svg.matchAll(/<polyline[^>]*points="([^"]*)"/g)].map(([, points]) =>
      points.split(' ').map((pair) => pair.split(',').map(Number)),
    );
    expect(curves).toHaveLength(2);
    expect(curves[0].map(([x]) => x)).toEqual([64, 342, 620]);
    // 80 is the highest of both the data and the ticks; 10 is an eighth of the way up from 344 to 48.
    expect(curves[1].map(([, y]) => y)).toEqual([270, 196, 48]);
    expect(curves[0][0][1]).toBe(307);
  });

  test('names axes, ticks and lines, and is well-formed', () => {
    const texts = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
    expect(texts).toEqual(
      expect.arrayContaining(['Forward', 'batch', 'images/s', '1', '2', '4', '0', '80', '1 thread', '2 &amp; more &lt;threads&gt;']),
    );
    const tags = [...svg.matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)];
    const open = [];
    for (const [, closing, name, empty] of tags) {
      if (closing) expect(open.pop()).toBe(name);
      else if (!empty) open.push(name);
    }
    expect(open).toEqual([]);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  test('of nothing, or of more lines than can be told apart, is refused', () => {
    expect(() => linePlot({ title: '', xLabel: '', yLabel: '', lines: [] })).toThrow(RangeError);
    expect(() => linePlot({ title: '', xLabel: '', yLabel: '', lines: Array(5).fill(lines[0]) })).toThrow(/one to 4 lines/);
  });
});

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
