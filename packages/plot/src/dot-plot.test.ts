import { expect, test } from 'vitest';
import { dotPlot } from './dot-plot.js';

const plot = {
  title: 'Rows & <columns>',
  x: 'distance',
  rows: [
    { name: 'first', values: [10, 30] },
    { name: 'none yet', values: [] },
  ],
};

test('values and their mean lie on an axis from 0, and words are escaped', () => {
  const svg = dotPlot(plot);
  // 240 is 0 and 620 is 30, the highest tick.
  expect([...svg.matchAll(/<circle cx="([\d.]+)"/g)].map(([, x]) => Number(x))).toEqual([366.7, 620]);
  expect(svg).toMatch(/<line x1="493.3" y1="57" x2="493.3" y2="75" stroke="#d55e00"/);
  expect(svg).toContain('Rows &amp; &lt;columns&gt;');
  expect(svg.match(/stroke="#d55e00"/g)).toHaveLength(1);
});

test('a long name has the room it takes, and the axis its length', () => {
  const svg = dotPlot({ ...plot, rows: [{ name: 'm'.repeat(40), values: [10, 30] }] });
  expect(svg).toContain('viewBox="0 0 688 128"');
  expect([...svg.matchAll(/<circle cx="([\d.]+)"/g)].map(([, x]) => Number(x))).toEqual([414.7, 668]);
});

test('what cannot be drawn is refused', () => {
  expect(() => dotPlot({ ...plot, rows: [] })).toThrow(/expected at least one value/);
  expect(() => dotPlot({ ...plot, rows: [{ name: '', values: [-1] }] })).toThrow(/finite numbers ≥ 0, got -1/);
});
