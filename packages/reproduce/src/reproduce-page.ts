import { tablePage } from './table-page.js';
import type { TableResult } from './table-result.js';
import { tableNames, tables } from './tables.js';

/**
 * Write the page about all results that there are, in the order of the tables, and which tables have none. Markdown.
 *
 * @param chartOf path of a table's chart, from the page.
 */
export function reproducePage(results: readonly TableResult[], chartOf: (result: TableResult) => string): string {
  const found = tableNames.flatMap((name) => results.filter(({ table }) => table === name));
  const missing = tableNames.filter((name) => !results.some(({ table }) => table === name));
  return [
    "# The paper's tables, in miniature",
    '',
    "Written from `results/reproduce/*.json` by `npm run docs -w @tract/reproduce`. Distances are not the paper's: its are over Inception features of CIFAR-10 after 96M images, here they are those",
    'named with each table, and only compare with each other. A claim is *confirmed* or *refuted* where the two means differ by more than two standard errors of their difference over the seeds; else',
    'it is *not told apart*. All rows of a table have one recipe (loss, weights, draws, clips, averages, rates), but for what they compare.',
    '',
    ...found.flatMap((result) => [tablePage(result), `![${tables[result.table].title}](${chartOf(result)})`, '']),
    ...(missing.length === 0
      ? []
      : ['## Not run yet', '', ...missing.map((name) => `- \`tract reproduce ${name}\`: ${tables[name].title}`), '']),
  ].join('\n');
}
