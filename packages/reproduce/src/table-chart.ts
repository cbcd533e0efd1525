import { dotPlot } from '@tract/plot';
import type { TableResult } from './table-result.js';
import { labelIn, type Table, tables } from './tables.js';

/** Draw a table's result: a dot for each seed, a stroke for each mean. One SVG element, which is also a file. */
export function tableChart(result: TableResult): string {
  const { title, entries }: Table = tables[result.table];
  return dotPlot({
    title,
    x: `Fréchet distance (${result.features}) to ${result.reference}`,
    rows: entries.map(({ row }) => ({
      name: labelIn(result.table, row),
      values: result.rows[row]?.map(({ frechetDistance }) => frechetDistance) ?? [],
    })),
  });
}
