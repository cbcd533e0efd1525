import { describe, expect, test } from 'vitest';
import { linePlot, type Plot } from './line-plot.js';
import { type Point, thinPoints } from './thin-points.js';

const doublings = (slope: number): Point[] => [1, 2, 4].map((x) => [x, slope * x]);
const plot: Plot = {
  title: 'Forward',
  x: { label: 'batch', scale: 'log2' },
  y: { label: 'images/s' },
  lines: [
    { name: '1 thread', points: doublings(10) },
    { name: '2 & more <threads>', points: doublings(20) },
  ],
  marks: [{ at: 2, label: '32->1' }],
};
const svg = linePlot(plot);

const curvesOf = (drawn: string): number[][][] =>
  [...drawn.matchAll(/<polyline[^>]*points="([^"]*)"/g)].map(([, points]) => points.split(' ').map((pair) => pair.split(',').map(Number)));

test('has a curve for each line, equal steps for doublings, and the top tick at the top', () => {
  const curves = curvesOf(svg);
  expect(curves).toHaveLength(2);
  expect(curves[0].map(([x]) => x)).toEqual([64, 342, 620]);
  // 80 is the highest of both the data and the ticks; 10 is an eighth of the way up from 344 to 60.
  expect(curves[1].map(([, y]) => y)).toEqual([273, 202, 60]);
  expect(curves[0][0][1]).toBe(308.5);
});

test('a tenth is as far on a logarithmic axis wherever it begins', () => {
  const falling: Point[] = [1, 10, 100].map((x) => [x, 500 / x]);
  const [curve] = curvesOf(
    linePlot({ ...plot, x: { label: 'x', scale: 'log10' }, y: { label: 'y', scale: 'log10' }, lines: [{ name: '', points: falling }] }),
  );
  expect(curve).toEqual([
    [64, 60],
    [342, 202],
    [620, 344],
  ]);
});

test('names axes, ticks, lines and marks, and is well-formed', () => {
  const texts = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
  expect(texts).toEqual(
    expect.arrayContaining(['Forward', 'batch', 'images/s', '1', '4', '80', '1 thread', '2 &amp; more &lt;threads&gt;', '32-&gt;1']),
  );
  const open: string[] = [];
  for (const [, closing, name, empty] of svg.matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)) {
    if (closing) expect(open.pop()).toBe(name);
    else if (!empty) open.push(name);
  }
  expect(open).toEqual([]);
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
});

describe('refuses', () => {
  test('nothing, and more lines than can be told apart', () => {
    expect(() => linePlot({ ...plot, lines: [] })).toThrow(RangeError);
    expect(() => linePlot({ ...plot, lines: Array(5).fill(plot.lines[0]) })).toThrow(/one to 4 lines/);
  });

  test('values that an axis cannot show', () => {
    const one = (x: number, y: number) => () => linePlot({ ...plot, lines: [{ name: '', points: [[x, y]] }] });
    expect(one(0, 1)).toThrow("the log2 axis 'batch' shows finite numbers > 0, got 0");
    expect(one(1, Number.NaN)).toThrow("the linear axis 'images/s' shows finite numbers ≥ 0, got NaN");
  });
});

test('thinned points are means of as many neighbours, and few points are left alone', () => {
  const line: Point[] = Array.from({ length: 10 }, (_, i) => [i, 2 * i]);
  expect(thinPoints(line, 10)).toEqual(line);
  expect(thinPoints(line, 4)).toEqual([
    [1, 2],
    [4, 8],
    [7, 14],
    [9, 18],
  ]);
  expect(thinPoints([], 4)).toEqual([]);
});
