import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { reproducePage, resultName, type TableResult, tableChart } from './index.js';

const folder = fileURLToPath(new URL('../../../results/reproduce/', import.meta.url));
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
const results = names.map((name): TableResult => JSON.parse(readFileSync(folder + name, 'utf8')));

// `npm run docs -w @tract/reproduce` writes these files; here they must be what the results say.
test('docs/reproduce.md and its charts are those of the results', async () => {
  await expect(reproducePage(results, (result) => `../results/reproduce/${resultName(result)}.svg`)).toMatchFileSnapshot(
    '../../../docs/reproduce.md',
  );
  for (const result of results) await expect(tableChart(result)).toMatchFileSnapshot(`${folder}${resultName(result)}.svg`);
});
