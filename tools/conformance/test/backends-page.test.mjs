import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { backendsPage } from '../page.mjs';
import { casesByOperation } from '../rows.mjs';

const tableRows = (page) =>
  page
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.slice(2, -2).split(' | '));

test("the page's rows are the suite's operations, with as many cases; else run: npm run conformance-table", () => {
  const page = readFileSync(new URL('../../../results/backends.md', import.meta.url), 'utf8');
  const [, , ...rows] = tableRows(page.slice(0, page.indexOf('## Kernels')));
  expect(rows.map(([operation, cases]) => [operation, Number(cases)])).toEqual(
    [...casesByOperation()].map(([operation, cases]) => [operation, cases.length]),
  );
});

test('a backend that is not there is named with its reason, and an error beyond a tolerance stands out', () => {
  const side = (error, right) => ({ error, right, kernels: ['Add', 'TractScale'] });
  const rows = [{ operation: 'add', cases: 2, tolerance: 2e-6, values: side(1.24e-7, true), gradient: side(3e-6, false) }];
  const page = backendsPage([
    { name: 'one', details: 'a machine', rows, kinds: { Add: 'stock', TractScale: 'own' } },
    { name: 'two', failure: 'no driver' },
  ]);
  expect(page).toContain('- `two`: not measured: no driver');
  expect(tableRows(page)).toEqual([
    ['operation', 'cases', 'tolerance', 'one', 'its gradient'],
    ['---', '---:', '---:', '---', '---'],
    ['add', '2', '2e-6', 'own, stock 1.2e-7', 'own, stock **3.0e-6**'],
    ['kernel', 'one'],
    ['---', '---'],
    ['Add', 'stock'],
    ['TractScale', 'own'],
  ]);
});
