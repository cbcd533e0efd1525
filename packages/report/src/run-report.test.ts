import { expect, test } from 'vitest';
import { livePage, liveScript, liveView } from './live-page.js';
import { runCurve } from './run-curves.js';
import type { LogLine, RunRecord } from './run-record.js';
import { runReport } from './run-report.js';

const line = (step: number): LogLine => ({
  ...{ step, images: 2 * step, phase: step < 50 ? '16->4' : '4->1', loss: 10 / step, gradNorm: 0.5, learningRate: 1e-4, emaMomentum: 0.9 },
  ...{ imagesPerSecond: 4, rssBytes: 2 ** 24, seconds: step / 2, time: '2025-01-01T00:00:00.000Z' },
});

const read: number[] = [];
const png = (step: number) => () => {
  read.push(step);
  return Uint8Array.of(step);
};
const record: RunRecord = {
  name: 'a <run>',
  command: 'distill',
  settings: { images: 400, teacher: 'T&C', method: 'tract' },
  lines: [20, 40, 60, 80, 100].map(line),
  grids: Array.from({ length: 20 }, (_, i) => ({ step: i + 1, png: png(i + 1) })),
  environment: { node: 'v20' },
};

const facts = {
  drawings: [{ model: 'student' as const, steps: 1, nfe: 1, png: Uint8Array.of(137, 80, 78, 71), score: 12.345 }],
  seed: 7,
  scored: { extractor: 'e', reference: 'r', samples: 5000 },
  notes: ['A "note".'],
  repeat: 'tract distill --out RUN',
};

test('a report has every section, escapes what it is given, and refers to nothing outside', () => {
  const page = runReport(record, facts);
  const headings = [...page.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, title]) => title);
  expect(headings).toEqual(['Samples', 'Scores', 'Curves', 'On the way', 'To repeat it', 'Configuration', 'Environment']);
  expect(page).toContain('<h1>a &lt;run&gt;</h1>');
  expect(page).toContain('A student of T&amp;C by tract. 200 of 400 training images after 0:50 of work');
  expect(page).toContain('<tr><th>time left</th><td>0:50</td></tr>');
  expect(page).toContain('<p>A &quot;note&quot;.</p>');
  expect(page).toContain('<td>12.35</td>');
  expect(page).toContain('<img src="data:image/png;base64,iVBORw==" alt="student, 1 step (1 network call)">');
  expect(page.replaceAll('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(/https?:|<script|<link/);
  expect(read).toEqual([3, 7, 10, 13, 17, 20]);
});

test('a curve over more than a decade is drawn by its logarithm, and phases are marked where they begin', () => {
  const heights = (steps: readonly number[]) => {
    const svg = runCurve(steps.map(line), 'loss')!;
    return /<polyline[^>]* points="([^"]*)"/
      .exec(svg)![1]
      .split(' ')
      .map((pair) => Number(pair.split(',')[1]));
  };
  const [a, b, c] = heights([1, 10, 100]);
  expect(b).toBeCloseTo((a + c) / 2, 0);
  const [d, e, f] = heights([20, 40, 80]); // 10 / step: 0.5, 0.25, 0.125
  expect((d - e) / (e - f)).toBeCloseTo(2, 1);
  expect(runCurve(record.lines, 'loss')).toContain('4-&gt;1');
  expect(runCurve(record.lines, 'dataWait')).toBeUndefined();
});

test('the live page shows the view with the last grid and runs its own script', () => {
  const view = liveView(record).html;
  expect(livePage(record)).toContain(view);
  expect(livePage(record)).toContain(`<script>${liveScript}</script>`);
  expect(view.match(/after \d+ updates/g)).toEqual(['after 20 updates', 'after 20 updates']);
  expect(liveView({ ...record, lines: [], grids: [] }).html).toContain('No update has been logged yet.');
});
