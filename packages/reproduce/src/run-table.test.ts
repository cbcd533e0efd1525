import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { rows } from './rows.js';
import { runTable, type TableOptions, tableJobs } from './run-table.js';
import type { TableResult } from './table-result.js';
import { type Table, tables } from './tables.js';
import { writeTable } from './write-table.js';

const out = mkdtempSync(join(tmpdir(), 'tract-reproduce-test-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

const options: TableOptions = {
  ...{ table: 'self-teacher', seeds: 2, images: 640, samples: 100, out, teacher: 'mnist-teacher' },
  ...{ reference: 'mnist:test', features: 'digits', computing: ['--threads', '1'] },
};

/** A command line that trains nothing: the distance of a model is made of its folder's name and the seed. */
const toolsOf = (calls: string[][], failAt = Infinity) => ({
  say: () => {},
  tract: async (args: readonly string[]) => {
    calls.push([...args]);
    if (calls.length > failAt) throw new Error('killed');
    const after = (name: string) => args[args.indexOf(name) + 1];
    if (args[0] === 'distill') {
      mkdirSync(after('--out'), { recursive: true });
      const line = { step: 20, images: 640, seconds: 8, loss: 1, gradNorm: 1, imagesPerSecond: 80, time: '2025-01-01' };
      writeFileSync(join(after('--out'), 'stats.jsonl'), `${JSON.stringify(line)}\n`);
      return '';
    }
    const slower = /self-ema-0\.9/.test(after('--samples')) ? 9 : 0;
    return JSON.stringify({ frechet_distance: 20 + slower + Number(after('--seed')) / 10 });
  },
});

test('a table runs its rows for each seed, goes on where it was stopped, and judges what came out', async () => {
  const first: string[][] = [];
  await expect(runTable(options, 'a teacher', toolsOf(first, 5))).rejects.toThrow('killed');
  const second: string[][] = [];
  const result = await runTable(options, 'a teacher', toolsOf(second));
  const trained = [...first.slice(0, -1), ...second]
    .filter(([command]) => command === 'distill')
    .map((args) => args[args.indexOf('--out') + 1]);
  const expected = tableJobs(options).map(({ name, seed }) => join(out, name, `seed-${seed}`));
  expect(trained.filter((run) => run.startsWith(out))).toEqual(expected);
  expect(result.rows['self-ema-0.9']).toEqual([0, 1].map((seed) => ({ seed, frechetDistance: 29 + seed / 10, images: 640, seconds: 8 })));
  const again: string[][] = [];
  expect(await runTable(options, 'a teacher', toolsOf(again))).toEqual(result);
  expect(again).toEqual([]);

  const page = writeTable(out, result);
  expect(page).toContain('| momentum 0.9 | 1 | 640 | 29.05 | 0.07 | 29.00, 29.10 | 6.04 |');
  expect(page).toContain('| momentum 0.5 below momentum 0.9 | confirmed |');
  expect(page).toContain('| momentum 0.5 below momentum 0 | not told apart |');
  expect(JSON.parse(readFileSync(join(out, 'self-teacher.json'), 'utf8'))).toEqual(result);
  expect(readFileSync(join(out, 'self-teacher.svg'), 'utf8').match(/<circle/g)).toHaveLength(8);
  expect(readdirSync(out)).toContain('self-teacher.md');
});

test('so far: what is finished is shown, and nothing is trained', async () => {
  const calls: string[][] = [];
  const result = await runTable({ ...options, seeds: 3, soFar: true }, 'a teacher', toolsOf(calls));
  expect(result.rows['self-ema-0.9']).toHaveLength(2);
  expect(calls).toEqual([]);
});

test('scores of other settings in the same folder are refused, not mixed', async () => {
  await expect(runTable({ ...options, images: 1280 }, 'a teacher', toolsOf([]))).rejects.toThrow(
    /seed-0\.json was measured with other settings/,
  );
});

test('the rows of a table have one recipe, whatever their method brings', () => {
  const of = ({ entries }: Table) => entries.map(({ row }) => rows[row]).filter(({ preset }) => preset === 'mnist-tract');
  const kept = (row: (typeof rows)[keyof typeof rows]) => {
    const { lossWeight, huberWidth, huberOver, clip, clipStudent, highNoiseFraction, phaseWeights, batch } = row.settings(640) as Record<
      string,
      unknown
    >;
    return { lossWeight, huberWidth, huberOver, clip, clipStudent, highNoiseFraction, phaseWeights, batch };
  };
  for (const table of Object.values(tables)) for (const row of of(table)) expect(kept(row)).toEqual(kept(rows['tract-2-phases']));
});

test('the fixed average is that of the middle length, whatever the length', () => {
  const momentum = (name: 'momentum-quarter' | 'momentum-whole', images: number) => rows[name].settings(images).emaMomentum;
  // 64,000 images: 2,000 updates, of which the middle length has half, 500 in each of its phases.
  expect(momentum('momentum-whole', 64e3)).toBeCloseTo(0.05 ** (1 / 500), 12);
  expect(momentum('momentum-quarter', 16e3)).toBeCloseTo(0.05 ** (1 / 500), 12);
});

test('a page says how many steps of the teacher one call is worth', () => {
  const result: TableResult = {
    ...{
      table: 'cost',
      teacher: 'a teacher',
      seeds: 2,
      images: 640,
      samples: 100,
      reference: 'mnist:test',
      features: 'digits',
      machine: 'x',
    },
    rows: { 'tract-2-phases': [0, 1].map((seed) => ({ seed, frechetDistance: 20 + seed, images: 640, seconds: 1 })) },
    teacherOutcomes: [4, 8, 16].flatMap((steps) => [0, 1].map((seed) => ({ steps, seed, frechetDistance: 160 / steps + seed }))),
  };
  expect(writeTable(out, result)).toContain('One call of the student is below the teacher at 4 steps and fewer.');
});
